import type { Row } from '../measure.ts'

/** What can be compared: the rows of one measure that have one unit. */
export interface Panel {
  readonly title: string
  readonly unit: string
  readonly rows: readonly Row[]
  readonly moreIsBetter: boolean
}

/** The rows by measure and unit, in their order. What only one system has cannot be compared, and is left out. */
export function panelsOf(rows: readonly Row[]): readonly Panel[] {
  const groups = Map.groupBy(rows, ({ measure, unit }) => `${measure}\n${unit}`)
  return [...groups.values()]
    .map((group) => {
      const { measure, unit } = group[0] as Row
      return { title: measure, unit, rows: group, moreIsBetter: unit.endsWith('/s') }
    })
    .filter((panel) => panel.rows.length > 2)
}

/** A figure with at most three digits that say something, and thousands set apart. */
export function formatted(value: number): string {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(3, digits) })
}
