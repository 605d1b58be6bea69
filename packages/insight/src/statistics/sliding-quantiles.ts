import { quantile } from './quantile.ts'

/**
 * The exact quantiles of the latest values, up to a number of them. A value costs a search and a move in that number.
 */
export class SlidingQuantiles {
  readonly #valuesMax: number
  #sorted = new Float64Array(16)
  /** The same values as they came, a ring once there are as many as may be. */
  readonly #arrived: number[] = []
  #oldest = 0

  /** `valuesMax` is a whole number above 0. */
  constructor(valuesMax: number) {
    this.#valuesMax = valuesMax
  }

  get count(): number {
    return this.#arrived.length
  }

  add(value: number): void {
    if (this.count < this.#valuesMax) this.#arrived.push(value)
    else {
      const place = this.#placeOf(this.#arrived[this.#oldest] as number, this.count)
      this.#sorted.copyWithin(place, place + 1, this.count)
      this.#arrived[this.#oldest] = value
      this.#oldest = (this.#oldest + 1) % this.#valuesMax
    }
    if (this.count > this.#sorted.length) {
      const larger = new Float64Array(this.#sorted.length * 2)
      larger.set(this.#sorted)
      this.#sorted = larger
    }
    const place = this.#placeOf(value, this.count - 1)
    this.#sorted.copyWithin(place + 1, place, this.count - 1)
    this.#sorted[place] = value
  }

  /** See `quantile`; `undefined` while there is no value. */
  quantile(share: number): number | undefined {
    return quantile(this.#sorted.subarray(0, this.count), share)
  }

  /** The first place, of so many, whose value is not smaller. */
  #placeOf(value: number, count: number): number {
    let [from, to] = [0, count]
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((this.#sorted[middle] as number) < value) from = middle + 1
      else to = middle
    }
    return from
  }
}
