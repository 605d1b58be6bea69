import { AnnalsError } from '@annals/core'
import type { EventLog } from '../event-log/event-log.ts'

/** When there is much to do in a week. */
export interface BusyHours {
  /** Events by weekday, from Monday, and hour of the day. */
  readonly week: readonly (readonly number[])[]
  /** Events by hour of the day, all weekdays together. */
  readonly byHour: readonly number[]
  /** Events by weekday, from Monday. */
  readonly byWeekday: readonly number[]
}

export interface BusyHoursOptions {
  /**
   * How much the clock on the wall is ahead of UTC, such as 60 in winter in Madrid; from −1,440 to 1,440. It is the same
   * all year round, so where the clock is changed in summer the hours of one half of the year are off by one. Default: 0.
   */
  readonly utcOffsetMinutes?: number | undefined
}

/**
 * When in a week events happen. `activities` are those that count. Default: all.
 *
 * @throws AnnalsError `invalid-argument` for an offset out of range
 */
export function discoverBusyHours(
  { traces }: EventLog,
  { activities, ...options }: BusyHoursOptions & { readonly activities?: readonly string[] | undefined } = {},
): BusyHours {
  const counter = new BusyHoursCounter(options)
  const counted = activities && new Set(activities)
  for (const { events } of traces)
    for (const { activity, atMs } of events) if (!counted || counted.has(activity)) counter.add(atMs)
  return counter.busyHours()
}

/** Counts when in a week events happen. It is 168 numbers, however many events come. */
export class BusyHoursCounter {
  /** By hour of a week that begins on Monday. */
  readonly #counts = new Float64Array(weekHours)
  readonly #offsetMs: number

  /** @throws AnnalsError `invalid-argument` for an offset out of range */
  constructor({ utcOffsetMinutes = 0 }: BusyHoursOptions = {}) {
    const expected = 'minutes between -1440 and 1440'
    if (!(Math.abs(utcOffsetMinutes) <= 1440))
      throw new AnnalsError(
        'invalid-argument',
        `The argument "utcOffsetMinutes" cannot be used: expected ${expected}, but got ${utcOffsetMinutes}.`,
        { argument: 'utcOffsetMinutes', expected, received: utcOffsetMinutes },
      )
    this.#offsetMs = utcOffsetMinutes * 60_000
  }

  /** Takes the time of an event. */
  add(atMs: number): void {
    const hours = Math.floor((atMs + this.#offsetMs) / 3_600_000)
    // 1970-01-01 was a Thursday, which begins 72 hours after a Monday. The remainder of a time before it is negative.
    const at = (((hours + 72) % weekHours) + weekHours) % weekHours
    this.#counts[at] = (this.#counts[at] as number) + 1
  }

  busyHours(): BusyHours {
    const week = Array.from({ length: 7 }, (_, day) => [...this.#counts.subarray(day * 24, (day + 1) * 24)])
    const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0)
    return {
      week,
      byHour: Array.from({ length: 24 }, (_, hour) => sum(week.map((day) => day[hour] as number))),
      byWeekday: week.map(sum),
    }
  }
}

const weekHours = 7 * 24
