import assert from 'node:assert/strict'
import type { ExpectedRevision } from '@annals/core'
import { type ConformanceCase, storeCase } from './case.ts'
import { listStreams, numbered } from './collect.ts'
import { expectRefusal } from './expect-error.ts'
import { expectVisible } from './visible.ts'

/** Tombstones: ending a stream for ever. */
export const tombstoneCases: readonly ConformanceCase[] = [
  storeCase(
    'tombstoning a stream hides all of its events at once in every read, and no other',
    async (store) => {
      await store.append({ stream: 'cart-1', events: numbered(2, 10) })
      await store.append({ stream: 'cart-2', events: numbered(2, 20) })
      await store.append({ stream: 'cart-1', events: numbered(2, 12) })
      const head = await store.head()
      await store.tombstone('cart-1')
      await expectVisible(store, { 'cart-1': [], 'cart-2': [20, 21] }, [20, 21])
      assert.equal(await store.head(), head)
    },
  ),

  storeCase('a tombstoned stream is still told of, as tombstoned', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3) })
    await store.tombstone('cart-1')
    const info = {
      stream: 'cart-1',
      category: 'cart',
      revision: 2,
      firstRevision: 3,
      tombstoned: true,
      retention: undefined,
    }
    assert.deepEqual(await store.stream('cart-1'), info)
    assert.deepEqual(await listStreams(store), [info])
  }),

  storeCase('tombstoning again changes nothing, whatever is expected', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3) })
    await store.tombstone('cart-1', { expectedRevision: 2 })
    await store.tombstone('cart-1')
    await store.tombstone('cart-1', { expectedRevision: 1 })
    assert.equal((await store.stream('cart-1'))?.tombstoned, true)
    await expectRefusal(
      store,
      () => store.append({ stream: 'cart-1', events: numbered(1) }),
      'stream-tombstoned',
    )
  }),

  storeCase('a tombstone is set exactly if its expected revision holds', async (store) => {
    const holds: (ExpectedRevision | undefined)[] = [2, 'stream-exists', 'any', undefined]
    for (const [index, expectedRevision] of [0, 1, 3, 'no-stream' as const, ...holds].entries()) {
      const stream = `cart-${index}`
      await store.append({ stream, events: numbered(3) })
      const tombstone = () =>
        store.tombstone(stream, expectedRevision === undefined ? {} : { expectedRevision })
      if (holds.includes(expectedRevision)) {
        await tombstone()
        assert.equal((await store.stream(stream))?.tombstoned, true, stream)
      } else {
        const { details } = await expectRefusal(store, tombstone, 'wrong-expected-revision', stream)
        assert.deepEqual(details, { stream, expected: expectedRevision, actual: 2 })
      }
    }
  }),

  storeCase('a truncated stream can be tombstoned', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3) })
    await store.truncate('cart-1', { beforeRevision: 3 })
    await store.tombstone('cart-1', { expectedRevision: 2 })
    assert.equal((await store.stream('cart-1'))?.tombstoned, true)
  }),

  storeCase('only what exists can be tombstoned', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3) })
    await store.retain({ stream: 'cart-2' }, { maxCount: 1 })
    for (const stream of ['cart-404', 'cart', 'cart-2']) {
      const { details } = await expectRefusal(
        store,
        () => store.tombstone(stream),
        'stream-not-found',
        stream,
      )
      assert.deepEqual(details, { stream })
    }
    await expectRefusal(store, () => store.tombstone('-'), 'invalid-argument')
    await expectRefusal(store, () => store.tombstone('cart-1', { expectedRevision: -1 }), 'invalid-argument')
  }),
]
