/** The latest names, at least as many as the half of a bound and at most as many as it. Each operation takes the same time. */
export class LatestNames {
  readonly #halfMax: number
  #latest = new Set<string>()
  #before = new Set<string>()

  constructor(max: number) {
    this.#halfMax = Math.max(1, Math.floor(max / 2))
  }

  add(name: string): void {
    if (this.#latest.size >= this.#halfMax) {
      this.#before = this.#latest
      this.#latest = new Set()
    }
    this.#latest.add(name)
  }

  /** Takes a name out. Says whether it was there. */
  delete(name: string): boolean {
    const isLatest = this.#latest.delete(name)
    return this.#before.delete(name) || isLatest
  }
}
