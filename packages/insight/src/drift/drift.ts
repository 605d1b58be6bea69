import type { EventLog } from '../event-log/event-log.ts'
import { DriftDetector } from './drift-detector.ts'

/** A point from which on cases went another way, or at another speed. */
export interface Drift {
  /** `control-flow`: which activity follows which. `timing`: how long after it. */
  readonly perspective: DriftPerspective
  /** The first case that goes the new way, as far as can be told: its place among all, from 0. */
  readonly caseIndex: number
  readonly case: string
  /** When that case began. */
  readonly atMs: number
  /** The place of the case with which it was found, for what looks on as cases come. */
  readonly detectedAtCaseIndex: number
  /** How probable a difference of this size or more is where nothing changed, at one point that is looked at. */
  readonly p: number
  /** What changed most, the largest first; at most 5. */
  readonly changes: readonly DriftChange[]
}

export type DriftPerspective = 'control-flow' | 'timing'

/** One activity that follows another oftener, more rarely, sooner or later than before. */
export interface DriftChange {
  readonly from: string
  readonly to: string
  /** Control-flow: how often it has to in a case for the case to count. */
  readonly timesMin?: 1 | 2 | undefined
  /** The share of cases in which it does (control-flow), or the median time in milliseconds (timing). */
  readonly before: number
  readonly after: number
  /** The change in a sentence, for people. */
  readonly why: string
}

export interface DriftOptions {
  /** Cases after a point that are compared with those before it, of which it may be four times as many. 10 or more. Default 100. */
  readonly windowCases?: number | undefined
  /**
   * How probable a drift may be that is none, in a stretch of twice as many cases and for each perspective. Above 0
   * and at most 1. Default 0.001.
   */
  readonly falseAlarmRate?: number | undefined
  /** Default: both. */
  readonly perspectives?: readonly DriftPerspective[] | undefined
}

/**
 * The points at which the cases of a log, in the order in which they begin, change their ways.
 *
 * What comes and goes, such as the rhythm of days and weeks, is none: once it has been seen for ten windows, times have to
 * differ by more than they mostly do from window to window.
 *
 * @throws AnnalsError `invalid-argument` for options out of their range
 */
export function discoverDrifts(log: EventLog, options: DriftOptions = {}): readonly Drift[] {
  const detector = new DriftDetector(options)
  return [...log.traces]
    .sort((one, other) => (one.timesMs[0] as number) - (other.timesMs[0] as number))
    .flatMap((trace) => detector.add(trace, log.activities))
}
