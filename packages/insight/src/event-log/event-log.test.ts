import { createMemoryStore, isAnnalsError } from '@annals/core'
import { expect, test } from 'vitest'
import { caseEventsOf, casesByTag } from './case-event.ts'
import { EventLog } from './event-log.ts'

test('events are gathered by case, with activities as numbers, in the order in which either first appears', () => {
  const log = EventLog.from([
    { case: 'b', activity: 'open', atMs: 1 },
    { case: 'a', activity: 'open', atMs: 2 },
    { case: 'b', activity: 'close', atMs: 3 },
  ])
  expect(log.activities).toEqual(['open', 'close'])
  expect(log.traces.map((trace) => [trace.case, ...trace.activities])).toEqual([
    ['b', 0, 1],
    ['a', 0],
  ])
  expect(log.eventCount).toBe(3)
})

test('times that run backwards are put right, and events of one time stay as they came', () => {
  const log = EventLog.from([
    { case: 'a', activity: 'second', atMs: 5 },
    { case: 'a', activity: 'third', atMs: 5 },
    { case: 'a', activity: 'first', atMs: 4 },
  ])
  const [trace] = log.traces
  expect([...(trace?.activities ?? [])].map((activity) => log.activities[activity])).toEqual([
    'first',
    'second',
    'third',
  ])
  expect([...(trace?.timesMs ?? [])]).toEqual([4, 5, 5])
})

test('an event without a case, an activity or a time is refused with its place', () => {
  const good = { case: 'a', activity: 'b', atMs: 1 }
  for (const bad of [{ case: '' }, { activity: '' }, { atMs: Number.NaN }, { case: 7 as never }]) {
    try {
      EventLog.from([good, { ...good, ...bad }])
      expect.unreachable()
    } catch (error) {
      expect(isAnnalsError(error, 'invalid-argument') && error.message).toContain('Event 1 of the log')
    }
  }
})

test('a recorded event is one of its stream, or of each case that its tags name', async () => {
  const store = createMemoryStore({ clock: () => 7 })
  const { events } = await store.append({
    stream: 'order-1',
    events: [
      { type: 'Packed', data: { by: 'Ann', items: ['tea'], weight: 2 }, tags: ['item:1', 'item:2', 'van:9'] },
    ],
  })
  const [event] = events
  if (!event) expect.unreachable()
  const shared = { activity: 'Packed', atMs: 7, attributes: { by: 'Ann', weight: 2 }, source: event.position }
  expect(caseEventsOf(event)).toEqual([{ case: 'order-1', ...shared }])
  expect(caseEventsOf(event, { cases: casesByTag('item') })).toEqual([
    { case: 'item:1', ...shared },
    { case: 'item:2', ...shared },
  ])
  expect(caseEventsOf(event, { cases: () => [] })).toEqual([])
})
