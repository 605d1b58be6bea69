import type { Session } from '../session.ts'
import type { Column } from '../table.ts'
import { count, duration } from '../text.ts'

/** A share for people: `12.3 %`. */
export function share(value: number): string {
  return `${(100 * value).toFixed(1)} %`
}

/** A duration in milliseconds for people. */
export function durationMs(value: number): string {
  return value < 0 ? `-${duration(-value / 1000)}` : duration(value / 1000)
}

/** A moment for people, to the minute, in UTC. */
export function moment(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')
}

/** A probability for people: small ones as a bound, since their digits say nothing. */
export function probability(value: number): string {
  return value < 0.001 ? '< 0.001' : value.toFixed(3)
}

/** A number that is no count. */
export function decimal(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '∞'
}

/** A column of counts. */
export function counts<Row>(title: string, value: (row: Row) => number): Column<Row> {
  return { title, value: (row) => count(value(row)), align: 'right' }
}

/** A column of what has been made a text of, to the right. */
export function figures<Row>(title: string, value: (row: Row) => string): Column<Row> {
  return { title, value, align: 'right' }
}

/** A column of texts. */
export function texts<Row>(title: string, value: (row: Row) => string): Column<Row> {
  return { title, value }
}

/** Prints a titled table of the first rows, and says how many more there are. */
export async function printTable<Row>(
  { output }: Session,
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  limit: number,
): Promise<void> {
  await output.line(output.style('bold', title))
  if (rows.length === 0) await output.line('(none)')
  else await output.lines(output.table(columns).lines(rows.slice(0, limit)))
  if (rows.length > limit) await output.line(`… and ${count(rows.length - limit)} more; --limit shows more.`)
}
