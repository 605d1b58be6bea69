/** What several runs of one measure gave. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly runs: number
}

/** The median of the values, with the smallest and the largest beside it. At least one value. */
export function summaryOf(values: readonly number[]): Summary {
  if (values.length === 0) throw new RangeError('There is no median of no values.')
  if (values.some((value) => !Number.isFinite(value)))
    throw new RangeError(`A measure has to be a finite number, but one of ${values.join(', ')} is not.`)
  const sorted = [...values].sort((a, b) => a - b)
  const upper = Math.floor(sorted.length / 2)
  const lower = sorted.length % 2 === 0 ? upper - 1 : upper
  return {
    median: (at(sorted, lower) + at(sorted, upper)) / 2,
    min: at(sorted, 0),
    max: at(sorted, sorted.length - 1),
    runs: sorted.length,
  }
}

function at(sorted: readonly number[], place: number): number {
  return sorted[place] as number
}

/** The value that a share of the values does not exceed: `0.99` for the 99th percentile, by nearest rank. */
export function quantileOf(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('There is no quantile of no values.')
  const sorted = [...values].sort((a, b) => a - b)
  return at(sorted, Math.max(0, Math.ceil(share * sorted.length) - 1))
}
