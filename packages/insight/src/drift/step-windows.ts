import { byCodePoint } from '../event-log/code-point-order.ts'
import { fisherExact } from '../statistics/fisher-exact.ts'
import { gTest } from '../statistics/g-test.ts'
import { quantile } from '../statistics/quantile.ts'
import { rankTestOfSorted } from '../statistics/rank-test.ts'
import { SortedValues } from '../statistics/sorted-values.ts'
import { normalTail } from '../statistics/tail.ts'
import type { DriftChange } from './drift.ts'

/** One activity that directly follows another in a case. */
export interface Step {
  readonly from: string
  readonly to: string
  readonly durationMs: number
}

/** How two windows of cases differ. */
export interface Comparison {
  /** How probable a difference of this size or more is if the windows are alike. */
  readonly p: number
  /** Grows with the difference, also where probabilities are too small to be told apart. */
  readonly distance: number
  readonly changes: () => DriftChange[]
}

/**
 * Two adjacent windows of cases that slide: a case that comes enters the later one, the oldest of which goes over into
 * the earlier, the oldest of which leaves. What is compared is counted as cases move, so that a case costs its steps and
 * one look at each pair of activities, not at all cases of the windows.
 */
export class StepWindows {
  readonly #windowCases: number
  /** The steps of the cases of both windows by pair, the oldest first. */
  readonly #cases: (readonly OwnSteps[])[] = []
  readonly #pairs = new Map<string, Map<string, Pair>>()
  /** By how many cases of the earlier window have something, and how many of the later. */
  readonly #tables = new Map<number, { readonly p: number; readonly g: number }>()

  constructor(windowCases: number) {
    this.#windowCases = windowCases
  }

  /** Whether both windows are full, so that they can be compared. */
  get areFull(): boolean {
    return this.#cases.length === 2 * this.#windowCases
  }

  push(steps: readonly Step[]): void {
    const own = this.#ownSteps(steps)
    this.#cases.push(own)
    for (const each of own) enter(each.pair.after, each)
    const goesOver = this.#cases[this.#cases.length - 1 - this.#windowCases]
    for (const each of goesOver ?? []) {
      leave(each.pair.after, each)
      enter(each.pair.before, each)
    }
    if (this.#cases.length <= 2 * this.#windowCases) return
    for (const each of this.#cases.shift() ?? []) {
      leave(each.pair.before, each)
      const { from, to, before, after } = each.pair
      if (before.once + after.once === 0) this.#pairs.get(from)?.delete(to)
    }
  }

  /**
   * Compares which activity follows which: for each pair Fisher's exact test on how many cases have it, and on how many
   * have it more than once; the least of their probabilities times their number (Bonferroni).
   *
   * Cases are counted, not steps, though it is the G of those that is usual: the steps of a case come together, and
   * again where it repeats them, so a test that takes them for independent finds drifts in logs that have none.
   */
  compareFlow(): Comparison {
    let [least, distance, tables] = [1, 0, 0]
    for (const { before, after } of this.#allPairs()) {
      const [once, again] = [this.#table(before.once, after.once), this.#table(before.again, after.again)]
      least = Math.min(least, once.p, again.p)
      distance += once.g + again.g
      tables += 2
    }
    return { p: Math.min(1, least * tables), distance, changes: () => this.#flowChanges() }
  }

  /**
   * Compares how long the steps take: a rank test for each pair of activities, those that lead to the same activity
   * taken together by the root of their counts (Stouffer), and the least of the probabilities times their number
   * (Bonferroni).
   */
  compareTiming(): Comparison {
    const byTarget = new Map<string, { sum: number; count: number }>()
    for (const pair of this.#allPairs()) {
      if (!isTimed(pair)) continue
      const count = pair.before.durations.count + pair.after.durations.count
      const target = byTarget.get(pair.to)
      if (!target) byTarget.set(pair.to, { sum: Math.sqrt(count) * zOf(pair), count })
      else {
        target.sum += Math.sqrt(count) * zOf(pair)
        target.count += count
      }
    }
    let [largestZ, distance] = [0, 0]
    for (const { sum, count } of byTarget.values()) {
      const z = Math.abs(sum / Math.sqrt(count))
      largestZ = Math.max(largestZ, z)
      distance += z * z
    }
    const p = Math.min(1, 2 * normalTail(largestZ) * byTarget.size)
    return { p: byTarget.size === 0 ? 1 : p, distance, changes: () => this.#timingChanges() }
  }

  *#allPairs(): Generator<Pair, void, void> {
    for (const following of this.#pairs.values()) yield* following.values()
  }

  #ownSteps(steps: readonly Step[]): readonly OwnSteps[] {
    const own = new Map<Pair, number[]>()
    for (const { from, to, durationMs } of steps) {
      const pair = this.#pairOf(from, to)
      const durations = own.get(pair)
      if (durations) durations.push(durationMs)
      else own.set(pair, [durationMs])
    }
    return [...own].map(([pair, durationsMs]) => ({ pair, durationsMs }))
  }

  #pairOf(from: string, to: string): Pair {
    const following = this.#pairs.get(from) ?? new Map<string, Pair>()
    this.#pairs.set(from, following)
    let pair = following.get(to)
    if (!pair) {
      pair = { from, to, before: emptySide(), after: emptySide(), z: undefined }
      following.set(to, pair)
    }
    return pair
  }

  /** Few different tables come again and again while the windows slide. */
  #table(had: number, has: number): { readonly p: number; readonly g: number } {
    const key = had * (this.#windowCases + 1) + has
    const known = this.#tables.get(key)
    if (known) return known
    const [firstOnly, neither] = [this.#windowCases - had, this.#windowCases - has]
    const table = {
      p: fisherExact({ both: had, firstOnly, secondOnly: has, neither }),
      g: gTest([
        [had, firstOnly],
        [has, neither],
      ]).g,
    }
    if (this.#tables.size >= tablesMax) this.#tables.clear()
    this.#tables.set(key, table)
    return table
  }

  #flowChanges(): DriftChange[] {
    const pairs = [...this.#allPairs()]
    const [beforeFrom, afterFrom] = [stepsFrom(pairs, 'before'), stepsFrom(pairs, 'after')]
    return largest(
      pairs.map(({ from, to, before, after }) => ({
        size: Math.abs(before.durations.count - after.durations.count),
        change: {
          from,
          to,
          before: before.durations.count / Math.max(1, beforeFrom.get(from) ?? 0),
          after: after.durations.count / Math.max(1, afterFrom.get(from) ?? 0),
        },
      })),
    )
  }

  #timingChanges(): DriftChange[] {
    return largest(
      [...this.#allPairs()].filter(isTimed).map((pair) => ({
        size: Math.abs(zOf(pair)),
        change: {
          from: pair.from,
          to: pair.to,
          before: quantile(pair.before.durations.values, 0.5) as number,
          after: quantile(pair.after.durations.values, 0.5) as number,
        },
      })),
    )
  }
}

// The normal approximation of the rank test is not made for fewer.
const timesMin = 10
const changesMax = 5
const tablesMax = 100_000

/** How often one activity directly follows another in each window. */
interface Pair {
  readonly from: string
  readonly to: string
  readonly before: Side
  readonly after: Side
  /** Of the rank test; `undefined` since a window changed. */
  z: number | undefined
}

interface Side {
  /** Cases that have it, and cases that have it more than once. */
  once: number
  again: number
  readonly durations: SortedValues
}

/** The steps of one case that are of one pair. */
interface OwnSteps {
  readonly pair: Pair
  readonly durationsMs: readonly number[]
}

const emptySide = (): Side => ({ once: 0, again: 0, durations: new SortedValues() })

function enter(side: Side, { pair, durationsMs }: OwnSteps): void {
  side.once++
  if (durationsMs.length > 1) side.again++
  for (const durationMs of durationsMs) side.durations.add(durationMs)
  pair.z = undefined
}

function leave(side: Side, { pair, durationsMs }: OwnSteps): void {
  side.once--
  if (durationsMs.length > 1) side.again--
  for (const durationMs of durationsMs) side.durations.remove(durationMs)
  pair.z = undefined
}

const isTimed = ({ before, after }: Pair): boolean =>
  before.durations.count >= timesMin && after.durations.count >= timesMin

function zOf(pair: Pair): number {
  pair.z ??= rankTestOfSorted(pair.before.durations.values, pair.after.durations.values).z
  return pair.z
}

function stepsFrom(pairs: readonly Pair[], side: 'before' | 'after'): Map<string, number> {
  const counts = new Map<string, number>()
  for (const pair of pairs) counts.set(pair.from, (counts.get(pair.from) ?? 0) + pair[side].durations.count)
  return counts
}

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
