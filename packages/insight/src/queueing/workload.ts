import type { EventLog } from '../event-log/event-log.ts'
import { WorkloadCounter, type WorkloadOptions } from './workload-counter.ts'

/** How many cases are under way, over time. */
export interface Workload {
  /** How long each interval is, in milliseconds. */
  readonly intervalMs: number
  /** Without gaps, from the first event to the last. */
  readonly intervals: readonly WorkloadInterval[]
  /** How many cases were under way on average over all intervals. */
  readonly meanOpen: number
  /** How many cases began in a day, on average. */
  readonly arrivalsPerDay: number
  /** How long cases take, on average. */
  readonly meanDurationMs: number
  /**
   * `meanOpen` by what it is in the long run, arrivals times duration: 1 for a process that is neither filling up nor
   * running empty; 0 if no time passes. Since the first interval is empty before and the last one after, a log that is
   * complete gives just 1, and `open` tells how it came to that.
   */
  readonly littleRatio: number
}

export interface WorkloadInterval {
  readonly fromMs: number
  readonly arrived: number
  readonly ended: number
  /** How many cases were under way on average. */
  readonly open: number
}

/**
 * How many cases are under way over time: each from its first to its last event. Cases that have not ended seem to have
 * ended with their last event so far.
 *
 * Source: Little, "A proof for the queuing formula: L = λW", 1961.
 *
 * @throws AnnalsError `invalid-argument` for an interval that is not above 0; `limit-exceeded` for more than 100,000 intervals
 *   of a length that was asked for
 */
export function discoverWorkload({ traces }: EventLog, options: WorkloadOptions = {}): Workload {
  const counter = new WorkloadCounter(options)
  for (const { timesMs } of traces) counter.add(timesMs[0] as number, timesMs.at(-1) as number)
  return counter.workload()
}
