const none = -1

/** Places, by the time at which they were last touched. Each operation takes the same time, however many there are. */
export class PlaceOrder {
  #before: Int32Array
  #after: Int32Array
  #isIn: Uint8Array
  #oldest = none
  #newest = none

  constructor(places: number) {
    this.#before = new Int32Array(places)
    this.#after = new Int32Array(places)
    this.#isIn = new Uint8Array(places)
  }

  /** The place that was not touched for longest. */
  get oldest(): number | undefined {
    return this.#oldest === none ? undefined : this.#oldest
  }

  has(place: number): boolean {
    return this.#isIn[place] === 1
  }

  /** Makes a place the newest, whether or not it was there. */
  touch(place: number): void {
    if (place === this.#newest) return
    this.remove(place)
    this.#before[place] = this.#newest
    this.#after[place] = none
    if (this.#newest === none) this.#oldest = place
    else this.#after[this.#newest] = place
    this.#newest = place
    this.#isIn[place] = 1
  }

  remove(place: number): void {
    if (!this.has(place)) return
    const [before, after] = [this.#before[place] as number, this.#after[place] as number]
    if (before === none) this.#oldest = after
    else this.#after[before] = after
    if (after === none) this.#newest = before
    else this.#before[after] = before
    this.#isIn[place] = 0
  }

  /** The newest first. */
  *newestFirst(): Generator<number, void, void> {
    for (let place = this.#newest; place !== none; place = this.#before[place] as number) yield place
  }
}
