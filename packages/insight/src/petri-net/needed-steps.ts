import type { Marking, MarkingGraph, MarkingStep } from './marking-graph.ts'
import type { PetriNet } from './petri-net.ts'

/**
 * Which steps of a net have to be tried from a marking, so that a best way to the end is found for a case of which a certain
 * event comes next: a stubborn set. What can happen before or after something else all the same is tried in one order only,
 * and what has nothing to do with the next event waits.
 *
 * The set begins with what there must be on every way to the end: the next event done with or without the net, or, after the
 * last event, what fills or empties a place that has not the tokens of the end. To what may happen belongs all that could
 * take a token from it, and to what may not all that could put the token there that it lacks.
 *
 * Source: Valmari, "Stubborn sets for reduced state space generation", 1989; Wehrle, Helmert, "Efficient stubborn sets:
 * generalized algorithms and selection strategies", 2014, who show that a best way stays.
 */
export class NeededSteps {
  readonly #net: PetriNet
  readonly #graph: MarkingGraph
  readonly #finalTokens: Uint16Array
  /** By place: the transitions that take tokens from it, and those that put tokens there. */
  readonly #takers: readonly (readonly number[])[]
  readonly #givers: readonly (readonly number[])[]
  /** By transition: those that take tokens from a place that it takes one from, itself among them. */
  readonly #rivals: readonly (readonly number[])[]
  readonly #byActivity = new Map<string, number[]>()
  readonly #numbers = new Map<string | undefined, number>([[undefined, 0]])
  /** By number of the marking, then of the activity. */
  readonly #known: (readonly MarkingStep[])[][] = []

  constructor(net: PetriNet, graph: MarkingGraph) {
    this.#net = net
    this.#graph = graph
    this.#finalTokens = new Uint16Array(net.placeCount)
    for (const place of net.finalPlaces) this.#finalTokens[place] = (this.#finalTokens[place] as number) + 1
    const takers: Set<number>[] = Array.from({ length: net.placeCount }, () => new Set())
    const givers: Set<number>[] = Array.from({ length: net.placeCount }, () => new Set())
    for (const [number, { activity, from, to }] of net.transitions.entries()) {
      for (const place of from) takers[place]?.add(number)
      for (const place of to) givers[place]?.add(number)
      if (activity === undefined) continue
      if (!this.#numbers.has(activity)) this.#numbers.set(activity, this.#numbers.size)
      const same = this.#byActivity.get(activity)
      if (same) same.push(number)
      else this.#byActivity.set(activity, [number])
    }
    this.#takers = takers.map((each) => [...each])
    this.#givers = givers.map((each) => [...each])
    this.#rivals = net.transitions.map(({ from }) => [
      ...new Set(from.flatMap((place) => this.#takers[place] as readonly number[])),
    ])
  }

  /** Undefined: no event comes any more. */
  of(marking: Marking, activity: string | undefined): readonly MarkingStep[] {
    const number = this.#numbers.get(activity)
    // Of an activity that the net does not have there is nothing but the event.
    if (number === undefined) return []
    let known = this.#known[marking.number]
    if (!known) {
      known = []
      this.#known[marking.number] = known
    }
    const needed = known[number] ?? this.#find(marking, activity)
    known[number] = needed
    return needed
  }

  #find(marking: Marking, activity: string | undefined): readonly MarkingStep[] {
    const steps = this.#graph.stepsOf(marking)
    const canFire = new Set(steps.map(({ transition }) => transition))
    const needed = new Set<number>()
    let left = steps.length
    const add = (transitions: readonly number[]) => {
      for (const transition of transitions) {
        if (needed.has(transition)) continue
        needed.add(transition)
        if (canFire.has(transition)) left--
      }
    }
    const addFor = (transition: number) =>
      add(
        canFire.has(transition)
          ? (this.#rivals[transition] as readonly number[])
          : this.#giversOfLacked(marking, transition),
      )
    if (activity === undefined) add(this.#changersOfEnd(marking))
    else for (const transition of this.#byActivity.get(activity) ?? []) addFor(transition)
    // What is added while it is walked through is walked through as well.
    for (const transition of needed) {
      if (left === 0) return steps
      addFor(transition)
    }
    return steps.filter(({ transition }) => needed.has(transition))
  }

  /** All that could put a token where a transition lacks one; of several such places, where the fewest do. */
  #giversOfLacked({ tokens }: Marking, transition: number): readonly number[] {
    const from = this.#net.transitions[transition]?.from ?? []
    let fewest: readonly number[] | undefined
    for (const place of from) {
      const givers = this.#givers[place] as readonly number[]
      if (fewest && fewest.length <= givers.length) continue
      const needed = from.length === 1 ? 1 : from.filter((other) => other === place).length
      if ((tokens[place] as number) < needed) fewest = givers
    }
    return fewest ?? []
  }

  /** All that could fill or empty a place that has not the tokens of the end; of several, where the fewest do. */
  #changersOfEnd({ tokens }: Marking): readonly number[] {
    let fewest: readonly number[] | undefined
    for (const [place, final] of this.#finalTokens.entries()) {
      const count = tokens[place] as number
      if (count === final) continue
      const changers = (count < final ? this.#givers : this.#takers)[place] as readonly number[]
      if (!fewest || changers.length < fewest.length) fewest = changers
    }
    return fewest ?? []
  }
}
