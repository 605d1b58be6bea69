import { createHistogram } from 'node:perf_hooks'

/**
 * How long calls took, however many: a histogram of three digits, so that keeping the times of a hundred million calls takes no
 * more memory than keeping those of a thousand.
 */
export class Latency {
  readonly #histogram = createHistogram({ figures: 3 })

  /** Calls so far. */
  get count(): number {
    return this.#histogram.count
  }

  /** Does the work and keeps how long it took, if it succeeds. */
  async of<Result>(work: () => Promise<Result>): Promise<Result> {
    const startedAtMs = performance.now()
    const result = await work()
    this.#histogram.record(Math.max(1, Math.round((performance.now() - startedAtMs) * 1e6)))
    return result
  }

  /** The time in microseconds that a share of the calls did not exceed: `0.99` for the 99th percentile. At least one call. */
  quantileUs(share: number): number {
    if (this.count === 0) throw new RangeError('There is no quantile of no calls.')
    return this.#histogram.percentile(share * 100) / 1_000
  }
}
