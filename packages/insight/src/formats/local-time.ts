import { momentMs, parseTimeMs } from './time.ts'

/** Whether in dates such as 01/02/2026 the day comes first or the month. */
export type DateOrder = 'dmy' | 'mdy'

const time =
  /(?:[T ,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d+))?)?(?: ?([AP])\.?M\.?)?(?: ?(?:(Z|UTC|GMT)|([+-])(\d{2}):?(\d{2})?))?)?/
const yearFirst = new RegExp(`^${/(\d{4})([-/.])(\d{1,2})\2(\d{1,2})/.source}${time.source}$`, 'i')
const yearLast = new RegExp(`^${/(\d{1,2})([-/.])(\d{1,2})\2(\d{4})/.source}${time.source}$`, 'i')

/**
 * A moment as people and spreadsheets write it, in milliseconds since 1970: in ISO 8601, with the year first, or with the
 * year last, where after dots the day comes first, and else what `order` says. Without an offset it is taken as UTC.
 * `undefined` if it is none, or if its order is not known.
 */
export function parseLocalTimeMs(text: string, order: DateOrder | undefined): number | undefined {
  const trimmed = text.trim()
  const iso = parseTimeMs(trimmed)
  if (iso !== undefined) return iso
  const first = yearFirst.exec(trimmed)
  if (first) return withTime(first.slice(5), { year: first[1], month: first[3], day: first[4] })
  const last = yearLast.exec(trimmed)
  if (!last) return undefined
  const own = last[2] === '.' ? 'dmy' : order
  const [one, other, year] = [last[1], last[3], last[4]]
  if (own === undefined) return undefined
  return withTime(
    last.slice(5),
    own === 'dmy' ? { year, month: other, day: one } : { year, month: one, day: other },
  )
}

/** Whether it would be a moment if it were known whether the day or the month comes first. */
export function needsDateOrder(text: string): boolean {
  if (parseLocalTimeMs(text, undefined) !== undefined) return false
  return (parseLocalTimeMs(text, 'dmy') ?? parseLocalTimeMs(text, 'mdy')) !== undefined
}

function withTime(
  [hour, minute, second, fraction, half, , sign, offsetHour, offsetMinute]: readonly (string | undefined)[],
  day: {
    readonly year: string | undefined
    readonly month: string | undefined
    readonly day: string | undefined
  },
): number | undefined {
  const isOfHalf = half !== undefined
  // Twelve is the first hour of each half of the day.
  if (isOfHalf && (Number(hour) < 1 || Number(hour) > 12)) return undefined
  const ofDay = isOfHalf ? `${(Number(hour) % 12) + (half.toUpperCase() === 'P' ? 12 : 0)}` : hour
  return momentMs({ ...day, hour: ofDay, minute, second, fraction, sign, offsetHour, offsetMinute })
}
