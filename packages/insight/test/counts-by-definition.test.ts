import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CaseEvent,
  discoverCollaborations,
  discoverEventuallyFollows,
  discoverHandovers,
  discoverProcessMap,
  discoverSelfDistances,
  discoverSubcontracts,
  discoverTemporalProfile,
  EventLog,
  footprintsOf,
} from '../src/index.ts'
import { casesOf, randomEvents } from './random-log.ts'

// What is counted, straight from its definition, in lists of [what, how much] whose order says nothing.
const counted = (found: readonly (readonly unknown[])[]) => {
  const counts = new Map<string, number>()
  for (const each of found) counts.set(JSON.stringify(each), (counts.get(JSON.stringify(each)) ?? 0) + 1)
  return [...counts].sort()
}
const listed = (rows: readonly (readonly [what: readonly unknown[], count: number])[]) =>
  rows.map(([what, count]) => [JSON.stringify(what), count] as const).sort()
const pairsOf = <Item>(items: readonly Item[]) =>
  items.flatMap((one, i) => items.slice(i + 1).map((other) => [one, other] as const))
const stepsOf = <Item>(items: readonly Item[]) =>
  items.slice(1).map((item, i) => [items[i] as Item, item] as const)
const activitiesOf = (events: readonly CaseEvent[]) => events.map(({ activity }) => activity)
const resourcesOf = (events: readonly CaseEvent[]) => events.map(({ attributes }) => attributes?.resource)
const once = <Item>(items: readonly Item[]) => [...new Set(items)]

const holdsOf = (check: (events: CaseEvent[], cases: CaseEvent[][], log: EventLog) => void) =>
  fc.assert(
    fc.property(randomEvents(), (events) => check(events, casesOf(events), EventLog.from(events))),
    { numRuns: 300, seed: 7 },
  )

test('the map counts events, cases, starts, ends and steps as its definition says', () => {
  holdsOf((events, cases, log) => {
    const { map } = discoverProcessMap(log)
    const of = (count: 'events' | 'cases' | 'starts' | 'ends') =>
      listed(map.activities.filter((each) => each[count] > 0).map((each) => [[each.activity], each[count]]))
    expect([map.cases, map.events]).toEqual([cases.length, events.length])
    expect(of('events')).toEqual(counted(activitiesOf(events).map((each) => [each])))
    expect(of('cases')).toEqual(
      counted(cases.flatMap((own) => once(activitiesOf(own)).map((each) => [each]))),
    )
    expect(of('starts')).toEqual(counted(cases.map((own) => [own[0]?.activity])))
    expect(of('ends')).toEqual(counted(cases.map((own) => [own.at(-1)?.activity])))
    const steps = cases.map((own) => stepsOf(activitiesOf(own)))
    expect(listed(map.edges.map(({ from, to, events: count }) => [[from, to], count]))).toEqual(
      counted(steps.flat()),
    )
    expect(listed(map.edges.map(({ from, to, cases: count }) => [[from, to], count]))).toEqual(
      counted(
        steps.flatMap((own) => once(own.map((step) => JSON.stringify(step))).map((step) => JSON.parse(step))),
      ),
    )
    for (const { from, to, waiting } of map.edges) {
      const waitedMs = cases
        .flatMap((own) => stepsOf(own))
        .filter(([one, other]) => one.activity === from && other.activity === to)
        .map(([one, other]) => other.atMs - one.atMs)
      expect(waiting.totalMs).toBe(waitedMs.reduce((sum, each) => sum + each, 0))
      expect([waiting.minMs, waiting.maxMs]).toEqual([Math.min(...waitedMs), Math.max(...waitedMs)])
    }
  })
})

test('variants are the different sequences of activities, with how many cases are of each', () => {
  holdsOf((_, cases, log) => {
    const { variants, casesWithoutVariant } = discoverProcessMap(log).variants
    expect(casesWithoutVariant).toBe(0)
    expect(listed(variants.map(({ activities, cases: count }) => [activities, count]))).toEqual(
      counted(cases.map(activitiesOf)),
    )
  })
})

test('footprints follow from what directly follows what, and in which orders', () => {
  holdsOf((_, cases, log) => {
    const { sequence, parallel } = footprintsOf(discoverProcessMap(log).map)
    const steps = new Set(
      cases.flatMap((own) => stepsOf(activitiesOf(own)).map((step) => JSON.stringify(step))),
    )
    const back = (step: string) => JSON.stringify(JSON.parse(step).toReversed())
    const texts = (pairs: readonly unknown[]) => pairs.map((pair) => JSON.stringify(pair)).sort()
    expect(texts(sequence)).toEqual([...steps].filter((step) => !steps.has(back(step))).sort())
    expect(texts(parallel)).toEqual([...steps].filter((step) => steps.has(back(step))).sort())
  })
})

test('what eventually follows, and after how long, is that of all pairs of events of a case', () => {
  holdsOf((_, cases, log) => {
    const pairs = cases.flatMap((own) => pairsOf(own))
    const all = counted(pairs.map(([one, other]) => [one.activity, other.activity]))
    expect(
      listed(discoverEventuallyFollows(log).map(({ from, to, pairs: count }) => [[from, to], count])),
    ).toEqual(all)
    const profile = discoverTemporalProfile(log)
    expect(listed(profile.map(({ from, to, pairs: count }) => [[from, to], count]))).toEqual(all)
    for (const { from, to, meanMs, deviationMs } of profile) {
      const times = pairs
        .filter(([one, other]) => one.activity === from && other.activity === to)
        .map(([one, other]) => other.atMs - one.atMs)
      const mean = times.reduce((sum, each) => sum + each, 0) / times.length
      const squares = times.reduce((sum, each) => sum + (each - mean) ** 2, 0)
      expect(meanMs).toBeCloseTo(mean, 9)
      expect(deviationMs).toBeCloseTo(times.length > 1 ? Math.sqrt(squares / (times.length - 1)) : 0, 9)
    }
  })
})

test('an activity comes back after as few events, and with those between, as any two of it say', () => {
  holdsOf((_, cases, log) => {
    const gaps = cases.flatMap((own) => {
      const activities = activitiesOf(own)
      return pairsOf([...activities.keys()])
        .filter(([i, j]) => activities[i] === activities[j])
        .map(([i, j]) => ({ activity: activities[i], between: activities.slice(i + 1, j) }))
    })
    const expected = once(gaps.map(({ activity }) => activity)).map((activity) => {
      const own = gaps.filter((gap) => gap.activity === activity)
      const distance = Math.min(...own.map(({ between }) => between.length))
      const between = own.filter((gap) => gap.between.length === distance).flatMap((gap) => gap.between)
      return [activity, distance, once(between).sort()]
    })
    const found = discoverSelfDistances(log).map(({ activity, distance, between }) => [
      activity,
      distance,
      [...between].sort(),
    ])
    expect(found.sort()).toEqual(expected.sort())
  })
})

test('who hands over to whom, works with whom and does something for whom is as its definition says', () => {
  holdsOf((_, cases, log) => {
    const isKnown = (people: readonly unknown[]) => people.every((each) => each !== undefined)
    const handovers = cases.flatMap((own) => stepsOf(resourcesOf(own))).filter(isKnown)
    const found = discoverHandovers(log)
    expect(listed(found.map(({ from, to, events }) => [[from, to], events]))).toEqual(counted(handovers))
    for (const { events, share } of found) expect(share).toBeCloseTo(events / handovers.length, 12)
    const together = cases.flatMap((own) =>
      pairsOf(
        once(resourcesOf(own))
          .filter((each) => each !== undefined)
          .sort(),
      ),
    )
    expect(
      listed(discoverCollaborations(log).map(({ one, other, cases: count }) => [[one, other], count])),
    ).toEqual(counted(together))
    const inBetween = cases.flatMap((own) => {
      const people = resourcesOf(own)
      return people
        .map((before, i) => [before, people[i + 1], people[i + 2]])
        .filter((three) => isKnown(three) && three[0] === three[2] && three[0] !== three[1])
        .map(([before, between]) => [before, between])
    })
    expect(listed(discoverSubcontracts(log).map(({ from, to, events }) => [[from, to], events]))).toEqual(
      counted(inBetween),
    )
  })
})
