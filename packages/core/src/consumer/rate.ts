import type { Clock } from '../clock.ts'

/** Counts how many of something there were a second, over the last ten seconds. */
export class Rate {
  readonly #clock: Clock
  readonly #counts = new Array<number>(windowSeconds).fill(0)
  #second: number
  readonly #since: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#second = this.#now()
    this.#since = this.#second
  }

  add(count: number): void {
    this.#forget()
    this.#counts[this.#second % windowSeconds] = (this.#counts[this.#second % windowSeconds] ?? 0) + count
  }

  get perSecond(): number {
    this.#forget()
    const seconds = Math.min(windowSeconds, this.#second - this.#since + 1)
    return this.#counts.reduce((sum, count) => sum + count, 0) / seconds
  }

  #forget(): void {
    // A clock that was set back counts into the second it last was in.
    const now = Math.max(this.#second, this.#now())
    for (let second = Math.max(this.#second, now - windowSeconds) + 1; second <= now; second++)
      this.#counts[second % windowSeconds] = 0
    this.#second = now
  }

  #now(): number {
    return Math.floor(this.#clock() / 1000)
  }
}

const windowSeconds = 10
