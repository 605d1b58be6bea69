import { isAnnalsError } from '@annals/core'
import { Random } from '@annals/testing'
import { expect, test } from 'vitest'
import { discoverAnomalies } from '../anomaly/anomaly.ts'
import { discoverUnusualRates } from '../anomaly/unusual-rate.ts'
import { UnusualRateCounter } from '../anomaly/unusual-rate-counter.ts'
import { discoverRules } from '../conformance/discover-rules.ts'
import { discoverTemporalProfile } from '../conformance/temporal-profile.ts'
import { discoverCoOccurrences } from '../correlation/co-occurrence.ts'
import { discoverCrossCorrelations } from '../correlation/cross-correlation.ts'
import { discoverRootCauses, duration } from '../correlation/root-cause.ts'
import { discoverSuccessions } from '../correlation/succession.ts'
import { discoverDrifts } from '../drift/drift.ts'
import type { CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { discoverRoles } from '../organization/roles.ts'
import {
  discoverCollaborations,
  discoverSubcontracts,
  discoverTaskSimilarities,
} from '../organization/social-network.ts'
import { discoverSequences } from '../patterns/sequence-pattern.ts'
import { learnPredictor } from '../prediction/predictor.ts'
import { bottlenecksOf } from '../process-map/bottlenecks.ts'
import { discoverHandovers } from '../process-map/handovers.ts'
import { discoverProcessMap } from '../process-map/process-map.ts'
import { formatProcessTree } from '../process-tree/notation.ts'
import { discoverBatches } from '../queueing/batches.ts'
import { discoverBusyHours } from '../queueing/busy-hours.ts'
import { discoverServiceTimes } from '../queueing/service-times.ts'
import { discoverWorkload } from '../queueing/workload.ts'
import { type DiscoverProgress, discover } from './discover.ts'
import { discoverAssociations } from './discover-patterns.ts'

// Orders of which those by post take longer, and which are packed and invoiced in any order.
function orders(cases: number, seed = 1): CaseEvent[] {
  const random = new Random(seed)
  const events = Array.from({ length: cases }, (_, index) => {
    const by = random.next() < 0.3 ? 'post' : 'van'
    const middle = random.next() < 0.5 ? ['pack', 'invoice'] : ['invoice', 'pack']
    const activities = ['open', ...middle, ...(random.next() < 0.2 ? ['remind'] : []), 'send']
    let atMs = index * 1000
    return activities.map((activity): CaseEvent => {
      atMs += Math.round((by === 'post' ? 3 : 1) * (1 - Math.log(1 - random.next())) * 1000)
      return {
        case: `order-${index}`,
        activity,
        atMs,
        attributes: {
          by,
          resource: { open: 'Ann', remind: 'Cyd' }[activity] ?? 'Bob',
          startMs: atMs - Math.round(200 * random.next()),
        },
        source: index,
      }
    })
  })
  return events.flat().sort((one, other) => one.atMs - other.atMs)
}

async function* streamed(events: readonly CaseEvent[], batch: number) {
  for (let from = 0; from < events.length; from += batch) yield events.slice(from, from + batch)
}

test('all findings of a history in one: each is what it is when asked for alone', async () => {
  const events = orders(300)
  const log = EventLog.from(events)
  const found = await discover(events, { outcome: duration, utcOffsetMinutes: 60, rateWindowMs: 10_000 })
  expect(found.map).toEqual(discoverProcessMap(log).map)
  expect(found.variants).toEqual(discoverProcessMap(log).variants)
  expect(found.rules).toEqual(discoverRules(log))
  expect(found.temporalProfile).toEqual(discoverTemporalProfile(log))
  expect(found.bottlenecks).toEqual(bottlenecksOf(found.map))
  expect(found.handovers).toEqual(discoverHandovers(log))
  expect(found.handovers[0]).toMatchObject({ from: 'Bob', to: 'Bob' })
  expect(found.serviceTimes).toEqual(discoverServiceTimes(log))
  expect(found.serviceTimes).toHaveLength(5)
  expect(found.workload).toEqual(discoverWorkload(log))
  expect(found.busyHours).toEqual(discoverBusyHours(log, { utcOffsetMinutes: 60 }))
  expect(found.busyHours.byHour[1]).toBe(events.length)
  expect(found.batches).toEqual(discoverBatches(log))
  expect(found.roles).toEqual(discoverRoles(log))
  expect(found.roles.map(({ activities }) => activities)).toContainEqual(['open'])
  expect(found.collaborations).toEqual(discoverCollaborations(log))
  expect(found.subcontracts).toEqual(discoverSubcontracts(log))
  expect(found.subcontracts[0]).toMatchObject({ from: 'Bob', to: 'Cyd' })
  expect(found.taskSimilarities).toEqual(discoverTaskSimilarities(log))
  expect(found.patterns).toEqual(discoverSequences(log))
  expect(found.associations).toEqual(discoverAssociations(log))
  expect(found.coOccurrences).toEqual(discoverCoOccurrences(log))
  expect(found.successions).toEqual(discoverSuccessions(log))
  expect(found.crossCorrelations).toEqual(discoverCrossCorrelations(log))
  expect(found.rootCauses).toEqual(discoverRootCauses(log, duration))
  expect(found.rootCauses[0]).toMatchObject({ attribute: 'by' })
  expect(found.prediction).toEqual(learnPredictor(log).accuracy)
  expect(found.anomalies).toEqual(discoverAnomalies(log))
  const rates = new UnusualRateCounter({ windowMs: 10_000 })
  for (const event of events) rates.add(event)
  expect(found.unusualRates).toEqual(rates.unusualRates())
  // Since all have begun, nothing is opened any more.
  expect(found.unusualRates[0]).toMatchObject({ activity: 'open', count: 0 })
  expect(found.drifts).toEqual(discoverDrifts(log))
  expect(formatProcessTree(found.model.tree)).toContain("+( 'invoice', 'pack' )")
  expect(found.model).toMatchObject({ noise: 0.2, alignedCases: 300 })
  expect(found.model.fitness).toBeGreaterThan(0.8)
  expect(found).toMatchObject({ sample: undefined, notes: [] })
})

test('it does not matter how the events come, one by one or in batches, at hand or read', async () => {
  const events = orders(100)
  const expected = await discover(events)
  expect(await discover([events.slice(0, 7), ...events.slice(7)])).toEqual(expected)
  expect(await discover(streamed(events, 13))).toEqual(expected)
  expect(expected.rootCauses).toEqual([])
})

test('of more events than may be kept, what is counted with each is of all, and the rest of some whole cases', async () => {
  const events = orders(2000)
  const whole = await discover(events)
  const found = await discover(streamed(events, 100), { eventsMax: 3000 })
  const withoutTimes = ({ map, variants, workload, busyHours, unusualRates }: typeof found) => ({
    activities: map.activities,
    edges: map.edges.map(({ waiting: { medianMs, p95Ms, ...waiting }, ...edge }) => ({ ...edge, waiting })),
    variants,
    workload,
    busyHours,
    unusualRates,
  })
  expect(withoutTimes(found)).toEqual(withoutTimes(whole))
  const { sample } = found
  if (!sample) expect.unreachable()
  expect(sample).toMatchObject({ ofCases: 2000, ofEvents: events.length })
  expect(sample.events).toBeLessThanOrEqual(3000)
  expect(sample.cases).toBeGreaterThan(300)
  // What is found in the sample is near to what is found in all, as near as is said.
  for (const { rule, support } of found.rules) {
    const exact = whole.rules.find((each) => JSON.stringify(each.rule) === JSON.stringify(rule))
    if (exact) expect(Math.abs(exact.support - support)).toBeLessThan(sample.shareErrorMax)
  }
  expect(found.notes[0]).toContain(`${sample.cases} cases of 2,000 cases`)
  expect(found.notes[1]).toContain('within 1 %')
  expect(await discover(events, { eventsMax: 3000 })).toEqual(found)
  expect((await discover(events, { eventsMax: events.length })).sample).toBeUndefined()
})

test('it says how far it has come, and stops where it is told to', async () => {
  const told: DiscoverProgress[] = []
  await discover(streamed(orders(50), 10), { onProgress: (progress) => told.push(progress) })
  expect(told.map(({ step }) => step)).toContain('drifts')
  expect(told.map(({ stepsDone }) => stepsDone)).toEqual(
    told.map(({ stepsDone }) => stepsDone).toSorted((one, other) => one - other),
  )
  expect(told.at(-1)).toMatchObject({ stepsDone: told.at(-1)?.steps, events: orders(50).length })

  const stop = new AbortController()
  const steps: string[] = []
  const stopped = discover(orders(50), {
    signal: stop.signal,
    onProgress: ({ step }) => {
      steps.push(step)
      if (step === 'rules') stop.abort(new Error('enough'))
    },
  })
  await expect(stopped).rejects.toThrow('enough')
  expect(steps.at(-1)).toBe('rules')
  await expect(discover([], { signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never')
})

test('a history that has no end can be stopped while it is read, and is closed', async () => {
  let isClosed = false
  function* endless() {
    try {
      for (let i = 0; ; i++) yield { case: `${i % 10}`, activity: 'a', atMs: i }
    } finally {
      isClosed = true
    }
  }
  const stop = new AbortController()
  const found = discover(endless(), { signal: stop.signal, eventsMax: 1000 })
  setTimeout(() => stop.abort(new Error('enough')), 1)
  await expect(found).rejects.toThrow('enough')
  expect(isClosed).toBe(true)
})

test('an event that cannot be used is refused with its place among all, whatever the batches', async () => {
  const [first, ...others] = orders(3)
  if (!first) expect.unreachable()
  const bad = { ...first, atMs: Number.NaN }
  for (const events of [
    [[first, ...others], [bad]],
    [first, ...others, bad],
  ])
    await expect(discover(events)).rejects.toSatisfy(
      (error) =>
        isAnnalsError(error, 'invalid-argument') && error.message.includes(`Event ${others.length + 1} `),
    )
  await expect(discover([], { eventsMax: 0 })).rejects.toSatisfy((error) =>
    isAnnalsError(error, 'invalid-argument'),
  )
})

test('of nothing, and of one event alone, there is little to say, and it is said', async () => {
  const nothing = await discover([])
  expect(nothing).toMatchObject({ map: { cases: 0 }, rules: [], patterns: [], model: { fitness: 1 } })
  const one = await discover([{ case: 'a', activity: 'open', atMs: 0 }])
  expect(one).toMatchObject({ map: { cases: 1, edges: [] }, model: { tree: { activity: 'open' } } })
  expect(one.prediction.next.scored).toBe(1)
})

test('a case that never ends is counted in the map, and costs no more than that', async () => {
  const endless = Array.from({ length: 50_000 }, (_, i) => ({
    case: 'endless',
    activity: i % 2 ? 'b' : 'a',
    atMs: i,
  }))
  const found = await discover([...endless, ...orders(20)])
  expect(found.map.cases).toBe(21)
  expect(found.temporalProfile.map(({ from }) => from)).not.toContain('a')
  expect(found.notes).toEqual([
    '1 case of more than 2,000 events: counted in map, variants, workload, busy hours and unusual rates alone.',
  ])
})

test('where everything is a pattern, those are told that most cases have, and it is said', async () => {
  const letters = [...'abcdefghijklmnopqrstuvwxyz']
  const random = new Random(3)
  const events = Array.from({ length: 40 }, (_, index) =>
    letters
      .filter(() => random.next() < 0.9)
      .map((activity, at) => ({
        case: `${index}`,
        activity,
        atMs: at * 10 + Math.floor(random.next() * 60),
      })),
  )
  const { patterns, notes } = await discover(events)
  expect(patterns.length).toBeLessThanOrEqual(5000)
  expect(notes.filter((note) => /patterns/i.test(note))).toHaveLength(1)
})

test('of more variants than can be compared with the model, those of the most cases are, and it is said', async () => {
  const random = new Random(5)
  const events = Array.from({ length: 1500 }, (_, index) =>
    index % 3 === 0
      ? [{ case: `${index}`, activity: 'usual', atMs: index }]
      : Array.from({ length: 12 }, (_, at) => ({
          case: `${index}`,
          activity: `step ${Math.floor(random.next() * 6)}`,
          atMs: index + at,
        })),
  )
  const { model, notes } = await discover(events)
  expect(model.alignedCases).toBe(500 + 499)
  expect(notes).toContain(
    'The model was compared with the 500 variants of the most cases: 999 cases of 1,500 cases.',
  )
})

test('what is unusually often at the end is told, with windows as long as was said', async () => {
  const random = new Random(6)
  const events = Array.from({ length: 60 }, (_, window) =>
    ['pay', 'send'].flatMap((activity) =>
      Array.from({ length: activity === 'pay' && window > 57 ? 40 : 5 + random.below(5) }, (_, i) => ({
        case: `${window}-${i}`,
        activity,
        atMs: (window + random.next()) * 3_600_000,
        source: window,
      })),
    ),
  ).flat()
  const nowMs = Math.max(...events.map(({ atMs }) => atMs))
  // Windows begin at full hours, the latest at the last 24th of an hour that is over.
  const endMs = Math.floor(nowMs / 150_000) * 150_000
  const { unusualRates } = await discover(events, { rateWindowMs: 3_600_000 })
  expect(unusualRates).toMatchObject([{ activity: 'pay', usualFrom: 5, adjustedP: 1 / 59 }])
  expect(unusualRates[0]?.count).toBe(
    events.filter(({ activity, atMs }) => activity === 'pay' && atMs >= endMs - 3_600_000 && atMs < endMs)
      .length,
  )
  expect(discoverUnusualRates(events, { windowMs: 3_600_000, nowMs: endMs })).toMatchObject([
    { activity: 'pay', count: unusualRates[0]?.count },
  ])
  await expect(discover(events, { rateWindowMs: 0 })).rejects.toThrow('rateWindowMs')
  await expect(discover(events, { utcOffsetMinutes: 2_000 })).rejects.toThrow('utcOffsetMinutes')
  expect((await discover(events)).unusualRates).toEqual([])
})

test('work that began after it ended is taken as it is known, and counted', async () => {
  const events = orders(20).map((event, i) => ({
    ...event,
    attributes: { ...event.attributes, startMs: i < 3 ? event.atMs + 1 : event.atMs - 1 },
  }))
  const { serviceTimes, batches, notes } = await discover(events)
  expect(serviceTimes.reduce((sum, { service }) => sum + service.count, 0)).toBe(events.length - 3)
  expect(batches.length).toBeGreaterThan(0)
  expect(notes).toEqual(['3 events began after they ended: when their work began counts as not known.'])
  const found = await discover(events, { start: ({ atMs }) => atMs - 2 })
  expect(found.notes).toEqual([])
  expect(found.serviceTimes[0]?.service.meanMs).toBe(2)
})

test('of a crowd and of very many batches some are told, and it is said', async () => {
  const random = new Random(9)
  const events = Array.from({ length: 4_000 }, (_, index) =>
    Array.from({ length: 6 }, (_, at) => ({
      case: `${index}`,
      activity: `step ${random.below(3)}`,
      // Two cases of the same at the same time, far from all others.
      atMs: (Math.floor(index / 2) * 6 + at) * 3_600_000,
      attributes: { resource: `p${at < 2 ? index % 2 : random.below(700)}` },
    })),
  ).flat()
  const { batches, collaborations, taskSimilarities, notes } = await discover([
    ...events,
    ...Array.from({ length: 20_500 }, (_, i) => ({
      case: `short ${i}`,
      activity: 'sign',
      atMs: Math.floor(i / 2) * 3_600_000,
      attributes: { resource: 'p0' },
    })),
  ])
  expect([batches, collaborations, taskSimilarities].map(({ length }) => length)).toEqual([
    10_000, 10_000, 10_000,
  ])
  expect(
    notes
      .filter((note) => /are told\.$/.test(note))
      .map((note) => note.replace(/[\d,]+ (?=\D+, the first)/, '')),
  ).toEqual([
    'Of batches, the first 10,000 are told.',
    'Of collaborations, the first 10,000 are told.',
    'Of similarities of people, the first 10,000 are told.',
  ])
  expect(notes).toContain('Of 700 people, the 500 who did the most events are compared with each other.')
})

test('more activities than can be put into roles are told of', async () => {
  const events = Array.from({ length: 502 }, (_, i) => ({
    case: `${i % 50}`,
    activity: `step ${i}`,
    atMs: i,
    ...(i === 0 ? {} : { attributes: { by: `p${i % 3}` } }),
  }))
  const { roles, notes } = await discover(events, { resource: 'by' })
  expect(roles.flatMap(({ activities }) => activities)).toHaveLength(500)
  expect(notes).toContain('Of 501 activities, the 500 that are done most often are put into roles.')
})

test('prediction is measured on the latest cases, and it is said', async () => {
  const events = orders(5000)
  const { prediction, notes } = await discover(events)
  expect(prediction.next.scored).toBeLessThan(26_000)
  expect(prediction.next.accuracy).toBeGreaterThan(0.5)
  expect(
    notes.some((note) => /^Prediction was measured on the [\d,]+ cases that began last.$/.test(note)),
  ).toBe(true)
})
