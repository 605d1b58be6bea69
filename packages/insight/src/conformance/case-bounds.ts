import type { Marking } from '../petri-net/marking-graph.ts'
import type { MarkingEquation, Prices } from './marking-equation.ts'

/** The most prices that are found for one case. */
const pricesMax = 10_000
/** How many of the latest prices are looked at for a state. */
const latestMax = 100

/**
 * How much is left to do at least, from each state of one case: the most that any of the prices says that were found so far,
 * each for one state, and true of all.
 */
export class CaseBounds {
  readonly #equation: MarkingEquation
  readonly #prices: Prices[] = []
  readonly #counts: readonly ReadonlyMap<string, number>[]
  readonly #activities: readonly string[]
  /** By prices: what the events from each place of the case on lack. */
  readonly #eventsLack: Float64Array[] = []

  constructor(equation: MarkingEquation, activities: readonly string[]) {
    this.#equation = equation
    this.#activities = activities
    this.#counts = countsFrom(activities)
  }

  /** How many prices there are: which of them a state has seen is for the state to remember. */
  get size(): number {
    return this.#prices.length
  }

  /**
   * The most that the prices from number `from` on, of which the latest are looked at, and those numbered `also` say is left
   * to do, and which of them does; Infinity: there is no way to the end.
   */
  bound(
    marking: Marking,
    at: number,
    from: number,
    also = -1,
  ): { readonly most: number; readonly by: number } {
    let [most, by] = [0, -1]
    const size = this.#prices.length
    const take = (number: number) => {
      const lack = this.#lack(number, marking, at)
      if (lack > most) [most, by] = [lack, number]
    }
    for (let number = Math.max(from, size - latestMax); number < size; number++) take(number)
    if (also >= 0) take(also)
    return { most, by }
  }

  /** Finds the prices that say the most of a state, if there is room for more. */
  look(marking: Marking, at: number): void {
    if (this.#prices.length >= pricesMax) return
    const prices = this.#equation.pricesFor(marking.tokens, this.#counts[at] as ReadonlyMap<string, number>)
    if (prices) this.#prices.push(prices)
  }

  #lack(number: number, marking: Marking, at: number): number {
    const prices = this.#prices[number] as Prices
    const lack =
      this.#equation.placesLack(prices, marking.tokens) + (this.#lackOfEvents(number)[at] as number)
    if (!prices.isFree) return lack
    return lack > tolerance ? Number.POSITIVE_INFINITY : 0
  }

  #lackOfEvents(number: number): Float64Array {
    const known = this.#eventsLack[number]
    if (known) return known
    const { isFree, ofActivities } = this.#prices[number] as Prices
    const lack = new Float64Array(this.#activities.length + 1)
    for (let at = this.#activities.length - 1; at >= 0; at--)
      lack[at] =
        (lack[at + 1] as number) + (ofActivities.get(this.#activities[at] as string) ?? (isFree ? 0 : 1))
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
