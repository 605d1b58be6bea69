import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'

/** How much time passes between two activities in the same case, whatever lies between. */
export interface TemporalRelation {
  readonly from: string
  readonly to: string
  /** Over how many pairs of events. */
  readonly pairs: number
  readonly meanMs: number
  /** Of a sample; of a single pair 0. */
  readonly deviationMs: number
}

/** That two events lie further from the usual time between them than is usual. */
export interface TemporalDeviation {
  readonly case: string
  readonly from: string
  readonly to: string
  readonly durationMs: number
  /** By how many standard deviations it differs from the mean; infinite where there was none. */
  readonly zeta: number
}

/**
 * The usual times between activities, for all pairs of events of a case. In code-point order.
 *
 * Source: Stertz, Mangler, Rinderle-Ma, "Temporal conformance checking at runtime based on time-infused process models",
 * 2020.
 */
export function discoverTemporalProfile(log: EventLog): readonly TemporalRelation[] {
  const size = log.activities.length
  const pairs = new Float64Array(size * size)
  const means = new Float64Array(size * size)
  const squares = new Float64Array(size * size)
  // Welford's way: no large sums of squares whose differences lose their digits.
  eachPair(log, (_, from, to, durationMs) => {
    const at = from * size + to
    const count = (pairs[at] as number) + 1
    const offset = durationMs - (means[at] as number)
    pairs[at] = count
    means[at] = (means[at] as number) + offset / count
    squares[at] = (squares[at] as number) + offset * (durationMs - (means[at] as number))
  })
  return [...pairs.entries()]
    .filter(([, count]) => count > 0)
    .map(([at, count]) => ({
      from: log.activities[Math.floor(at / size)] as string,
      to: log.activities[at % size] as string,
      pairs: count,
      meanMs: means[at] as number,
      deviationMs: count > 1 ? Math.sqrt((squares[at] as number) / (count - 1)) : 0,
    }))
    .sort((one, other) => byCodePoint(one.from, other.from) || byCodePoint(one.to, other.to))
}

/**
 * The pairs of events that lie more than `zeta` standard deviations from the mean of a profile. Default: 6. Pairs that the
 * profile does not know are none.
 */
export function temporalDeviations(
  log: EventLog,
  profile: readonly TemporalRelation[],
  { zeta = 6 }: { readonly zeta?: number } = {},
): readonly TemporalDeviation[] {
  const size = log.activities.length
  const numbers = new Map(log.activities.map((name, number) => [name, number]))
  // What is not known of a pair is not a number, which nothing is beyond.
  const means = new Float64Array(size * size).fill(Number.NaN)
  const standardDeviations = new Float64Array(size * size)
  for (const { from, to, meanMs, deviationMs } of profile) {
    const [fromNumber, toNumber] = [numbers.get(from), numbers.get(to)]
    if (fromNumber === undefined || toNumber === undefined) continue
    means[fromNumber * size + toNumber] = meanMs
    standardDeviations[fromNumber * size + toNumber] = deviationMs
  }
  const deviations: TemporalDeviation[] = []
  eachPair(log, (name, from, to, durationMs) => {
    const [meanMs, deviationMs] = [
      means[from * size + to] as number,
      standardDeviations[from * size + to] as number,
    ]
    const offset = Math.abs(durationMs - meanMs)
    // A mean of equal times may be off by the last digit.
    if (offset > zeta * deviationMs && offset > 1e-9 * Math.abs(meanMs))
      deviations.push({
        case: name,
        from: log.activities[from] as string,
        to: log.activities[to] as string,
        durationMs,
        zeta: offset / deviationMs,
      })
  })
  return deviations
}

function eachPair(
  { traces }: EventLog,
  take: (name: string, from: number, to: number, durationMs: number) => void,
): void {
  for (const { case: name, activities, timesMs } of traces)
    for (let i = 0; i < activities.length; i++)
      for (let j = i + 1; j < activities.length; j++)
        take(
          name,
          activities[i] as number,
          activities[j] as number,
          (timesMs[j] as number) - (timesMs[i] as number),
        )
}
