import type { Timer } from '@annals/core'

/** A clock that stands still until it is told to go on, and the timers that go with it. */
export class ManualTime {
  #nowMs: number
  readonly #waiting = new Set<{ readonly atMs: number; readonly callback: () => void }>()

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = nowMs
  }

  readonly clock = (): number => this.#nowMs

  readonly timer: Timer = (atMs, callback) => {
    const entry = { atMs, callback }
    this.#waiting.add(entry)
    // Never within the call itself, as the system's do.
    if (atMs <= this.#nowMs) queueMicrotask(() => this.#fire())
    return () => this.#waiting.delete(entry)
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Lets time pass; what becomes due is called back in its order, at its time. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      this.#waiting.delete(next)
      next.callback()
    }
    this.#nowMs = untilMs
  }

  #fire(): void {
    for (let next = this.#next(this.#nowMs); next; next = this.#next(this.#nowMs)) {
      this.#waiting.delete(next)
      next.callback()
    }
  }

  #next(untilMs: number) {
    const due = [...this.#waiting].filter(({ atMs }) => atMs <= untilMs)
    return due.sort((a, b) => a.atMs - b.atMs)[0]
  }
}
