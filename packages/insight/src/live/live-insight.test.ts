import { isAnnalsError } from '@annals/core'
import { Random } from '@annals/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { duration } from '../correlation/root-cause.ts'
import type { CaseEvent } from '../event-log/case-event.ts'
import { discover } from '../findings/discover.ts'
import type { Findings } from '../findings/findings.ts'
import { LiveInsight } from './live-insight.ts'

// Orders that overlap, of which those by post take longer, and which are packed and invoiced in any order.
function orders(cases: number, { seed = 1, invoiced = 1 } = {}): CaseEvent[] {
  const random = new Random(seed)
  const events = Array.from({ length: cases }, (_, index) => {
    const by = random.next() < 0.3 ? 'post' : 'van'
    const middle = random.next() < 0.5 ? ['pack', 'invoice'] : ['invoice', 'pack']
    const kept = middle.filter((each) => each === 'pack' || random.next() < invoiced)
    const activities = ['open', ...kept, ...(random.next() < 0.2 ? ['remind'] : []), 'send']
    let atMs = index * 1000
    return activities.map((activity): CaseEvent => {
      atMs += Math.round((by === 'post' ? 3 : 1) * (1 - Math.log(1 - random.next())) * 1000)
      const resource = { pack: 'Bob', remind: 'Cyd' }[activity] ?? 'Ann'
      const attributes = { by, resource, startMs: atMs - 100 }
      return { case: `order-${index}`, activity, atMs, attributes, source: index }
    })
  })
  return events.flat().sort((one, other) => one.atMs - other.atMs)
}

const isLast = ({ activity }: CaseEvent) => activity === 'send'

const exactParts = ({ map, variants, ...others }: Findings) => ({
  activities: map.activities,
  edges: map.edges.map(({ waiting: { medianMs, p95Ms, ...waiting }, ...edge }) => ({ ...edge, waiting })),
  variants: variants.variants.map(({ duration: { medianMs, p95Ms, ...took }, ...variant }) => ({
    ...variant,
    took: { ...took, totalMs: Math.round(took.totalMs), meanMs: Math.round(took.meanMs) },
  })),
  model: {
    ...others.model,
    fitness: others.model.fitness.toFixed(9),
    precision: others.model.precision.toFixed(9),
  },
  rules: others.rules,
  profile: others.temporalProfile.map(({ from, to, pairs, meanMs }) => [from, to, pairs, meanMs.toFixed(6)]),
  handovers: others.handovers,
  serviceTimes: others.serviceTimes,
  workload: others.workload,
  busyHours: others.busyHours,
  batches: others.batches,
  roles: others.roles,
  collaborations: others.collaborations,
  subcontracts: others.subcontracts,
  taskSimilarities: others.taskSimilarities,
  unusualRates: others.unusualRates,
  patterns: others.patterns,
  associations: others.associations,
  crossCorrelations: others.crossCorrelations,
  coOccurrences: others.coOccurrences,
  successions: others.successions.map(({ from, to, count, p }) => [from, to, count, p.toFixed(9)]),
  rootCauses: others.rootCauses.map(({ attribute, value, p }) => [attribute, value, p.toFixed(9)]),
})

test('what is found event by event is what is found in the whole, whether or not cases end', async () => {
  const events = orders(400)
  const counted = { utcOffsetMinutes: -90, rateWindowMs: 10_000, falseAlarmRate: 0.9 }
  const whole = exactParts(await discover(events, { outcome: duration, ...counted }))
  expect(whole.unusualRates.length).toBeGreaterThan(0)
  for (const options of [{ isLast }, {}]) {
    const live = new LiveInsight({ outcome: duration, ...options, ...counted })
    live.observe(events.slice(0, 100))
    await live.refresh()
    for (const event of events.slice(100)) live.observe(event)
    const findings = await live.refresh()
    expect(exactParts(findings)).toEqual(whole)
    expect(findings).toMatchObject({ sample: undefined, notes: [], openCases: 'isLast' in options ? 0 : 400 })
    expect(findings.rootCauses[0]).toMatchObject({ attribute: 'by' })
    expect(findings.prediction.next.accuracy).toBeGreaterThan(0.5)
  }
})

test('what is counted with each event is up to date with each, without a refresh', () => {
  const live = new LiveInsight()
  live.observe({ case: 'a', activity: 'open', atMs: 1 })
  expect(live.map()).toMatchObject({ cases: 1, events: 1, activities: [{ activity: 'open', ends: 1 }] })
  const version = live.version
  live.observe([{ case: 'a', activity: 'send', atMs: 5 }])
  expect(live.version).toBeGreaterThan(version)
  expect(live.map().edges).toMatchObject([{ from: 'open', to: 'send', events: 1, waiting: { medianMs: 4 } }])
  expect(live.variants().variants).toMatchObject([{ activities: ['open', 'send'], cases: 1 }])
  expect(live.workload().intervals).toEqual([{ fromMs: 0, arrived: 1, ended: 1, open: 4 / 1000 }])
  expect(live.busyHours().byHour[0]).toBe(2)
  live.observe({ case: 'b', activity: 'open', atMs: 3_600_000 })
  live.end('a')
  expect(live.workload()).toMatchObject({ intervalMs: 10_000, meanDurationMs: 2 })
  expect(live.busyHours().byHour.slice(0, 2)).toEqual([2, 1])
  expect(live.unusualRates()).toEqual([])
})

test('a burst is told while it lasts, in a history whose cases end or gave way', () => {
  const live = new LiveInsight({ rateWindowMs: 86_400_000, limits: { openCasesMax: 5 } })
  for (let hour = 0; hour < 24 * 40; hour++)
    live.observe({ case: `${hour}`, activity: 'pay', atMs: hour * 3_600_000, source: hour })
  expect(live.unusualRates()).toEqual([])
  for (let i = 0; i < 50; i++)
    live.observe({ case: `late ${i}`, activity: 'pay', atMs: 40 * 86_400_000 + i, source: 5_000 + i })
  live.observe({ case: 'next', activity: 'pay', atMs: 40 * 86_400_000 + 3_600_000 })
  const [found] = live.unusualRates()
  expect(found).toMatchObject({ activity: 'pay', count: 73, usualFrom: 24, usualTo: 24 })
  expect(found?.sources).toContain(5_000)
})

test('without news a refresh is the same as the last, and two at once are one', async () => {
  const live = new LiveInsight()
  live.observe(orders(20))
  const [one, two] = [live.refresh(), live.refresh()]
  expect(await one).toBe(await two)
  expect(await live.refresh()).toBe(await one)
  live.observe(orders(21).slice(-1))
  expect(await live.refresh()).not.toBe(await one)
})

test('rules that were found are watched: who breaks one is told with the event, or with the end of the case', async () => {
  const live = new LiveInsight({ isLast })
  live.observe(orders(200))
  const { rules } = await live.refresh()
  expect(rules.map(({ rule }) => rule)).toContainEqual({ template: 'init', activity: 'open' })
  const odd = { case: 'odd', activity: 'pack', atMs: 1e9 }
  live.observe(odd)
  const broken = await live.refresh()
  expect(broken.violations).toContainEqual({
    rule: { template: 'init', activity: 'open' },
    case: 'odd',
    event: odd,
  })
  expect(broken.violationCount).toBe(broken.violations.length)
  live.observe({ case: 'cut', activity: 'open', atMs: 1e9 + 1 })
  live.end('cut')
  live.end('unknown')
  const { violations } = await live.refresh()
  expect(violations.filter((each) => each.case === 'cut' && each.event === undefined).length).toBeGreaterThan(
    0,
  )
})

test('an open case is foretold, and one that is not known is not', () => {
  const live = new LiveInsight({ isLast })
  live.observe(orders(300))
  live.observe({ case: 'new', activity: 'open', atMs: 1e9 })
  const next = live.predict('new')?.next.slice(0, 2)
  expect(next?.map(({ name }) => name).toSorted()).toEqual(['invoice', 'pack'])
  expect(live.predict('order-1')).toBeUndefined()
})

test('an open case that waits for longer than any did is told as unusual', async () => {
  const live = new LiveInsight({ isLast, falseAlarmRate: 0.1 })
  live.observe(orders(1500))
  live.observe([
    { case: 'late', activity: 'open', atMs: 1_600_000, source: 77 },
    { case: 'other', activity: 'open', atMs: 9_000_000, source: 78 },
  ])
  const { anomalies } = await live.refresh()
  expect(anomalies.find((each) => each.case === 'late')).toMatchObject({ kind: 'timing', source: 77 })
  expect(anomalies.find((each) => each.case === 'other')).toBeUndefined()
})

test('a drift is told once enough cases went the new way', async () => {
  const live = new LiveInsight({ isLast })
  live.observe(orders(400, { seed: 7 }))
  expect((await live.refresh()).drifts).toEqual([])
  live.observe(
    orders(400, { seed: 8, invoiced: 0 }).map((event) => ({
      ...event,
      case: `new ${event.case}`,
      atMs: event.atMs + 1e6,
    })),
  )
  expect((await live.refresh()).drifts).toMatchObject([{ perspective: 'control-flow' }])
})

test('what is beyond a limit gives way, is counted, and is told; the map counts it all the same', async () => {
  const limits = {
    openCasesMax: 20,
    openEventsMax: 30,
    endedEventsMax: 200,
    variantsMax: 1,
    activitiesMax: 4,
    learnedFirstEvents: 100,
    learnedOneOf: 2,
  }
  const live = new LiveInsight({ limits })
  const events = orders(300).toSorted((one, other) => (one.case < other.case ? -1 : 1))
  live.observe(events.slice(0, 600))
  for (let i = 0; i < 150; i++) live.end(`order-${i}`)
  live.observe(events.slice(600))
  const { map, notes, openCases, sample } = await live.refresh()
  const usable = new Set(events.map(({ activity }) => activity).slice(0, 40))
  expect(usable.size).toBe(5)
  expect(openCases).toBeLessThanOrEqual(20)
  expect(map.activities).toHaveLength(4)
  const passedOver = events.length - map.events
  expect(passedOver).toBeGreaterThan(0)
  expect(map.activities.reduce((sum, { ends }) => sum + ends, 0)).toBe(map.cases)
  expect(sample?.ofCases).toBe(map.cases)
  const told = notes.join('\n')
  expect(told).toContain(`${passedOver} events passed over`)
  for (const part of ['gave way to others', 'were given up', 'were left out', 'of them, the latest'])
    expect(told).toContain(part)
})

test('a case that gave way begins anew when it goes on, and its place in the map is right', () => {
  const live = new LiveInsight({ limits: { openCasesMax: 1 } })
  for (const [at, name] of ['a', 'b', 'a', 'a'].entries())
    live.observe({ case: name, activity: name, atMs: at })
  expect(live.map()).toMatchObject({ cases: 3, events: 4 })
  expect(live.map().activities).toMatchObject([
    { activity: 'a', starts: 2, ends: 2, cases: 2 },
    { activity: 'b', starts: 1, ends: 1 },
  ])
  expect(live.variants().variants.map(({ activities, cases }) => [...activities, cases])).toEqual([
    ['a', 1],
    ['a', 'a', 1],
    ['b', 1],
  ])
})

test('time that runs backwards is no time in the map, and it is said', async () => {
  const live = new LiveInsight()
  for (const atMs of [5, 3, 9]) live.observe({ case: 'a', activity: `at ${atMs}`, atMs })
  const { map, notes, temporalProfile, workload } = await live.refresh()
  // From what came first to the latest.
  expect(workload).toMatchObject({ meanDurationMs: 4, intervals: [{ arrived: 1, ended: 1 }] })
  expect(map.edges.map(({ from, to, waiting }) => [from, to, waiting.totalMs])).toEqual([
    ['at 3', 'at 9', 4],
    ['at 5', 'at 3', 0],
  ])
  expect(notes).toEqual([
    expect.stringMatching(/^1 event came after a later one of the same case/),
    'Nothing is told of people: no event has the attribute "resource"; `resource` names another.',
  ])
  expect(temporalProfile.every(({ meanMs }) => meanMs > 0)).toBe(true)
})

test('an event that cannot be used is refused, and those before it are taken', () => {
  const live = new LiveInsight()
  expect(() =>
    live.observe([
      { case: 'a', activity: 'open', atMs: 0 },
      { case: '', activity: 'open', atMs: 0 },
    ]),
  ).toThrow('a case that is a string')
  expect(live.map().events).toBe(1)
  for (const options of [{ limits: { rulesMax: 0 } }, { rateWindowMs: -1 }, { utcOffsetMinutes: 1e4 }])
    expect(() => new LiveInsight(options)).toThrowError(
      expect.toSatisfy((error) => isAnnalsError(error, 'invalid-argument')),
    )
})

test('findings can be watched: now, and again after something came, until it is enough', async () => {
  const live = new LiveInsight()
  const stop = new AbortController()
  const seen: number[] = []
  for await (const { map } of live.watch((each) => each.refresh(), { pauseMs: 1, signal: stop.signal })) {
    seen.push(map.events)
    if (seen.length === 1) setTimeout(() => live.observe(orders(10)), 5)
    if (seen.length === 2) stop.abort()
  }
  expect(seen).toEqual([0, orders(10).length])
  const waiting = live.watch((each) => each.map(), { pauseMs: 1, signal: AbortSignal.timeout(20) })
  expect((await waiting.next()).done).toBe(false)
  expect((await waiting.next()).done).toBe(true)
})

test('the same events and refreshes give the same findings', async () => {
  const run = async () => {
    const live = new LiveInsight({ isLast, outcome: duration })
    live.observe(orders(150))
    await live.refresh()
    live.observe(orders(300).slice(-200))
    return live.refresh()
  }
  expect(await run()).toEqual(await run())
})

test('without cases that end nothing grows beyond its limits in a long history', () => {
  const live = new LiveInsight({
    limits: { openCasesMax: 100, openEventsMax: 500, beginningsMax: 200, learnedFirstEvents: 100 },
  })
  const random = new Random(4)
  for (let i = 0; i < 20_000; i++)
    live.observe({ case: `${i >> 3}`, activity: `step ${Math.floor(random.next() * 9)}`, atMs: i })
  const { casesWithoutVariant, variants } = live.variants()
  expect(variants.length).toBeLessThanOrEqual(200)
  expect(casesWithoutVariant + variants.reduce((sum, { cases }) => sum + cases, 0)).toBe(2500)
  expect(live.map().events).toBe(20_000)
})

test('a case ends once nothing came to it for long enough, by the latest time of any event, and begins anew if it goes on', async () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    activity: fc.constantFrom('x', 'y'),
    afterMs: fc.integer({ min: -8, max: 12 }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 30 }),
      async (steps, quietMsMax) => {
        const live = new LiveInsight({ quietMsMax })
        // Each case as a text of its activities.
        const open = new Map<string, { done: string; touchedMs: number }>()
        const ended: { name: string; done: string }[] = []
        let [atMs, latestMs, wentOn] = [0, 0, 0]
        for (const { name, activity, afterMs } of steps) {
          atMs += afterMs
          latestMs = open.size + ended.length === 0 ? atMs : Math.max(latestMs, atMs)
          for (const [each, { done, touchedMs }] of open)
            if (latestMs - touchedMs > quietMsMax) {
              open.delete(each)
              ended.push({ name: each, done })
            }
          if (!open.has(name) && ended.some((each) => each.name === name)) wentOn++
          open.set(name, { done: `${open.get(name)?.done ?? ''}${activity}`, touchedMs: latestMs })
          live.observe({ case: name, activity, atMs })
        }
        const all = [...ended, ...open.values()].map(({ done }) => done).toSorted()
        const { variants } = live.variants()
        const found = variants.flatMap(({ activities, cases }) => Array(cases).fill(activities.join('')))
        expect(found.toSorted()).toEqual(all)
        for (const name of ['a', 'b', 'c', 'd']) expect(live.predict(name) !== undefined).toBe(open.has(name))
        const note = `${ended.length} ${ended.length === 1 ? 'case' : 'cases'} ended by being quiet; ${wentOn} of them went on`
        const { notes, openCases } = await live.refresh()
        expect(openCases).toBe(open.size)
        expect(notes.some((each) => each.startsWith(note))).toBe(ended.length > 0)
      },
    ),
    { seed: 3, numRuns: 40 },
  )
})

test('a quiet case is learned from as one that ended, and what ends a case otherwise goes on ending it', async () => {
  const events = orders(300)
  const live = new LiveInsight({ quietMsMax: 60_000 })
  live.observe(events)
  const { openCases, prediction } = await live.refresh()
  expect(openCases).toBeLessThan(100)
  expect(prediction.remainingTime.scored).toBeGreaterThan(100)
  const both = new LiveInsight({ isLast, quietMsMax: 60_000 })
  both.observe(events)
  expect((await both.refresh()).openCases).toBe(0)
  expect(() => new LiveInsight({ quietMsMax: 0 })).toThrowError(
    expect.toSatisfy((error) => isAnnalsError(error, 'invalid-argument')),
  )
})

test('while no case is known to end, drifts are those of the cases that have probably ended', async () => {
  const live = new LiveInsight()
  live.observe(orders(400, { seed: 7 }))
  expect((await live.refresh()).drifts).toEqual([])
  live.observe(
    orders(400, { seed: 8, invoiced: 0 }).map((event) => ({
      ...event,
      case: `new ${event.case}`,
      atMs: event.atMs + 1e6,
    })),
  )
  const [drift, ...others] = (await live.refresh()).drifts
  expect(drift).toMatchObject({ perspective: 'control-flow' })
  expect(drift?.caseIndex).toBeGreaterThan(380)
  expect(drift?.caseIndex).toBeLessThan(420)
  expect(others).toEqual([])
})

test('what gave way to others is not learned from as if it had ended', async () => {
  const live = new LiveInsight({ limits: { openCasesMax: 10 } })
  for (const [at, event] of orders(300)
    .toSorted((one, other) => (one.case < other.case ? -1 : 1))
    .entries())
    live.observe({ ...event, atMs: at * 1000 })
  const { notes, prediction } = await live.refresh()
  expect(notes.join()).toContain('290 open cases gave way')
  expect(prediction.remainingTime.scored).toBe(0)
  const isEnd = ({ name }: { readonly name: string | undefined }) => name === undefined
  expect(live.predict('order-99')?.next.find(isEnd)?.probability).toBeLessThan(0.1)
})

test('of a case that is forgotten no finding tells anything, and counts stay as they are', async () => {
  const secret = (event: CaseEvent, at: number): CaseEvent => ({
    ...event,
    attributes: {
      ...event.attributes,
      who: Number(event.case.slice(6)) % 3 === 0 ? 'secret' : `other ${at % 2}`,
    },
  })
  // Those of whom nothing is to be known are late, by post, and break rules.
  const events = orders(600).map(secret)
  const live = new LiveInsight({ isLast, outcome: duration, resource: 'who' })
  live.observe(events.slice(0, 2000))
  await live.refresh()
  live.observe(events.slice(2000))
  live.observe(
    ['order-3003', 'order-3006'].map((name) => ({
      case: name,
      activity: 'send',
      atMs: 1e7,
      attributes: { who: 'secret' },
    })),
  )
  live.observe({ case: 'order-9999', activity: 'open', atMs: 1e7, attributes: { who: 'secret' } })
  const before = await live.refresh()
  expect(JSON.stringify(before)).toContain('"secret"')
  const version = live.version
  const names = [...live.keptEvents()].flatMap(([event]) =>
    event?.attributes?.who === 'secret' ? [event.case] : [],
  )
  for (const name of names) live.forget(name)
  expect(live.version).toBeGreaterThan(version)
  const after = await live.refresh()
  expect(JSON.stringify(after)).not.toMatch(/secret|order-3003|order-9999/)
  expect(live.predict('order-9999')).toBeUndefined()
  expect(after).toMatchObject({
    map: before.map,
    variants: before.variants,
    openCases: before.openCases,
    violationCount: before.violationCount,
  })
  expect([...live.keptEvents()].flat().some(({ attributes }) => attributes?.who === 'secret')).toBe(false)
  const settled = live.version
  live.forget('order-9999')
  live.forget('never')
  expect(live.version).toBe(settled)
  live.observe({ case: 'order-9999', activity: 'pack', atMs: 1e7 + 1, attributes: { who: 'secret' } })
  expect([...live.keptEvents()].flat().some(({ case: name }) => name === 'order-9999')).toBe(false)
  expect(live.map().events).toBe(before.map.events + 1)
})

test('a drift names no case that was forgotten, whether it was told before or is found after', async () => {
  const cases = [orders(300, { seed: 7 }), orders(300, { seed: 8, invoiced: 0 })].map((each, at) =>
    each.map((event) => ({ ...event, case: `${at} ${event.case}`, atMs: event.atMs + at * 1e6 })),
  )
  const drifts = async (when: number) => {
    const live = new LiveInsight({ isLast })
    for (const [at, event] of cases.flat().entries()) {
      if (at === when) for (const name of new Set(cases.flat().map((each) => each.case))) live.forget(name)
      live.observe(event)
    }
    if (when === -1) for (const name of new Set(cases.flat().map((each) => each.case))) live.forget(name)
    return (await live.refresh()).drifts
  }
  const boundary = (cases[0] as CaseEvent[]).length
  const [usual] = await drifts(-2)
  expect(usual?.case).toMatch(/order/)
  const { case: _, ...rest } = usual ?? {}
  expect(await drifts(-1)).toMatchObject([{ ...rest, case: '' }])
  expect(await drifts(boundary + 400)).toMatchObject([{ ...rest, case: '' }])
})
