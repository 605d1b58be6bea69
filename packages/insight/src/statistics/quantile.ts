/**
 * The value below which a share of `sorted` lies, between two values in proportion, as most statistics programs give
 * it; `undefined` of nothing. `share` is from 0 to 1.
 *
 * Source: R. J. Hyndman, Y. Fan, Sample Quantiles in Statistical Packages, The American Statistician 50 (1996),
 * definition 7.
 */
export function quantile(sorted: ArrayLike<number>, share: number): number | undefined {
  if (sorted.length === 0) return undefined
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)] as number
  const above = sorted[Math.ceil(place)] as number
  return below + (above - below) * (place - Math.floor(place))
}
