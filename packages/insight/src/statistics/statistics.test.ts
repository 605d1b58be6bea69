import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countTail, directedP } from './count-tail.ts'
import { benjaminiHochberg } from './false-discovery-rate.ts'
import { fisherExact, oddsRatio } from './fisher-exact.ts'
import { gTest } from './g-test.ts'
import { logGamma, upperGamma } from './gamma.ts'
import { quantile } from './quantile.ts'
import { rankTest } from './rank-test.ts'
import { chiSquareTail, normalTail } from './tail.ts'

const close = (actual: number, expected: number) =>
  expect(Math.abs(actual - expected) / Math.max(1e-300, Math.abs(expected))).toBeLessThan(1e-9)

test('the gamma functions agree with what is known of them', () => {
  close(logGamma(11), Math.log(3_628_800))
  close(logGamma(0.5), Math.log(Math.PI) / 2)
  close(upperGamma(1, 3), Math.exp(-3))
  close(upperGamma(1, 0.5), Math.exp(-0.5))
  expect(upperGamma(2, 0)).toBe(1)
})

test('tails keep their relative precision where they are tiny', () => {
  // Of R: pchisq(600, 1, lower = FALSE), pchisq(20, 7, lower = FALSE), pnorm(-1.96), pnorm(-10).
  close(chiSquareTail(20, 7), 0.005569683072945136)
  close(normalTail(1.96), 0.024997895148220435)
  close(normalTail(10), 7.619853024160527e-24)
  close(normalTail(-1.96), 1 - 0.024997895148220435)
  expect(chiSquareTail(600, 1)).toBeGreaterThan(0)
  expect(chiSquareTail(600, 1)).toBeLessThan(1e-131)
})

test('the exact test of the lady who tastes tea says 34 of 70', () => {
  close(fisherExact({ both: 3, firstOnly: 1, secondOnly: 1, neither: 3 }), 34 / 70)
  close(fisherExact({ both: 4, firstOnly: 0, secondOnly: 0, neither: 4 }), 2 / 70)
  expect(fisherExact({ both: 5, firstOnly: 0, secondOnly: 0, neither: 0 })).toBe(1)
})

test('the exact test is the sum over all tables with the same margins that are not likelier, in whole numbers', () => {
  const choose = (of: number, chosen: number): bigint => {
    let ways = 1n
    for (let i = 0; i < chosen; i++) ways = (ways * BigInt(of - i)) / BigInt(i + 1)
    return chosen < 0 || chosen > of ? 0n : ways
  }
  const count = fc.integer({ min: 0, max: 25 })
  fc.assert(
    fc.property(count, count, count, count, (both, firstOnly, secondOnly, neither) => {
      const [first, second] = [both + firstOnly, both + secondOnly]
      const total = first + secondOnly + neither
      const waysOf = (each: number) => choose(first, each) * choose(total - first, second - each)
      const all = Array.from({ length: total + 1 }, (_, each) => waysOf(each))
      const notLikelier = all.filter((ways) => ways <= waysOf(both)).reduce((sum, ways) => sum + ways, 0n)
      const expected = Number((notLikelier * 10n ** 15n) / choose(total, second)) / 1e15
      expect(fisherExact({ both, firstOnly, secondOnly, neither })).toBeCloseTo(expected, 10)
    }),
    { numRuns: 500, seed: 3 },
  )
})

test('odds ratios without counter-examples are infinite, without cases unknown', () => {
  expect(oddsRatio({ both: 6, firstOnly: 2, secondOnly: 3, neither: 4 })).toBe(4)
  expect(oddsRatio({ both: 6, firstOnly: 0, secondOnly: 3, neither: 4 })).toBe(Number.POSITIVE_INFINITY)
  expect(oddsRatio({ both: 0, firstOnly: 2, secondOnly: 3, neither: 4 })).toBe(0)
  expect(oddsRatio({ both: 6, firstOnly: 0, secondOnly: 3, neither: 0 })).toBeUndefined()
})

test('a G-test is nothing for like rows, and leaves out what was never counted', () => {
  expect(
    gTest([
      [10, 20],
      [20, 40],
    ]).g,
  ).toBeCloseTo(0, 12)
  const even = gTest([
    [1, 3],
    [2, 0],
  ])
  close(even.g, 3.8190850097688767)
  close(even.p, 0.050671902346990164)
  close(even.mutualInformation, 0.3182570841474064)
  expect(
    gTest([
      [1, 3, 0],
      [2, 0, 0],
    ]),
  ).toEqual(even)
  expect(
    gTest([
      [1, 0],
      [2, 0],
    ]).p,
  ).toBe(1)
})

test('adjusted probabilities are those of the textbook, in the order asked', () => {
  const adjusted = benjaminiHochberg([0.04, 0.01, 0.03, 0.02])
  expect(adjusted).toEqual([0.04, 0.04, 0.04, 0.04])
  expect(benjaminiHochberg([0.5, 0.001, 0.9])).toEqual([0.75, 0.003, 0.9])
  expect(benjaminiHochberg([])).toEqual([])
})

test('a rank test counts which sample is larger, ties half, and corrects for them', () => {
  // Of scipy: mannwhitneyu(first, second, method='asymptotic').
  const { p, z, secondLarger } = rankTest([1, 2, 3, 4, 5], [4, 5, 6, 7, 8, 9])
  close(2 * normalTail(z), p)
  expect(rankTest([4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5]).z).toBe(-z)
  expect(secondLarger).toBe(28 / 30)
  close(p, 0.021869769467892982)
  expect(rankTest([1, 1], [1, 1, 1])).toEqual({ p: 1, z: 0, secondLarger: 0.5 })
  expect(rankTest([], [1])).toEqual({ p: 1, z: 0, secondLarger: 0.5 })
})

test('the chance of a count is that of a Poisson distribution with its mean and its variance', () => {
  // Of R: ppois(3, 5, lower = FALSE), ppois(3, 5).
  const poisson = countTail({ count: 4, mean: 5, variance: 5 })
  close(poisson.larger, 0.7349740847026385)
  close(countTail({ count: 3, mean: 5, variance: 5 }).smaller, 0.2650259152973616)
  // Moved by 20, it is the same at 24 as it was at 4.
  close(countTail({ count: 24, mean: 25, variance: 5 }).larger, poisson.larger)
  // Of R: ppois(39, 10, lower = FALSE), of which no digit would be left in 1 − ppois(39, 10).
  close(countTail({ count: 40, mean: 10, variance: 10 }).larger, 7.341636314560691e-13)
  expect(countTail({ count: 2, mean: 1, variance: 0 })).toEqual({ larger: 0, smaller: 1 })
  expect(countTail({ count: 1, mean: 1, variance: 0 })).toEqual({ larger: 1, smaller: 1 })
  expect(directedP({ count: 40, mean: 10, variance: 10 }, { isOftener: false })).toBe(1)
})

test('a quantile lies between two values in proportion', () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
  expect(quantile([1, 2, 3, 4], 1)).toBe(4)
  expect(quantile([7], 0.9)).toBe(7)
  expect(quantile([], 0.5)).toBeUndefined()
})
