import { AnnalsError } from '@annals/core'
import type { EventLog } from '../event-log/event-log.ts'
import { assertShare, assertWhole } from '../statistics/argument.ts'
import { compareItems } from './item-set.ts'

/** Activities that follow each other in many cases, others possibly between them. */
export interface SequencePattern {
  readonly activities: readonly string[]
  /** Cases that have it. */
  readonly cases: number
  /** `cases` as a share of all cases. */
  readonly support: number
}

/** What to look for. */
export interface SequencePatternOptions {
  /** The least share of all cases, above 0 and at most 1. Default 0.1. */
  readonly supportMin?: number | undefined
  /** The most activities of a pattern. Default 12. */
  readonly lengthMax?: number | undefined
  /**
   * `frequent`: all that are frequent. `closed` (the default): those that no longer one holds in just as many cases;
   * the others follow from them. `generator`: those of which no part holds in just as many cases: the shortest that say
   * it. Nothing at all holds in every case, so what every case has is no generator.
   */
  readonly kind?: 'frequent' | 'closed' | 'generator' | undefined
  /**
   * The most frequent patterns that are looked at, whether or not they are of the kind; there may be as many as there
   * are parts of a case. Default 1,000,000.
   */
  readonly patternsMax?: number | undefined
  /**
   * How much is looked at: for each pattern, all events of the cases that have it, once for each of its activities. It bounds
   * the time where cases are long. Default 10,000,000,000, which takes a minute or so.
   */
  readonly workMax?: number | undefined
}

/**
 * The sequences of activities, with gaps, that at least a share of the cases have, the most frequent first, then by
 * code points. Whether a pattern is closed or a generator is judged against all sequences, also those longer than
 * `lengthMax`.
 *
 * Sources: J. Pei et al., PrefixSpan: Mining Sequential Patterns Efficiently by Prefix-Projected Pattern Growth, ICDE
 * 2001 (growth by projected databases); J. Wang, J. Han, BIDE: Efficient Mining of Frequent Closed Sequences, ICDE 2004
 * (closed: neither a forward nor a backward extension in all cases; pruned by back-scan); C. Gao et al., Efficient
 * Mining of Frequent Sequence Generators, WWW 2008.
 *
 * @throws AnnalsError `invalid-argument` for options out of their range; `limit-exceeded` for more than `patternsMax`,
 *   or more to look at than `workMax`
 */
export function discoverSequences(
  log: EventLog,
  {
    supportMin = 0.1,
    lengthMax = 12,
    kind = 'closed',
    patternsMax = 1_000_000,
    workMax = 10_000_000_000,
  }: SequencePatternOptions = {},
): readonly SequencePattern[] {
  assertShare('supportMin', supportMin)
  assertWhole('lengthMax', lengthMax, { min: 1 })
  assertWhole('patternsMax', patternsMax, { min: 1 })
  assertWhole('workMax', workMax, { min: 1 })
  const sequences = log.traces.map(({ activities }) => activities)
  // Rounding up keeps every pattern at or above the share; the epsilon keeps 0.1 × 30 at 3.
  const casesMin = Math.max(1, Math.ceil(supportMin * sequences.length - 1e-9))
  const found: { pattern: number[]; cases: number }[] = []
  let [looked, work] = [0, 0]
  const grow = (pattern: number[], projection: Projection): void => {
    if (looked++ > patternsMax) refuse('patternsMax', patternsMax, `${patternsMax} frequent patterns`)
    for (const sequence of projection.sequences)
      work += (pattern.length + 1) * (sequences[sequence] as Uint32Array).length
    if (work > workMax) refuse('workMax', workMax, `${workMax} events to look at for frequent patterns`)
    const cases = projection.sequences.length
    if (pattern.length > 0 && isWanted(kind, pattern, projection, sequences)) found.push({ pattern, cases })
    if (pattern.length === lengthMax) return
    if (kind === 'closed' && pattern.length > 0 && canBePruned(pattern, projection, sequences)) return
    for (const [activity, extended] of extensions(projection, sequences, log.activities.length)) {
      if (extended.sequences.length >= casesMin) grow([...pattern, activity], extended)
    }
  }
  grow([], { sequences: sequences.map((_, index) => index), ends: sequences.map(() => -1) })
  return found
    .map(({ pattern, cases }) => ({
      activities: pattern.map((activity) => log.activities[activity] as string),
      cases,
      support: cases / sequences.length,
    }))
    .sort((one, other) => other.cases - one.cases || compareItems(one.activities, other.activities))
}

function refuse(limit: 'patternsMax' | 'workMax', max: number, what: string): never {
  throw new AnnalsError(
    'limit-exceeded',
    `There are more than ${what}. Look for those that more cases have (supportMin), for shorter ones (lengthMax), or raise ${limit}.`,
    { limit, max, actual: max + 1 },
  )
}

/** The cases that have a pattern, and where in each its first instance ends. */
interface Projection {
  readonly sequences: readonly number[]
  readonly ends: readonly number[]
}

type Sequences = readonly Uint32Array[]

function extensions(
  { sequences: cases, ends }: Projection,
  sequences: Sequences,
  activityCount: number,
): [number, Projection][] {
  const lastSeenIn = new Int32Array(activityCount).fill(-1)
  const found = new Map<number, { sequences: number[]; ends: number[] }>()
  cases.forEach((sequence, index) => {
    const activities = sequences[sequence] as Uint32Array
    for (let place = (ends[index] as number) + 1; place < activities.length; place++) {
      const activity = activities[place] as number
      if (lastSeenIn[activity] === index) continue
      lastSeenIn[activity] = index
      const projection = found.get(activity)
      if (projection) {
        projection.sequences.push(sequence)
        projection.ends.push(place)
      } else found.set(activity, { sequences: [sequence], ends: [place] })
    }
  })
  return [...found].sort(([one], [other]) => one - other)
}

function isWanted(
  kind: 'frequent' | 'closed' | 'generator',
  pattern: readonly number[],
  projection: Projection,
  sequences: Sequences,
): boolean {
  if (kind === 'frequent') return true
  if (kind === 'closed')
    return (
      !hasForwardExtension(projection, sequences) && !hasBackwardExtension(pattern, projection, sequences)
    )
  return pattern.every((_, left) => {
    const part = pattern.filter((_, index) => index !== left)
    return supportOf(part, sequences) > projection.sequences.length
  })
}

function hasForwardExtension({ sequences: cases, ends }: Projection, sequences: Sequences): boolean {
  return someActivityInAll(cases.length, (index, meet) => {
    const activities = sequences[cases[index] as number] as Uint32Array
    for (let place = (ends[index] as number) + 1; place < activities.length; place++)
      meet(activities[place] as number)
  })
}

// An activity that stands, in every case, between the first instance of what comes before and the last instance of what
// comes after.
function hasBackwardExtension(
  pattern: readonly number[],
  { sequences: cases }: Projection,
  sequences: Sequences,
): boolean {
  return pattern.some((_, before) =>
    someActivityInAll(cases.length, (index, meet) => {
      const activities = sequences[cases[index] as number] as Uint32Array
      const from = firstInstanceEnd(activities, pattern, before) + 1
      const to = lastInstanceStart(activities, pattern, before, activities.length)
      for (let place = from; place < to; place++) meet(activities[place] as number)
    }),
  )
}

// The same within the first instance: then all that would grow from here would have that activity too.
function canBePruned(
  pattern: readonly number[],
  { sequences: cases, ends }: Projection,
  sequences: Sequences,
): boolean {
  return pattern.some((_, before) =>
    someActivityInAll(cases.length, (index, meet) => {
      const activities = sequences[cases[index] as number] as Uint32Array
      const from = firstInstanceEnd(activities, pattern, before) + 1
      const to = lastInstanceStart(activities, pattern, before, (ends[index] as number) + 1)
      for (let place = from; place < to; place++) meet(activities[place] as number)
    }),
  )
}

function someActivityInAll(
  count: number,
  visit: (index: number, meet: (activity: number) => void) => void,
): boolean {
  let common: Set<number> | undefined
  for (let index = 0; index < count; index++) {
    const met = new Set<number>()
    visit(index, (activity) => {
      if (!common || common.has(activity)) met.add(activity)
    })
    if (met.size === 0) return false
    common = met
  }
  return common !== undefined
}

function firstInstanceEnd(activities: Uint32Array, pattern: readonly number[], length: number): number {
  let place = -1
  for (let index = 0; index < length; index++) place = activities.indexOf(pattern[index] as number, place + 1)
  return place
}

/** Where the last instance of the pattern from `from` on begins, if it ends before `end`. */
function lastInstanceStart(
  activities: Uint32Array,
  pattern: readonly number[],
  from: number,
  end: number,
): number {
  let place = end
  for (let index = pattern.length - 1; index >= from; index--)
    place = activities.lastIndexOf(pattern[index] as number, place - 1)
  return place
}

function supportOf(pattern: readonly number[], sequences: Sequences): number {
  return sequences.filter((activities) => {
    let next = 0
    for (const activity of activities) if (activity === pattern[next]) next++
    return next >= pattern.length
  }).length
}
