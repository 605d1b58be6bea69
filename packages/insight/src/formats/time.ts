const date = /(\d{4})-(\d{2})-(\d{2})/
const time = /(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?/
const zone = /(?:(Z)|([+-])(\d{2}):?(\d{2})?)/
const form = new RegExp(`^${date.source}(?:[T ]${time.source}(?: ?${zone.source})?)?$`, 'i')
// Without separators, all of it.
const basicForm = new RegExp(
  `^${/(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(?:[.,](\d+))?/.source}${zone.source}?$`,
  'i',
)

/**
 * A moment in ISO 8601 in milliseconds since 1970; finer fractions are cut off. Without an offset it is taken as UTC,
 * so that a file means the same on every machine. `undefined` if it is none.
 */
export function parseTimeMs(text: string): number | undefined {
  const trimmed = text.trim()
  const parts = form.exec(trimmed) ?? basicForm.exec(trimmed)
  if (!parts) return undefined
  const [, year, month, day, hour, minute, second, fraction, , sign, offsetHour, offsetMinute] = parts
  return momentMs({ year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute })
}

/** The parts of a moment as they are written; those that are left out are 0. */
export interface WrittenMoment {
  readonly year: string | undefined
  readonly month: string | undefined
  readonly day: string | undefined
  readonly hour?: string | undefined
  readonly minute?: string | undefined
  readonly second?: string | undefined
  /** Of a second. */
  readonly fraction?: string | undefined
  /** Of the offset from UTC. */
  readonly sign?: string | undefined
  readonly offsetHour?: string | undefined
  readonly offsetMinute?: string | undefined
}

/** In milliseconds since 1970; `undefined` if there is no such moment. */
export function momentMs(written: WrittenMoment): number | undefined {
  const { hour = 0, minute = 0, second = 0, fraction = '', offsetHour = 0, offsetMinute = 0 } = written
  const [year, month, day] = [Number(written.year), Number(written.month), Number(written.day)]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  // The thirtieth of February would otherwise be taken for a day of March.
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3))
  // The end of a day may be written as its hour 24.
  const isEndOfDay = Number(hour) === 24 && Number(minute) === 0 && Number(second) === 0 && ms === 0
  if (!isDay || (Number(hour) > 23 && !isEndOfDay) || Number(minute) > 59 || Number(second) > 59)
    return undefined
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined
  date.setUTCHours(Number(hour), Number(minute), Number(second), ms)
  const offsetMinutes = (Number(offsetHour) * 60 + Number(offsetMinute)) * (written.sign === '-' ? -1 : 1)
  return date.getTime() - offsetMinutes * 60_000
}

/** A moment in ISO 8601 and UTC, to the millisecond. */
export function formatTime(atMs: number): string {
  return new Date(atMs).toISOString()
}

export const timeForm = 'a time in ISO 8601, such as 2026-01-31T12:00:00Z'
