import { isAnnalsError } from '@annals/core'
import { Random } from '@annals/testing'
import { expect, test } from 'vitest'
import type { CaseEvent } from '../event-log/case-event.ts'
import { discoverUnusualRates } from './unusual-rate.ts'
import { UnusualRateCounter } from './unusual-rate-counter.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Events that come one by one and independently of each other (Poisson), at so many in an hour as `perHour` says then. */
function* stream(
  random: Random,
  activity: string,
  { fromMs, toMs, mostPerHour, perHour = () => mostPerHour }: Stream,
): Generator<CaseEvent> {
  let source = 0
  for (let atMs = fromMs; ; ) {
    atMs += (-Math.log(1 - random.next()) / mostPerHour) * hourMs
    if (atMs >= toMs) return
    if (random.next() * mostPerHour < perHour(atMs)) yield { case: 'a', activity, atMs, source: source++ }
  }
}

interface Stream {
  readonly fromMs: number
  readonly toMs: number
  readonly mostPerHour: number
  readonly perHour?: (atMs: number) => number
}

const activities = ['pay', 'pack', 'send', 'ask', 'thank']

/** In how many of so many histories something is told. */
function alarmsIn(runs: number, tells: (random: Random) => boolean): number {
  let alarms = 0
  for (let seed = 1; seed <= runs; seed++) if (tells(new Random(seed))) alarms++
  return alarms
}

const atMost = (runs: number, rate: number) => runs * rate + 3 * Math.sqrt(runs * rate * (1 - rate))

test('rates in which nothing changes give an alarm no more often than the rate, of all activities together', () => {
  const [runs, rate] = [300, 0.1]
  const alarms = alarmsIn(runs, (random) => {
    const counter = new UnusualRateCounter({ windowMs: dayMs, falseAlarmRate: rate })
    // Of very different rates, until any moment.
    const toMs = (40 + 3 * random.next()) * dayMs
    for (const [i, activity] of activities.entries())
      for (const event of stream(random, activity, { fromMs: 0, toMs, mostPerHour: 0.01 * 4 ** i }))
        counter.add(event)
    return counter.unusualRates(toMs).length > 0
  })
  expect(alarms).toBeLessThanOrEqual(atMost(runs, rate))
  expect(alarms).toBeGreaterThan(0)
})

test('with the rhythm of a day and of a week the rate is kept over the moments of the week', () => {
  const [runs, rate] = [300, 0.1]
  const perHour = (atMs: number) =>
    (new Date(atMs).getUTCDay() % 6 === 0 ? 1 : 4) * (1 + Math.sin((atMs / dayMs) * 2 * Math.PI))
  const alarms = alarmsIn(runs, (random) => {
    const counter = new UnusualRateCounter({ windowMs: dayMs, falseAlarmRate: rate })
    const toMs = (70 + 7 * random.next()) * dayMs
    for (const activity of activities)
      for (const event of stream(random, activity, { fromMs: 0, toMs, mostPerHour: 8, perHour }))
        counter.add(event)
    return counter.unusualRates(toMs).length > 0
  })
  expect(alarms).toBeLessThanOrEqual(atMost(runs, rate))
})

test('what is unusual now is told a 24th of a window later, though no window has ended since', () => {
  const counter = new UnusualRateCounter({ windowMs: dayMs })
  const nightMs = 30 * dayMs
  for (const event of stream(new Random(3), 'pay', { fromMs: 0, toMs: nightMs + 9 * hourMs, mostPerHour: 4 }))
    counter.add(event)
  expect(counter.unusualRates()).toEqual([])
  // A hundred within half an hour in the morning.
  for (let i = 0; i < 100; i++)
    counter.add({ case: 'a', activity: 'pay', atMs: nightMs + 9 * hourMs + i * 18_000, source: 10_000 + i })
  expect(counter.unusualRates()).toEqual([])
  counter.add({ case: 'a', activity: 'pay', atMs: nightMs + 10 * hourMs + 1, source: 20_000 })
  const [found] = counter.unusualRates()
  expect(found).toMatchObject({ activity: 'pay', p: 1 / 30, adjustedP: 1 / 30 })
  expect(found?.count).toBeGreaterThan(150)
  // What it began with is among what leads back, and not all of it.
  expect(found?.sources).toContain(10_024)
  expect(found?.sources).not.toContain(10_025)
  expect(found?.sources.length).toBeLessThanOrEqual(100)
})

test('an activity that is much more often than in any window before is found with its events, and so is one that stopped', () => {
  const random = new Random(1)
  const windows = 120
  const events = Array.from({ length: windows }, (_, window): CaseEvent[] => {
    const isLast = window === windows - 1
    const counts = {
      pay: isLast ? 24 : 8 + random.below(5),
      pack: isLast ? 0 : 8 + random.below(5),
      send: 8 + random.below(5),
    }
    return Object.entries(counts).flatMap(([activity, count]) =>
      Array.from({ length: count }, (_, place) => ({
        case: 'a',
        activity,
        atMs: window * hourMs + place,
        source: window * 100 + place,
      })),
    )
  }).flat()
  const options = { windowMs: hourMs, nowMs: windows * hourMs }
  const found = discoverUnusualRates(events, options)
  expect(found.map(({ activity, count }) => [activity, count])).toEqual([
    ['pay', 24],
    ['pack', 0],
  ])
  expect(found[0]?.why).toBe('"pay" was 24 times; mostly it is from 8 to 12 times.')
  expect(found[0]?.sources).toEqual(Array.from({ length: 24 }, (_, place) => (windows - 1) * 100 + place))
  expect(discoverUnusualRates(events.toReversed(), options).map(({ count }) => count)).toEqual([24, 0])
  expect(discoverUnusualRates(events, { ...options, nowMs: (windows - 1) * hourMs })).toEqual([])
  expect(discoverUnusualRates([], options)).toEqual([])
})

test('among many activities one alarm takes no more windows than among few', () => {
  const random = new Random(5)
  const events = Array.from({ length: 20 }, (_, window) =>
    Array.from({ length: 200 }, (_, activity): CaseEvent[] =>
      Array.from({ length: window === 19 && activity === 7 ? 30 : random.below(4) }, () => ({
        case: 'a',
        activity: `step ${activity}`,
        atMs: (window + random.next()) * hourMs,
      })),
    ),
  ).flat(2)
  expect(discoverUnusualRates(events, { windowMs: hourMs, nowMs: 20 * hourMs })).toMatchObject([
    { activity: 'step 7', count: 30, adjustedP: 1 / 20 },
  ])
})

test('only the latest 1,000 windows count, and of late events those that lie in them', () => {
  // Until window 500 there are ten in each, and one since.
  const events = Array.from({ length: 2_000 }, (_, window): CaseEvent[] =>
    Array.from({ length: window < 500 ? 10 : 1 }, () => ({
      case: 'a',
      activity: 'pay',
      atMs: window * hourMs,
    })),
  ).flat()
  const burst = Array.from({ length: 5 }, () => ({ case: 'a', activity: 'pay', atMs: 1_999 * hourMs + 1 }))
  const options = { windowMs: hourMs, nowMs: 2_000 * hourMs }
  expect(discoverUnusualRates([...events, ...burst], options)).toMatchObject([
    { count: 6, usualFrom: 1, usualTo: 1, p: 1 / 1_001 },
  ])
  expect(discoverUnusualRates([...burst, ...events.toReversed()], options)).toMatchObject([
    { count: 6, usualFrom: 1, usualTo: 1, p: 1 / 1_001 },
  ])
})

test('times that cannot be are taken, also far in the future, where nothing is usual any more', () => {
  const counter = new UnusualRateCounter({ windowMs: dayMs })
  for (const event of stream(new Random(2), 'pay', { fromMs: 0, toMs: 30 * dayMs, mostPerHour: 1 }))
    counter.add(event)
  for (const atMs of [Date.parse('0001-01-01'), -1.7e308, Date.parse('9999-12-31'), 1.7e308]) {
    counter.add({ case: 'a', activity: 'pay', atMs })
    for (const { p, adjustedP } of counter.unusualRates()) expect([p, adjustedP]).toEqual([p, p])
  }
})

test('activities beyond 4,096 are passed over, whatever comes of them', () => {
  const counter = new UnusualRateCounter({ windowMs: hourMs })
  const event = (activity: string, atMs: number) => ({ case: 'a', activity, atMs })
  for (let i = 0; i < 5_000; i++) counter.add(event(`${i}`, 0))
  for (let i = 0; i < 50; i++)
    for (const activity of ['4095', '4096']) counter.add(event(activity, 30 * hourMs))
  counter.add(event('0', 31 * hourMs))
  expect(counter.unusualRates().map(({ activity }) => activity)).toEqual(['4095'])
})

test('an option out of range is refused by name', () => {
  const options = { windowMs: 1, nowMs: 1, falseAlarmRate: 0.05 }
  for (const [argument, received] of [
    ['falseAlarmRate', 0],
    ['windowMs', 0],
    ['windowMs', Number.NaN],
  ] as const)
    expect(() => discoverUnusualRates([], { ...options, [argument]: received })).toThrowError(
      expect.toSatisfy(
        (error) => isAnnalsError(error, 'invalid-argument') && error.details.argument === argument,
      ),
    )
})
