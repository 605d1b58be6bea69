import { AnnalsError } from '@annals/core'
import { assertPositive } from '../statistics/argument.ts'
import type { Workload, WorkloadInterval } from './workload.ts'

/** The most intervals that a workload is told in. */
export const intervalsMax = 100_000

export interface WorkloadOptions {
  /**
   * How long an interval is, in milliseconds; intervals begin at its multiples since 1970. Default: as short as makes at
   * most 400 of them, of a second, 10 seconds, a minute, 10 minutes, an hour, 6 hours, a day, a week, or twice as long
   * as that, again and again.
   */
  readonly intervalMs?: number | undefined
}

/**
 * Counts how many cases are under way. What is kept does not grow with the number of cases: where no length of the
 * intervals was asked for, they become longer as time goes on, and what was counted in several is added up, exactly. So the
 * order in which cases come makes no difference. A time that is beyond those of a `Date` counts as the nearest of these.
 */
export class WorkloadCounter {
  readonly #isFixed: boolean
  #intervalMs: number
  #counts: IntervalCounts
  /** Numbers of the first and the last interval, counted from 1970. */
  #first = Infinity
  #last = -Infinity
  #cases = 0
  #durationMs = 0

  /** @throws AnnalsError `invalid-argument` for an interval that is not above 0 */
  constructor({ intervalMs }: WorkloadOptions = {}) {
    if (intervalMs !== undefined) assertPositive('intervalMs', intervalMs)
    this.#isFixed = intervalMs !== undefined
    this.#intervalMs = intervalMs ?? shortestMs
    this.#counts = new IntervalCounts(this.#isFixed ? intervalsMax : shownMax)
  }

  /**
   * Takes a case, with the times of its first and its last event.
   *
   * @throws AnnalsError `limit-exceeded` for more than 100,000 intervals of a length that was asked for
   */
  add(firstMs: number, lastMs: number): void {
    const [startMs, endMs] = [withinDates(firstMs), withinDates(lastMs)]
    this.#makeRoom(startMs, endMs)
    this.#cases++
    this.#durationMs += endMs - startMs
    this.#counts.add(startMs, endMs, this.#intervalMs)
  }

  /** Another one that has counted the same, and goes on by itself. */
  copy(): WorkloadCounter {
    const copy = new WorkloadCounter(this.#isFixed ? { intervalMs: this.#intervalMs } : {})
    copy.#intervalMs = this.#intervalMs
    copy.#counts = this.#counts.copy()
    copy.#first = this.#first
    copy.#last = this.#last
    copy.#cases = this.#cases
    copy.#durationMs = this.#durationMs
    return copy
  }

  workload(): Workload {
    const intervalMs = this.#intervalMs
    if (this.#cases === 0)
      return { intervalMs, intervals: [], meanOpen: 0, arrivalsPerDay: 0, meanDurationMs: 0, littleRatio: 0 }
    const intervals = this.#counts.intervals(this.#first, this.#last, intervalMs)
    const meanOpen = intervals.reduce((sum, { open }) => sum + open, 0) / intervals.length
    const arrivalsPerMs = this.#cases / (intervals.length * intervalMs)
    const meanDurationMs = this.#durationMs / this.#cases
    const expected = arrivalsPerMs * meanDurationMs
    return {
      intervalMs,
      intervals,
      meanOpen,
      arrivalsPerDay: arrivalsPerMs * dayMs,
      meanDurationMs,
      littleRatio: expected === 0 ? 0 : meanOpen / expected,
    }
  }

  #makeRoom(startMs: number, endMs: number): void {
    let first = Math.min(this.#first, Math.floor(startMs / this.#intervalMs))
    let last = Math.max(this.#last, Math.floor(endMs / this.#intervalMs))
    if (this.#isFixed && last - first >= intervalsMax)
      throw new AnnalsError(
        'limit-exceeded',
        `A workload can be told in ${intervalsMax} intervals at most, but these events lie in ${last - first + 1} of ${this.#intervalMs} ms. Take longer intervals.`,
        { limit: 'intervals of a workload', max: intervalsMax, actual: last - first + 1 },
      )
    let intervalMs = this.#intervalMs
    while (!this.#isFixed && last - first >= shownMax) {
      const longerMs = nextLonger(intervalMs)
      first = Math.floor(first / (longerMs / intervalMs))
      last = Math.floor(last / (longerMs / intervalMs))
      intervalMs = longerMs
    }
    if (intervalMs !== this.#intervalMs && this.#cases > 0)
      this.#counts = this.#counts.merged(
        this.#first,
        this.#last,
        this.#intervalMs,
        intervalMs / this.#intervalMs,
      )
    this.#intervalMs = intervalMs
    this.#first = first
    this.#last = last
  }
}

/** What is counted by interval: each has the place of its number, by the remainder, so that there is room on both sides. */
class IntervalCounts {
  readonly #size: number
  readonly #arrived: Float64Array
  readonly #ended: Float64Array
  /** How much time of cases lies in an interval besides that of those that pass through the whole of it. */
  readonly #partMs: Float64Array
  /** How many more cases pass through the whole of an interval than of the one before. */
  readonly #through: Float64Array

  constructor(intervals: number) {
    // One more, since a case that ends in the last interval no longer passes through the one after it.
    this.#size = intervals + 1
    this.#arrived = new Float64Array(this.#size)
    this.#ended = new Float64Array(this.#size)
    this.#partMs = new Float64Array(this.#size)
    this.#through = new Float64Array(this.#size)
  }

  add(startMs: number, endMs: number, intervalMs: number): void {
    const [from, to] = [Math.floor(startMs / intervalMs), Math.floor(endMs / intervalMs)]
    const [start, end] = [this.#at(from), this.#at(to)]
    increase(this.#arrived, start, 1)
    increase(this.#ended, end, 1)
    if (from === to) increase(this.#partMs, start, endMs - startMs)
    else {
      increase(this.#partMs, start, (from + 1) * intervalMs - startMs)
      increase(this.#partMs, end, endMs - to * intervalMs)
      increase(this.#through, this.#at(from + 1), 1)
      increase(this.#through, end, -1)
    }
  }

  copy(): IntervalCounts {
    const copy = new IntervalCounts(this.#size - 1)
    copy.#arrived.set(this.#arrived)
    copy.#ended.set(this.#ended)
    copy.#partMs.set(this.#partMs)
    copy.#through.set(this.#through)
    return copy
  }

  /** The same in intervals that are a whole number of times as long. */
  merged(first: number, last: number, intervalMs: number, times: number): IntervalCounts {
    const merged = new IntervalCounts(this.#size - 1)
    for (let number = first; number <= last + 1; number++) {
      const longer = Math.floor(number / times)
      const [from, to] = [this.#at(number), merged.#at(longer)]
      increase(merged.#arrived, to, this.#arrived[from] as number)
      increase(merged.#ended, to, this.#ended[from] as number)
      increase(merged.#partMs, to, this.#partMs[from] as number)
      // Through the rest of the longer interval, and from the next one on through the whole.
      const through = this.#through[from] as number
      const left = (longer + 1) * times - number
      if (through === 0) continue
      if (left === times) increase(merged.#through, to, through)
      else {
        increase(merged.#partMs, to, through * left * intervalMs)
        increase(merged.#through, merged.#at(longer + 1), through)
      }
    }
    return merged
  }

  intervals(first: number, last: number, intervalMs: number): WorkloadInterval[] {
    let passing = 0
    return Array.from({ length: last - first + 1 }, (_, i): WorkloadInterval => {
      const at = this.#at(first + i)
      passing += this.#through[at] as number
      return {
        fromMs: (first + i) * intervalMs,
        arrived: this.#arrived[at] as number,
        ended: this.#ended[at] as number,
        // Whole milliseconds are added up before they are divided, so that it is the same in whatever order cases came.
        open: (passing * intervalMs + (this.#partMs[at] as number)) / intervalMs,
      }
    })
  }

  #at(number: number): number {
    return ((number % this.#size) + this.#size) % this.#size
  }
}

const dayMs = 86_400_000
const weekMs = 7 * dayMs
/** Each goes a whole number of times into the next. */
const lengthsMs = [1_000, 10_000, 60_000, 600_000, 3_600_000, 21_600_000, dayMs, weekMs] as const
const [shortestMs] = lengthsMs
/** The most intervals where no length was asked for: more than that nobody can tell apart on a screen. */
const shownMax = 400

const nextLonger = (intervalMs: number): number =>
  lengthsMs.find((length) => length > intervalMs) ?? intervalMs * 2

const dateMsMax = 8.64e15
const withinDates = (atMs: number) => Math.max(-dateMsMax, Math.min(dateMsMax, atMs))

function increase(counts: Float64Array, at: number, by: number): void {
  counts[at] = (counts[at] as number) + by
}
