import { AnnalsError } from '@annals/core'
import { unreadable } from './unreadable.ts'

/** A row of a CSV file. */
export interface CsvRow {
  /** Where it begins, from 1. */
  readonly line: number
  readonly fields: readonly CsvField[]
}

/** A field: what was in quotes is a text, whatever it looks like. */
export interface CsvField {
  readonly text: string
  readonly isQuoted: boolean
}

/** The most characters of one row: a quote that is never closed would gather the rest of the file. */
export const csvRowLengthMax = 16_000_000

/**
 * Takes the rows out of the text of a CSV file, however it is cut into pieces. Line ends may be of any kind; empty lines
 * are passed over. A parser of our own, since those there are either need streams of Node.js or the whole text, and do
 * not tell in which line a row stands.
 *
 * Source: RFC 4180.
 */
export class CsvRows {
  readonly #delimiter: number
  #rows: CsvRow[] = []
  #fields: CsvField[] = []
  #state: 'start' | 'plain' | 'quoted' | 'quote' = 'start'
  #text = ''
  #rowLength = 0
  #line = 1
  #rowLine = 1
  #quoteLine = 1
  #lastWasReturn = false

  /** @throws AnnalsError `invalid-argument` for a delimiter that is not one character other than a quote or a line end */
  constructor(delimiter: string) {
    if (delimiter.length !== 1 || '"\r\n'.includes(delimiter)) {
      const expected = 'one character that is no quote and no line end'
      throw new AnnalsError(
        'invalid-argument',
        `The delimiter ${JSON.stringify(delimiter)} cannot be used: expected ${expected}.`,
        { argument: 'delimiter', expected, received: delimiter },
      )
    }
    this.#delimiter = delimiter.charCodeAt(0)
  }

  /** The rows that end within this text. @throws AnnalsError `invalid-input`, `limit-exceeded` */
  push(text: string): readonly CsvRow[] {
    let from = 0
    const keep = (to: number) => {
      if (to > from) this.#text += text.slice(from, to)
    }
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (this.#state === 'quoted') {
        if (unit === quote) {
          keep(at)
          from = at + 1
          this.#state = 'quote'
        } else if (unit === lineFeed) this.#line++
        continue
      }
      if (this.#lastWasReturn) {
        this.#lastWasReturn = false
        if (unit === lineFeed) {
          from = at + 1
          continue
        }
      }
      if (unit === this.#delimiter || unit === lineFeed || unit === carriageReturn) {
        keep(at)
        from = at + 1
        this.#endField(unit !== this.#delimiter)
        if (unit === this.#delimiter) continue
        this.#lastWasReturn = unit === carriageReturn
        this.#line++
        this.#endRow()
      } else if (this.#state === 'start' && unit === quote) {
        from = at + 1
        this.#state = 'quoted'
        this.#quoteLine = this.#line
      } else if (this.#state === 'quote') {
        if (unit !== quote) throw this.#invalid('a delimiter behind the closing quote', text.charAt(at))
        // Two quotes within quotes stand for one.
        from = at
        this.#state = 'quoted'
      } else this.#state = 'plain'
    }
    keep(text.length)
    this.#rowLength += text.length
    if (this.#text.length > csvRowLengthMax || this.#rowLength - text.length > csvRowLengthMax)
      throw tooLong(this.#rowLine)
    return this.#taken()
  }

  /** The last row, if the file does not end with a line end. @throws AnnalsError `invalid-input` for an open quote */
  end(): readonly CsvRow[] {
    if (this.#state === 'quoted')
      throw unreadable('CSV', {
        expected: 'a closing quote',
        got: 'the end of the file',
        line: this.#quoteLine,
        remedy: 'A quote within quotes is written twice.',
      })
    this.#endField(true)
    this.#endRow()
    return this.#taken()
  }

  #endField(endsRow: boolean): void {
    // An empty line is no row of one empty field.
    if (endsRow && this.#fields.length === 0 && this.#state === 'start') return
    this.#fields.push({ text: this.#text, isQuoted: this.#state === 'quote' })
    this.#text = ''
    this.#state = 'start'
  }

  #endRow(): void {
    if (this.#fields.length > 0) this.#rows.push({ line: this.#rowLine, fields: this.#fields })
    this.#fields = []
    this.#rowLine = this.#line
    this.#rowLength = 0
  }

  #taken(): readonly CsvRow[] {
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  #invalid(expected: string, got: string) {
    return unreadable('CSV', {
      expected,
      got: JSON.stringify(got),
      line: this.#line,
      remedy: 'A quote within quotes is written twice.',
    })
  }
}

const [quote, lineFeed, carriageReturn] = [0x22, 0x0a, 0x0d]

function tooLong(line: number): AnnalsError<'limit-exceeded'> {
  return new AnnalsError(
    'limit-exceeded',
    `The row that begins at line ${line} of the CSV has more than ${csvRowLengthMax} characters. See whether a quote there is never closed.`,
    { limit: 'csvRowLengthMax', max: csvRowLengthMax, actual: csvRowLengthMax + 1 },
  )
}
