import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { assertWhole } from '../statistics/argument.ts'
import { doneBy, eventsByResource, mostOf, type ResourceOptions, resourceOf } from './resource.ts'

/** How many people are compared in pairs, unless it is told otherwise. */
export const resourcesMaxDefault = 500

export interface NetworkOptions extends ResourceOptions {
  /**
   * How many people are compared with each other at most: those who did the most events. Pairs grow with its square.
   * Default: 500.
   */
  readonly resourcesMax?: number | undefined
}

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
 *
 * @throws AnnalsError `invalid-argument` for an option out of range
 */
export function discoverCollaborations(
  log: EventLog,
  { resource = 'resource', resourcesMax = resourcesMaxDefault }: NetworkOptions = {},
): readonly Collaboration[] {
  assertWhole('resourcesMax', resourcesMax, { min: 1 })
  const people = mostOf(eventsByResource(log, resource), resourcesMax)
  const numbers = new Map(people.map((name, number) => [name, number]))
  const cases = new Uint32Array(people.length ** 2)
  for (const { events } of log.traces) {
    const own = new Set<number>()
    for (const event of events) {
      const number = numbers.get(resourceOf(event, resource) ?? '')
      if (number !== undefined) own.add(number)
    }
    const sorted = Uint32Array.from(own).sort()
    for (let i = 0; i < sorted.length; i++) {
      const row = (sorted[i] as number) * people.length
      for (let j = i + 1; j < sorted.length; j++) {
        const at = row + (sorted[j] as number)
        cases[at] = (cases[at] as number) + 1
      }
    }
  }
  const found: Collaboration[] = []
  for (const [at, count] of cases.entries())
    if (count > 0)
      found.push({
        one: people[Math.floor(at / people.length)] as string,
        other: people[at % people.length] as string,
        cases: count,
        share: count / log.traces.length,
      })
  // They come in the order of their names, which stays among those of as many cases.
  return found.sort((one, other) => other.cases - one.cases)
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
  const subcontracts = new Map<string, { readonly from: string; readonly to: string; events: number }>()
  for (const { events } of traces)
    for (let i = 2; i < events.length; i++) {
      const [before, between, after] = events.slice(i - 2, i + 1).map((event) => resourceOf(event, resource))
      if (before === undefined || between === undefined || before !== after || before === between) continue
      const key = JSON.stringify([before, between])
      const known = subcontracts.get(key)
      if (known) known.events++
      else subcontracts.set(key, { from: before, to: between, events: 1 })
    }
  return [...subcontracts.values()].sort(
    (one, other) =>
      other.events - one.events || byCodePoint(one.from, other.from) || byCodePoint(one.to, other.to),
  )
}

/** How alike two people are in what they do. Each pair is there once, the first by code points first. */
export interface TaskSimilarity {
  readonly one: string
  readonly other: string
  /** The correlation (Pearson) of how often they do each activity: 1 is the same, in proportion; −1 is the opposite. */
  readonly correlation: number
}

/**
 * Who does the same as whom, most alike first. People who do each activity equally often cannot be compared and are left
 * out.
 *
 * @throws AnnalsError `invalid-argument` for an option out of range
 */
export function discoverTaskSimilarities(
  log: EventLog,
  { resource = 'resource', resourcesMax = resourcesMaxDefault }: NetworkOptions = {},
): readonly TaskSimilarity[] {
  assertWhole('resourcesMax', resourcesMax, { min: 1 })
  const profiles = new Map(
    mostOf(eventsByResource(log, resource), resourcesMax).map((name) => [
      name,
      new Float64Array(log.activities.length),
    ]),
  )
  for (const [activity, counts] of [...doneBy(log, resource).values()].entries())
    for (const [each, count] of counts) {
      const profile = profiles.get(each)
      if (profile) profile[activity] = count
    }
  const people = [...profiles].flatMap(([name, profile]) => {
    const direction = directionOf(profile)
    return direction ? [{ name, direction }] : []
  })
  return (
    people
      .flatMap(({ name: one, direction }, i) =>
        people.slice(i + 1).map(({ name: other, direction: ofOther }) => {
          let correlation = 0
          for (let at = 0; at < direction.length; at++)
            correlation += (direction[at] as number) * (ofOther[at] as number)
          return { one, other, correlation: Math.max(-1, Math.min(1, correlation)) }
        }),
      )
      // They come in the order of their names, which stays among those that are equally alike.
      .sort((one, other) => other.correlation - one.correlation)
  )
}

/** The differences of a profile from its mean, made to have the length 1; undefined if there are none. */
function directionOf(profile: Float64Array): Float64Array | undefined {
  const mean = profile.reduce((sum, value) => sum + value, 0) / profile.length
  const differences = profile.map((value) => value - mean)
  const length = Math.sqrt(differences.reduce((sum, value) => sum + value ** 2, 0))
  // A mean of equal counts may be off by the last digit.
  return length <= 1e-9 * mean ? undefined : differences.map((value) => value / length)
}
