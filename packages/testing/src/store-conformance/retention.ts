import assert from 'node:assert/strict'
import type { EventStore, RetentionPolicy, RetentionScope } from '@annals/core'
import { type ConformanceCase, clockCase, storeCase } from './case.ts'
import { numbered } from './collect.ts'
import { expectError, expectRefusal } from './expect-error.ts'
import { expectVisible } from './visible.ts'

/** Retention policies, by number and by age, of a stream and of a category. */
export const retentionCases: readonly ConformanceCase[] = [
  storeCase('a stream keeps its newest events up to maxCount, at once in every read', async (store) => {
    await recordTwoCarts(store)
    await store.retain({ stream: 'cart-1' }, { maxCount: 2 })
    await expectVisible(store, { 'cart-1': [12, 13], 'cart-2': [20, 21] }, [20, 21, 12, 13])
    assert.deepEqual(await infoOf(store, 'cart-1'), [3, 2, { maxCount: 2 }])
    assert.deepEqual(await infoOf(store, 'cart-2'), [1, 0, undefined])
  }),

  storeCase('maxCount holds for what is appended later', async (store) => {
    await store.retain({ stream: 'cart-1' }, { maxCount: 2 })
    await store.append({ stream: 'cart-1', events: numbered(1, 0) })
    await expectVisible(store, { 'cart-1': [0] }, [0])
    await store.append({ stream: 'cart-1', events: numbered(1, 1) })
    await expectVisible(store, { 'cart-1': [0, 1] }, [0, 1])
    await store.append({ stream: 'cart-1', events: numbered(3, 2) })
    await expectVisible(store, { 'cart-1': [3, 4] }, [3, 4])
    assert.deepEqual(await infoOf(store, 'cart-1'), [4, 3, { maxCount: 2 }])
  }),

  storeCase(
    'maxCount of a category holds for each of its streams, and for no other category',
    async (store) => {
      await recordTwoCarts(store)
      await store.append({ stream: 'cart', events: numbered(3, 30) })
      await store.append({ stream: 'carton-1', events: numbered(3, 40) })
      await store.retain({ category: 'cart' }, { maxCount: 1 })
      await expectVisible(
        store,
        { 'cart-1': [13], 'cart-2': [21], cart: [32], 'carton-1': [40, 41, 42] },
        [21, 13, 32, 40, 41, 42],
      )
      await store.append({ stream: 'cart-3', events: numbered(2, 50) })
      await expectVisible(
        store,
        { 'cart-1': [13], 'cart-2': [21], cart: [32], 'carton-1': [40, 41, 42], 'cart-3': [51] },
        [21, 13, 32, 40, 41, 42, 51],
      )
    },
  ),

  storeCase(
    "a stream's own policy goes before its category's, and back when it is removed",
    async (store) => {
      await recordTwoCarts(store)
      await store.retain({ category: 'cart' }, { maxCount: 1 })
      await store.retain({ stream: 'cart-1' }, { maxCount: 3 })
      await expectVisible(store, { 'cart-1': [11, 12, 13], 'cart-2': [21] }, [11, 21, 12, 13])
      assert.deepEqual(await infoOf(store, 'cart-1'), [3, 1, { maxCount: 3 }])
      assert.deepEqual(await infoOf(store, 'cart-2'), [1, 1, { maxCount: 1 }])
      await store.retain({ stream: 'cart-1' }, null)
      await expectVisible(store, { 'cart-1': [13], 'cart-2': [21] }, [21, 13])
      assert.deepEqual(await infoOf(store, 'cart-1'), [3, 3, { maxCount: 1 }])
    },
  ),

  storeCase('a policy replaces the one before, and is removed by null', async (store) => {
    await store.retain({ stream: 'cart-1' }, { maxCount: 1 })
    await store.retain({ stream: 'cart-1' }, { maxCount: 5, maxAgeMs: 60_000 })
    await store.append({ stream: 'cart-1', events: numbered(3) })
    assert.deepEqual(await infoOf(store, 'cart-1'), [2, 0, { maxCount: 5, maxAgeMs: 60_000 }])
    await store.retain({ stream: 'cart-1' }, null)
    await store.append({ stream: 'cart-1', events: numbered(5, 3) })
    assert.deepEqual(await infoOf(store, 'cart-1'), [7, 0, undefined])
    await store.retain({ category: 'cart' }, { maxCount: 1 })
    await store.retain({ category: 'cart' }, null)
    await store.append({ stream: 'cart-2', events: numbered(2, 20) })
    assert.deepEqual(await infoOf(store, 'cart-2'), [1, 0, undefined])
    await store.retain({ category: 'never' }, null)
    await store.retain({ stream: 'never-was' }, null)
    assert.equal(await store.stream('never-was'), undefined)
  }),

  clockCase(
    'events older than maxAgeMs are hidden as time passes, and those just as old are not',
    async (store, clock) => {
      await store.append({ stream: 'cart-1', events: numbered(1, 0) })
      clock.nowMs += 100
      await store.append({ stream: 'cart-1', events: numbered(1, 1) })
      await store.append({ stream: 'cart-2', events: numbered(1, 2) })
      await store.retain({ stream: 'cart-1' }, { maxAgeMs: 1_000 })
      clock.nowMs += 900
      await expectVisible(store, { 'cart-1': [0, 1], 'cart-2': [2] }, [0, 1, 2])
      clock.nowMs += 1
      await expectVisible(store, { 'cart-1': [1], 'cart-2': [2] }, [1, 2])
      clock.nowMs += 100
      await expectVisible(store, { 'cart-1': [], 'cart-2': [2] }, [2])
      assert.deepEqual(await infoOf(store, 'cart-1'), [1, 2, { maxAgeMs: 1_000 }])
      const { streams } = await store.append({ stream: 'cart-1', events: numbered(1, 3) })
      assert.deepEqual(streams, [{ stream: 'cart-1', revision: 2 }])
      await expectVisible(store, { 'cart-1': [3], 'cart-2': [2] }, [2, 3])
    },
  ),

  clockCase('what has expired stays hidden, although the clock is set back', async (store, clock) => {
    await store.append({ stream: 'cart-1', events: numbered(1, 0) })
    await store.retain({ stream: 'cart-1' }, { maxAgeMs: 1_000 })
    clock.nowMs += 5_000
    await expectVisible(store, { 'cart-1': [] }, [])
    clock.nowMs -= 4_999
    await expectVisible(store, { 'cart-1': [] }, [])
  }),

  clockCase('maxAgeMs of a category holds for each of its streams', async (store, clock) => {
    await store.retain({ category: 'cart' }, { maxAgeMs: 50 })
    for (let n = 0; n < 4; n++) {
      await store.append({ stream: `cart-${n % 2}`, events: numbered(1, n) })
      await store.append({ stream: `carton-${n}`, events: numbered(1, 10 + n) })
      clock.nowMs += 20
    }
    // Recorded 80, 60, 40 and 20 ms ago.
    await expectVisible(
      store,
      {
        'cart-0': [2],
        'cart-1': [3],
        'carton-0': [10],
        'carton-1': [11],
        'carton-2': [12],
        'carton-3': [13],
      },
      [10, 11, 2, 12, 3, 13],
    )
  }),

  clockCase('an event is hidden as soon as either maxCount or maxAgeMs says so', async (store, clock) => {
    await store.retain({ stream: 'cart-1' }, { maxCount: 2, maxAgeMs: 1_000 })
    await store.append({ stream: 'cart-1', events: numbered(3, 0) })
    await expectVisible(store, { 'cart-1': [1, 2] }, [1, 2])
    clock.nowMs += 600
    await store.append({ stream: 'cart-1', events: numbered(1, 3) })
    await expectVisible(store, { 'cart-1': [2, 3] }, [2, 3])
    clock.nowMs += 600
    await expectVisible(store, { 'cart-1': [3] }, [3])
  }),

  storeCase('truncation and retention hide together', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(6) })
    await store.retain({ stream: 'cart-1' }, { maxCount: 4 })
    await store.truncate('cart-1', { beforeRevision: 1 })
    await expectVisible(store, { 'cart-1': [2, 3, 4, 5] }, [2, 3, 4, 5])
    await store.truncate('cart-1', { beforeRevision: 5 })
    await expectVisible(store, { 'cart-1': [5] }, [5])
    await store.retain({ stream: 'cart-1' }, null)
    await expectVisible(store, { 'cart-1': [5] }, [5])
  }),

  storeCase('a policy for a stream that is tombstoned brings nothing back', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3) })
    await store.tombstone('cart-1')
    await store.retain({ stream: 'cart-1' }, { maxCount: 5 })
    await expectVisible(store, { 'cart-1': [] }, [])
  }),

  storeCase('a policy or scope that is none is refused', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3) })
    const retain = (scope: unknown, policy: unknown) => () =>
      store.retain(scope as RetentionScope, policy as RetentionPolicy)
    const policies = [
      {},
      { maxCount: 0 },
      { maxCount: -1 },
      { maxCount: 1.5 },
      { maxCount: '2' },
      { maxAgeMs: 0 },
      { maxAgeMs: Number.NaN },
      { maxAgeMs: Infinity },
      { maxCount: 1, maxAgeMs: 0 },
      undefined,
      'for ever',
      7,
    ]
    for (const policy of policies)
      await expectRefusal(
        store,
        retain({ stream: 'cart-1' }, policy),
        'invalid-argument',
        JSON.stringify(policy),
      )
    const scopes = [
      {},
      { stream: '' },
      { stream: '-1' },
      { category: '' },
      { category: 'cart-1' },
      'cart',
      null,
    ]
    for (const scope of scopes)
      await expectError(retain(scope, { maxCount: 1 }), 'invalid-argument', JSON.stringify(scope))
  }),
]

async function recordTwoCarts(store: EventStore): Promise<void> {
  await store.append({ stream: 'cart-1', events: numbered(2, 10) })
  await store.append({ stream: 'cart-2', events: numbered(2, 20) })
  await store.append({ stream: 'cart-1', events: numbered(2, 12) })
}

async function infoOf(store: EventStore, stream: string) {
  const info = await store.stream(stream)
  return info && [info.revision, info.firstRevision, info.retention]
}
