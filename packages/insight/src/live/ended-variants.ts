/** What is kept of the cases of a variant that ended. */
export interface EndedVariant {
  cases: number
  totalMs: number
  minMs: number
  maxMs: number
  firstSeenMs: number
  lastSeenMs: number
  /** How long the latest took, a ring. */
  readonly latestMs: number[]
}

/** The latest cases of a variant of which it is known how long each took, for the median and the 95th percentile. */
export const latestMax = 128

/**
 * Counts cases that ended by variant, within a bound: where there are too many variants, those of the fewest cases are
 * left out, down to half of the bound, and counted. A variant that is left out though it comes again and again was seen
 * fewer times than all that stay.
 *
 * Source: after G. S. Manku, R. Motwani, Approximate Frequency Counts over Data Streams, VLDB 2002.
 */
export class EndedVariants {
  readonly #variantsMax: number
  readonly byNode = new Map<number, EndedVariant>()
  /** Cases whose variant was left out. */
  droppedCases = 0

  constructor(variantsMax: number) {
    this.#variantsMax = variantsMax
  }

  add(node: number, firstMs: number, lastMs: number): void {
    const durationMs = lastMs - firstMs
    const known = this.byNode.get(node)
    if (!known) {
      if (this.byNode.size >= this.#variantsMax) this.#drop()
      const times = { totalMs: durationMs, minMs: durationMs, maxMs: durationMs, latestMs: [durationMs] }
      this.byNode.set(node, { cases: 1, ...times, firstSeenMs: firstMs, lastSeenMs: firstMs })
      return
    }
    known.latestMs[known.cases % latestMax] = durationMs
    known.cases++
    known.totalMs += durationMs
    known.minMs = Math.min(known.minMs, durationMs)
    known.maxMs = Math.max(known.maxMs, durationMs)
    known.firstSeenMs = Math.min(known.firstSeenMs, firstMs)
    known.lastSeenMs = Math.max(known.lastSeenMs, firstMs)
  }

  // Of as many cases, the one whose cases began longest ago goes first.
  #drop(): void {
    const rarest = [...this.byNode].sort(
      ([, one], [, other]) => one.cases - other.cases || one.lastSeenMs - other.lastSeenMs,
    )
    for (const [node, { cases }] of rarest.slice(0, Math.ceil(rarest.length / 2))) {
      this.byNode.delete(node)
      this.droppedCases += cases
    }
  }
}
