import { expectationTable } from '../expectation.ts'
import { ratioUnit } from '../ratio.ts'
import { machineLine, type Report } from '../report.ts'
import { rangeOf, table } from '../table.ts'

/** How long appends take beside what a store does in the background, as a page of Markdown. */
export function backgroundPage(report: Report): string {
  const figures = report.rows.filter(({ unit }) => unit !== ratioUnit)
  const lines = figures.map((row) => [row.measure, row.system, row.unit, rangeOf(row)])
  return `# Appends beside work in the background

${machineLine(report.machine)}; commit ${report.commit}; ${report.measuredAt.slice(0, 10)}.
Medians of all rounds, with the smallest and the largest; in each round all take their turn.

${table(['measure', 'beside', 'unit', ''], lines)}
## What is expected

The ratios are of the 99th percentiles, within a round; it is their median that counts.

${expectationTable(report.rows)}
${report.notes.map((note) => `- ${note}\n`).join('')}`
}
