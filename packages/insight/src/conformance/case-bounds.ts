import type { Marking } from '../petri-net/marking-graph.ts'
import type { DeadEnds } from './dead-ends.ts'
import type { NetPrices } from './net-prices.ts'

/** A state of a case, and how much is known to be left to do from there. */
export interface BoundedState {
  readonly marking: Marking
  /** How many events of the case are done with. */
  readonly at: number
  /** What is left to do costs this much at least. */
  bound: number
  /** How many of the prices the bound takes into account. */
  pricesSeen: number
}

/** How much is left to do at least, from each state of one case: the most that any of the prices says. */
export class CaseBounds {
  readonly #prices: NetPrices
  readonly #deadEnds: DeadEnds
  /** By place in the case: which of the activities of the case the event is. */
  readonly #events: readonly number[]
  readonly #activities: readonly string[]
  readonly #counts: readonly ReadonlyMap<string, number>[]
  /** By number of the prices: what the events from each place of the case on lack. */
  readonly #eventsLack: Float64Array[] = []

  constructor(prices: NetPrices, deadEnds: DeadEnds, activities: readonly string[]) {
    this.#prices = prices
    this.#deadEnds = deadEnds
    this.#counts = countsFrom(activities)
    this.#activities = [...new Set(activities)]
    const numbers = new Map(this.#activities.map((activity, number) => [activity, number]))
    this.#events = activities.map((activity) => numbers.get(activity) as number)
  }

  /**
   * Raises what a state is known to need at least, until it is more than `enough` or all that is known is taken into
   * account. Infinity: there is no way to the end.
   */
  raise(state: BoundedState, enough: number): void {
    const { marking, at } = state
    if (this.#deadEnds.has(marking)) {
      state.bound = Number.POSITIVE_INFINITY
      return
    }
    const size = this.#prices.size
    for (let number = state.pricesSeen; number < size; number++) {
      const lack = this.#prices.lackOf(marking, number) + (this.#lackOfEvents(number)[at] as number)
      if (lack <= state.bound + tolerance) continue
      this.#prices.use(number)
      // Costs are whole numbers.
      state.bound = Math.ceil(lack - tolerance)
      if (state.bound <= enough) continue
      state.pricesSeen = number + 1
      return
    }
    state.pricesSeen = size
  }

  /** Finds the prices that say the most of a state. */
  look(marking: Marking, at: number): void {
    const found = this.#prices.look(marking, this.#counts[at] as ReadonlyMap<string, number>)
    if (found === 'no-way') this.#deadEnds.look(marking)
  }

  #lackOfEvents(number: number): Float64Array {
    const known = this.#eventsLack[number]
    if (known) return known
    const { ofActivities } = this.#prices.get(number)
    const worths = this.#activities.map((activity) => ofActivities.get(activity) ?? 1)
    const lack = new Float64Array(this.#events.length + 1)
    for (let at = this.#events.length - 1; at >= 0; at--)
      lack[at] = (lack[at + 1] as number) + (worths[this.#events[at] as number] as number)
    this.#eventsLack[number] = lack
    return lack
  }
}

/** By place in a case: how many events of each activity come from there on. Each activity of the case is in each. */
function countsFrom(activities: readonly string[]): readonly ReadonlyMap<string, number>[] {
  const counts: Map<string, number>[] = [new Map(activities.map((activity) => [activity, 0]))]
  for (const activity of activities.toReversed()) {
    const after = counts.at(-1) as Map<string, number>
    counts.push(new Map(after).set(activity, (after.get(activity) ?? 0) + 1))
  }
  return counts.reverse()
}

const tolerance = 1e-6
