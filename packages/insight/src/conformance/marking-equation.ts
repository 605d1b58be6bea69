import { type Solution, solve } from 'yalps'
import type { PetriNet } from '../petri-net/petri-net.ts'

/**
 * What tokens on each place, and events still to come, are worth at most if the whole is to be paid by moves at their costs.
 * What a state lacks to the end, at these prices, is never more than what it costs to get there, whatever the state and the
 * case.
 */
export interface Prices {
  readonly ofPlaces: Float64Array
  /** Those of unknown activities are what a log move costs. */
  readonly ofActivities: ReadonlyMap<string, number>
}

/**
 * What it costs at least to bring a net from a marking to its end while certain events are still to come, whatever their
 * order: the tokens that transitions take and put have to come out even.
 *
 * Source: Adriansyah, "Aligning observed and modeled behavior", 2014, and van Dongen, "Efficiently computing alignments:
 * using the extended marking equation", 2018. It is solved as the dual linear program, since prices that are found for one
 * state say something about all others.
 */
export class MarkingEquation {
  readonly #finalTokens: Int32Array
  readonly #changes: readonly (readonly (readonly [place: number, change: number])[])[]
  readonly #activities: readonly (string | undefined)[]

  constructor({ placeCount, transitions, finalPlaces }: PetriNet) {
    this.#finalTokens = new Int32Array(placeCount)
    for (const place of finalPlaces) this.#finalTokens[place] = (this.#finalTokens[place] as number) + 1
    this.#activities = transitions.map(({ activity }) => activity)
    this.#changes = transitions.map(({ from, to }) => {
      const changes = new Map<number, number>()
      for (const place of from) changes.set(place, (changes.get(place) ?? 0) - 1)
      for (const place of to) changes.set(place, (changes.get(place) ?? 0) + 1)
      return [...changes].filter(([, change]) => change !== 0)
    })
  }

  /**
   * The prices at which a state lacks the most. `events` counts those still to come by activity. `no-way`: what it lacks has
   * no end, so it cannot be paid for. Undefined if they cannot be found.
   */
  pricesFor(tokens: Uint16Array, events: ReadonlyMap<string, number>): Prices | 'no-way' | undefined {
    const found = this.#solve(tokens, events, 1)
    if (found?.status === 'unbounded') return 'no-way'
    return found?.status === 'optimal' ? this.#pricesOf(found, 1) : undefined
  }

  /**
   * What tokens on each place are worth if no transition makes the worth more, and a marking is worth less than the end, so
   * that there is no way there. Undefined if the marking equation does not rule out that there is one.
   */
  worthsShort(tokens: Uint16Array): Float64Array | undefined {
    const found = this.#solve(tokens, new Map(), 0)
    if (found?.status !== 'optimal' || found.result < tolerance) return undefined
    return this.#pricesOf(found, 0)?.ofPlaces
  }

  /** What all tokens are worth together that there are at the end. */
  worthOfEnd(ofPlaces: Float64Array): number {
    return ofPlaces.reduce((sum, worth, place) => sum + worth * (this.#finalTokens[place] as number), 0)
  }

  #solve(
    tokens: Uint16Array,
    events: ReadonlyMap<string, number>,
    moveCost: 0 | 1,
  ): Solution<string> | undefined {
    if (this.#finalTokens.length * this.#changes.length > cellsMax) return undefined
    const constraints: [string, { readonly min?: number; readonly max?: number }][] = []
    // A price may be below 0, so it is the difference of two numbers.
    const entries = new Map<string, [string, number][]>()
    for (const [place, count] of this.#finalTokens.entries())
      entries.set(`p${place}`, [['lack', count - (tokens[place] as number)]])
    for (const [activity, count] of events) {
      entries.set(`a${activity}`, [
        ['lack', count],
        [`l${activity}`, 1],
      ])
      constraints.push([`l${activity}`, { max: moveCost }])
    }
    const limit = (name: string, changes: readonly (readonly [number, number])[], max: number) => {
      constraints.push([name, { max }])
      for (const [place, change] of changes) entries.get(`p${place}`)?.push([name, change])
    }
    for (const [number, changes] of this.#changes.entries()) {
      const activity = this.#activities[number]
      limit(`m${number}`, changes, activity === undefined ? 0 : moveCost)
      if (activity === undefined || !events.has(activity)) continue
      limit(`b${number}`, changes, 0)
      entries.get(`a${activity}`)?.push([`b${number}`, 1])
    }
    const variables = [...entries].flatMap(([name, own]): [string, [string, number][]][] => {
      // Where nothing costs anything, what is lacked has an end only if the worths have one.
      const bound = moveCost === 0 ? [[`|${name}`, 1] as [string, number]] : []
      if (moveCost === 0) constraints.push([`|${name}`, { max: 1 }])
      const reversed = own.map(([row, value]): [string, number] => [row, -value])
      return [
        [`+${name}`, [...own, ...bound]],
        [`-${name}`, [...reversed, ...bound]],
      ]
    })
    return solve({ direction: 'maximize', objective: 'lack', constraints, variables })
  }

  #pricesOf({ variables }: Solution<string>, moveCost: 0 | 1): Prices | undefined {
    const ofPlaces = new Float64Array(this.#finalTokens.length)
    for (const [name, value] of variables)
      if (name[1] === 'p') {
        const place = Number(name.slice(2))
        ofPlaces[place] = (ofPlaces[place] as number) + (name[0] === '+' ? value : -value)
      }
    const ofActivities = new Map<string, number>()
    for (const [number, changes] of this.#changes.entries()) {
      const activity = this.#activities[number]
      const gain = changes.reduce((sum, [place, change]) => sum + change * (ofPlaces[place] as number), 0)
      // Prices that a move would not keep, by a slip of the arithmetic, are none.
      if (gain > (activity === undefined ? 0 : moveCost) + slip) return undefined
      if (activity !== undefined)
        ofActivities.set(activity, Math.min(ofActivities.get(activity) ?? moveCost, -gain))
    }
    return { ofPlaces, ofActivities }
  }
}

/** Places times transitions of a net, beyond which its linear programs would take seconds. */
const cellsMax = 2_000_000
const slip = 1e-9
const tolerance = 1e-6
