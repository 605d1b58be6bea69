import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { doneBy, type ResourceOptions, resourceOf } from './resource.ts'

/** That two people work on the same cases. Each pair is there once, the first by code points first. */
export interface Collaboration {
  readonly one: string
  readonly other: string
  /** On how many cases both worked. */
  readonly cases: number
  /** Of all cases, from 0 to 1. */
  readonly share: number
}

/**
 * Who works with whom on the same cases, on the most first.
 *
 * Source of this and the following: van der Aalst, Reijers, Song, "Discovering social networks from event logs", 2005.
 */
export function discoverCollaborations(
  { traces }: EventLog,
  { resource = 'resource' }: ResourceOptions = {},
): readonly Collaboration[] {
  const pairs = new Pairs()
  for (const { events } of traces) {
    const people = [...new Set(events.map((event) => resourceOf(event, resource)))]
      .filter((each) => each !== undefined)
      .sort(byCodePoint)
    for (const [i, one] of people.entries()) for (const other of people.slice(i + 1)) pairs.add(one, other)
  }
  return pairs
    .list()
    .map(({ one, other, count }) => ({ one, other, cases: count, share: count / traces.length }))
}

/** That somebody does one thing in between what another does before and after it in the same case. */
export interface Subcontract {
  /** Who gave the work away and got it back. */
  readonly from: string
  readonly to: string
  readonly events: number
}

/** Who does something for whom: after the one, before the same one, and nobody else in between. Most often first. */
export function discoverSubcontracts(
  { traces }: EventLog,
  { resource = 'resource' }: ResourceOptions = {},
): readonly Subcontract[] {
  const pairs = new Pairs()
  for (const { events } of traces)
    for (let i = 2; i < events.length; i++) {
      const [before, between, after] = events.slice(i - 2, i + 1).map((event) => resourceOf(event, resource))
      if (before !== undefined && between !== undefined && before === after && before !== between)
        pairs.add(before, between)
    }
  return pairs.list().map(({ one, other, count }) => ({ from: one, to: other, events: count }))
}

/** How alike two people are in what they do. Each pair is there once, the first by code points first. */
export interface TaskSimilarity {
  readonly one: string
  readonly other: string
  /** The correlation (Pearson) of how often they do each activity: 1 is the same, in proportion; −1 is the opposite. */
  readonly correlation: number
}

/** Who does the same as whom, most alike first. People who do each activity equally often cannot be compared and are left out. */
export function discoverTaskSimilarities(
  log: EventLog,
  { resource = 'resource' }: ResourceOptions = {},
): readonly TaskSimilarity[] {
  const profiles = new Map<string, Float64Array>()
  for (const [activity, counts] of [...doneBy(log, resource).values()].entries())
    for (const [each, count] of counts) {
      const profile = profiles.get(each) ?? new Float64Array(log.activities.length)
      profiles.set(each, profile)
      profile[activity] = count
    }
  const people = [...profiles].map(([each, profile]) => [each, directionOf(profile)] as const)
  people.sort(([one], [other]) => byCodePoint(one, other))
  return people
    .flatMap(([one, ofOne], i) =>
      people.slice(i + 1).flatMap(([other, ofOther]) => {
        if (!ofOne || !ofOther) return []
        const correlation = ofOne.reduce((sum, value, at) => sum + value * (ofOther[at] as number), 0)
        return [{ one, other, correlation: Math.max(-1, Math.min(1, correlation)) }]
      }),
    )
    .sort(
      (one, other) =>
        other.correlation - one.correlation ||
        byCodePoint(one.one, other.one) ||
        byCodePoint(one.other, other.other),
    )
}

/** The differences of a profile from its mean, made to have the length 1; undefined if there are none. */
function directionOf(profile: Float64Array): Float64Array | undefined {
  const mean = profile.reduce((sum, value) => sum + value, 0) / profile.length
  const differences = profile.map((value) => value - mean)
  const length = Math.hypot(...differences)
  // A mean of equal counts may be off by the last digit.
  return length <= 1e-9 * mean ? undefined : differences.map((value) => value / length)
}

/** Counts pairs. */
class Pairs {
  readonly #counts = new Map<string, { readonly one: string; readonly other: string; count: number }>()

  add(one: string, other: string): void {
    const key = JSON.stringify([one, other])
    const pair = this.#counts.get(key) ?? { one, other, count: 0 }
    this.#counts.set(key, pair)
    pair.count++
  }

  list(): { readonly one: string; readonly other: string; readonly count: number }[] {
    return [...this.#counts.values()].sort(
      (one, other) =>
        other.count - one.count || byCodePoint(one.one, other.one) || byCodePoint(one.other, other.other),
    )
  }
}
