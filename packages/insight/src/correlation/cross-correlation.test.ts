import { isAnnalsError } from '@annals/core'
import { Random } from '@annals/testing'
import { expect, test } from 'vitest'
import type { CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { discoverCrossCorrelations } from './cross-correlation.ts'
import { addPairCounts } from './pair-counts.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Cases that begin independently of each other, by day and on weekdays mostly, and more of them as time goes on. */
function shopEvents(random: Random, days: number, casesPerDay = 20): CaseEvent[] {
  const events: CaseEvent[] = []
  const wait = (meanMs: number) => -Math.log(1 - random.next()) * meanMs
  // The most at once is three times the mean; what is too many at other times is left out.
  for (let startMs = 0; startMs < days * dayMs; startMs += wait(dayMs / casesPerDay / 3)) {
    const hour = (startMs % dayMs) / hourMs
    const ofDay = Math.max(0, 1 - Math.abs(hour - 13) / 6)
    const ofWeek = Math.floor(startMs / dayMs) % 7 < 5 ? 1 : 0.3
    if (random.next() > ofDay * ofWeek * (0.5 + startMs / days / dayMs / 2)) continue
    let atMs = startMs
    const name = `${events.length}`
    for (const activity of ['order', 'pay', 'pack', 'send']) {
      events.push({ case: name, activity, atMs })
      atMs += wait(2 * hourMs)
    }
    if (random.next() < 0.2) events.push({ case: name, activity: 'complain', atMs: atMs + dayMs })
  }
  return events.sort((one, other) => one.atMs - other.atMs)
}

const pairsOf = (events: readonly CaseEvent[], falseDiscoveryRate?: number) =>
  discoverCrossCorrelations(EventLog.from(events), { falseDiscoveryRate }).map(({ from, to }) => [from, to])

test('what comes soon after something in other cases is found, with how long after', () => {
  const random = new Random(1)
  const events = shopEvents(random, 250)
  // One outage makes payments of several other cases fail.
  const failures = events
    .filter(({ activity }) => activity === 'pay' && random.next() < 0.04)
    .flatMap(({ atMs }, failure) => [
      { case: `outage ${failure}`, activity: 'outage', atMs },
      ...[1, 2, 3].map((other) => ({
        case: `failed ${failure} ${other}`,
        activity: 'fail',
        atMs: atMs + random.next() * 9 * minuteMs,
      })),
    ])
  const found = discoverCrossCorrelations(EventLog.from([...events, ...failures]))
  expect(found.map(({ from, to }) => [from, to])).toEqual(
    expect.arrayContaining([
      ['fail', 'fail'],
      ['outage', 'fail'],
    ]),
  )
  const outage = found.find(({ from, to }) => from === 'outage' && to === 'fail')
  expect(outage).toMatchObject({ withinMs: 10 * minuteMs })
  expect(outage?.lift).toBeGreaterThan(10)
  expect(outage?.adjustedP).toBeLessThan(0.05)
  // Payments are where outages are, and cases come to them by the way of all.
  for (const { from, to } of found)
    expect([from, to].some((each) => each === 'outage' || each === 'fail')).toBe(true)
})

test('the rhythm of days and weeks, a business that grows, and what follows within a case are no findings', () => {
  const runs = 40
  let told = 0
  for (let seed = 1; seed <= runs; seed++) {
    const random = new Random(seed)
    const events = shopEvents(random, seed % 2 === 0 ? 35 : 200)
    if (pairsOf(events, 0.1).length > 0) told++
  }
  // Three standard deviations above a tenth of them.
  expect(told).toBeLessThanOrEqual(runs * 0.1 + 3 * Math.sqrt(runs * 0.09))
})

test('an activity that keeps others away is found as well', () => {
  const random = new Random(2)
  const events = shopEvents(random, 200)
  const closed = Array.from(
    { length: 150 },
    () => Math.floor(random.next() * 200) * dayMs + (10 + random.next() * 6) * hourMs,
  )
  const open = events.filter(({ atMs }) => !closed.some((from) => atMs >= from && atMs <= from + hourMs))
  const found = discoverCrossCorrelations(
    EventLog.from([
      ...open,
      ...closed.map((atMs, index) => ({ case: `closed ${index}`, activity: 'close', atMs })),
    ]),
  )
  expect(found.find(({ from, to }) => from === 'close' && to === 'order')).toMatchObject({
    lift: 0,
    count: 0,
  })
})

test('a history of seconds is compared with itself by hundredths, and one of less than four weeks not at all', () => {
  const random = new Random(3)
  const within = (spanMs: number) =>
    Array.from({ length: 200 }, (_, index): CaseEvent[] => {
      const atMs = random.next() * spanMs
      return [
        { case: `a ${index}`, activity: 'ping', atMs },
        { case: `b ${index}`, activity: 'pong', atMs: atMs + (random.next() * spanMs) / 1000 },
      ]
    }).flat()
  expect(pairsOf(within(10_000))).toContainEqual(['ping', 'pong'])
  expect(pairsOf(within(20 * dayMs))).toEqual([])
  expect(pairsOf(within(0))).toEqual([])
  expect(pairsOf([])).toEqual([])
})

test('the same is found in whatever order the events come, and times that cannot be are borne', () => {
  const events = shopEvents(new Random(4), 60)
  const odd = [-8e15, 8e15].map((atMs) => ({ case: 'odd', activity: 'odd', atMs }))
  expect(pairsOf([...events, ...odd], 1).length).toBeLessThanOrEqual(25)
  // All pairs, whatever their probability, in one order.
  const found = discoverCrossCorrelations(EventLog.from(events), { falseDiscoveryRate: 1 })
  expect(found.length).toBeGreaterThan(10)
  for (const { from, to, adjustedP, count, expected, lift } of found) {
    expect([from, to].every((each) => typeof each === 'string')).toBe(true)
    expect(adjustedP).toBeGreaterThan(0)
    expect(lift).toBe(expected === 0 ? Infinity : count / expected)
  }
  expect(() => discoverCrossCorrelations(EventLog.from([]), { falseDiscoveryRate: 0 })).toThrowError(
    expect.toSatisfy((error) => isAnnalsError(error, 'invalid-argument')),
  )
})

test('pairs are counted as one by one', () => {
  const random = new Random(5)
  for (let run = 0; run < 100; run++) {
    const count = random.below(40)
    // Whole numbers, so that many are at the same time.
    const timesMs = Float64Array.from({ length: count }, () => random.below(100)).sort()
    const types = Uint16Array.from({ length: count }, () => random.below(3))
    for (const withinMs of [0, 5, 60]) {
      const expected = new Float64Array(9)
      for (let from = 0; from < count; from++)
        for (let to = 0; to < count; to++) {
          const later = (timesMs[to] as number) - (timesMs[from] as number)
          if (later < 0 || later > withinMs) continue
          const at = (types[from] as number) * 3 + (types[to] as number)
          expected[at] = (expected[at] as number) + 1
        }
      const counts = new Float64Array(9)
      addPairCounts(counts, { typeCount: 3, types, timesMs }, withinMs)
      expect(counts).toEqual(expected)
    }
  }
})
