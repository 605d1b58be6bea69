import { AnnalsError } from '@annals/core'
import type { AttributeValue } from '../event-log/case-event.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { type CsvOptions, csvColumns } from './csv-columns.ts'
import { isNumberText } from './csv-reader.ts'
import { formatTime } from './time.ts'

/**
 * A log as CSV, in pieces of one case each: a line of column names, then a row for each event, with a column for each
 * attribute. What `CsvReader` makes of it with the same options is the same log; texts that look like a number or a
 * truth value stand in quotes for that. Left out are values that are null, and numbers that are not finite. Times are to
 * the millisecond.
 *
 * @throws AnnalsError `invalid-argument` if an attribute has the name of one of the three columns
 */
export function* formatCsv({ traces }: EventLog, options: CsvOptions = {}): Generator<string> {
  const { caseColumn, activityColumn, timeColumn, delimiter } = csvColumns(options)
  const names = new Set<string>()
  for (const { events } of traces)
    for (const { attributes = {} } of events) for (const name of Object.keys(attributes)) names.add(name)
  const own = [caseColumn, activityColumn, timeColumn]
  const clash = own.find((name, at) => names.has(name) || own.indexOf(name) < at)
  if (clash !== undefined) {
    const expected = 'columns whose names differ from each other and from those of all attributes'
    throw new AnnalsError(
      'invalid-argument',
      `The log cannot be written as CSV: expected ${expected}, but there is ${JSON.stringify(clash)} twice. Name the column otherwise.`,
      { argument: 'columns', expected, received: clash },
    )
  }
  const row = (texts: readonly string[]) => `${texts.join(delimiter)}\n`
  const plain = (text: string) => (needsQuotes(text, delimiter) ? inQuotes(text) : text)
  yield row(
    [...own, ...names].map((name) => (name.trim() === name && name !== '' ? plain(name) : inQuotes(name))),
  )
  for (const { case: name, events } of traces)
    yield events
      .map(({ activity, atMs, attributes = {} }) =>
        row([
          plain(name),
          plain(activity),
          formatTime(atMs),
          ...Array.from(names, (each) =>
            fieldOf(Object.hasOwn(attributes, each) ? attributes[each] : undefined, delimiter),
          ),
        ]),
      )
      .join('')
}

function fieldOf(value: AttributeValue | undefined, delimiter: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : ''
  if (typeof value === 'boolean') return String(value)
  const looksLikeOther = value === '' || value === 'true' || value === 'false' || isNumberText(value)
  return looksLikeOther || needsQuotes(value, delimiter) ? inQuotes(value) : value
}

function needsQuotes(text: string, delimiter: string): boolean {
  return text.includes(delimiter) || /["\r\n]/.test(text) || text.startsWith('\ufeff')
}

function inQuotes(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}
