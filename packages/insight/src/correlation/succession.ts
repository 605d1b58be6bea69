import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { assertShare } from '../statistics/argument.ts'
import { directedP } from '../statistics/count-tail.ts'
import { gTest } from '../statistics/g-test.ts'
import { quantile } from '../statistics/quantile.ts'
import { chanceOfSteps } from './chance-of-steps.ts'
import { type CorrelationOptions, findings } from './co-occurrence.ts'

/** One activity that directly follows another oftener or more rarely than by chance. */
export interface Succession {
  readonly from: string
  readonly to: string
  /** How often it does. */
  readonly count: number
  /** How often it would if what follows had nothing to do with what was before. */
  readonly expected: number
  /** `count / expected`. */
  readonly lift: number
  /** The share of what follows `from`. */
  readonly share: number
  /** How long after, in milliseconds; `undefined` if it never does. */
  readonly medianMs: number | undefined
  readonly p95Ms: number | undefined
  readonly g: number
  /** Of the G-test. */
  readonly p: number
  /** `p`, corrected for the number of pairs asked about. */
  readonly adjustedP: number
  /**
   * How probable it is that it does as much oftener, or more rarely, if each case had done the same in any order: of
   * what comes once in a case, nothing follows itself, which says nothing of its order.
   */
  readonly shuffledP: number
}

/**
 * The pairs of activities of which one directly follows the other more, or less, than by chance: the least probable
 * first. Every activity that is followed is asked about with every one that follows. A pair is given if both `p` and
 * `shuffledP` stand after correction by Benjamini–Hochberg, so nothing is found in cases whose events were shuffled.
 *
 * @throws AnnalsError `invalid-argument` for options out of their range
 */
export function discoverSuccessions(
  log: EventLog,
  { falseDiscoveryRate = 0.05 }: CorrelationOptions = {},
): readonly Succession[] {
  assertShare('falseDiscoveryRate', falseDiscoveryRate)
  const size = log.activities.length
  const durations = new Map<number, number[]>()
  const fromCounts = new Float64Array(size)
  const toCounts = new Float64Array(size)
  let total = 0
  for (const { activities, timesMs } of log.traces) {
    for (let index = 1; index < activities.length; index++) {
      const [from, to] = [activities[index - 1] as number, activities[index] as number]
      const durationMs = (timesMs[index] as number) - (timesMs[index - 1] as number)
      const known = durations.get(from * size + to)
      if (known) known.push(durationMs)
      else durations.set(from * size + to, [durationMs])
      fromCounts[from] = (fromCounts[from] as number) + 1
      toCounts[to] = (toCounts[to] as number) + 1
      total++
    }
  }
  const chance = chanceOfSteps(log)
  const order = [...log.activities.keys()].sort((one, other) =>
    byCodePoint(log.activities[one] as string, log.activities[other] as string),
  )
  const pairs = order
    .filter((from) => fromCounts[from])
    .flatMap((from) =>
      order
        .filter((to) => toCounts[to])
        .map((to) => {
          const [before, after] = [fromCounts[from] as number, toCounts[to] as number]
          const sorted = Float64Array.from(durations.get(from * size + to) ?? []).sort()
          const expected = (before * after) / total
          const { g, p } = gTest([
            [sorted.length, before - sorted.length],
            [after - sorted.length, total - before - after + sorted.length],
          ])
          return {
            from: log.activities[from] as string,
            to: log.activities[to] as string,
            count: sorted.length,
            expected,
            lift: sorted.length / expected,
            share: sorted.length / before,
            medianMs: quantile(sorted, 0.5),
            p95Ms: quantile(sorted, 0.95),
            g,
            p,
            shuffledP: directedP(
              { count: sorted.length, ...chance.of(from, to) },
              { isOftener: sorted.length > expected },
            ),
          }
        }),
    )
  return findings(pairs, falseDiscoveryRate, (one, other) => other.g - one.g)
}
