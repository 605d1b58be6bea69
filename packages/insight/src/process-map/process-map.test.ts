import { isAnnalsError } from '@annals/core'
import { expect, test } from 'vitest'
import type { CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { DurationSketch, sketchErrorMax } from './duration-sketch.ts'
import { DurationList } from './durations.ts'
import { discoverProcessMap } from './process-map.ts'
import { ProcessMapBuilder } from './process-map-builder.ts'
import { simplifyProcessMap } from './simplify-process-map.ts'

// Each case is a word, each letter an activity, one second apart.
const eventsOf = (...words: string[]): CaseEvent[] =>
  words.flatMap((word, i) =>
    [...word].map((activity, at) => ({ case: `${word}-${i}`, activity, atMs: at * 1000 + i })),
  )

const edgesOf = ({ edges }: ReturnType<ProcessMapBuilder['map']>) =>
  Object.fromEntries(edges.map(({ from, to, events, cases }) => [from + to, [events, cases]]))

test('an edge counts how often it was taken and in how many cases, and whether it goes both ways', () => {
  const { map } = discoverProcessMap(EventLog.from(eventsOf('abab', 'abc', 'aac')))
  expect(edgesOf(map)).toEqual({ ab: [3, 2], ba: [1, 1], bc: [1, 1], aa: [1, 1], ac: [1, 1] })
  expect(map.edges.filter(({ bothWays }) => bothWays).map(({ from, to }) => from + to)).toEqual(['ab', 'ba'])
  expect(map.activities[0]).toEqual({ activity: 'a', events: 5, cases: 3, starts: 3, ends: 0 })
})

test('cases that come interleaved are told apart', () => {
  const builder = new ProcessMapBuilder()
  const events = eventsOf('abc', 'acb', 'abc')
  for (const event of events.toSorted((one, other) => one.atMs - other.atMs)) builder.add(event)
  const { map, variants } = discoverProcessMap(EventLog.from(events))
  expect(edgesOf(builder.map())).toEqual(edgesOf(map))
  expect(builder.variants()).toEqual(variants)
})

test('a late event is counted where it came, as one that waited for nothing', () => {
  const builder = new ProcessMapBuilder()
  for (const [activity, atMs] of [
    ['b', 5000],
    ['c', 3000],
    ['a', 6000],
  ] as const)
    builder.add({ case: 'x', activity, atMs })
  expect(builder.lateEvents).toBe(1)
  expect(builder.map().edges.map(({ from, to, waiting }) => [from + to, waiting.totalMs])).toEqual([
    ['bc', 0],
    ['ca', 1000],
  ])
})

test('a case too long for a variant is counted all the same', () => {
  const builder = new ProcessMapBuilder()
  for (let i = 0; i < 3000; i++) builder.add({ case: 'long', activity: i % 2 === 0 ? 'a' : 'b', atMs: i })
  builder.add({ case: 'long', activity: 'c', atMs: 3000 })
  const map = builder.map()
  expect(edgesOf(map)).toEqual({ ab: [1500, 1], ba: [1499, 1], bc: [1, 1] })
  expect(map.activities.map(({ activity, events, cases, ends }) => [activity, events, cases, ends])).toEqual([
    ['a', 1500, 1, 0],
    ['b', 1500, 1, 0],
    ['c', 1, 1, 1],
  ])
  expect(builder.variants()).toEqual({ variants: [], casesWithoutVariant: 1 })
})

test('more activities than a map can tell apart are refused by name, and change nothing', () => {
  const builder = new ProcessMapBuilder()
  for (let i = 0; i < 4096; i++) builder.add({ case: `${i}`, activity: `${i}`, atMs: i })
  try {
    builder.add({ case: 'one more', activity: 'one more', atMs: 0 })
    expect.unreachable()
  } catch (error) {
    expect(isAnnalsError(error, 'limit-exceeded') && error.details).toEqual({
      limit: 'activities',
      max: 4096,
      actual: 4097,
    })
  }
  expect([builder.map().cases, builder.map().events]).toEqual([4096, 4096])
})

test('a sketch of durations is within its stated error of the exact quantiles', () => {
  const [list, sketch] = [new DurationList(), new DurationSketch()]
  let seed = 7
  for (let i = 0; i < 20_001; i++) {
    seed = (seed * 48_271) % 2_147_483_647
    const durationMs = Math.exp((seed / 2_147_483_647) * 25)
    list.add(durationMs)
    sketch.add(durationMs)
  }
  const [exact, near] = [list.durations(), sketch.durations()]
  expect([near.count, near.minMs, near.maxMs]).toEqual([exact.count, exact.minMs, exact.maxMs])
  for (const of of ['medianMs', 'p95Ms'] as const)
    expect(Math.abs(near[of] / exact[of] - 1)).toBeLessThanOrEqual(sketchErrorMax + 1e-3)
  expect(new DurationSketch().durations()).toEqual(new DurationList().durations())
})

test('a sketch takes durations of any order of magnitude, also none at all', () => {
  const sketch = new DurationSketch()
  for (const durationMs of [1e12, 0, 0.5, 3, 1e15, 40]) sketch.add(durationMs)
  const { count, minMs, maxMs, medianMs } = sketch.durations()
  expect([count, minMs, maxMs]).toEqual([6, 0, 1e15])
  expect(Math.abs(medianMs / 3 - 1)).toBeLessThanOrEqual(sketchErrorMax)
})

test('the slider goes from the happy path to everything, and counts what it hides', () => {
  const whole = discoverProcessMap(EventLog.from(eventsOf('abc', 'abc', 'abc', 'acb', 'acb', 'abd', 'ab')))
  const happy = simplifyProcessMap(whole, 0)
  expect(happy.activities.map(({ activity, events }) => [activity, events])).toEqual([
    ['a', 7],
    ['b', 7],
    ['c', 5],
  ])
  expect(edgesOf(happy)).toEqual({ ab: [5, 5], bc: [3, 3] })
  // The case 'ab' is on the happy path although it was not asked for.
  expect(happy.hidden).toEqual({ activities: 1, events: 1, edges: 3, steps: 5, cases: 3 })
  const everything = simplifyProcessMap(whole, 1)
  expect(everything).toEqual({
    ...whole.map,
    hidden: { activities: 0, events: 0, edges: 0, steps: 0, cases: 0 },
  })
  let shown = 0
  for (let detail = 0; detail <= 1; detail += 0.05) {
    const map = simplifyProcessMap(whole, detail)
    expect(map.edges.length).toBeGreaterThanOrEqual(shown)
    expect(map.cases - map.hidden.cases).toBeGreaterThanOrEqual(detail * map.cases)
    shown = map.edges.length
  }
  expect(() => simplifyProcessMap(whole, 1.1)).toThrow('from 0, the happy path, to 1')
})
