import { AnnalsError } from '@annals/core'
import type { CaseEvent } from '../event-log/case-event.ts'
import { byCodePoint } from '../event-log/code-point-order.ts'
import { assertCaseEvent } from '../event-log/event-log.ts'
import { assertPositive, assertShare } from '../statistics/argument.ts'
import { benjaminiHochberg } from '../statistics/false-discovery-rate.ts'
import { quantile } from '../statistics/quantile.ts'
import { countFrom } from './gap-model.ts'

/** An activity of which there is much more, or much less, than usual. */
export interface UnusualRate {
  readonly activity: string
  /** How often it was in the latest window, and in most before: from the 5th to the 95th percentile. */
  readonly count: number
  readonly usualFrom: number
  readonly usualTo: number
  /** Two-sided: the share of windows, doubled, that have as many or more, or as few or fewer. */
  readonly p: number
  /** `p`, corrected for the number of activities. */
  readonly adjustedP: number
  /** A sentence for people. */
  readonly why: string
  /** What leads back to its events in the latest window. */
  readonly sources: readonly number[]
}

export interface UnusualRateOptions {
  /** How long a window is, in milliseconds. Above 0. Where a week has a rhythm, take one of a week. */
  readonly windowMs: number
  /** When the latest window ends. */
  readonly nowMs: number
  /**
   * As in `AnomalyOptions`. To give an alarm for one of n activities, 2 × n / rate windows have to be known. Default
   * 0.05.
   */
  readonly falseAlarmRate?: number | undefined
}

const windowsMax = 100_000

/**
 * The activities that were unusually often, or unusually rarely, in the window that ends now, compared with all whole
 * windows before it since the first event; the most unusual first. Corrected by Benjamini–Hochberg.
 *
 * @throws AnnalsError `invalid-argument` for options out of their range, or an event without a case, an activity or a
 *   finite time; `limit-exceeded` for more than 100,000 windows since the first event
 */
export function discoverUnusualRates(
  events: Iterable<CaseEvent>,
  options: UnusualRateOptions,
): readonly UnusualRate[] {
  const { windowMs, nowMs, falseAlarmRate = 0.05 } = options
  assertPositive('windowMs', windowMs)
  assertShare('falseAlarmRate', falseAlarmRate)
  const all = [...events]
  for (const [index, event] of all.entries()) assertCaseEvent(event, index)
  const past = all.filter(({ atMs }) => atMs < nowMs)
  const firstMs = past.reduce((first, { atMs }) => Math.min(first, atMs), nowMs)
  const windows = Math.floor((nowMs - firstMs) / windowMs)
  if (windows < 2) return []
  if (windows > windowsMax)
    throw new AnnalsError(
      'limit-exceeded',
      `Rates can be compared over ${windowsMax} windows at most, but since the first event there are ${windows} of ${windowMs} ms. Take longer windows, or fewer events.`,
      { limit: 'windows', max: windowsMax, actual: windows },
    )
  // The latest window is 0, the one before it 1.
  const counts = new Map<string, { byWindow: Float64Array; sources: number[] }>()
  for (const { activity, atMs, source } of past) {
    const window = Math.ceil((nowMs - atMs) / windowMs) - 1
    if (window >= windows) continue
    const own = counts.get(activity) ?? { byWindow: new Float64Array(windows), sources: [] }
    counts.set(activity, own)
    own.byWindow[window] = (own.byWindow[window] as number) + 1
    if (window === 0 && source !== undefined) own.sources.push(source)
  }
  const questions = [...counts]
    .sort(([one], [other]) => byCodePoint(one, other))
    .map(([activity, { byWindow, sources }]) => {
      const count = byWindow[0] as number
      const before = byWindow.slice(1).sort()
      const more = countFrom(before, count)
      const fewer = before.length - countFrom(before, count + 1)
      const p = Math.min(1, (2 * (1 + Math.min(more, fewer))) / (1 + before.length))
      const [usualFrom, usualTo] = [quantile(before, 0.05) as number, quantile(before, 0.95) as number]
      const why = `${JSON.stringify(activity)} was ${count} times; mostly it is from ${usualFrom} to ${usualTo} times.`
      return { activity, count, usualFrom, usualTo, p, why, sources }
    })
  const adjusted = benjaminiHochberg(questions.map(({ p }) => p))
  return questions
    .map((question, index) => ({ ...question, adjustedP: adjusted[index] as number }))
    .filter(({ adjustedP }) => adjustedP <= falseAlarmRate)
    .sort((one, other) => one.p - other.p)
}
