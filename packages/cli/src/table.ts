import { cut, pad, printable, widthOf } from './text.ts'

/** A column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string
  readonly align?: 'left' | 'right'
}

/** How a table is laid out. */
export interface TableOptions {
  /** The most columns of the terminal that a line takes; longer lines are cut off. Default: no limit. */
  readonly widthMax?: number | undefined
  /** Makes the line of titles stand out. */
  readonly heading?: (line: string) => string
}

/**
 * Rows as aligned lines. Rows may be given in parts, as they come: the first part decides how wide the columns are, and
 * what is wider later widens them from there on.
 */
export class Table<Row> {
  readonly #columns: readonly Column<Row>[]
  readonly #widths: number[]
  readonly #options: TableOptions
  #hasHeading = false

  constructor(columns: readonly Column<Row>[], options: TableOptions = {}) {
    this.#columns = columns
    this.#widths = columns.map(({ title }) => title.length)
    this.#options = options
  }

  /** The lines of some rows, with the titles above the first. */
  lines(rows: readonly Row[]): string[] {
    const cells = rows.map((row) => this.#columns.map(({ value }) => printable(value(row))))
    this.#widths.forEach((width, column) => {
      // The last column ends its line, so it needs no room of its own.
      if (column < this.#columns.length - 1)
        this.#widths[column] = cells.reduce((most, row) => Math.max(most, widthOf(row[column] ?? '')), width)
    })
    const lines = cells.map((row) => this.#line(row))
    if (this.#hasHeading) return lines
    this.#hasHeading = true
    const titles = this.#line(this.#columns.map(({ title }) => title))
    return [this.#options.heading?.(titles) ?? titles, ...lines]
  }

  #line(cells: readonly string[]): string {
    const { widthMax = Infinity } = this.#options
    const line = cells
      .map((cell, column) =>
        column === cells.length - 1 && this.#columns[column]?.align !== 'right'
          ? cell
          : pad(cell, this.#widths[column] ?? 0, this.#columns[column]?.align),
      )
      .join('  ')
      .trimEnd()
    return widthMax === Infinity ? line : cut(line, widthMax)
  }
}
