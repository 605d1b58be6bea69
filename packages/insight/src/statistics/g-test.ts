import { chiSquareTail } from './tail.ts'

/** What a G-test says of a table of counts. */
export interface GTest {
  /** 2 Σ observed × ln(observed / expected): 0 if rows and columns have nothing to do with each other. */
  readonly g: number
  readonly degreesOfFreedom: number
  /** How probable a G of this size or more is if rows and columns have nothing to do with each other. */
  readonly p: number
  /** What a row tells of its column, in nats: G / 2n. */
  readonly mutualInformation: number
}

/**
 * The log-likelihood-ratio test that the rows of a table of counts are alike. Rows and columns without any count say
 * nothing and are left out.
 *
 * Source: R. R. Sokal, F. J. Rohlf, Biometry, section 17.
 */
export function gTest(rows: readonly (readonly number[])[]): GTest {
  const rowSums = rows.map((row) => row.reduce((sum, count) => sum + count, 0))
  const columnSums = (rows[0] ?? []).map((_, column) =>
    rows.reduce((sum, row) => sum + (row[column] as number), 0),
  )
  const total = rowSums.reduce((sum, count) => sum + count, 0)
  let g = 0
  rows.forEach((row, index) => {
    row.forEach((count, column) => {
      if (count > 0)
        g +=
          2 *
          count *
          Math.log((count * total) / ((rowSums[index] as number) * (columnSums[column] as number)))
    })
  })
  // Rounding may leave a little less than nothing.
  g = Math.max(0, g)
  const used = (sums: readonly number[]): number => sums.filter((sum) => sum > 0).length
  const degreesOfFreedom = Math.max(0, (used(rowSums) - 1) * (used(columnSums) - 1))
  return {
    g,
    degreesOfFreedom,
    p: degreesOfFreedom === 0 ? 1 : chiSquareTail(g, degreesOfFreedom),
    mutualInformation: total === 0 ? 0 : g / (2 * total),
  }
}
