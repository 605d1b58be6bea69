import assert from 'node:assert/strict'
import { type EventStore, startOfLog } from '@annals/core'
import { type ConformanceCase, storeCase } from './case.ts'
import { numbered, readAll, readData } from './collect.ts'
import { expectError, expectRefusal } from './expect-error.ts'
import { expectVisible } from './visible.ts'

/** Truncating a stream: hiding its beginning. */
export const truncateCases: readonly ConformanceCase[] = [
  storeCase('truncating a stream hides its beginning at once in every read', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3, 10) })
    await store.append({ stream: 'cart-2', events: numbered(2, 20) })
    await store.append({ stream: 'cart-1', events: numbered(2, 13) })
    await store.truncate('cart-1', { beforeRevision: 2 })
    await expectVisible(store, { 'cart-1': [12, 13, 14], 'cart-2': [20, 21] }, [12, 20, 21, 13, 14])
  }),

  storeCase('a truncated stream keeps its revisions and goes on', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3) })
    await store.truncate('cart-1', { beforeRevision: 3 })
    await expectVisible(store, { 'cart-1': [] }, [])
    await expectInfo(store, { revision: 2, firstRevision: 3 })
    const { streams } = await store.append({ stream: 'cart-1', events: numbered(2, 3) })
    assert.deepEqual(streams, [{ stream: 'cart-1', revision: 4 }])
    await expectVisible(store, { 'cart-1': [3, 4] }, [3, 4])
    await expectInfo(store, { revision: 4, firstRevision: 3 })
  }),

  storeCase('revision bounds of a truncated stream count from its true beginning', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(6) })
    await store.truncate('cart-1', { beforeRevision: 3 })
    const read = (fromRevision?: number, toRevision?: number) =>
      readData(store, { stream: 'cart-1', fromRevision, toRevision })
    assert.deepEqual(await read(0), [3, 4, 5])
    assert.deepEqual(await read(4), [4, 5])
    assert.deepEqual(await read(0, 3), [3])
    assert.deepEqual(await read(0, 2), [])
    assert.deepEqual(await readData(store, { stream: 'cart-1' }, { limit: 2 }), [3, 4])
    assert.deepEqual(
      await readData(store, { stream: 'cart-1' }, { direction: 'backwards', limit: 9 }),
      [5, 4, 3],
    )
  }),

  storeCase('truncating before an earlier revision than last time changes nothing', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(4) })
    await store.truncate('cart-1', { beforeRevision: 3 })
    for (const beforeRevision of [3, 2, 0]) await store.truncate('cart-1', { beforeRevision })
    assert.deepEqual(await readData(store, { stream: 'cart-1' }), [3])
  }),

  storeCase('truncating before revision 0 hides nothing', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(2) })
    await store.truncate('cart-1', { beforeRevision: 0 })
    assert.deepEqual(await readData(store, 'everything'), [0, 1])
    await expectInfo(store, { revision: 1, firstRevision: 0 })
  }),

  storeCase('truncating does not move the head', async (store) => {
    const { position } = await store.append({ stream: 'cart-1', events: numbered(3) })
    await store.truncate('cart-1', { beforeRevision: 3 })
    assert.equal(await store.head(), position)
    assert.ok(position > startOfLog)
  }),

  storeCase('only what exists can be truncated, up to the revision after its last', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3) })
    await store.append({ stream: 'cart-2', events: numbered(3) })
    await store.tombstone('cart-2')
    await store.retain({ stream: 'cart-3' }, { maxCount: 1 })
    const truncate = (stream: string, beforeRevision: number) => () =>
      store.truncate(stream, { beforeRevision })
    for (const stream of ['cart-404', 'cart', 'cart-3']) {
      const { details } = await expectRefusal(store, truncate(stream, 0), 'stream-not-found', stream)
      assert.deepEqual(details, { stream })
    }
    await expectRefusal(store, truncate('cart-2', 1), 'stream-tombstoned')
    for (const beforeRevision of [4, 1_000_000, -1, 0.5, Number.NaN])
      await expectRefusal(store, truncate('cart-1', beforeRevision), 'invalid-argument', `${beforeRevision}`)
    await expectError(truncate('', 0), 'invalid-argument')
    assert.equal((await readAll(store, { stream: 'cart-1' })).length, 3)
  }),
]

async function expectInfo(
  store: EventStore,
  expected: { readonly revision: number; readonly firstRevision: number },
): Promise<void> {
  const info = await store.stream('cart-1')
  assert.deepEqual(info && { revision: info.revision, firstRevision: info.firstRevision }, expected)
}
