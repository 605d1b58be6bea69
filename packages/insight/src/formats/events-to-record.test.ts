import { createMemoryStore } from '@annals/core'
import { expect, test } from 'vitest'
import { type EventToRecord, eventsOfCases, eventsOfObjectLog } from './events-to-record.ts'
import type { ObjectLog } from './object-log.ts'
import { objectLogOf } from './object-log-of.ts'

async function recorded(events: Iterable<EventToRecord>) {
  let nowMs = 0
  const store = createMemoryStore({ clock: () => nowMs })
  for (const { stream, event, atMs } of events) {
    nowMs = atMs
    await store.append({ stream, events: [event] })
  }
  return Array.fromAsync(store.read('everything'))
}

const log: ObjectLog = {
  events: [
    {
      id: 'e1',
      type: 'pack',
      atMs: 1000,
      attributes: { n: 2, by: 'Ann' },
      objects: [
        { id: 'o-1', qualifier: 'whole' },
        { id: 'i:1', qualifier: 'first' },
        { id: 'i:1', qualifier: 'again' },
      ],
    },
    { id: 'e2', type: 'ship', atMs: 2000, attributes: {}, objects: [{ id: 'o-1', qualifier: '' }] },
    { id: 'e3', type: 'close', atMs: 3000, attributes: {}, objects: [] },
  ],
  objects: [
    {
      id: 'o-1',
      type: 'sales-order',
      attributes: [
        { name: 'price', atMs: 0, value: 2.5 },
        { name: 'price', atMs: 2000, value: 3 },
      ],
      relations: [{ id: 'i:1', qualifier: 'holds' }],
    },
    { id: 'i:1', type: 'item', attributes: [], relations: [] },
  ],
}

test('an object-centric log is recorded with its objects as tags, and comes out as it was', async () => {
  const events = await recorded(eventsOfObjectLog(log))
  expect(events.map(({ stream, type, tags }) => [stream, type, tags])).toEqual([
    ['sales_order-o-1', 'pack', ['sales-order:o-1', 'item:i:1']],
    ['sales_order-o-1', 'ship', ['sales-order:o-1']],
    ['event-e3', 'close', []],
  ])
  expect(objectLogOf(events)).toEqual(log)
})

test('of a log whose events name objects that it does not hold, what it holds comes out', async () => {
  const { events, objects } = log
  const known = objects.filter(({ id }) => id === 'o-1').map((object) => ({ ...object, relations: [] }))
  const again = objectLogOf(await recorded(eventsOfObjectLog({ events, objects: known })))
  expect(again.events.map((event) => event.objects.map(({ id }) => id))).toEqual([['o-1'], ['o-1'], []])
  expect(again.objects).toEqual(known)
})

test('a case is a stream of the category, and its attributes are the data', async () => {
  const events = await recorded(
    eventsOfCases([{ case: '7', activity: 'pack', atMs: 5, attributes: { n: 1 } }], 'order'),
  )
  expect(
    events.map(({ stream, type, data, recordedAt }) => [stream, type, data, recordedAt.getTime()]),
  ).toEqual([['order-7', 'pack', { n: 1 }, 5]])
})

test('any recorded event has its stream and its tags for objects; ids of several types are told apart', async () => {
  const store = createMemoryStore({ clock: () => 7 })
  await store.append({
    stream: 'cart-1',
    events: [{ type: 'Added', data: { n: 1, list: [] }, tags: ['item:1', 'item:2', 'cart:1', 'vip'] }],
  })
  await store.append({ stream: 'alone', events: [{ type: 'Odd', data: null, metadata: { ocel: 'mine' } }] })
  const { events, objects } = objectLogOf(await Array.fromAsync(store.read('everything')))
  expect(
    events.map(({ type, attributes, objects: own }) => [type, attributes, own.map(({ id }) => id)]),
  ).toEqual([
    ['Added', { n: 1 }, ['cart:1', 'item:1', '2']],
    ['Odd', {}, []],
  ])
  expect(objects.map(({ id, type }) => [id, type])).toEqual([
    ['cart:1', 'cart'],
    ['item:1', 'item'],
    ['2', 'item'],
  ])
})
