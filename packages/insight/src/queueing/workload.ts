import { AnnalsError } from '@annals/core'
import type { EventLog } from '../event-log/event-log.ts'
import { assertPositive } from '../statistics/argument.ts'

/** The most intervals that a workload is told in. */
export const intervalsMax = 100_000

/** How many cases are under way, over time. */
export interface Workload {
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
 * How many cases are under way over time: each from its first to its last event. Intervals begin at multiples of
 * `intervalMs` since 1970. Cases that have not ended seem to have ended with their last event so far.
 *
 * Source: Little, "A proof for the queuing formula: L = λW", 1961.
 *
 * @throws AnnalsError `invalid-argument` for an interval that is not above 0; `limit-exceeded` for more than 100,000 intervals
 */
export function discoverWorkload(
  { traces }: EventLog,
  { intervalMs = dayMs }: { readonly intervalMs?: number | undefined } = {},
): Workload {
  assertPositive('intervalMs', intervalMs)
  if (traces.length === 0)
    return { intervals: [], meanOpen: 0, arrivalsPerDay: 0, meanDurationMs: 0, littleRatio: 0 }
  let [firstMs, lastMs, durationMs] = [Infinity, -Infinity, 0]
  const cases = traces.map(({ timesMs }) => {
    const [startMs, endMs] = [timesMs[0] as number, timesMs.at(-1) as number]
    firstMs = Math.min(firstMs, startMs)
    lastMs = Math.max(lastMs, endMs)
    durationMs += endMs - startMs
    return { startMs, endMs }
  })
  const numberOf = (atMs: number) => Math.floor(atMs / intervalMs)
  const first = numberOf(firstMs)
  const count = numberOf(lastMs) - first + 1
  if (count > intervalsMax)
    throw new AnnalsError(
      'limit-exceeded',
      `A workload can be told in ${intervalsMax} intervals at most, but these events lie in ${count} of ${intervalMs} ms. Take longer intervals.`,
      { limit: 'intervals of a workload', max: intervalsMax, actual: count },
    )
  const arrived = new Uint32Array(count)
  const ended = new Uint32Array(count)
  // By interval: how much time of cases lies in it that only touch it, and how many pass through the whole of it.
  const partMs = new Float64Array(count)
  const through = new Float64Array(count + 1)
  for (const { startMs, endMs } of cases) {
    const [from, to] = [numberOf(startMs) - first, numberOf(endMs) - first]
    arrived[from] = (arrived[from] as number) + 1
    ended[to] = (ended[to] as number) + 1
    if (from === to) partMs[from] = (partMs[from] as number) + endMs - startMs
    else {
      partMs[from] = (partMs[from] as number) + (first + from + 1) * intervalMs - startMs
      partMs[to] = (partMs[to] as number) + endMs - (first + to) * intervalMs
      through[from + 1] = (through[from + 1] as number) + 1
      through[to] = (through[to] as number) - 1
    }
  }
  let passing = 0
  const intervals = Array.from(arrived, (begun, i): WorkloadInterval => {
    passing += through[i] as number
    return {
      fromMs: (first + i) * intervalMs,
      arrived: begun,
      ended: ended[i] as number,
      open: passing + (partMs[i] as number) / intervalMs,
    }
  })
  const meanOpen = intervals.reduce((sum, { open }) => sum + open, 0) / count
  const arrivalsPerMs = traces.length / (count * intervalMs)
  const meanDurationMs = durationMs / traces.length
  const expected = arrivalsPerMs * meanDurationMs
  return {
    intervals,
    meanOpen,
    arrivalsPerDay: arrivalsPerMs * dayMs,
    meanDurationMs,
    littleRatio: expected === 0 ? 0 : meanOpen / expected,
  }
}

const dayMs = 86_400_000
