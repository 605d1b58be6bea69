import assert from 'node:assert/strict'
import { type AppendCondition, type EventStore, limits } from '@annals/core'
import { type ConformanceCase, clockCase, storeCase } from './case.ts'
import { lastOf, numbered } from './collect.ts'
import { expectRefusal } from './expect-error.ts'
import { invalidQueries, queryTable, recordTaggedEvents } from './query-table.ts'

/** Appends whose condition is an event query: dynamic consistency boundaries. */
export const appendConditionCases: readonly ConformanceCase[] = [
  storeCase('an append is refused exactly if an event matches its condition', async (store) => {
    const positions = await recordTaggedEvents(store)
    for (const { query, matches } of queryTable)
      await checkCondition(
        store,
        { failIfEventsMatch: query },
        matches.map((n) => positions[n] as number),
      )
  }),

  storeCase('a condition counts only events after its position, exclusive', async (store) => {
    const positions = await recordTaggedEvents(store)
    const bounds = [0, ...positions, lastOf(positions) + 1, lastOf(positions) + 1_000_000]
    for (const { query, matches } of queryTable) {
      for (const after of bounds) {
        await checkCondition(
          store,
          { failIfEventsMatch: query, after },
          matches.map((n) => positions[n] as number).filter((position) => position > after),
        )
      }
    }
  }),

  storeCase(
    'the events of an append are not counted by its own condition, but by the next one',
    async (store) => {
      const condition = { failIfEventsMatch: [{ types: ['Opened'], tags: ['name:tea'] }] }
      const append = (stream: string) =>
        store.append({ stream, events: [{ type: 'Opened', data: 1, tags: ['name:tea'] }] }, condition)
      await append('shop-1')
      await expectRefusal(store, () => append('shop-2'), 'append-condition-failed')
    },
  ),

  storeCase('a condition and expected revisions must all hold', async (store) => {
    const positions = await recordTaggedEvents(store)
    const fresh = { failIfEventsMatch: [{ types: ['Paid'] }], after: lastOf(positions) }
    const stale = { failIfEventsMatch: [{ types: ['Paid'] }] }
    const append = (expectedRevision: number, condition: AppendCondition) =>
      store.append({ stream: 'register-0', events: numbered(1), expectedRevision }, condition)
    await expectRefusal(store, () => append(0, stale), 'append-condition-failed')
    await expectRefusal(store, () => append(5, fresh), 'wrong-expected-revision')
    await expectRefusal(store, () => append(5, stale), ['wrong-expected-revision', 'append-condition-failed'])
    assert.deepEqual((await append(0, fresh)).streams, [{ stream: 'register-0', revision: 1 }])
  }),

  storeCase('a condition holds for all streams of an append or for none', async (store) => {
    const positions = await recordTaggedEvents(store)
    const appends = [
      { stream: 'shop-1', events: numbered(1) },
      { stream: 'shop-2', events: numbered(1) },
    ]
    const failIfEventsMatch = [{ tags: ['student:1'] }]
    await expectRefusal(store, () => store.append(appends, { failIfEventsMatch }), 'append-condition-failed')
    const { streams } = await store.append(appends, { failIfEventsMatch, after: lastOf(positions) })
    assert.equal(streams.length, 2)
  }),

  storeCase('a condition does not count events hidden by truncation or tombstone', async (store) => {
    const tagged = (tag: string) => [{ type: 'Held', data: 1, tags: [tag] }]
    const attempt = (tag: string) =>
      store.append({ stream: 'other-1', events: numbered(1) }, { failIfEventsMatch: [{ tags: [tag] }] })
    await store.append({ stream: 'hold-1', events: [...tagged('seat:1'), ...tagged('seat:2')] })
    await store.append({ stream: 'hold-2', events: tagged('seat:3') })
    for (const tag of ['seat:1', 'seat:2', 'seat:3'])
      await expectRefusal(store, () => attempt(tag), 'append-condition-failed', tag)
    await store.truncate('hold-1', { beforeRevision: 1 })
    await attempt('seat:1')
    await expectRefusal(store, () => attempt('seat:2'), 'append-condition-failed')
    await store.tombstone('hold-2')
    await attempt('seat:3')
  }),

  clockCase('a condition does not count events hidden by retention', async (store, clock) => {
    const failIfEventsMatch = [{ types: ['Held'] }]
    const attempt = () => store.append({ stream: 'other-1', events: numbered(1) }, { failIfEventsMatch })
    await store.append({ stream: 'hold-1', events: numbered(1, 0, 'Held') })
    await store.retain({ category: 'hold' }, { maxAgeMs: 1_000 })
    clock.nowMs += 1_000
    await expectRefusal(store, attempt, 'append-condition-failed')
    clock.nowMs += 1
    await attempt()
    await store.append({ stream: 'hold-2', events: [...numbered(1, 0, 'Held'), ...numbered(1)] })
    await expectRefusal(store, attempt, 'append-condition-failed')
    await store.retain({ stream: 'hold-2' }, { maxCount: 1 })
    await attempt()
  }),

  storeCase('a condition that is none is refused', async (store) => {
    await recordTaggedEvents(store)
    const attempt = (condition: unknown) => () =>
      store.append({ stream: 'other-1', events: numbered(1) }, condition as AppendCondition)
    for (const query of invalidQueries)
      await expectRefusal(
        store,
        attempt({ failIfEventsMatch: query }),
        'invalid-argument',
        JSON.stringify(query),
      )
    for (const after of [-1, 0.5, Number.NaN, '0', null])
      await expectRefusal(
        store,
        attempt({ failIfEventsMatch: [{ types: ['Unheard'] }], after }),
        'invalid-argument',
        `after ${after}`,
      )
    await expectRefusal(store, attempt({}), 'invalid-argument')
  }),

  storeCase('a condition may have as many items, types and tags as the limit, and no more', async (store) => {
    const names = (count: number) => Array.from({ length: count }, (_, n) => `name-${n}`)
    const attempt = (condition: AppendCondition) => () =>
      store.append({ stream: 'other-1', events: numbered(1) }, condition)
    const queriesOf = (count: number) => [
      names(count).map((name) => ({ types: [name] })),
      [{ types: names(count) }],
      [{ tags: names(count) }],
    ]
    for (const failIfEventsMatch of queriesOf(limits.queryItemsMax)) await attempt({ failIfEventsMatch })()
    for (const failIfEventsMatch of queriesOf(limits.queryItemsMax + 1)) {
      const { details } = await expectRefusal(store, attempt({ failIfEventsMatch }), 'limit-exceeded')
      assert.equal(details.limit, 'queryItemsMax')
    }
  }),
]

async function checkCondition(
  store: EventStore,
  condition: AppendCondition,
  matching: readonly number[],
): Promise<void> {
  const about = JSON.stringify(condition)
  const attempt = () => store.append({ stream: 'other-1', events: numbered(1) }, condition)
  if (matching.length === 0) {
    await assert.doesNotReject(attempt(), about)
    return
  }
  const error = await expectRefusal(store, attempt, 'append-condition-failed', about)
  assert.deepEqual(error.details.condition, condition)
  assert.ok(matching.includes(error.details.position), `${about}: ${error.details.position} does not match`)
  assert.equal(error.retryable, true)
}
