import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expectedText, isReached } from './expectation.ts'
import type { Machine } from './machine.ts'
import type { Row } from './measure.ts'

/** All that a result says; what is in `bench/results`. */
export interface Report {
  readonly measuredAt: string
  readonly commit: string
  readonly machine: Machine
  readonly fsync: string
  readonly seconds: number
  readonly notes: readonly string[]
  readonly rows: readonly Row[]
}

/** How appends are made durable, in the store and in the bare loops. */
export const fsyncMode =
  'every group of appends is made durable with fdatasync before any of them is answered; the raw loops sync as often'

/** The line that stands over the figures. */
export function machineLine({ cpu, cores, memoryGiB, system, node, fileSystem }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node.js ${node}, data on ${fileSystem}`
}

/** The rows of one measure as text. */
export function rowsAsText(rows: readonly Row[]): string {
  const lines = rows.map(({ expected, ...row }) =>
    [
      `  ${row.system}`.padEnd(36),
      figure(row.median).padStart(12),
      row.unit.padEnd(12),
      `(${figure(row.min)} – ${figure(row.max)})`,
      expected ? `${expectedText(expected)}: ${isReached({ ...row, expected }) ? 'yes' : 'NO'}` : '',
    ].join(' '),
  )
  return [rows[0]?.measure ?? '', ...lines].join('\n')
}

/** Writes a report to `bench/results/NAME.json` and answers with its path from the root of the checkout. */
export function writeReport(name: string, report: Report): string {
  const directory = join(import.meta.dirname, 'results')
  mkdirSync(directory, { recursive: true })
  const rows = report.rows.map((row) => ({
    ...row,
    median: rounded(row.median),
    min: rounded(row.min),
    max: rounded(row.max),
  }))
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify({ ...report, rows }, null, 2)}\n`)
  return `bench/results/${name}.json`
}

/** Writes another file beside the results and answers with its path from the root of the checkout. */
export function writePage(fileName: string, text: string): string {
  writeFileSync(join(import.meta.dirname, 'results', fileName), text)
  return `bench/results/${fileName}`
}

function figure(value: number): string {
  return rounded(value).toLocaleString('en', { maximumFractionDigits: 3 })
}

// Four digits say more than the disk repeats.
function rounded(value: number): number {
  return value >= 1_000 ? Math.round(value) : Number(value.toPrecision(4))
}
