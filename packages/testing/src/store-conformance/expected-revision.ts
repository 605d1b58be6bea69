import assert from 'node:assert/strict'
import type { EventStore, ExpectedRevision } from '@annals/core'
import { type ConformanceCase, storeCase } from './case.ts'
import { numbered } from './collect.ts'
import { expectRefusal } from './expect-error.ts'

interface StreamState {
  readonly state: string
  /** Brings a stream into the state. */
  readonly prepare: (store: EventStore, stream: string) => Promise<void>
  readonly actual: number | 'no-stream'
  /** What holds of a stream in this state; every other expectation fails. */
  readonly holds: readonly (ExpectedRevision | undefined)[]
}

const threeEvents = async (store: EventStore, stream: string): Promise<void> => {
  await store.append({ stream, events: numbered(3) })
}

const states: readonly StreamState[] = [
  {
    state: 'that does not exist',
    prepare: async () => {},
    actual: 'no-stream',
    holds: ['no-stream', 'any', undefined],
  },
  {
    state: 'that has a retention policy but does not exist',
    prepare: (store, stream) => store.retain({ stream }, { maxCount: 1 }),
    actual: 'no-stream',
    holds: ['no-stream', 'any', undefined],
  },
  {
    state: 'that exists',
    prepare: threeEvents,
    actual: 2,
    holds: [2, 'stream-exists', 'any', undefined],
  },
  {
    state: 'that is truncated in part',
    prepare: async (store, stream) => {
      await threeEvents(store, stream)
      await store.truncate(stream, { beforeRevision: 2 })
    },
    actual: 2,
    holds: [2, 'stream-exists', 'any', undefined],
  },
  {
    state: 'that is truncated wholly',
    prepare: async (store, stream) => {
      await threeEvents(store, stream)
      await store.truncate(stream, { beforeRevision: 3 })
    },
    actual: 2,
    holds: [2, 'stream-exists', 'any', undefined],
  },
  {
    state: 'whose retention hides all but one event',
    prepare: async (store, stream) => {
      await threeEvents(store, stream)
      await store.retain({ stream }, { maxCount: 1 })
    },
    actual: 2,
    holds: [2, 'stream-exists', 'any', undefined],
  },
]

const expectations: readonly (ExpectedRevision | undefined)[] = [
  0,
  1,
  2,
  3,
  1_000_000,
  'no-stream',
  'stream-exists',
  'any',
  undefined,
]

/** What an append may expect of a stream, in whatever state the stream is. */
export const expectedRevisionCases: readonly ConformanceCase[] = [
  ...states.map(({ state, prepare, actual, holds }) =>
    storeCase(
      `to a stream ${state}, an append is made exactly if its expected revision holds`,
      async (store) => {
        for (const [index, expectedRevision] of expectations.entries()) {
          const about = `expecting ${expectedRevision}`
          const stream = `cart-${index}`
          await prepare(store, stream)
          const append = () => store.append({ stream, events: numbered(1, 99), expectedRevision })
          if (holds.includes(expectedRevision)) {
            const revision = actual === 'no-stream' ? 0 : actual + 1
            assert.deepEqual((await append()).streams, [{ stream, revision }], about)
          } else {
            const error = await expectRefusal(store, append, 'wrong-expected-revision', about)
            assert.deepEqual(error.details, { stream, expected: expectedRevision, actual }, about)
            assert.equal(error.retryable, true)
          }
        }
      },
    ),
  ),

  storeCase('to a tombstoned stream no append is made, whatever it expects', async (store) => {
    for (const [index, expectedRevision] of expectations.entries()) {
      const stream = `cart-${index}`
      await threeEvents(store, stream)
      await store.tombstone(stream)
      const error = await expectRefusal(
        store,
        () => store.append({ stream, events: numbered(1), expectedRevision }),
        'stream-tombstoned',
        `expecting ${expectedRevision}`,
      )
      assert.deepEqual(error.details, { stream })
    }
  }),

  storeCase(
    'an append expects a revision as of the append before it, even if that still runs',
    async (store) => {
      const outcomes = await Promise.allSettled([
        store.append({ stream: 'cart-1', events: numbered(2), expectedRevision: 'no-stream' }),
        store.append({ stream: 'cart-1', events: numbered(1, 2), expectedRevision: 1 }),
        store.append({ stream: 'cart-1', events: numbered(1, 3), expectedRevision: 1 }),
      ])
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'fulfilled', 'rejected'],
      )
      assert.equal((await store.stream('cart-1'))?.revision, 2)
    },
  ),

  storeCase('an expected revision that is none is refused', async (store) => {
    await threeEvents(store, 'cart-1')
    for (const expected of [-1, 1.5, Number.NaN, Infinity, '2', '', 'none', null, true, {}, 2n]) {
      await expectRefusal(
        store,
        () =>
          store.append({
            stream: 'cart-1',
            events: numbered(1),
            expectedRevision: expected as ExpectedRevision,
          }),
        'invalid-argument',
        String(expected),
      )
    }
  }),
]
