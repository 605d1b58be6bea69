import assert from 'node:assert/strict'
import type { EventStore } from '@annals/core'
import { type ConformanceCase, storeCase } from './case.ts'
import { listStreams, numbered, readAll } from './collect.ts'
import { expectError } from './expect-error.ts'

const calls: Readonly<Record<string, (store: EventStore) => unknown>> = {
  append: (store) => store.append({ stream: 'cart-1', events: numbered(1) }),
  read: (store) => readAll(store, 'everything'),
  'read in batches': (store) => nextOf(store.read({ stream: 'cart-1' }).batches()),
  subscribe: (store) => nextOf(store.subscribe('everything')),
  'subscribe in batches': (store) => nextOf(store.subscribe('everything').batches()),
  stream: (store) => store.stream('cart-1'),
  streams: (store) => listStreams(store),
  head: (store) => store.head(),
  retain: (store) => store.retain({ stream: 'cart-1' }, { maxCount: 1 }),
  truncate: (store) => store.truncate('cart-1', { beforeRevision: 1 }),
  tombstone: (store) => store.tombstone('cart-1'),
}

/** Opening and closing. */
export const lifecycleCases: readonly ConformanceCase[] = [
  storeCase('after it is closed a store answers every call with store-closed', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(2) })
    await store.close()
    for (const [name, call] of Object.entries(calls))
      await expectError(() => call(store), 'store-closed', name)
  }),

  storeCase(
    'a reader made before the store is closed, and read after, ends with store-closed',
    async (store) => {
      await store.append({ stream: 'cart-1', events: numbered(2) })
      const reader = store.read('everything')
      const streams = store.streams()
      await store.close()
      await expectError(() => nextOf(reader), 'store-closed')
      await expectError(() => nextOf(streams), 'store-closed')
    },
  ),

  storeCase('closing a store again changes nothing, even while it closes', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(1) })
    await Promise.all([store.close(), store.close()])
    await store.close()
  }),

  storeCase('closing waits for the appends that run', async (store) => {
    const running = Array.from({ length: 10 }, (_, n) =>
      store.append({ stream: `cart-${n}`, events: numbered(20) }),
    )
    await store.close()
    for (const { events } of await Promise.all(running)) assert.equal(events.length, 20)
  }),

  {
    name: 'two stores share nothing',
    run: async (open) => {
      const [one, other] = await Promise.all([open(), open()])
      try {
        const { events } = await one.append({ stream: 'cart-1', events: [{ type: 'A', data: 1, id: 'a' }] })
        assert.deepEqual(await readAll(other, 'everything'), [])
        assert.equal(await other.stream('cart-1'), undefined)
        await other.append({
          stream: 'cart-1',
          events: [{ type: 'B', data: 2, id: 'a' }],
          expectedRevision: 'no-stream',
        })
        await one.close()
        assert.deepEqual(
          (await readAll(other, { stream: 'cart-1' })).map(({ type }) => type),
          ['B'],
        )
        assert.equal(events[0]?.data, 1)
      } finally {
        await Promise.all([one.close(), other.close()])
      }
    },
  },
]

async function nextOf(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of iterable) break
}
