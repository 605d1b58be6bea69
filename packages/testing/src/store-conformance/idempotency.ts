import assert from 'node:assert/strict'
import type { Appended, EventStore, NewEvent, StreamAppend } from '@annals/core'
import { type ConformanceCase, storeCase } from './case.ts'
import { numbered, plain, readAll } from './collect.ts'
import { expectRefusal } from './expect-error.ts'

/** Appends repeated with the same event ids. */
export const idempotencyCases: readonly ConformanceCase[] = [
  storeCase('an append repeated with the same event ids answers as it did the first time', async (store) => {
    const append = () => store.append({ stream: 'cart-1', events: withIds('a', 'b', 'c') })
    const first = await append()
    assert.deepEqual(
      first.events.map(({ id }) => id),
      ['a', 'b', 'c'],
    )
    for (let time = 0; time < 3; time++) assertSameAnswer(await append(), first)
    assert.equal((await readAll(store, 'everything')).length, 3)
  }),

  storeCase(
    'a repeated append answers although others came between and its expected revision no longer holds',
    async (store) => {
      const appends: [StreamAppend, Appended][] = []
      for (let n = 0; n < 4; n++) {
        const append: StreamAppend = {
          stream: 'cart-1',
          events: withIds(`${n}-a`, `${n}-b`),
          expectedRevision: n === 0 ? 'no-stream' : n * 2 - 1,
        }
        appends.push([append, await store.append(append)])
      }
      await store.append({ stream: 'cart-2', events: numbered(2) })
      const head = await store.head()
      for (const [append, first] of appends) assertSameAnswer(await store.append(append), first)
      assert.equal(await store.head(), head)
    },
  ),

  storeCase('a repeated append answers although its condition no longer holds', async (store) => {
    const append = () =>
      store.append(
        { stream: 'seat-1', events: [{ type: 'Taken', data: 1, tags: ['seat:1'], id: 'taken' }] },
        { failIfEventsMatch: [{ tags: ['seat:1'] }] },
      )
    assertSameAnswer(await append(), await append())
  }),

  storeCase('a repeated append to several streams answers as it did the first time', async (store) => {
    await store.append({ stream: 'account-2', events: numbered(2) })
    const appends: StreamAppend[] = [
      { stream: 'account-2', events: withIds('a', 'b'), expectedRevision: 1 },
      { stream: 'account-1', events: withIds('c'), expectedRevision: 'no-stream' },
      { stream: 'account-3', events: withIds('d', 'e'), expectedRevision: 'no-stream' },
    ]
    const first = await store.append(appends)
    await store.append({ stream: 'account-1', events: numbered(1) })
    const head = await store.head()
    assertSameAnswer(await store.append(appends), first)
    assert.equal(await store.head(), head)
  }),

  storeCase('an append repeated at the same time is recorded once and answered alike', async (store) => {
    const append = () =>
      store.append({ stream: 'cart-1', events: withIds('a', 'b'), expectedRevision: 'no-stream' })
    const [first, ...others] = await Promise.all(Array.from({ length: 8 }, append))
    assert.ok(first)
    for (const other of others) assertSameAnswer(other, first)
    assert.equal((await readAll(store, 'everything')).length, 2)
  }),

  storeCase('an append of 3,000 events with ids is repeated whole', async (store) => {
    const events = numbered(3_000).map((event, n) => ({ ...event, id: `id-${n}` }))
    const first = await store.append({ stream: 'meter-1', events })
    await store.append({ stream: 'meter-1', events: numbered(1) })
    assertSameAnswer(await store.append({ stream: 'meter-1', events }), first)
  }),

  storeCase(
    'an append whose events are truncated, tombstoned or hidden by retention is still known',
    async (store) => {
      for (const [stream, hide] of hidings) {
        const append = { stream, events: withIds(`${stream}-a`, `${stream}-b`) }
        await store.append(append)
        await store.append({ stream, events: numbered(1) })
        await hide(store, stream)
        const head = await store.head()
        const { streams } = await store.append(append)
        assert.deepEqual(streams, [{ stream, revision: 1 }], stream)
        assert.equal(await store.head(), head, stream)
      }
    },
  ),

  storeCase('events without ids are recorded anew each time', async (store) => {
    for (let time = 0; time < 3; time++) await store.append({ stream: 'cart-1', events: numbered(2) })
    const ids = (await readAll(store, 'everything')).map(({ id }) => id)
    assert.equal(new Set(ids).size, 6)
  }),

  storeCase('an append of which some ids are known and some are not is refused', async (store) => {
    await store.append({ stream: 'cart-1', events: withIds('a', 'b') })
    const mixed: [string, StreamAppend | StreamAppend[]][] = [
      ['known, new', { stream: 'cart-1', events: withIds('a', 'n') }],
      ['new, known', { stream: 'cart-1', events: withIds('n', 'b') }],
      ['all known and one more', { stream: 'cart-1', events: withIds('a', 'b', 'n') }],
      ['known, and one without id', { stream: 'cart-1', events: [...withIds('a'), ...numbered(1)] }],
      [
        'in different streams',
        [
          { stream: 'cart-1', events: withIds('a', 'b') },
          { stream: 'cart-2', events: withIds('n') },
        ],
      ],
    ]
    for (const [what, appends] of mixed) {
      const { details } = await expectRefusal(
        store,
        () => store.append(appends),
        'event-ids-partly-known',
        what,
      )
      assert.ok(details.known.length > 0 && details.known.every((id) => id === 'a' || id === 'b'), what)
      assert.ok(details.unknown.length > 0, what)
    }
    const { details } = await expectRefusal(
      store,
      () => store.append({ stream: 'cart-1', events: withIds('b', 'n', 'm') }),
      'event-ids-partly-known',
    )
    assert.deepEqual(details, { known: ['b'], unknown: ['n', 'm'] })
  }),

  storeCase('ids that are known, but for other events than these, are refused', async (store) => {
    await store.append({ stream: 'cart-1', events: withIds('a', 'b') })
    await store.append({ stream: 'cart-1', events: numbered(1) })
    await store.append({ stream: 'cart-1', events: withIds('c') })
    const reused: [string, StreamAppend | StreamAppend[]][] = [
      ['in another order', { stream: 'cart-1', events: withIds('b', 'a') }],
      ['in another stream', { stream: 'cart-2', events: withIds('a', 'b') }],
      ['of two appends', { stream: 'cart-1', events: withIds('a', 'b', 'c') }],
      [
        'of another type',
        { stream: 'cart-1', events: withIds('a', 'b').map((e) => ({ ...e, type: 'Else' })) },
      ],
      [
        'spread over streams',
        [
          { stream: 'cart-1', events: withIds('a') },
          { stream: 'cart-2', events: withIds('b') },
        ],
      ],
    ]
    for (const [what, appends] of reused)
      await expectRefusal(store, () => store.append(appends), 'event-ids-reused', what)
  }),

  storeCase('the ids that the store made are known too', async (store) => {
    const first = await store.append({ stream: 'cart-1', events: numbered(3) })
    await store.append({ stream: 'cart-2', events: numbered(1) })
    const events = first.events.map(({ type, data, id }) => ({ type, data, id }))
    const head = await store.head()
    assertSameAnswer(await store.append({ stream: 'cart-1', events }), first)
    assert.equal(await store.head(), head)
    await expectRefusal(store, () => store.append({ stream: 'cart-2', events }), 'event-ids-reused')
    await expectRefusal(
      store,
      () => store.append({ stream: 'cart-1', events: [...events, ...withIds('new')] }),
      'event-ids-partly-known',
    )
  }),

  storeCase('an id given twice in one append is refused', async (store) => {
    await expectRefusal(
      store,
      () => store.append({ stream: 'cart-1', events: withIds('a', 'b', 'a') }),
      'invalid-argument',
    )
    await expectRefusal(
      store,
      () =>
        store.append([
          { stream: 'cart-1', events: withIds('a') },
          { stream: 'cart-2', events: withIds('a') },
        ]),
      'invalid-argument',
    )
  }),

  storeCase('ids of a refused append are not known afterwards', async (store) => {
    const append = { stream: 'cart-1', events: withIds('a', 'b') }
    await expectRefusal(
      store,
      () => store.append({ ...append, expectedRevision: 'stream-exists' }),
      'wrong-expected-revision',
    )
    assert.deepEqual((await store.append(append)).streams, [{ stream: 'cart-1', revision: 1 }])
  }),
]

const hidings: readonly [string, (store: EventStore, stream: string) => Promise<void>][] = [
  ['truncated-1', (store, stream) => store.truncate(stream, { beforeRevision: 2 })],
  ['tombstoned-1', (store, stream) => store.tombstone(stream)],
  ['retained-1', (store, stream) => store.retain({ stream }, { maxCount: 1 })],
]

function withIds(...ids: string[]): NewEvent[] {
  return ids.map((id) => ({ type: 'Happened', data: id, id }))
}

function assertSameAnswer(answer: Appended, first: Appended): void {
  assert.deepEqual({ ...answer, events: plain(answer.events) }, { ...first, events: plain(first.events) })
}
