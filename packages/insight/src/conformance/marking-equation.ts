import { solve } from 'yalps'
import type { PetriNet } from '../petri-net/petri-net.ts'

/** What is left to do at least, by what each transition has to do for it. */
export interface Remainder {
  /** Never more than what it really costs. */
  readonly cost: number
  /** By move: how often it is taken. The moves of a transition without an event, those with one, and events without a transition. */
  readonly moves: ReadonlyMap<string, number>
}

export const modelMove = (transition: number) => `m${transition}`
export const bothMove = (transition: number) => `b${transition}`
export const logMove = (activity: string) => `l${activity}`

/**
 * What it costs at least to bring a net from a marking to its end while certain events are still to come, whatever their
 * order: the tokens that transitions take and put have to come out even. Where they cannot, there is no way.
 *
 * Source: Adriansyah, "Aligning observed and modeled behavior", 2014, and van Dongen, "Efficiently computing alignments:
 * using the extended marking equation", 2018; solved as a linear program.
 */
export class MarkingEquation {
  readonly #finalTokens: Int32Array
  readonly #changes: readonly (readonly [row: string, change: number][])[]
  readonly #activities: readonly (string | undefined)[]

  constructor({ placeCount, transitions, finalPlaces }: PetriNet) {
    this.#finalTokens = new Int32Array(placeCount)
    for (const place of finalPlaces) this.#finalTokens[place] = (this.#finalTokens[place] as number) + 1
    this.#activities = transitions.map(({ activity }) => activity)
    this.#changes = transitions.map(({ from, to }) => {
      const changes = new Map<string, number>()
      for (const place of from) changes.set(`${place}`, (changes.get(`${place}`) ?? 0) - 1)
      for (const place of to) changes.set(`${place}`, (changes.get(`${place}`) ?? 0) + 1)
      return [...changes].filter(([, change]) => change !== 0)
    })
  }

  /** `events` counts those still to come by activity. Undefined: there is no way to the end. */
  solve(tokens: Uint16Array, events: ReadonlyMap<string, number>): Remainder | undefined {
    const constraints: [string, { readonly equal: number }][] = []
    for (const [place, count] of this.#finalTokens.entries())
      constraints.push([`${place}`, { equal: count - (tokens[place] as number) }])
    const variables: [string, readonly (readonly [string, number])[]][] = []
    for (const [number, changes] of this.#changes.entries()) {
      const activity = this.#activities[number]
      variables.push([modelMove(number), activity === undefined ? changes : [...changes, ['cost', 1]]])
      if (activity !== undefined && (events.get(activity) ?? 0) > 0)
        variables.push([bothMove(number), [...changes, [logMove(activity), 1]]])
    }
    for (const [activity, count] of events) {
      if (count === 0) continue
      constraints.push([logMove(activity), { equal: count }])
      variables.push([
        logMove(activity),
        [
          [logMove(activity), 1],
          ['cost', 1],
        ],
      ])
    }
    const solution = solve({ direction: 'minimize', objective: 'cost', constraints, variables })
    if (solution.status === 'infeasible') return undefined
    // A solver that gives up says nothing, and that is no more than what is true.
    if (solution.status !== 'optimal') return { cost: 0, moves: new Map() }
    return { cost: Math.max(0, solution.result), moves: new Map(solution.variables) }
  }
}
