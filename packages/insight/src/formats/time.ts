const form =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?(?:(Z)|([+-])(\d{2}):?(\d{2})?))?)?$/i

/**
 * A moment in ISO 8601 in milliseconds since 1970; finer fractions are cut off. Without an offset it is taken as UTC,
 * so that a file means the same on every machine. `undefined` if it is none.
 */
export function parseTimeMs(text: string): number | undefined {
  const parts = form.exec(text.trim())
  if (!parts) return undefined
  const [
    ,
    year,
    month,
    day,
    hour = 0,
    minute = 0,
    second = 0,
    fraction = '',
    ,
    sign,
    offsetHour,
    offsetMinute = 0,
  ] = parts
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  // The thirtieth of February would otherwise be taken for a day of March.
  const isDay = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  if (!isDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  if (Number(offsetHour ?? 0) > 23 || Number(offsetMinute) > 59) return undefined
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, '0').slice(0, 3)))
  const offsetMinutes = sign ? (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1) : 0
  return date.getTime() - offsetMinutes * 60_000
}

/** A moment in ISO 8601 and UTC, to the millisecond. */
export function formatTime(atMs: number): string {
  return new Date(atMs).toISOString()
}

export const timeForm = 'a time in ISO 8601, such as 2026-01-31T12:00:00Z'
