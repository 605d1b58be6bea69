import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { discoverBatches } from './batches.ts'
import { discoverBusyHours } from './busy-hours.ts'
import { discoverServiceTimes } from './service-times.ts'
import { joinLifecycle } from './start-time.ts'
import { discoverWorkload } from './workload.ts'
import { WorkloadCounter } from './workload-counter.ts'

const minuteMs = 60_000

/** Work of one by one, each case with when it began and ended, in minutes. */
const logOf = (...works: [name: string, from: number, to: number][]) =>
  EventLog.from(
    works.map(([name, from, to]) => ({
      case: name,
      activity: 'sign',
      atMs: to * minuteMs,
      attributes: { resource: 'Ann', startMs: from * minuteMs },
    })),
  )

test.each<[string, [string, number, number][]]>([
  [
    'simultaneous',
    [
      ['1', 0, 5],
      ['2', 0, 5],
    ],
  ],
  [
    'concurrent-start',
    [
      ['1', 0, 5],
      ['2', 0, 6],
    ],
  ],
  [
    'concurrent-end',
    [
      ['1', 0, 5],
      ['2', 1, 5],
    ],
  ],
  [
    'sequential',
    [
      ['1', 0, 5],
      ['2', 5, 6],
      ['3', 20, 21],
    ],
  ],
  [
    'concurrent',
    [
      ['1', 0, 5],
      ['2', 4, 6],
    ],
  ],
])('a batch may be %s', (kind, works) => {
  expect(discoverBatches(logOf(...works))).toMatchObject([
    { activity: 'sign', resource: 'Ann', kind, cases: works.length, startMs: 0 },
  ])
})

test('what lies further apart, is of the same case, or by nobody known is no batch', () => {
  expect(discoverBatches(logOf(['1', 0, 1], ['2', 17, 18]))).toEqual([])
  expect(discoverBatches(logOf(['1', 0, 1], ['2', 17, 18]), { gapMsMax: 16 * minuteMs })).toHaveLength(1)
  expect(discoverBatches(logOf(['1', 0, 1], ['1', 2, 3]))).toEqual([])
  expect(discoverBatches(logOf(['1', 0, 1], ['2', 2, 3]), { resource: 'other' })).toEqual([])
  expect(discoverBatches(logOf(['1', 0, 1], ['2', 2, 3]), { casesMin: 3 })).toEqual([])
  // Long work that others lie within is not over with the last that began.
  expect(discoverBatches(logOf(['1', 0, 60], ['2', 1, 2], ['3', 70, 71]))).toMatchObject([{ cases: 3 }])
})

test('a batch leads back to its events, by when they began, and to no more than 100', () => {
  const sourced = (works: number) =>
    EventLog.from(
      Array.from({ length: works }, (_, i) => ({
        case: `${i}`,
        activity: 'sign',
        atMs: (works - i) * 1000,
        attributes: { resource: 'Ann' },
        source: i,
      })),
    )
  expect(discoverBatches(sourced(3))).toMatchObject([{ events: 3, sources: [2, 1, 0] }])
  const [many] = discoverBatches(sourced(300))
  expect(many).toMatchObject({ cases: 300, events: 300 })
  expect(many?.sources).toEqual(Array.from({ length: 100 }, (_, i) => 299 - i))
  expect(discoverBatches(logOf(['1', 0, 1], ['2', 1, 2]))).toMatchObject([{ events: 2, sources: [] }])
})

test('events that happen at one moment are worked on one after the other, or at once', () => {
  const events = [0, 1, 2, 60, 60].map((minute, i) => ({
    case: `${i}`,
    activity: 'a',
    atMs: minute * minuteMs,
    attributes: { resource: 'Ann' },
  }))
  expect(discoverBatches(EventLog.from(events)).map(({ kind, cases }) => [kind, cases])).toEqual([
    ['sequential', 3],
    ['simultaneous', 2],
  ])
})

test('work that began after it ended is refused with its case', () => {
  expect(() => discoverBatches(logOf(['7', 5, 4]))).toThrow('of case "7"')
  expect(() => discoverServiceTimes(logOf(['7', 5, 4]))).toThrow('not after its end')
  expect(() => discoverBatches(logOf(), { gapMsMax: 0 })).toThrow('gapMsMax')
  expect(() => discoverBatches(logOf(), { casesMin: 1 })).toThrow('casesMin')
})

test('events of the beginning and the end of work become one, first begun first ended', () => {
  const event = (atMs: number, kind: string | undefined, activity = 'a'): CaseEvent => ({
    case: '1',
    activity,
    atMs,
    ...(kind === undefined ? {} : { attributes: { 'lifecycle:transition': kind } }),
  })
  const joined = [
    ...joinLifecycle([
      event(0, 'start'),
      event(1, 'START'),
      event(2, 'complete'),
      event(3, 'complete'),
      event(4, 'complete'),
      event(5, 'start'),
      event(6, 'schedule'),
      event(7, undefined, 'b'),
    ]),
  ]
  expect(joined.map(({ atMs, attributes }) => [atMs, attributes?.startMs])).toEqual([
    [2, 0],
    [3, 1],
    [4, undefined],
    [6, undefined],
    [7, undefined],
  ])
})

test('time in which a case waits is told from time in which it is worked on', () => {
  const log = EventLog.from([
    { case: '1', activity: 'a', atMs: 10, attributes: { startMs: 0 } },
    { case: '1', activity: 'b', atMs: 50, attributes: { startMs: 40 } },
    { case: '1', activity: 'c', atMs: 55, attributes: { startMs: 45 } },
    { case: '1', activity: 'd', atMs: 60 },
  ])
  expect(
    discoverServiceTimes(log).map(({ activity, waiting, service }) => [
      activity,
      waiting.count,
      waiting.totalMs,
      service.totalMs,
    ]),
  ).toEqual([
    ['b', 1, 30, 10],
    ['a', 0, 0, 10],
    ['c', 1, 0, 10],
  ])
})

const caseOf = (name: string, ...timesMs: number[]) =>
  timesMs.map((atMs) => ({ case: name, activity: 'a', atMs }))

test('the workload is how many cases are under way, on average in each interval', () => {
  const log = EventLog.from([...caseOf('1', 0, 25), ...caseOf('2', 5, 15), ...caseOf('3', 22)])
  expect(discoverWorkload(log, { intervalMs: 10 })).toEqual({
    intervalMs: 10,
    intervals: [
      { fromMs: 0, arrived: 2, ended: 0, open: 1.5 },
      { fromMs: 10, arrived: 0, ended: 1, open: 1.5 },
      { fromMs: 20, arrived: 1, ended: 2, open: 0.5 },
    ],
    meanOpen: 3.5 / 3,
    arrivalsPerDay: (3 / 30) * 86_400_000,
    meanDurationMs: 35 / 3,
    littleRatio: expect.closeTo(1, 12),
  })
})

test("Little's law holds of every complete log, also before 1970, and no case is lost", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -5000, max: 5000 }), fc.nat({ max: 3000 })), { minLength: 1 }),
      fc.integer({ min: 1, max: 2000 }),
      (cases, intervalMs) => {
        const log = EventLog.from(
          cases.flatMap(([startMs, tookMs], i) => caseOf(`${i}`, startMs, startMs + tookMs)),
        )
        const { intervals, littleRatio, meanDurationMs } = discoverWorkload(log, { intervalMs })
        expect(littleRatio).toBeCloseTo(meanDurationMs === 0 ? 0 : 1, 9)
        for (const of of ['arrived', 'ended'] as const)
          expect(intervals.reduce((sum, each) => sum + each[of], 0)).toBe(cases.length)
        for (const { open } of intervals) expect(open).toBeGreaterThanOrEqual(-1e-9)
      },
    ),
    { numRuns: 200, seed: 2 },
  )
})

const dayMs = 86_400_000

test.each<[string, tookMs: number, intervalMs: number]>([
  ['of nothing but one moment', 0, 1_000],
  ['of six minutes', 6 * minuteMs, 1_000],
  ['of an hour', 60 * minuteMs, 10_000],
  ['of a day', dayMs, 600_000],
  ['of a month', 30 * dayMs, 21_600_000],
  ['of a year', 365 * dayMs, dayMs],
  ['of seven years', 2_556 * dayMs, 7 * dayMs],
  ['of thirty years', 10_950 * dayMs, 28 * dayMs],
])('a workload %s is told in as short intervals as make few', (_, tookMs, intervalMs) => {
  const found = discoverWorkload(EventLog.from(caseOf('1', 500, 500 + tookMs)))
  expect(found.intervalMs).toBe(intervalMs)
  expect(found.intervals.length).toBeLessThanOrEqual(400)
})

test('intervals that become longer lose nothing: it is told as if they had been so long from the start', () => {
  const time = fc.oneof(
    fc.integer({ min: -5_000, max: 5_000 }),
    fc.integer({ min: -1e7, max: 1e7 }),
    fc.integer({ min: -1e12, max: 1e12 }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(time, fc.oneof(fc.nat(5_000), fc.nat(1e9))), { minLength: 1 }), (cases) => {
      const log = EventLog.from(cases.flatMap(([atMs, tookMs], i) => caseOf(`${i}`, atMs, atMs + tookMs)))
      const found = discoverWorkload(log)
      const { intervalMs, intervals } = found
      expect(intervals.length).toBeLessThanOrEqual(400)
      expect(found).toEqual(
        discoverWorkload(EventLog.from(log.traces.toReversed().flatMap(({ events }) => events))),
      )
      const fixed = discoverWorkload(log, { intervalMs })
      expect(intervals.map(({ open, ...each }) => each)).toEqual(
        fixed.intervals.map(({ open, ...each }) => each),
      )
      for (const [i, { open }] of intervals.entries())
        expect(open).toBeCloseTo(fixed.intervals[i]?.open ?? -1, 9)
      expect(found.littleRatio).toBeCloseTo(found.meanDurationMs === 0 ? 0 : 1, 9)
    }),
    { numRuns: 200, seed: 3 },
  )
})

test('a copy of what was counted goes on by itself', () => {
  const counter = new WorkloadCounter()
  counter.add(0, 5_000)
  const copy = counter.copy()
  copy.add(0, 100 * dayMs)
  expect(counter.workload()).toEqual(discoverWorkload(EventLog.from(caseOf('1', 0, 5_000))))
  expect(copy.workload()).toEqual(
    discoverWorkload(EventLog.from([...caseOf('1', 0, 5_000), ...caseOf('2', 0, 100 * dayMs)])),
  )
})

test('times that cannot be are told in few intervals all the same', () => {
  for (const far of [8.64e15, 1.7e308]) {
    const found = discoverWorkload(EventLog.from([...caseOf('1', -far, far), ...caseOf('2', 5, 6)]))
    expect(found.intervals.length).toBeLessThanOrEqual(400)
    expect(found.intervals.reduce((sum, { arrived }) => sum + arrived, 0)).toBe(2)
    expect(found.meanDurationMs).toBeCloseTo(8.64e15, -3)
    expect(found.littleRatio).toBeCloseTo(1, 9)
  }
})

test('more intervals than anybody could look at are refused', () => {
  const log = EventLog.from(caseOf('1', 0, 86_400_000))
  expect(() => discoverWorkload(log, { intervalMs: 1 })).toThrow('100000 intervals at most')
  expect(() => discoverWorkload(log, { intervalMs: 0 })).toThrow('intervalMs')
  expect(discoverWorkload(EventLog.from([]))).toMatchObject({ intervals: [], littleRatio: 0 })
})

test('busy hours are by the clock on the wall, from Monday', () => {
  // A Sunday, half past eleven at night in UTC, and 1969-12-31, a Wednesday.
  const log = EventLog.from([
    { case: '1', activity: 'a', atMs: Date.UTC(2024, 0, 7, 23, 30) },
    { case: '1', activity: 'b', atMs: -1 },
  ])
  const busiest = (hours: ReturnType<typeof discoverBusyHours>) =>
    hours.week.flatMap((day, weekday) => day.flatMap((count, hour) => (count > 0 ? [[weekday, hour]] : [])))
  expect(busiest(discoverBusyHours(log))).toEqual([
    [2, 23],
    [6, 23],
  ])
  expect(busiest(discoverBusyHours(log, { utcOffsetMinutes: 60 }))).toEqual([
    [0, 0],
    [3, 0],
  ])
  const { byHour, byWeekday } = discoverBusyHours(log, { activities: ['a'] })
  expect([byHour[23], byWeekday]).toEqual([1, [0, 0, 0, 0, 0, 0, 1]])
  expect(() => discoverBusyHours(log, { utcOffsetMinutes: Number.NaN })).toThrow('utcOffsetMinutes')
})
