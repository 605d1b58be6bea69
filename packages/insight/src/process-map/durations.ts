/** What is known of many durations. In milliseconds. */
export interface Durations {
  readonly count: number
  readonly totalMs: number
  readonly meanMs: number
  readonly medianMs: number
  /** The 95th percentile: 19 of 20 took no longer. */
  readonly p95Ms: number
  readonly minMs: number
  readonly maxMs: number
}

/** Takes durations one by one and tells what is known of all of them. */
export interface DurationSummary {
  add(durationMs: number): void
  /** Of none at all everything is 0. */
  durations(): Durations
}

/** A summary that keeps every duration and so is exact: quantiles lie between the two nearest, as most tools have it. */
export class DurationList implements DurationSummary {
  #values = new Float64Array(4)
  #count = 0

  add(durationMs: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(this.#count * 2)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.#count++] = durationMs
  }

  durations(): Durations {
    return durationsOf(this.#values.subarray(0, this.#count))
  }
}

/** What is known of these durations, exactly. They need be in no order, and are left as they are. */
export function durationsOf(valuesMs: Float64Array): Durations {
  const count = valuesMs.length
  if (count === 0) return noDurations
  const sorted = valuesMs.slice().sort()
  let totalMs = 0
  for (const value of sorted) totalMs += value
  return {
    count,
    totalMs,
    meanMs: totalMs / count,
    medianMs: quantileOf(sorted, 0.5),
    p95Ms: quantileOf(sorted, 0.95),
    minMs: sorted[0] as number,
    maxMs: sorted[count - 1] as number,
  }
}

export const noDurations: Durations = {
  count: 0,
  totalMs: 0,
  meanMs: 0,
  medianMs: 0,
  p95Ms: 0,
  minMs: 0,
  maxMs: 0,
}

function quantileOf(sorted: Float64Array, quantile: number): number {
  const at = (sorted.length - 1) * quantile
  const below = sorted[Math.floor(at)] as number
  const above = sorted[Math.ceil(at)] as number
  return below + (above - below) * (at - Math.floor(at))
}
