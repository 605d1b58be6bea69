import { logGamma } from './gamma.ts'

/**
 * A table of two yes-or-no questions: how many say yes to both, to the first alone, to the second alone, to neither.
 * Whole numbers from 0.
 */
export interface TwoByTwo {
  readonly both: number
  readonly firstOnly: number
  readonly secondOnly: number
  readonly neither: number
}

/**
 * The exact two-sided probability of a table as uneven as this one, or more so, if the two questions have nothing to do
 * with each other: the sum over all tables with the same margins that are not likelier than this one. O(smallest
 * margin).
 *
 * Source: R. A. Fisher, On the Interpretation of χ² from Contingency Tables, Journal of the Royal Statistical Society
 * 85 (1922).
 */
export function fisherExact({ both, firstOnly, secondOnly, neither }: TwoByTwo): number {
  const first = both + firstOnly
  const second = both + secondOnly
  const total = first + secondOnly + neither
  const fewest = Math.max(0, first + second - total)
  const most = Math.min(first, second)
  const logOf = (count: number): number =>
    logChoose(first, count) + logChoose(total - first, second - count) - logChoose(total, second)
  const own = logOf(both)
  // Equal tables differ in the last digits, by the order in which their terms were added.
  const tolerance = 1e-7
  let sum = 0
  for (let count = fewest; count <= most; count++) {
    const log = logOf(count)
    if (log <= own + tolerance) sum += Math.exp(log)
  }
  return Math.min(1, sum)
}

/**
 * How many times the odds of the first question are what they are without the second: 1 if they have nothing to do with
 * each other, 0 if they exclude each other, `Infinity` if nothing speaks against a rule, `undefined` if a question is
 * always or never answered yes.
 */
export function oddsRatio({ both, firstOnly, secondOnly, neither }: TwoByTwo): number | undefined {
  const agreeing = both * neither
  const differing = firstOnly * secondOnly
  if (differing > 0) return agreeing / differing
  return agreeing > 0 ? Number.POSITIVE_INFINITY : undefined
}

const logChoose = (of: number, chosen: number): number =>
  logFactorial(of) - logFactorial(chosen) - logFactorial(of - chosen)

// The same small numbers are asked for again and again.
const logFactorials: number[] = []
const logFactorialsMax = 10_000

function logFactorial(n: number): number {
  if (n > logFactorialsMax) return logGamma(n + 1)
  while (logFactorials.length <= n) logFactorials.push(logGamma(logFactorials.length + 1))
  return logFactorials[n] as number
}
