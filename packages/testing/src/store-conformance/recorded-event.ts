import assert from 'node:assert/strict'
import type { EventStore, RecordedEvent } from '@annals/core'
import { type ConformanceCase, clockCase, storeCase } from './case.ts'
import { lastOf, numbered, plain, readAll, readUntil } from './collect.ts'

/** Recorded events as objects: their form, their time, and that they are copies. */
export const recordedEventCases: readonly ConformanceCase[] = [
  clockCase('toJSON gives a recorded event as a plain object', async (store, clock) => {
    clock.nowMs = Date.UTC(2031, 1, 3, 4, 5, 6, 7)
    const { events } = await store.append({
      stream: 'cart-1',
      events: [
        { type: 'ItemAdded', data: { sku: 'tea' }, metadata: { by: 'ann' }, tags: ['sku:tea'], id: 'a-1' },
        { type: 'CheckedOut', data: null },
      ],
    })
    const read = await readAll(store, { stream: 'cart-1' })
    for (const [first, second] of [events, read] as [RecordedEvent, RecordedEvent][]) {
      assert.deepEqual(first.toJSON(), {
        position: first.position,
        stream: 'cart-1',
        revision: 0,
        type: 'ItemAdded',
        data: { sku: 'tea' },
        metadata: { by: 'ann' },
        tags: ['sku:tea'],
        id: 'a-1',
        recordedAt: '2031-02-03T04:05:06.007Z',
      })
      assert.equal('metadata' in second.toJSON(), false)
      assert.deepEqual(JSON.parse(JSON.stringify(second)), second.toJSON())
    }
  }),

  storeCase('dataJson and metadataJson are the JSON text of data and metadata', async (store) => {
    await store.append({
      stream: 'cart-1',
      events: [{ type: 'Happened', data: { b: 1, a: [true, null] }, metadata: { m: 'x' } }, ...numbered(1)],
    })
    const [first, second] = await readAll(store, { stream: 'cart-1' })
    assert.equal(first?.dataJson, '{"b":1,"a":[true,null]}')
    assert.equal(first?.metadataJson, '{"m":"x"}')
    assert.equal(second?.dataJson, '0')
    assert.equal(second?.metadataJson, undefined)
  }),

  storeCase('a recorded event is a copy: changing it changes no other', async (store) => {
    const data = { list: [1], deep: { text: 'a' } }
    const metadata = { by: 'ann' }
    const tags = ['t:1']
    const appending = store.append({ stream: 'cart-1', events: [{ type: 'Happened', data, metadata, tags }] })
    data.list.push(2)
    metadata.by = 'bob'
    tags.push('t:2')
    const { events } = await appending
    data.deep.text = 'b'
    const expected = {
      data: { list: [1], deep: { text: 'a' } },
      metadata: { by: 'ann' },
      tags: ['t:1'],
    }
    const observe = async () => [
      lastOf(await readAll(store, { stream: 'cart-1' })),
      lastOf(await readAll(store, 'everything', { direction: 'backwards' })),
      ...(await readUntil(store.subscribe('everything'), await store.head())).flatMap(
        (batch) => batch.events,
      ),
    ]
    for (const event of [...events, ...(await observe())]) {
      for (const other of await observe()) assertEvent(other, expected)
      spoil(event)
    }
    for (const event of await observe()) assertEvent(event, expected)
    assert.deepEqual(await readAll(store, { query: [{ tags: ['spoilt'] }] }), [])
  }),

  storeCase('the tags of events without tags are no list that they share', async (store) => {
    const { events } = await store.append({ stream: 'cart-1', events: numbered(2) })
    for (const event of events) spoil(event)
    await store.append({ stream: 'cart-1', events: numbered(1) })
    for (const { tags } of await readAll(store, 'everything')) assert.deepEqual(tags, [])
  }),

  clockCase('recordedAt is the time of the store, and one time for one append', async (store, clock) => {
    const times: number[] = []
    for (const afterMs of [0, 1, 250]) {
      clock.nowMs += afterMs
      const { events } = await store.append([
        { stream: 'cart-1', events: numbered(2) },
        { stream: 'cart-2', events: numbered(1) },
      ])
      times.push(clock.nowMs, clock.nowMs, clock.nowMs)
      for (const { recordedAt } of events) assert.equal(recordedAt.getTime(), clock.nowMs)
    }
    assert.deepEqual(
      (await readAll(store, 'everything')).map(({ recordedAt }) => recordedAt.getTime()),
      times,
    )
  }),

  clockCase('recordedAt never runs backwards, although the clock does', async (store, clock) => {
    const startMs = clock.nowMs
    for (const nowMs of [startMs, startMs - 5_000, startMs - 1, startMs + 3, startMs + 2]) {
      clock.nowMs = nowMs
      await store.append({ stream: `cart-${nowMs % 2}`, events: numbered(1) })
    }
    assert.deepEqual(
      (await readAll(store, 'everything')).map(({ recordedAt }) => recordedAt.getTime() - startMs),
      [0, 0, 0, 3, 3],
    )
  }),

  storeCase('every event has an id of its own, in reads as in the answer', async (store) => {
    const answered: string[] = []
    await recordInParts(store, answered)
    const ids = (await readAll(store, 'everything')).map(({ id }) => id)
    assert.deepEqual(ids, answered)
    assert.equal(new Set(ids).size, ids.length)
    assert.deepEqual(plain(await readAll(store, 'everything')), plain(await readAll(store, 'everything')))
  }),
]

async function recordInParts(store: EventStore, ids: string[]): Promise<void> {
  for (const count of [1, 3, 1]) {
    const { events } = await store.append([
      { stream: 'cart-1', events: numbered(count) },
      { stream: 'cart-2', events: [{ type: 'Happened', data: 1, id: `given-${ids.length}` }] },
    ])
    ids.push(...events.map(({ id }) => id))
  }
}

/** Changes whatever can be changed of an event. */
function spoil(event: RecordedEvent): void {
  const { data, metadata, tags, recordedAt } = event as unknown as {
    data: { list?: number[]; deep?: { text: string } }
    metadata: { by?: string } | undefined
    tags: string[]
    recordedAt: Date
  }
  data.list?.push(9)
  if (data.deep) data.deep.text = 'spoilt'
  if (metadata) metadata.by = 'spoilt'
  recordedAt.setTime(0)
  try {
    tags.push('spoilt')
  } catch {
    // Tags that refuse to be changed are as good as tags that are copied.
  }
}

function assertEvent(event: RecordedEvent, expected: object): void {
  const { data, metadata, tags, recordedAt } = event
  assert.deepEqual({ data, metadata, tags }, expected)
  assert.ok(recordedAt.getTime() > 0)
}
