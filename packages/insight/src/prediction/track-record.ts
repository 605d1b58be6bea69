/** How well something did on what it had not seen; what was lately counts more: half of it is of the last 1,000. */
export class TrackRecord {
  #weight = 0
  #sum = 0
  /** All, without less weight for those long ago. */
  scored = 0

  add(value: number): void {
    this.#weight = this.#weight * keptShare + 1
    this.#sum = this.#sum * keptShare + value
    this.scored++
  }

  /** The mean; `NaN` before the first. */
  get mean(): number {
    return this.#sum / this.#weight
  }
}

const keptShare = 0.5 ** (1 / 1_000)
