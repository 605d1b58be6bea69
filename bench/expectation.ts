import type { Expected, Row } from './measure.ts'
import { formatted, rangeOf, table } from './table.ts'

/** Whether a row is as it was expected. */
export function isReached({ median, expected }: Row & { readonly expected: Expected }): boolean {
  return 'atLeast' in expected ? median >= expected.atLeast : median <= expected.atMost
}

/** An expectation in words: `at least 0.8`. */
export function expectedText(expected: Expected): string {
  return 'atLeast' in expected
    ? `at least ${formatted(expected.atLeast)}`
    : `at most ${formatted(expected.atMost)}`
}

/** The rows of which something is expected, and whether they reached it, as a table in Markdown; empty if there is none. */
export function expectationTable(rows: readonly Row[]): string {
  const lines = rows
    .filter(isExpected)
    .map((row) => [
      row.measure,
      row.system,
      row.unit,
      expectedText(row.expected),
      rangeOf(row),
      isReached(row) ? 'yes' : '**no**',
    ])
  return lines.length > 0
    ? table(['measure', 'system', 'unit', 'expected', 'measured', 'reached'], lines)
    : ''
}

function isExpected(row: Row): row is Row & { readonly expected: Expected } {
  return row.expected !== undefined
}
