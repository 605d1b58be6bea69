import type { Marking } from '../petri-net/marking-graph.ts'
import type { MarkingEquation, Prices } from './marking-equation.ts'

/**
 * The prices that were found for states of a net. Each of them says of every state of every case how much is left to do at
 * least. They are kept by place, as they are read: all prices of the few places that have tokens.
 */
export class NetPrices {
  readonly #equation: MarkingEquation
  /** By their numbers. */
  #prices: UsedPrices[] = []
  /** By place, then by number of the prices. */
  readonly #ofPlaces: readonly Float64Array[]
  /** By number of the prices: what the tokens of the end are worth. */
  readonly #ofEnd = new Float64Array(pricesMax)
  readonly #lack = new Float64Array(pricesMax)

  constructor(equation: MarkingEquation, placeCount: number) {
    this.#equation = equation
    this.#ofPlaces = Array.from({ length: placeCount }, () => new Float64Array(pricesMax))
  }

  get size(): number {
    return this.#prices.length
  }

  get(number: number): Prices {
    return this.#prices[number] as UsedPrices
  }

  /** By number, from `from` on: what a marking lacks at the prices. It holds until the next call. */
  lackOf({ marked, tokens }: Marking, from: number): Float64Array {
    const [lack, size] = [this.#lack, this.#prices.length]
    for (let number = from; number < size; number++) lack[number] = this.#ofEnd[number] as number
    for (const place of marked) {
      const [count, worths] = [tokens[place] as number, this.#ofPlaces[place] as Float64Array]
      for (let number = from; number < size; number++)
        lack[number] = (lack[number] as number) - count * (worths[number] as number)
    }
    return lack
  }

  /** Remembers that of all prices these said the most of a state. */
  use(number: number): void {
    const prices = this.#prices[number]
    if (prices) prices.uses++
  }

  /**
   * Finds the prices that say the most of a marking with certain events still to come, and keeps them if there is room.
   * `no-way`: the end cannot be reached from there.
   */
  look({ tokens }: Marking, events: ReadonlyMap<string, number>): 'no-way' | undefined {
    if (this.#prices.length === pricesMax) return undefined
    const prices = this.#equation.pricesFor(tokens, events)
    if (prices === 'no-way') return prices
    if (prices) this.#keep({ ...prices, uses: 0 })
    return undefined
  }

  /** Forgets all but those that were of the most use, so that the next case does not have to look at too many. */
  forget(): void {
    if (this.#prices.length <= keptMax) return
    const kept = this.#prices.sort((one, other) => other.uses - one.uses).slice(0, keptMax)
    this.#prices = []
    // Those of the latest cases count for more, since cases that are alike often come one after the other.
    for (const prices of kept) this.#keep({ ...prices, uses: prices.uses / 2 })
  }

  #keep(prices: UsedPrices): void {
    const number = this.#prices.push(prices) - 1
    this.#ofEnd[number] = this.#equation.worthOfEnd(prices.ofPlaces)
    for (const [place, worths] of this.#ofPlaces.entries()) worths[number] = prices.ofPlaces[place] as number
  }
}

interface UsedPrices extends Prices {
  uses: number
}

/** The most prices that one case is searched with. */
const pricesMax = 1_000
/** The most prices that the next case begins with. */
const keptMax = 200
