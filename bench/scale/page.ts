import { expectationTable } from '../expectation.ts'
import type { Row } from '../measure.ts'
import { ratioUnit } from '../ratio.ts'
import { machineLine, type Report } from '../report.ts'
import { rangeOf, table } from '../table.ts'

/** What became of stores as they grew, as a page of Markdown: a line a measure, a column a store. */
export function scalePage(report: Report): string {
  const figures = report.rows.filter(({ unit }) => unit !== ratioUnit)
  const systems = [...new Set(figures.map(({ system }) => system))]
  const measures = [...Map.groupBy(figures, ({ measure, unit }) => `${measure} (${unit})`)]
  const lines = measures.map(([title, rows]) => [title, ...systems.map((system) => cellOf(rows, system))])
  return `# Annals as a store grows

${machineLine(report.machine)}; commit ${report.commit}; ${report.measuredAt.slice(0, 10)}.

${table(['', ...systems], lines)}
## What is expected

${expectationTable(report.rows)}
## Remarks

${report.notes.map((note) => `- ${note}`).join('\n')}
`
}

function cellOf(rows: readonly Row[], system: string): string {
  const row = rows.find((each) => each.system === system)
  return row ? rangeOf(row) : '–'
}
