import { lowerGamma, upperGamma } from './gamma.ts'

/** A count of which it is known how it would spread by chance. */
export interface ChanceCount {
  readonly count: number
  readonly mean: number
  readonly variance: number
}

/**
 * How probable it is by chance that a count is so large or larger, or so small or smaller. The chance is that of a
 * Poisson distribution that was moved so that it has this mean and this variance: unlike a normal one it is right for
 * rare things, and unlike one that was not moved for frequent ones.
 *
 * Source: A. D. Barbour, A. Xia, Poisson Perturbations, ESAIM: Probability and Statistics 3 (1999) (translated Poisson
 * approximation of sums).
 */
export function countTail({ count, mean, variance }: ChanceCount): {
  readonly larger: number
  readonly smaller: number
} {
  if (variance <= 0) return { larger: count > mean ? 0 : 1, smaller: count < mean ? 0 : 1 }
  const moved = count - mean + variance
  return {
    larger: moved <= 0 ? 1 : lowerGamma(moved, variance),
    smaller: moved <= -1 ? 0 : upperGamma(moved + 1, variance),
  }
}

/** Two-sided, of a count that is taken for larger, or for smaller, than by chance: near 1 if it is the other way round. */
export function directedP(count: ChanceCount, { isOftener }: { readonly isOftener: boolean }): number {
  const { larger, smaller } = countTail(count)
  return Math.min(1, 2 * (isOftener ? larger : smaller))
}
