import { byCodePoint } from '../event-log/code-point-order.ts'
import { fisherExact } from '../statistics/fisher-exact.ts'
import { gTest } from '../statistics/g-test.ts'
import { quantile } from '../statistics/quantile.ts'
import { rankTestOfSorted } from '../statistics/rank-test.ts'
import { SortedValues } from '../statistics/sorted-values.ts'
import { normalTail } from '../statistics/tail.ts'
import { percent, spell } from '../statistics/words.ts'
import type { DriftChange } from './drift.ts'
import { learnedPerWindow, type TimeDifference, UsualDifference } from './usual-difference.ts'

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
  /**
   * How much the later window differs from as many cases right before it: largest where the change is, also where
   * probabilities are too small to be told apart.
   */
  readonly distance: () => number
  /** What changed most, the largest first. */
  readonly changes: () => DriftChange[]
}

/**
 * Two windows of cases that slide: a case that comes enters the later one, the oldest of which goes over into the earlier,
 * which grows to four times as many, before its oldest leaves. What is compared is counted as cases move, so that a case
 * costs its steps, and a look one for each pair of activities, not all cases of the windows.
 */
export class StepWindows {
  readonly #windowCases: number
  /** The steps of the cases of both windows by pair, the oldest first. */
  readonly #cases: (readonly OwnSteps[])[] = []
  readonly #pairs = new Map<string, Map<string, Pair>>()
  readonly #areTimed: boolean
  #sinceLearned = 0
  /** By how many cases of the earlier window have something, and how many of the later. */
  readonly #tables = new Map<number, number>()
  /** Of how many cases in the earlier window the tables are. */
  #tablesOf = 0

  /** Times that nobody compares need not be kept. */
  constructor(windowCases: number, { areTimed }: { readonly areTimed: boolean }) {
    this.#windowCases = windowCases
    this.#areTimed = areTimed
  }

  /** Whether there are enough cases in both windows for them to be compared. */
  get areFull(): boolean {
    return this.#beforeCases >= this.#windowCases
  }

  push(steps: readonly Step[]): void {
    const own = this.#ownSteps(steps)
    this.#cases.push(own)
    for (const each of own) enter(each.pair.after, each)
    for (const each of this.#cases.at(-1 - this.#windowCases) ?? []) {
      leave(each.pair.after, each)
      enter(each.pair.before, each)
      enter(each.pair.near, each)
    }
    for (const each of this.#cases.at(-1 - 2 * this.#windowCases) ?? []) leave(each.pair.near, each)
    if (this.#beforeCases > beforeWindowsMax * this.#windowCases) this.#dropOldest()
    this.#learn()
  }

  /** Empties the earlier window. */
  forgetBefore(): void {
    while (this.#beforeCases > 0) this.#dropOldest()
  }

  /**
   * Compares which activity follows which: for each pair Fisher's exact test on how many cases have it, and on how many
   * have it more than once; the least of their probabilities times their number (Bonferroni).
   *
   * Cases are counted, not steps, though it is the G of those that is usual: the steps of a case come together, and
   * again where it repeats them, so a test that takes them for independent finds drifts in logs that have none.
   */
  compareFlow(): Comparison {
    let [least, tests] = [1, 0]
    for (const { before, after } of this.#allPairs()) {
      least = Math.min(least, this.#table(before.once, after.once), this.#table(before.again, after.again))
      tests += 2
    }
    return {
      p: Math.min(1, least * tests),
      distance: () => this.#flowDistance(),
      changes: () => this.#flowChanges(),
    }
  }

  /**
   * Compares how long the steps take: a rank test for each pair of activities, and the least of the probabilities times
   * their number (Bonferroni).
   *
   * A case counts once for each pair, with the mean of its times: a slow case is slow each time. And what differs from
   * window to window anyway, as days and weeks have their rhythm, has to differ by more than it mostly does.
   */
  compareTiming(): Comparison {
    let [largestZ, tests] = [0, 0]
    for (const pair of this.#allPairs()) {
      if (!isTimed(pair)) continue
      tests++
      largestZ = Math.max(largestZ, distanceOf(pair))
    }
    return {
      p: tests === 0 ? 1 : Math.min(1, 2 * normalTail(largestZ) * tests),
      distance: () => this.#timingDistance(),
      changes: () => this.#timingChanges(),
    }
  }

  get #beforeCases(): number {
    return Math.max(0, this.#cases.length - this.#windowCases)
  }

  #dropOldest(): void {
    const isNear = this.#beforeCases <= this.#windowCases
    for (const each of this.#cases.shift() ?? []) {
      const { from, to, before, near, after } = each.pair
      leave(before, each)
      if (isNear) leave(near, each)
      if (before.once + after.once === 0) this.#pairs.get(from)?.delete(to)
    }
  }

  /** Learns now and then how much windows differ that are next to each other. */
  #learn(): void {
    this.#sinceLearned++
    if (!this.areFull || this.#sinceLearned < this.#windowCases / learnedPerWindow) return
    this.#sinceLearned = 0
    for (const { near, after, usual } of this.#allPairs())
      if (isTimed({ before: near, after })) usual.learn(timeDifference(near, after))
  }

  *#allPairs(): Generator<Pair, void, void> {
    for (const following of this.#pairs.values()) yield* following.values()
  }

  #ownSteps(steps: readonly Step[]): readonly OwnSteps[] {
    const own = new Map<Pair, { count: number; totalMs: number }>()
    for (const { from, to, durationMs } of steps) {
      const pair = this.#pairOf(from, to)
      const known = own.get(pair) ?? { count: 0, totalMs: 0 }
      own.set(pair, known)
      known.count++
      known.totalMs += durationMs
    }
    return [...own].map(([pair, { count, totalMs }]) => ({
      pair,
      count,
      meanMs: this.#areTimed ? totalMs / count : undefined,
    }))
  }

  #pairOf(from: string, to: string): Pair {
    const following = this.#pairs.get(from) ?? new Map<string, Pair>()
    this.#pairs.set(from, following)
    let pair = following.get(to)
    if (!pair) {
      pair = {
        from,
        to,
        before: emptySide(),
        near: emptySide(),
        after: emptySide(),
        difference: undefined,
        usual: new UsualDifference(),
      }
      following.set(to, pair)
    }
    return pair
  }

  /** While the windows slide few different tables come again and again. */
  #table(had: number, has: number): number {
    if (this.#tablesOf !== this.#beforeCases) this.#tables.clear()
    this.#tablesOf = this.#beforeCases
    const key = had * (this.#windowCases + 1) + has
    const known = this.#tables.get(key)
    if (known !== undefined) return known
    const [firstOnly, neither] = [this.#beforeCases - had, this.#windowCases - has]
    const p = fisherExact({ both: had, firstOnly, secondOnly: has, neither })
    this.#tables.set(key, p)
    return p
  }

  #flowDistance(): number {
    const nearCases = Math.min(this.#beforeCases, this.#windowCases)
    const g = (had: number, has: number) =>
      gTest([
        [had, nearCases - had],
        [has, this.#windowCases - has],
      ]).g
    let distance = 0
    for (const { near, after } of this.#allPairs())
      distance += g(near.once, after.once) + g(near.again, after.again)
    return distance
  }

  #timingDistance(): number {
    let distance = 0
    for (const { near, after, usual } of this.#allPairs())
      if (isTimed({ before: near, after })) distance += usual.distanceOf(timeDifference(near, after)) ** 2
    return distance
  }

  #flowChanges(): DriftChange[] {
    const [ofBefore, ofAfter] = [this.#beforeCases, this.#windowCases]
    return largest(
      [...this.#allPairs()].flatMap(({ from, to, before, after }) =>
        ([1, 2] as const).map((timesMin) => {
          const [had, has] = timesMin === 1 ? [before.once, after.once] : [before.again, after.again]
          const change = { from, to, timesMin, before: had / ofBefore, after: has / ofAfter }
          return { size: -Math.log(this.#table(had, has)), change }
        }),
      ),
    ).map((change) => ({ ...change, why: flowSentence(change) }))
  }

  #timingChanges(): DriftChange[] {
    return largest(
      [...this.#allPairs()].filter(isTimed).map((pair) => {
        const [before, after] = [medianOf(pair.before), medianOf(pair.after)]
        return { size: distanceOf(pair), change: { from: pair.from, to: pair.to, before, after } }
      }),
    ).map((change) => ({ ...change, why: timingSentence(change) }))
  }
}

// The normal approximation of the rank test is not made for fewer.
const timesMin = 10
const changesMax = 5
// Of the later window: more of what was before tell more surely what is new.
const beforeWindowsMax = 4

/** How often one activity directly follows another in each window. */
interface Pair {
  readonly from: string
  readonly to: string
  readonly before: Side
  /** Of the earlier window the last cases, as many as there are in the later. */
  readonly near: Side
  readonly after: Side
  /** Between before and after; `undefined` since a window changed. */
  difference: TimeDifference | undefined
  readonly usual: UsualDifference
}

interface Side {
  /** Cases that have it, and cases that have it more than once. */
  once: number
  again: number
  /** The mean of each case that has it. */
  readonly times: SortedValues
}

/** The steps of one case that are of one pair. */
interface OwnSteps {
  readonly pair: Pair
  readonly count: number
  readonly meanMs: number | undefined
}

const emptySide = (): Side => ({ once: 0, again: 0, times: new SortedValues() })

function enter(side: Side, { pair, count, meanMs }: OwnSteps): void {
  side.once++
  if (count > 1) side.again++
  if (meanMs !== undefined) side.times.add(meanMs)
  pair.difference = undefined
}

function leave(side: Side, { pair, count, meanMs }: OwnSteps): void {
  side.once--
  if (count > 1) side.again--
  if (meanMs !== undefined) side.times.remove(meanMs)
  pair.difference = undefined
}

const isTimed = ({ before, after }: Pick<Pair, 'before' | 'after'>): boolean =>
  before.times.count >= timesMin && after.times.count >= timesMin

const medianOf = ({ times }: Side): number => quantile(times.values, 0.5) as number

function timeDifference(before: Side, after: Side): TimeDifference {
  const { z } = rankTestOfSorted(before.times.values, after.times.values)
  // A millisecond more or less is little, also where it was none.
  const shift = Math.log1p(medianOf(after)) - Math.log1p(medianOf(before))
  return { z: Math.abs(z), shift: Math.abs(shift) }
}

function differenceOf(pair: Pair): TimeDifference {
  pair.difference ??= timeDifference(pair.before, pair.after)
  return pair.difference
}

const distanceOf = (pair: Pair): number => pair.usual.distanceOf(differenceOf(pair))

/** What moved most; what did not move is left out. */
const largest = <Change extends Omit<DriftChange, 'why'>>(
  moved: readonly { readonly size: number; readonly change: Change }[],
): Change[] =>
  moved
    .filter(({ change }) => change.before !== change.after)
    .sort(
      (one, other) =>
        other.size - one.size ||
        byCodePoint(one.change.from, other.change.from) ||
        byCodePoint(one.change.to, other.change.to),
    )
    .slice(0, changesMax)
    .map(({ change }) => change)

const flowSentence = ({ from, to, timesMin, before, after }: Omit<DriftChange, 'why'>): string =>
  `${JSON.stringify(to)} directly follows ${JSON.stringify(from)} ${timesMin === 2 ? 'more than once ' : ''}in ${percent(after)} of cases; before it did in ${percent(before)}.`

const timingSentence = ({ from, to, before, after }: Omit<DriftChange, 'why'>): string =>
  `From ${JSON.stringify(from)} to ${JSON.stringify(to)} it mostly takes ${spell(after)}; before it took ${spell(before)}.`
