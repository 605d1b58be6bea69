import { AnnalsError } from '@annals/core'
import type { AttributeValue, CaseEvent } from '../event-log/case-event.ts'
import { type CsvOptions, csvColumns } from './csv-columns.ts'
import { type CsvField, type CsvRow, CsvRows } from './csv-rows.ts'
import { type EventLogReader, notesOf } from './event-log-reader.ts'
import { parseTimeMs, timeForm } from './time.ts'
import { quoted, unreadable } from './unreadable.ts'

export interface CsvReaderOptions extends CsvOptions {
  /** What times that are numbers count since 1970, seconds or milliseconds. Without it, times are in ISO 8601. */
  readonly timeUnit?: 's' | 'ms' | undefined
}

/**
 * Reads CSV, piece by piece: a line of column names, then a row for each event. All columns but the three named are
 * attributes. What is not in quotes is a number or a truth value if it is written as one, and nothing if it is empty;
 * what is in quotes is a text. Rows without a case are left out and counted in `notes`.
 *
 * @throws AnnalsError `invalid-argument` for a column that is not there
 */
export class CsvReader implements EventLogReader {
  readonly #rows: CsvRows
  readonly #options: ReturnType<typeof csvColumns>
  readonly #timeUnit: CsvReaderOptions['timeUnit']
  #columns: Columns | undefined
  #isFirst = true
  #eventCount = 0
  #withoutCase = 0

  constructor(options: CsvReaderOptions = {}) {
    this.#options = csvColumns(options)
    this.#timeUnit = options.timeUnit
    this.#rows = new CsvRows(this.#options.delimiter)
  }

  get notes(): readonly string[] {
    return notesOf([
      [this.#withoutCase, 'row without a case was left out', 'rows without a case were left out'],
    ])
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
      if (!this.#columns) this.#columns = columnsOf(row, this.#options)
      else {
        const event = this.#eventOf(row, this.#columns)
        if (event) events.push(event)
        else this.#withoutCase++
      }
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
    if (own === '') return undefined
    if (activity === '')
      throw unreadable('CSV', { expected: `an activity in "${names[activityAt]}"`, got: 'none', line })
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
    const isNumber = text.trim() !== '' && Number.isFinite(Number(text))
    if (isNumber && this.#timeUnit) return Number(text) * (this.#timeUnit === 's' ? 1000 : 1)
    const atMs = parseTimeMs(text)
    if (atMs !== undefined) return atMs
    throw unreadable('CSV', {
      expected: `${timeForm}, in "${column}"`,
      got: text === '' ? 'none' : quoted(text),
      line,
      remedy: isNumber
        ? 'Say with timeUnit whether numbers are seconds or milliseconds since 1970.'
        : undefined,
    })
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
  { caseColumn, activityColumn, timeColumn, delimiter }: ReturnType<typeof csvColumns>,
): Columns {
  const names = fields.map(({ text }) => text)
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined)
    throw unreadable('CSV', {
      expected: 'names of columns that differ',
      got: `${quoted(twice)} twice`,
      line,
      remedy: 'Rename one of them.',
    })
  const at = (argument: string, name: string): number => {
    const found = names.indexOf(name)
    if (found !== -1) return found
    const expected = `a column ${quoted(name)}`
    const there = names.map(quoted).join(', ')
    const other = [',', ';', '\t', '|'].find((each) => each !== delimiter && names[0]?.includes(each))
    const hint =
      names.length === 1 && other
        ? `Is its delimiter ${JSON.stringify(other)}?`
        : `Name the one that it is as ${argument}.`
    throw new AnnalsError(
      'invalid-argument',
      `The CSV cannot be read: expected ${expected}, but its columns are ${there}. ${hint}`,
      { argument, expected, received: names },
    )
  }
  return {
    names,
    caseAt: at('caseColumn', caseColumn),
    activityAt: at('activityColumn', activityColumn),
    timeAt: at('timeColumn', timeColumn),
  }
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
