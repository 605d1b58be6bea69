import { type DurationSummary, type Durations, noDurations } from './durations.ts'

/** How far off a quantile of a sketch may be, as a share of the true one: the duration that has that many below it. */
export const sketchErrorMax = 0.01

const growth = (1 + sketchErrorMax) / (1 - sketchErrorMax)
const logGrowth = Math.log(growth)
// Milliseconds below one are none; beyond 2^53 no time is exact.
const bucketsMax = Math.ceil(Math.log(Number.MAX_SAFE_INTEGER) / logGrowth) + 1

/**
 * A summary that keeps counts of durations of about the same length, so that it takes at most 15 kB whatever it is
 * told. Count, total, mean, smallest and largest are exact; median and p95 are within `sketchErrorMax` of the true ones.
 *
 * Source: Masson, Rim, Lee, "DDSketch: A fast and fully-mergeable quantile sketch with relative-error guarantees",
 * VLDB 2019, with buckets from 1 ms on. A duration below 1 ms is in a bucket of its own, and counts as 0 in quantiles.
 */
export class DurationSketch implements DurationSummary {
  /** Counts of the buckets from `#lowest` on. Bucket i holds durations above growth^(i-1) up to growth^i. */
  #buckets = new Float64Array(0)
  #lowest = 0
  #belowOne = 0
  #count = 0
  #totalMs = 0
  #minMs = Number.POSITIVE_INFINITY
  #maxMs = 0

  add(durationMs: number): void {
    this.#count++
    this.#totalMs += durationMs
    if (durationMs < this.#minMs) this.#minMs = durationMs
    if (durationMs > this.#maxMs) this.#maxMs = durationMs
    if (durationMs < 1) {
      this.#belowOne++
      return
    }
    const bucket = Math.min(bucketsMax, Math.ceil(Math.log(durationMs) / logGrowth))
    const at = bucket - this.#lowest
    if (at < 0 || at >= this.#buckets.length) this.#grow(bucket)
    const place = bucket - this.#lowest
    this.#buckets[place] = (this.#buckets[place] as number) + 1
  }

  durations(): Durations {
    if (this.#count === 0) return noDurations
    return {
      count: this.#count,
      totalMs: this.#totalMs,
      meanMs: this.#totalMs / this.#count,
      medianMs: this.#quantile(0.5),
      p95Ms: this.#quantile(0.95),
      minMs: this.#minMs,
      maxMs: this.#maxMs,
    }
  }

  #quantile(quantile: number): number {
    const rank = Math.floor(quantile * (this.#count - 1))
    let seen = this.#belowOne
    if (rank < seen) return 0
    for (let i = 0; i < this.#buckets.length; i++) {
      seen += this.#buckets[i] as number
      if (rank < seen) {
        const middle = (2 * growth ** (i + this.#lowest)) / (growth + 1)
        return Math.min(this.#maxMs, Math.max(this.#minMs, middle))
      }
    }
    return this.#maxMs
  }

  // With room to spare on the side it grows to, so that it seldom does, and little while there are few.
  #grow(bucket: number): void {
    const room = Math.max(8, this.#buckets.length >>> 1)
    const highest = this.#lowest + this.#buckets.length - 1
    const isEmpty = this.#buckets.length === 0
    const lowest = isEmpty ? bucket : bucket < this.#lowest ? Math.max(0, bucket - room) : this.#lowest
    const to = isEmpty ? bucket + room : Math.max(highest, Math.min(bucketsMax, bucket + room))
    const grown = new Float64Array(to - lowest + 1)
    if (!isEmpty) grown.set(this.#buckets, this.#lowest - lowest)
    this.#buckets = grown
    this.#lowest = lowest
  }
}
