/** Numbers in ascending order. Adding and removing one costs a search and a move. */
export class SortedValues {
  #values = new Float64Array(16)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** A view, good until the next change. */
  get values(): Float64Array {
    return this.#values.subarray(0, this.#count)
  }

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#count * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    const place = this.#placeOf(value)
    this.#values.copyWithin(place + 1, place, this.#count)
    this.#values[place] = value
    this.#count++
  }

  /** Removes a value that is there; of several that are the same, one. */
  remove(value: number): void {
    const place = this.#placeOf(value)
    this.#values.copyWithin(place, place + 1, this.#count)
    this.#count--
  }

  /** The first place whose value is not smaller. */
  #placeOf(value: number): number {
    let [from, to] = [0, this.#count]
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((this.#values[middle] as number) < value) from = middle + 1
      else to = middle
    }
    return from
  }
}
