import type { Marking } from '../petri-net/marking-graph.ts'
import type { MarkingEquation, Prices } from './marking-equation.ts'

/** The prices that were found for states of a net. Each of them says of every state of every case how much is left to do at least. */
export class NetPrices {
  readonly #equation: MarkingEquation
  /** By their numbers. */
  #prices: KeptPrices[] = []

  constructor(equation: MarkingEquation) {
    this.#equation = equation
  }

  get size(): number {
    return this.#prices.length
  }

  get(number: number): Prices {
    return this.#prices[number] as KeptPrices
  }

  /** What a marking lacks to the end at the prices with a number. */
  lackOf({ marked, tokens }: Marking, number: number): number {
    const { ofEnd, ofPlaces } = this.#prices[number] as KeptPrices
    let lack = ofEnd
    for (let i = 0; i < marked.length; i++) {
      const place = marked[i] as number
      lack -= (tokens[place] as number) * (ofPlaces[place] as number)
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
    if (prices) this.#prices.push({ ...prices, ofEnd: this.#equation.worthOfEnd(prices.ofPlaces), uses: 0 })
    return undefined
  }

  /** Forgets all but those that were of the most use, so that the next case does not have to look at too many. */
  forget(): void {
    if (this.#prices.length <= keptMax) return
    this.#prices = this.#prices.sort((one, other) => other.uses - one.uses).slice(0, keptMax)
    // Those of the latest cases count for more, since cases that are alike often come one after the other.
    for (const prices of this.#prices) prices.uses /= 2
  }
}

interface KeptPrices extends Prices {
  readonly ofEnd: number
  uses: number
}

/** The most prices that one case is searched with. */
const pricesMax = 1_000
/** The most prices that the next case begins with. */
const keptMax = 32
