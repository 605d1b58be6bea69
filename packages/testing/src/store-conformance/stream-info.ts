import assert from 'node:assert/strict'
import { type EventStore, startOfLog } from '@annals/core'
import { type ConformanceCase, storeCase } from './case.ts'
import { listStreams, numbered } from './collect.ts'
import { expectError } from './expect-error.ts'

/** What is told of streams, and of the head. */
export const streamInfoCases: readonly ConformanceCase[] = [
  storeCase(
    'of a stream are told its category, its first and last revision, and its retention',
    async (store) => {
      await store.append({ stream: 'cart-1-x', events: numbered(3) })
      const info = {
        stream: 'cart-1-x',
        category: 'cart',
        revision: 2,
        firstRevision: 0,
        tombstoned: false,
        retention: undefined,
      }
      assert.deepEqual(await store.stream('cart-1-x'), info)
      await store.retain({ category: 'cart' }, { maxCount: 2 })
      assert.deepEqual(await store.stream('cart-1-x'), {
        ...info,
        firstRevision: 1,
        retention: { maxCount: 2 },
      })
      await store.truncate('cart-1-x', { beforeRevision: 2 })
      await store.retain({ stream: 'cart-1-x' }, { maxAgeMs: 1_000_000, maxCount: 9 })
      assert.deepEqual(await store.stream('cart-1-x'), {
        ...info,
        firstRevision: 2,
        retention: { maxAgeMs: 1_000_000, maxCount: 9 },
      })
    },
  ),

  storeCase('of a stream in which nothing was recorded nothing is told', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(1) })
    await store.retain({ stream: 'cart-3' }, { maxCount: 1 })
    for (const stream of ['cart-2', 'cart', 'cart-3', 'cart-11'])
      assert.equal(await store.stream(stream), undefined)
    assert.deepEqual(await names(store), ['cart-1'])
    for (const name of ['', '-1', 'a\nb', 7, null, undefined])
      await expectError(() => store.stream(name as string), 'invalid-argument', String(name))
  }),

  storeCase('streams are listed by name in the order of UTF-16 code units', async (store) => {
    const inOrder = ['Z-1', '_', 'a', 'a-1', 'a-10', 'a-2', 'b-1', 'é-1', '\u{1f600}-1', '\ufb00-1']
    const events = numbered(1)
    await store.append(inOrder.toReversed().map((stream) => ({ stream, events })))
    assert.deepEqual(await names(store), inOrder)
  }),

  storeCase('streams are listed from a name on, of one category, up to a limit', async (store) => {
    const all = ['cart', 'cart-1', 'cart-2', 'cart-3', 'carton-1', 'order-1', 'order-2']
    await store.append(all.map((stream) => ({ stream, events: numbered(1) })))
    await store.tombstone('cart-2')
    await store.truncate('order-1', { beforeRevision: 1 })
    const carts = ['cart', 'cart-1', 'cart-2', 'cart-3']
    assert.deepEqual(await names(store), all)
    assert.deepEqual(await names(store, { category: 'cart' }), carts)
    assert.deepEqual(await names(store, { category: 'carton' }), ['carton-1'])
    assert.deepEqual(await names(store, { category: 'car' }), [])
    assert.deepEqual(await names(store, { limit: 0 }), [])
    assert.deepEqual(await names(store, { limit: 3 }), all.slice(0, 3))
    assert.deepEqual(await names(store, { limit: 100 }), all)
    assert.deepEqual(await names(store, { after: 'cart-2' }), all.slice(3))
    assert.deepEqual(await names(store, { after: 'cart-20' }), all.slice(3))
    assert.deepEqual(await names(store, { after: 'zzz' }), [])
    assert.deepEqual(await names(store, { category: 'cart', after: 'cart', limit: 2 }), ['cart-1', 'cart-2'])
    const paged: string[] = []
    for (let after: string | undefined; ; ) {
      const page = await names(store, { after, limit: 2 })
      if (page.length === 0) break
      paged.push(...page)
      after = page.at(-1)
    }
    assert.deepEqual(paged, all)
  }),

  storeCase('what is listed of streams is what is told of each', async (store) => {
    await store.append(['cart-1', 'cart-2', 'order-1'].map((stream) => ({ stream, events: numbered(3) })))
    await store.retain({ category: 'cart' }, { maxCount: 1 })
    await store.truncate('order-1', { beforeRevision: 2 })
    await store.tombstone('cart-2')
    for (const info of await listStreams(store)) assert.deepEqual(info, await store.stream(info.stream))
  }),

  storeCase('a list of streams may be left early', async (store) => {
    await store.append(['cart-1', 'cart-2'].map((stream) => ({ stream, events: numbered(1) })))
    for await (const _ of store.streams()) break
    await store.close()
  }),

  storeCase('a list of streams with a limit or category that is none is refused', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(1) })
    for (const limit of [-1, 0.5, Number.NaN, '1'])
      await expectError(
        () => listStreams(store, { limit: limit as number }),
        'invalid-argument',
        `limit ${limit}`,
      )
    for (const category of ['', 'cart-1', 7])
      await expectError(
        () => listStreams(store, { category: category as string }),
        'invalid-argument',
        `category ${category}`,
      )
  }),

  storeCase('the head is the position of the last event, hidden or not', async (store) => {
    assert.equal(await store.head(), startOfLog)
    const { position } = await store.append([
      { stream: 'cart-1', events: numbered(2) },
      { stream: 'cart-2', events: numbered(2) },
    ])
    assert.ok(position > startOfLog)
    assert.equal(await store.head(), position)
    await store.tombstone('cart-2')
    await store.retain({ stream: 'cart-1' }, { maxCount: 1 })
    assert.equal(await store.head(), position)
  }),
]

async function names(store: EventStore, options?: Parameters<EventStore['streams']>[0]): Promise<string[]> {
  return (await listStreams(store, options)).map(({ stream }) => stream)
}
