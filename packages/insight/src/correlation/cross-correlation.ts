import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { hashOf } from '../event-log/name-hash.ts'
import { assertShare } from '../statistics/argument.ts'
import type { CorrelationOptions } from './co-occurrence.ts'
import { addPairCounts, type TypedTimes } from './pair-counts.ts'

/** That an activity comes soon after another one in other cases, more often or more rarely than by chance. */
export interface CrossCorrelation {
  readonly from: string
  readonly to: string
  /** Counted is `to` at the same time as `from` in another case, or up to so many milliseconds later. */
  readonly withinMs: number
  /** How often it is. */
  readonly count: number
  /** How often it would be if cases knew nothing of each other, found by moving them in time. */
  readonly expected: number
  /** `count / expected`; `Infinity` if none is expected. */
  readonly lift: number
  /** How often, of all times that cases were moved, any pair was as far from what is expected. */
  readonly adjustedP: number
}

/**
 * Which activities come soon after which others in other cases: such as payments that fail one after the other, or orders
 * that are sent together. Told are those that come at least 1.25 times as often as by chance, or at most 0.8 times; the
 * furthest from chance first. It says what comes with what, and not why: a third thing may lie behind both.
 *
 * By chance is how it would be if cases knew nothing of each other: each is moved by a week, or not, as if by lot, such that
 * there is as much in each week as there was in it and the one next to it. So neither what is within cases is told, nor the
 * rhythm of days and weeks, nor what changes slowly. The rate of false findings is that of all pairs together. Of a history
 * from a day to four weeks nothing is told, since its rhythm cannot be known; in one of less than a day, a hundredth of it
 * stands for a week.
 *
 * Of the latest 100,000 events, and of the 30 most frequent activities that come at least 20 times. Deterministic.
 *
 * Sources: D. H. Perkel, G. L. Gerstein, G. P. Moore, Neuronal Spike Trains and Stochastic Point Processes II, Biophysical
 * Journal 7 (1967) (cross-correlograms beside those of shuffled trials); P. H. Westfall, S. S. Young, Resampling-Based
 * Multiple Testing, Wiley 1993 (single-step maxT).
 *
 * @throws AnnalsError `invalid-argument` for options out of their range
 */
export function discoverCrossCorrelations(
  log: EventLog,
  { falseDiscoveryRate = 0.05 }: CorrelationOptions = {},
): readonly CrossCorrelation[] {
  assertShare('falseDiscoveryRate', falseDiscoveryRate)
  const { names, cases, firstMs, lastMs } = latestOf(log)
  const rhythm = rhythmOf(lastMs - firstMs)
  if (!rhythm || names.length === 0) return []
  const typeCount = names.length
  const { unitMs } = rhythm
  const units = Math.floor((lastMs - firstMs) / unitMs + 1e-9)
  const events = inOrder(cases)
  // The first is as it was; in the others cases have been moved.
  const samples = Array.from({ length: 1 + movedSamples }, (_, sample): TypedTimes => {
    if (sample === 0) return { typeCount, ...events }
    const moves = Int8Array.from(cases, ({ name, fromMs }) =>
      moveOf(name, Math.floor((fromMs - firstMs) / unitMs), { units, sample }),
    )
    return { typeCount, ...moved(events, moves, unitMs) }
  })
  const best: (Furthest | undefined)[] = new Array(typeCount ** 2)
  const furthest = new Float64Array(samples.length)
  for (const withinMs of rhythm.withinMs) {
    const counts = samples.map((sample) => {
      const own = new Float64Array(best.length)
      addPairCounts(own, sample, withinMs)
      return own
    })
    // Pairs within a case move with it, so they are the same in all.
    const within = new Float64Array(best.length)
    for (const each of cases) addPairCounts(within, { ...each, typeCount }, withinMs)
    for (let pair = 0; pair < best.length; pair++) {
      const own = counts.map((each) => (each[pair] as number) - (within[pair] as number))
      const { expected, zs } = standardised(own)
      for (const [sample, z] of zs.entries()) furthest[sample] = Math.max(furthest[sample] as number, z)
      const [z] = zs as [number]
      if (z > (best[pair]?.z ?? 0)) best[pair] = { withinMs, count: own[0] as number, expected, z }
    }
  }
  return best
    .flatMap((found, pair) => {
      if (!found) return []
      const adjustedP = furthest.filter((each) => each >= found.z).length / furthest.length
      if (adjustedP > falseDiscoveryRate) return []
      const [from, to] = [names[Math.floor(pair / typeCount)] as string, names[pair % typeCount] as string]
      return [{ from, to, adjustedP, ...found }]
    })
    .sort(
      (one, other) => other.z - one.z || byCodePoint(one.from, other.from) || byCodePoint(one.to, other.to),
    )
    .map(({ from, to, withinMs, count, expected, adjustedP }) => {
      const lift = expected === 0 ? Infinity : count / expected
      return { from, to, withinMs, count, expected, lift, adjustedP }
    })
}

const movedSamples = 59
const eventsMax = 100_000
const activitiesMax = 30
const eventsMin = 20
// Rates are never quite the same from one week to the next, which makes differences that are sure and of no use.
const liftMin = 1.25

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const weekMs = 7 * dayMs

/** What a history repeats, and within what time something comes soon after something else. */
interface Rhythm {
  readonly unitMs: number
  readonly withinMs: readonly number[]
}

function rhythmOf(spanMs: number): Rhythm | undefined {
  if (spanMs >= 4 * weekMs)
    return { unitMs: weekMs, withinMs: [minuteMs, 10 * minuteMs, hourMs, 6 * hourMs, dayMs] }
  if (spanMs >= dayMs || spanMs === 0) return undefined
  const unitMs = spanMs / 100
  return { unitMs, withinMs: [unitMs / 32, unitMs / 8, unitMs / 2] }
}

/**
 * By how many units a case of this one is moved: to the next or to the one before, or not at all. Units change places in
 * twos, which are other ones from sample to sample, so that none loses more than it gets; one that would change with what
 * is before the first, or after the last whole one, stays.
 */
function moveOf(
  name: string,
  unit: number,
  { units, sample }: { readonly units: number; readonly sample: number },
): number {
  const move = (unit + sample) % 2 === 0 ? 1 : -1
  if (unit >= units || unit + move < 0 || unit + move >= units) return 0
  return (hashOf(`${sample} ${name}`) & 1) === 0 ? 0 : move
}

interface Furthest {
  readonly withinMs: number
  readonly count: number
  readonly expected: number
  readonly z: number
}

/**
 * What the first of the counts is expected to be by the others, and how far each is from it, in standard deviations, to
 * either side; 0 where it is too near to be of use.
 */
function standardised(counts: readonly number[]): { readonly expected: number; readonly zs: number[] } {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length
  // A few more or less of what hardly ever comes are no surprise.
  const deviation = Math.sqrt(Math.max(variance, mean)) + 1
  const [, ...others] = counts
  const meanOfOthers = others.reduce((sum, count) => sum + count, 0) / others.length
  // Two cases go on being where they were to each other half of the time, so half of what they make is in the mean.
  const expectedOf = (count: number) => Math.max(0, 2 * meanOfOthers - count)
  const zs = counts.map((count) => {
    const expected = expectedOf(count)
    const isFar = count >= expected * liftMin || count <= expected / liftMin
    return isFar ? Math.abs(count - mean) / deviation : 0
  })
  return { expected: expectedOf(counts[0] as number), zs }
}

/** What of a case is among the latest events, and of frequent activities. */
interface CaseTimes extends Omit<TypedTimes, 'typeCount'> {
  readonly name: string
  /** Of its first event. */
  readonly fromMs: number
}

function latestOf({ traces, activities, eventCount }: EventLog): {
  readonly names: readonly string[]
  readonly cases: readonly CaseTimes[]
  readonly firstMs: number
  readonly lastMs: number
} {
  const all = new Float64Array(eventCount)
  let at = 0
  for (const { timesMs } of traces) {
    all.set(timesMs, at)
    at += timesMs.length
  }
  all.sort()
  const firstMs = all[Math.max(0, eventCount - eventsMax)] ?? 0
  const counts = new Uint32Array(activities.length)
  for (const { activities: own, timesMs } of traces)
    for (let i = 0; i < own.length; i++)
      if ((timesMs[i] as number) >= firstMs)
        counts[own[i] as number] = (counts[own[i] as number] as number) + 1
  const frequent = [...counts.keys()]
    .filter((activity) => (counts[activity] as number) >= eventsMin)
    .sort(
      (one, other) =>
        (counts[other] as number) - (counts[one] as number) ||
        byCodePoint(activities[one] as string, activities[other] as string),
    )
    .slice(0, activitiesMax)
  const typeOf = new Map(frequent.map((activity, type) => [activity, type]))
  const cases = traces.flatMap(({ case: name, activities: own, timesMs }): CaseTimes[] => {
    const kept = [...own.keys()].filter(
      (i) => (timesMs[i] as number) >= firstMs && typeOf.has(own[i] as number),
    )
    const [first] = kept
    if (first === undefined) return []
    return [
      {
        name,
        fromMs: timesMs[first] as number,
        types: Uint16Array.from(kept, (i) => typeOf.get(own[i] as number) as number),
        timesMs: Float64Array.from(kept, (i) => timesMs[i] as number),
      },
    ]
  })
  const names = frequent.map((activity) => activities[activity] as string)
  return { names, cases, firstMs, lastMs: all.at(-1) ?? 0 }
}

interface CaseEvents extends Omit<TypedTimes, 'typeCount'> {
  /** By event: the place of its case. */
  readonly cases: Uint32Array
}

/** The events of all cases in the order of their times. */
function inOrder(cases: readonly CaseTimes[]): CaseEvents {
  const events = cases.flatMap(({ types, timesMs }, place) =>
    Array.from(types, (type, i) => ({ type, atMs: timesMs[i] as number, place })),
  )
  events.sort((one, other) => one.atMs - other.atMs)
  return {
    types: Uint16Array.from(events, ({ type }) => type),
    timesMs: Float64Array.from(events, ({ atMs }) => atMs),
    cases: Uint32Array.from(events, ({ place }) => place),
  }
}

/** The events in their order after cases were moved: those moved alike stay in the order in which they were. */
function moved(
  { types, timesMs, cases }: CaseEvents,
  moves: Int8Array,
  unitMs: number,
): Omit<TypedTimes, 'typeCount'> {
  const count = types.length
  const result = { types: new Uint16Array(count), timesMs: new Float64Array(count) }
  const isNext = (place: number, move: number) => place >= count || moves[cases[place] as number] === move
  const places = [0, 0, 0]
  for (let at = 0; at < count; at++) {
    let [next, nextMs] = [0, Infinity]
    for (let stream = 0; stream < 3; stream++) {
      let place = places[stream] as number
      while (!isNext(place, stream - 1)) place++
      places[stream] = place
      const atMs = place < count ? (timesMs[place] as number) + (stream - 1) * unitMs : Infinity
      if (atMs < nextMs) [next, nextMs] = [stream, atMs]
    }
    const place = places[next] as number
    places[next] = place + 1
    result.types[at] = types[place] as number
    result.timesMs[at] = nextMs
  }
  return result
}
