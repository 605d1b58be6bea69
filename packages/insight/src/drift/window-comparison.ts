import { byCodePoint } from '../event-log/code-point-order.ts'
import { fisherExact } from '../statistics/fisher-exact.ts'
import { gTest } from '../statistics/g-test.ts'
import { quantile } from '../statistics/quantile.ts'
import { rankTest } from '../statistics/rank-test.ts'
import { normalTail } from '../statistics/tail.ts'
import type { DriftChange } from './drift.ts'

/** One activity that directly follows another in a case. */
export interface Step {
  readonly from: string
  readonly to: string
  /** Names the pair. */
  readonly key: string
  readonly durationMs: number
}

/** The steps of each case of a window. */
export type Window = readonly (readonly Step[])[]

/** How two windows of cases differ. */
export interface Comparison {
  /** How probable a difference of this size or more is if the windows are alike. */
  readonly p: number
  /** Grows with the difference, also where probabilities are too small to be told apart. */
  readonly distance: number
  readonly changes: () => DriftChange[]
}

/**
 * Compares which activity follows which: for each pair Fisher's exact test on how many cases have it, and on how many
 * have it more than once; the least of their probabilities times their number (Bonferroni).
 *
 * Cases are counted, not steps, though it is the G of those that is usual: the steps of a case come together, and again
 * where it repeats them, so a test that takes them for independent finds drifts in logs that have none.
 */
export function compareFlow(before: Window, after: Window): Comparison {
  const pairs = pairsOf(before, after)
  const tables = pairs.flatMap(({ old, recent }) =>
    [1, 2].map((times) => {
      const [had, has] = [casesWith(old, times), casesWith(recent, times)]
      return { both: had, firstOnly: before.length - had, secondOnly: has, neither: after.length - has }
    }),
  )
  const least = tables.reduce((p, table) => Math.min(p, fisherExact(table)), 1)
  const changes = (): DriftChange[] => {
    const [oldFrom, recentFrom] = [stepsFrom(before), stepsFrom(after)]
    const moved = pairs.map(({ from, to, old, recent }) => ({
      size: Math.abs(old.length - recent.length),
      change: {
        from,
        to,
        before: old.length / Math.max(1, oldFrom.get(from) ?? 0),
        after: recent.length / Math.max(1, recentFrom.get(from) ?? 0),
      },
    }))
    return largest(moved)
  }
  return {
    p: Math.min(1, least * tables.length),
    distance: tables.reduce((sum, table) => sum + gOf(table), 0),
    changes,
  }
}

/**
 * Compares how long the steps take: a rank test for each pair of activities, those that lead to the same activity taken
 * together by the root of their counts (Stouffer), and the least of the probabilities times their number (Bonferroni).
 */
export function compareTiming(before: Window, after: Window): Comparison {
  const tests = pairsOf(before, after)
    .filter(({ old, recent }) => Math.min(old.length, recent.length) >= timesMin)
    .map(({ from, to, old, recent }) => {
      const [first, second] = [
        old.map(({ durationMs }) => durationMs),
        recent.map(({ durationMs }) => durationMs),
      ]
      return { from, to, first, second, count: old.length + recent.length, z: rankTest(first, second).z }
    })
  const byTarget = new Map<string, { sum: number; count: number }>()
  for (const { to, z, count } of tests) {
    const target = byTarget.get(to) ?? { sum: 0, count: 0 }
    byTarget.set(to, { sum: target.sum + Math.sqrt(count) * z, count: target.count + count })
  }
  const together = [...byTarget.values()].map(({ sum, count }) => Math.abs(sum / Math.sqrt(count)))
  const least = together.reduce((p, z) => Math.min(p, 2 * normalTail(z)), 1)
  const changes = (): DriftChange[] =>
    largest(
      tests.map(({ from, to, first, second, z }) => ({
        size: Math.abs(z),
        change: { from, to, before: medianOf(first), after: medianOf(second) },
      })),
    )
  return {
    p: Math.min(1, least * together.length),
    distance: together.reduce((sum, z) => sum + z * z, 0),
    changes,
  }
}

// The normal approximation of the rank test is not made for fewer.
const timesMin = 10
const changesMax = 5

interface Pair {
  readonly from: string
  readonly to: string
  readonly old: PlacedStep[]
  readonly recent: PlacedStep[]
}

interface PlacedStep {
  /** The place of its case in the window. */
  readonly case: number
  readonly durationMs: number
}

function pairsOf(before: Window, after: Window): Pair[] {
  const pairs = new Map<string, Pair>()
  const gather = (window: Window, side: 'old' | 'recent'): void =>
    window.forEach((steps, index) => {
      for (const { from, to, key, durationMs } of steps) {
        let pair = pairs.get(key)
        if (!pair) {
          pair = { from, to, old: [], recent: [] }
          pairs.set(key, pair)
        }
        pair[side].push({ case: index, durationMs })
      }
    })
  gather(before, 'old')
  gather(after, 'recent')
  return [...pairs.values()]
}

/** How many cases have at least so many of the steps, which stand in the order of their cases. */
function casesWith(steps: readonly PlacedStep[], times: number): number {
  let cases = 0
  for (let index = 0, run = 0; index < steps.length; index++) {
    run = index > 0 && steps[index - 1]?.case === steps[index]?.case ? run + 1 : 1
    if (run === times) cases++
  }
  return cases
}

function stepsFrom(window: Window): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { from } of window.flat()) counts.set(from, (counts.get(from) ?? 0) + 1)
  return counts
}

const gOf = ({ both, firstOnly, secondOnly, neither }: Parameters<typeof fisherExact>[0]): number =>
  gTest([
    [both, firstOnly],
    [secondOnly, neither],
  ]).g

const medianOf = (values: readonly number[]): number =>
  quantile(Float64Array.from(values).sort(), 0.5) as number

const largest = (moved: readonly { readonly size: number; readonly change: DriftChange }[]): DriftChange[] =>
  [...moved]
    .sort(
      (one, other) =>
        other.size - one.size ||
        byCodePoint(one.change.from, other.change.from) ||
        byCodePoint(one.change.to, other.change.to),
    )
    .slice(0, changesMax)
    .map(({ change }) => change)
