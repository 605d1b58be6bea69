import { expectationTable } from '../expectation.ts'
import type { Row } from '../measure.ts'
import { ratioUnit } from '../ratio.ts'
import { machineLine, type Report } from '../report.ts'
import { rangeOf, table } from '../table.ts'
import { panelsOf } from './panel.ts'

/** The name under which the limit of disk and processor stands beside the systems. */
export const rawLimit = 'raw limit'

/** The unit of calls that were rejected although nothing spoke against them. */
export const failedUnit = '% of calls failed'

/** The comparison as a page of Markdown, with the chart `chartName` beside it: a line a measure, a column a system. */
export function pageOf(report: Report, chartName: string): string {
  const panels = panelsOf(report.rows)
  const columns = columnsOf(report.rows)
  const lines = panels.map(({ title, unit, rows }) => [
    `${title} (${unit})`,
    ...columns.map((system) => cellOf(rows.find((row) => row.system === system))),
  ])
  const alone = report.rows.filter(({ system, unit }) => !columns.includes(system) && unit !== ratioUnit)
  const expectations = expectationTable(report.rows)
  const runs = Math.max(...report.rows.map((row) => row.runs))
  return `# Annals beside other ways to keep events

${machineLine(report.machine)}; commit ${report.commit}; ${report.measuredAt.slice(0, 10)}.
Medians of ${runs} rounds, with the smallest and the largest; in each round all take their turn. Times and bytes: less is better.

![The same figures as bars](${chartName})

${table(['', ...columns], lines)}
${alone.length > 0 ? `What is not in all measures:\n\n${table(['measure', 'system', 'unit', ''], alone.map(lineOf))}\n` : ''}${expectations && `## What is expected\n\nRatios are taken within a round; it is their median that counts.\n\n${expectations}\n`}## Settings and remarks

${report.notes.map((note) => `- ${note}`).join('\n')}
`
}

// Systems that are in all measures have a column; the raw limit is the last.
function columnsOf(rows: readonly Row[]): readonly string[] {
  const measures = (system: string) =>
    new Set(rows.filter((row) => row.system === system).map(({ measure }) => measure)).size
  const systems = [...new Set(rows.filter(({ unit }) => unit !== ratioUnit).map(({ system }) => system))]
  const most = Math.max(...systems.map(measures))
  const inAll = systems.filter((system) => system !== rawLimit && measures(system) === most)
  return systems.includes(rawLimit) ? [...inAll, rawLimit] : inAll
}

function cellOf(row: Row | undefined): string {
  return row ? rangeOf(row) : '–'
}

function lineOf(row: Row): readonly string[] {
  return [row.measure, row.system, row.unit, cellOf(row)]
}
