import type { CaseEvent } from '../event-log/case-event.ts'
import { assertCaseEvent } from '../event-log/event-log.ts'
import { UnusualRateCounter } from './unusual-rate-counter.ts'

/** An activity of which there is much more, or much less, than usual. */
export interface UnusualRate {
  readonly activity: string
  /** How often it was in the latest window, and in most before: from the 5th to the 95th percentile. */
  readonly count: number
  readonly usualFrom: number
  readonly usualTo: number
  /** The share of windows in which it was as far from its mean as in the latest, or further. */
  readonly p: number
  /** The share of windows in which any activity was so far from its mean. */
  readonly adjustedP: number
  /** A sentence for people. */
  readonly why: string
  /** What leads back to its events in the latest window: 100 at most, and 25 at most of each 24th part of it. */
  readonly sources: readonly number[]
}

export interface UnusualRateOptions {
  /**
   * How long a window is, in milliseconds. Above 0. It has to be chosen, since what is unusual depends on it: a window has
   * to be as long as the rhythm that is usual, or what comes with the rhythm seems unusual on its ups and downs; and it takes
   * 1 / `falseAlarmRate` windows until anything can be told at all.
   */
  readonly windowMs: number
  /** When the latest window ends. */
  readonly nowMs: number
  /** As in `AnomalyOptions`: of all alarms about activities together. Default 0.05. */
  readonly falseAlarmRate?: number | undefined
}

/**
 * The activities that were unusually often, or unusually rarely, in the window that ends now, compared with the whole
 * windows before it since the first event, the latest 1,000; the most unusual first.
 *
 * How far an activity is from its mean is measured by its own standard deviation, or by 1 if that is less; the latest window
 * is told to be unusual if in hardly any other window any activity was further off. So the rate of false alarms is that of
 * all activities together, however many there are and however they depend on each other, as long as windows are alike. If
 * they are not since they are shorter than a rhythm, the rate is kept over all moments taken together, and false alarms
 * gather where the rhythm is at its ends: with windows of a day on the busiest or quietest weekday.
 *
 * Source: P. H. Westfall, S. S. Young, Resampling-Based Multiple Testing, Wiley 1993 (single-step maxT).
 *
 * @throws AnnalsError `invalid-argument` for options out of their range, or an event without a case, an activity or a
 *   finite time
 */
export function discoverUnusualRates(
  events: Iterable<CaseEvent>,
  { nowMs, ...options }: UnusualRateOptions,
): readonly UnusualRate[] {
  const counter = new UnusualRateCounter({ ...options, originMs: nowMs })
  let index = 0
  for (const event of events) {
    assertCaseEvent(event, index++)
    if (event.atMs < nowMs) counter.add(event)
  }
  return counter.unusualRates(nowMs)
}
