import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { type EventStore, type RecordedEvent, type SubscribeOptions, startOfLog } from '@annals/core'
import { type ConformanceCase, storeCase } from './case.ts'
import { numbered } from './collect.ts'
import { expectError } from './expect-error.ts'

/** How subscriptions end, and how those are borne that stand still. */
export const subscriptionEndCases: readonly ConformanceCase[] = [
  storeCase('a subscription ends without an error when its signal aborts', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3) })
    const stop = new AbortController()
    const seen: unknown[] = []
    const reading = (async () => {
      for await (const { data } of store.subscribe('everything', { signal: stop.signal })) seen.push(data)
    })()
    const silence = expectSilence(
      store,
      () => seen.length,
      () => stop.abort(),
    )
    await Promise.all([silence, reading])
    assert.deepEqual(seen, [0, 1, 2])
  }),

  storeCase('a subscription whose signal has aborted already delivers nothing', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3) })
    assert.deepEqual(await drain(store, { signal: AbortSignal.abort() }), [])
  }),

  storeCase(
    'a subscription ends without an error when it is closed, before, while and after it is read',
    async (store) => {
      await store.append({ stream: 'cart-1', events: numbered(3) })
      const unread = store.subscribe('everything')
      unread.close()
      for await (const _ of unread) assert.fail('A closed subscription delivered an event.')

      const waiting = store.subscribe('everything')
      const seen: unknown[] = []
      const reading = (async () => {
        for await (const { data } of waiting) seen.push(data)
      })()
      await expectSilence(
        store,
        () => seen.length,
        () => waiting.close(),
      )
      await reading
      assert.deepEqual(seen, [0, 1, 2])

      const left = store.subscribe('everything')
      for await (const _ of left) break
      left.close()
      left.close()
    },
  ),

  storeCase('a subscription that is closed in mid-batch delivers no further batch', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(2_500) })
    const subscription = store.subscribe('everything')
    let batchCount = 0
    for await (const _ of subscription.batches()) {
      batchCount++
      subscription.close()
    }
    assert.equal(batchCount, 1)
  }),

  storeCase('a subscription that is left frees what it held', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3) })
    for (let time = 0; time < 20; time++) for await (const _ of store.subscribe('everything')) break
    await store.append({ stream: 'cart-1', events: numbered(1) })
    await store.close()
  }),

  storeCase('closing the store ends its subscriptions with store-closed', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(3) })
    const waiting = [startOfLog, await store.head()].map((after) =>
      expectError(() => drain(store, { after }), 'store-closed'),
    )
    const paused = store.subscribe('everything').batches()[Symbol.asyncIterator]()
    await paused.next()
    await store.close()
    await Promise.all(waiting)
    await expectError(() => paused.next(), 'store-closed')
  }),

  storeCase('closing a subscription and then the store ends it without an error', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(2_500) })
    const subscription = store.subscribe('everything')
    const batches = subscription.batches()[Symbol.asyncIterator]()
    await batches.next()
    subscription.close()
    await store.close()
    assert.equal((await batches.next()).done, true)
  }),

  storeCase(
    'the events of a subscriber that stands still wait in the store, not in memory',
    async (store) => {
      await store.append({ stream: 'meter-1', events: numbered(1) })
      const batches = store.subscribe('everything').batches()[Symbol.asyncIterator]()
      await batches.next()
      const padding = 'x'.repeat(1_000)
      const events = numbered(5_000).map(({ type, data }) => ({ type, data: { n: data as number, padding } }))
      for (let time = 0; time < 4; time++) await store.append({ stream: 'meter-2', events })
      // What was handed over before it was asked for is delivered in spite of being hidden now; it tells how much it was.
      await store.truncate('meter-2', { beforeRevision: 20_000 })
      const head = await store.head()
      let delivered = 0
      for (let position = startOfLog; position < head; ) {
        const { value } = await batches.next()
        assert.ok(value)
        position = value.position
        delivered += value.events.length
      }
      await batches.return?.()
      assert.ok(
        delivered < 10_000,
        `${delivered} of 20,000 events had left the store before they were asked for.`,
      )
    },
  ),

  storeCase('a subscriber that is slow gets every event, in batches that are bounded', async (store) => {
    const batches = store.subscribe('everything').batches()[Symbol.asyncIterator]()
    await batches.next()
    for (let time = 0; time < 4; time++)
      await store.append({ stream: 'meter-1', events: numbered(5_000, time * 5_000) })
    let next = 0
    while (next < 20_000) {
      const { value } = await batches.next()
      assert.ok(value)
      assert.ok(value.events.length <= 10_000, `One batch has ${value.events.length} events.`)
      for (const { data } of value.events) assert.equal(data, next++)
    }
    await batches.return?.()
  }),
]

/**
 * Waits for three events to be delivered, ends the subscription, and appends a fourth, so that a subscription that goes
 * on is found out and not waited for.
 */
async function expectSilence(
  store: EventStore,
  deliveredCount: () => number,
  end: () => void,
): Promise<void> {
  while (deliveredCount() < 3) await setTimeout(5)
  end()
  await store.append({ stream: 'cart-1', events: numbered(1, 3) })
  await setTimeout(50)
  assert.equal(deliveredCount(), 3, 'The subscription went on.')
}

/** Reads a subscription to its end. */
async function drain(store: EventStore, options: SubscribeOptions): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const event of store.subscribe('everything', options)) events.push(event)
  return events
}
