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

/**
 * When in a week events happen. `utcOffsetMinutes` is how much the clock on the wall is ahead of UTC, such as 60 in
 * winter in Madrid; it is the same all year round, so where the clock is changed in summer the hours of one half of the year
 * are off by one. Default: 0. `activities` are those that count. Default: all.
 *
 * @throws AnnalsError `invalid-argument` for an offset that is not between −1,440 and 1,440
 */
export function discoverBusyHours(
  { traces }: EventLog,
  {
    utcOffsetMinutes = 0,
    activities,
  }: { readonly utcOffsetMinutes?: number; readonly activities?: readonly string[] | undefined } = {},
): BusyHours {
  if (!(Math.abs(utcOffsetMinutes) <= 1440))
    throw new AnnalsError(
      'invalid-argument',
      `The argument "utcOffsetMinutes" cannot be used: expected minutes between -1440 and 1440, but got ${utcOffsetMinutes}.`,
      {
        argument: 'utcOffsetMinutes',
        expected: 'minutes between -1440 and 1440',
        received: utcOffsetMinutes,
      },
    )
  const week = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0))
  const counted = activities && new Set(activities)
  for (const { events } of traces)
    for (const { activity, atMs } of events) {
      if (counted && !counted.has(activity)) continue
      const hours = Math.floor((atMs + utcOffsetMinutes * 60_000) / 3_600_000)
      // 1970-01-01 was a Thursday. Times before it are negative, and their remainders too.
      const day = week[remainder(Math.floor(hours / 24) + 3, 7)]
      const hour = remainder(hours, 24)
      if (day) day[hour] = (day[hour] as number) + 1
    }
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0)
  return {
    week,
    byHour: Array.from({ length: 24 }, (_, hour) => sum(week.map((day) => day[hour] as number))),
    byWeekday: week.map(sum),
  }
}

const remainder = (value: number, divisor: number) => ((value % divisor) + divisor) % divisor
