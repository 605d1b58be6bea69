import { isAnnalsError } from '@annals/core'
import { Random } from '@annals/testing'
import { expect, test } from 'vitest'
import { discoverAnomalies } from '../anomaly/anomaly.ts'
import { discoverRules } from '../conformance/discover-rules.ts'
import { discoverTemporalProfile } from '../conformance/temporal-profile.ts'
import { discoverCoOccurrences } from '../correlation/co-occurrence.ts'
import { discoverRootCauses, duration } from '../correlation/root-cause.ts'
import { discoverSuccessions } from '../correlation/succession.ts'
import { discoverDrifts } from '../drift/drift.ts'
import type { CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { discoverSequences } from '../patterns/sequence-pattern.ts'
import { learnPredictor } from '../prediction/predictor.ts'
import { bottlenecksOf } from '../process-map/bottlenecks.ts'
import { discoverHandovers } from '../process-map/handovers.ts'
import { discoverProcessMap } from '../process-map/process-map.ts'
import { formatProcessTree } from '../process-tree/notation.ts'
import { type DiscoverProgress, discover } from './discover.ts'

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
        attributes: { by, resource: activity === 'open' ? 'Ann' : 'Bob' },
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
  const found = await discover(events, { outcome: duration })
  expect(found.map).toEqual(discoverProcessMap(log).map)
  expect(found.variants).toEqual(discoverProcessMap(log).variants)
  expect(found.rules).toEqual(discoverRules(log))
  expect(found.temporalProfile).toEqual(discoverTemporalProfile(log))
  expect(found.bottlenecks).toEqual(bottlenecksOf(found.map))
  expect(found.handovers).toEqual(discoverHandovers(log))
  expect(found.handovers[0]).toMatchObject({ from: 'Bob', to: 'Bob' })
  expect(found.patterns).toEqual(discoverSequences(log))
  expect(found.coOccurrences).toEqual(discoverCoOccurrences(log))
  expect(found.successions).toEqual(discoverSuccessions(log))
  expect(found.rootCauses).toEqual(discoverRootCauses(log, duration))
  expect(found.rootCauses[0]).toMatchObject({ attribute: 'by' })
  expect(found.prediction).toEqual(learnPredictor(log).accuracy)
  expect(found.anomalies).toEqual(discoverAnomalies(log))
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

test('of more events than may be kept, map and variants are of all, and the rest of some whole cases', async () => {
  const events = orders(2000)
  const whole = await discover(events)
  const found = await discover(streamed(events, 100), { eventsMax: 3000 })
  const withoutTimes = ({ map, variants }: typeof found) => ({
    activities: map.activities,
    edges: map.edges.map(({ waiting: { medianMs, p95Ms, ...waiting }, ...edge }) => ({ ...edge, waiting })),
    variants,
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
  expect(found.notes).toEqual(['1 case of more than 2,000 events: counted in the map, and in nothing else.'])
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

test('prediction is measured on the latest cases, and it is said', async () => {
  const events = orders(5000)
  const { prediction, notes } = await discover(events)
  expect(prediction.next.scored).toBeLessThan(26_000)
  expect(prediction.next.accuracy).toBeGreaterThan(0.5)
  expect(
    notes.some((note) => /^Prediction was measured on the [\d,]+ cases that began last.$/.test(note)),
  ).toBe(true)
})
