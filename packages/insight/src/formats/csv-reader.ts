import { AnnalsError } from '@annals/core'
import type { AttributeValue, CaseEvent } from '../event-log/case-event.ts'
import { type CsvOptions, csvColumns } from './csv-columns.ts'
import { type CsvField, type CsvRow, CsvRows } from './csv-rows.ts'
import { type EventLogReader, notesOf } from './event-log-reader.ts'
import { type DateOrder, needsDateOrder, parseLocalTimeMs } from './local-time.ts'
import { timeForm } from './time.ts'
import { quoted, unreadable } from './unreadable.ts'

export interface CsvReaderOptions extends CsvOptions {
  /** What times that are numbers count since 1970, seconds or milliseconds. Default: times are no numbers. */
  readonly timeUnit?: 's' | 'ms' | undefined
  /** Whether in dates such as 01/02/2026 the day comes first or the month. Default: there are no such dates. */
  readonly dateOrder?: DateOrder | undefined
}

/**
 * Reads CSV, piece by piece: a line of column names, then a row for each event. All columns but the three named are
 * attributes; one without a name is called by its place, and one with the name of another by that and a number. What is
 * not in quotes is a number or a truth value if it is written as one, and nothing if it is empty; what is in quotes is a
 * text. Times are in ISO 8601 or as spreadsheets write them. Rows without a case, an activity or a time are left out and
 * counted in `notes`. A line `sep=;` before all others, as spreadsheets write it, is passed over.
 *
 * @throws AnnalsError `invalid-argument` for a column that is not there
 */
export class CsvReader implements EventLogReader {
  readonly #rows: CsvRows
  readonly #options: ReturnType<typeof csvColumns>
  readonly #times: Pick<CsvReaderOptions, 'timeUnit' | 'dateOrder'>
  #columns: Columns | undefined
  #isFirst = true
  #eventCount = 0
  readonly #without = { case: 0, activity: 0, time: 0 }

  constructor(options: CsvReaderOptions = {}) {
    this.#options = csvColumns(options)
    this.#times = options
    this.#rows = new CsvRows(this.#options.delimiter)
  }

  get notes(): readonly string[] {
    return notesOf(
      Object.entries(this.#without).map(([part, rows]) => {
        const what = part === 'activity' ? 'an activity' : `a ${part}`
        return [rows, `row without ${what} was left out`, `rows without ${what} were left out`]
      }),
    )
  }

  push(text: string): readonly CaseEvent[] {
    // What some programs write at the very beginning is no part of the first name.
    const start = this.#isFirst && text.startsWith('\ufeff') ? text.slice(1) : text
    if (text.length > 0) this.#isFirst = false
    return this.#eventsOf(this.#rows.push(start))
  }

  end(): readonly CaseEvent[] {
    const events = this.#eventsOf(this.#rows.end())
    if (!this.#columns) throw unreadable('CSV', { expected: 'a line of column names', got: 'an empty file' })
    return events
  }

  #eventsOf(rows: readonly CsvRow[]): readonly CaseEvent[] {
    const events: CaseEvent[] = []
    for (const row of rows) {
      if (this.#columns) {
        const event = this.#eventOf(row, this.#columns)
        if (event) events.push(event)
      } else if (!isDelimiterLine(row, this.#options.delimiter)) this.#columns = columnsOf(row, this.#options)
    }
    return events
  }

  #eventOf({ line, fields }: CsvRow, { names, caseAt, activityAt, timeAt }: Columns): CaseEvent | undefined {
    if (fields.length !== names.length)
      throw unreadable('CSV', {
        expected: `${names.length} fields, as many as columns`,
        got: `${fields.length}`,
        line,
        remedy: 'A field that holds a delimiter or a line end stands in quotes.',
      })
    const [own, activity, time] = [caseAt, activityAt, timeAt].map((at) => (fields[at] as CsvField).text) as [
      string,
      string,
      string,
    ]
    const missing =
      own === '' ? 'case' : activity === '' ? 'activity' : time.trim() === '' ? 'time' : undefined
    if (missing) {
      this.#without[missing]++
      return undefined
    }
    const entries: [string, AttributeValue][] = []
    for (const [at, field] of fields.entries()) {
      if (at === caseAt || at === activityAt || at === timeAt) continue
      const value = attributeOf(field)
      if (value !== undefined) entries.push([names[at] as string, value])
    }
    return {
      case: own,
      activity,
      atMs: this.#timeMs(time, names[timeAt] as string, line),
      ...(entries.length > 0 && { attributes: Object.fromEntries(entries) }),
      source: this.#eventCount++,
    }
  }

  #timeMs(text: string, column: string, line: number): number {
    const { timeUnit, dateOrder } = this.#times
    const isNumber = Number.isFinite(Number(text))
    if (isNumber && timeUnit) return Number(text) * (timeUnit === 's' ? 1000 : 1)
    const atMs = parseLocalTimeMs(text, dateOrder)
    if (atMs !== undefined) return atMs
    const remedy = isNumber
      ? 'Say with timeUnit whether numbers are seconds or milliseconds since 1970.'
      : needsDateOrder(text)
        ? 'Say with dateOrder whether the day or the month comes first.'
        : undefined
    throw unreadable('CSV', { expected: `${timeForm}, in "${column}"`, got: quoted(text), line, remedy })
  }
}

interface Columns {
  readonly names: readonly string[]
  readonly caseAt: number
  readonly activityAt: number
  readonly timeAt: number
}

function columnsOf(
  { fields, line }: CsvRow,
  { delimiter, ...wanted }: ReturnType<typeof csvColumns>,
): Columns {
  const written = fields.map(({ text, isQuoted }) => (isQuoted ? text : text.trim() || undefined))
  const names = differing(written)
  const missing = Object.entries(wanted).filter(([, name]) => !written.includes(name))
  if (missing.length > 0) throw noColumns(missing, names, delimiter)
  const at = (name: string): number => {
    const found = written.indexOf(name)
    if (!written.includes(name, found + 1)) return found
    throw unreadable('CSV', {
      expected: `one column ${quoted(name)}`,
      got: 'several',
      line,
      remedy: 'Rename the others.',
    })
  }
  const { caseColumn, activityColumn, timeColumn } = wanted
  return { names, caseAt: at(caseColumn), activityAt: at(activityColumn), timeAt: at(timeColumn) }
}

function noColumns(
  missing: readonly (readonly [argument: string, name: string])[],
  names: readonly string[],
  delimiter: string,
): AnnalsError<'invalid-argument'> {
  const [argument = ''] = missing[0] ?? []
  const isOne = missing.length === 1
  const expected = `${isOne ? 'a column' : 'columns'} ${listed(missing.map(([, name]) => quoted(name)))}`
  const more = names.length > namesTold ? ` and ${names.length - namesTold} more` : ''
  const there = `${names.slice(0, namesTold).map(quoted).join(', ')}${more}`
  const other = [',', ';', '\t', '|'].find((each) => each !== delimiter && names[0]?.includes(each))
  const options = listed(missing.map(([option]) => option))
  const hint =
    names.length === 1 && other
      ? `Is its delimiter ${JSON.stringify(other)}?`
      : `Name ${isOne ? 'the one that it is' : 'those that they are'} as ${options}.`
  return new AnnalsError(
    'invalid-argument',
    `The CSV cannot be read: expected ${expected}, but its columns are ${there}. ${hint}`,
    { argument, expected, received: names },
  )
}

// More would not be read.
const namesTold = 40

const listed = (items: readonly string[]): string =>
  items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`

/** Names of which none is missing or there twice. */
function differing(written: readonly (string | undefined)[]): readonly string[] {
  const taken = new Set(written)
  return written.map((name, at) => {
    if (name !== undefined && written.indexOf(name) === at) return name
    const plain = name ?? `column ${at + 1}`
    let own = plain
    for (let number = 2; taken.has(own); number++) own = `${plain} ${number}`
    taken.add(own)
    return own
  })
}

/** Whether a row says what the delimiter is, and nothing else. */
function isDelimiterLine({ fields }: CsvRow, delimiter: string): boolean {
  const text = fields.map((field) => field.text).join(delimiter)
  return text.toLowerCase() === `sep=${delimiter}`
}

function attributeOf({ text, isQuoted }: CsvField): AttributeValue | undefined {
  if (isQuoted) return text
  if (text === '') return undefined
  if (text === 'true' || text === 'false') return text === 'true'
  // Only what is written as a number is written here is one: 007 and 1.10 are not.
  return isNumberText(text) ? Number(text) : text
}

/** Whether a text is one that a number is written as. */
export function isNumberText(text: string): boolean {
  return String(Number(text)) === text && text !== 'NaN' && !text.endsWith('Infinity')
}
