import type { Clock } from './clock.ts'

/** How far something long has come. */
export interface Progress {
  /** Units done, of events, lines or bytes, as the operation says. */
  readonly done: number
  /** Units there are in all; an estimate while more may come. */
  readonly total: number
  /** Units a second since the start. */
  readonly perSecond: number
  /** At this rate; 0 at the end, `Infinity` before anything is done. */
  readonly secondsLeft: number
}

/** Is told how far something has come: at most about ten times a second, and once at the end. */
export type OnProgress = (progress: Progress) => void

/** Turns counts into progress, and passes it on no more often than someone can look. */
export class ProgressMeter {
  readonly #onProgress: OnProgress | undefined
  readonly #clock: Clock
  readonly #startedAtMs: number
  #reportedAtMs = -Infinity

  constructor(onProgress: OnProgress | undefined, clock: Clock = Date.now) {
    this.#onProgress = onProgress
    this.#clock = clock
    this.#startedAtMs = clock()
  }

  update(done: number, total: number): void {
    if (!this.#onProgress) return
    const nowMs = this.#clock()
    if (done < total && nowMs - this.#reportedAtMs < 100) return
    this.#reportedAtMs = nowMs
    const perSecond = done / (Math.max(1, nowMs - this.#startedAtMs) / 1000)
    this.#onProgress({ done, total, perSecond, secondsLeft: done >= total ? 0 : (total - done) / perSecond })
  }
}
