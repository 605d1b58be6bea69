import type { Row } from '../measure.ts'
import { ratioUnit } from '../ratio.ts'

/** What can be compared: the rows of one measure that have one unit. */
export interface Panel {
  readonly title: string
  readonly unit: string
  readonly rows: readonly Row[]
  readonly moreIsBetter: boolean
}

/**
 * The rows by measure and unit, in their order. What only one system has cannot be compared, and is left out; so are
 * ratios, which are comparisons themselves.
 */
export function panelsOf(rows: readonly Row[]): readonly Panel[] {
  const figures = rows.filter(({ unit }) => unit !== ratioUnit)
  const groups = Map.groupBy(figures, ({ measure, unit }) => `${measure}\n${unit}`)
  return [...groups.values()]
    .map((group) => {
      const { measure, unit } = group[0] as Row
      return { title: measure, unit, rows: group, moreIsBetter: unit.endsWith('/s') }
    })
    .filter((panel) => panel.rows.length > 2)
}
