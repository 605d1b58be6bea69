import {
  AnnalsError,
  isAnnalsError,
  type RecordedEvent,
  type Subscription,
  type SubscriptionBatch,
} from '@annals/core'
import { lifecycleCases } from '../../src/store-conformance/lifecycle.ts'
import { subscriptionCases } from '../../src/store-conformance/subscription.ts'
import { subscriptionEndCases } from '../../src/store-conformance/subscription-end.ts'
import { changingBatches, withChanges } from '../wrapped-store.ts'

import { type BrokenStore, broken } from './broken-store.ts'

/** Stores that are broken in subscriptions and in closing. */
export const brokenSubscriptions: readonly BrokenStore[] = [
  broken('delivers an event twice at the hand-over from catch-up to live', subscriptionCases, (store) =>
    changingBatches(store, async function* (batches) {
      let last: RecordedEvent | undefined
      let wasLive = false
      for await (const batch of batches) {
        const again = wasLive && last && batch.events.length > 0 ? [last] : []
        yield { ...batch, events: [...again, ...batch.events] }
        last = batch.events.at(-1) ?? last
        wasLive = !wasLive && batch.live
      }
    }),
  ),
  broken('drops an event at the hand-over from catch-up to live', subscriptionCases, (store) =>
    changingBatches(store, async function* (batches) {
      let wasLive = false
      let dropped = false
      for await (const batch of batches) {
        const drop: boolean = wasLive && !dropped && batch.events.length > 0
        dropped ||= drop
        yield drop ? { ...batch, events: batch.events.slice(1) } : batch
        wasLive ||= batch.live
      }
    }),
  ),
  broken('gives checkpoints that lie ahead of what it has delivered', subscriptionCases, (store) =>
    changingBatches(store, async function* (batches) {
      for await (const batch of batches) yield { ...batch, position: await store.head() }
    }),
  ),
  broken('never tells that it has caught up', subscriptionCases, (store) =>
    changingBatches(store, async function* (batches) {
      for await (const batch of batches) yield { ...batch, live: false }
    }),
  ),
  broken('tells that it has caught up from the first batch on', subscriptionCases, (store) =>
    changingBatches(store, async function* (batches) {
      for await (const batch of batches) yield { ...batch, live: true }
    }),
  ),
  broken('begins with the event at the checkpoint', subscriptionCases, (store) =>
    withChanges(store, {
      subscribe: (selection, options = {}) =>
        store.subscribe(selection, options.after ? { ...options, after: options.after - 1 } : options),
    }),
  ),
  broken('piles up events that were not asked for', subscriptionEndCases, (store) =>
    withChanges(store, {
      subscribe: (selection, options) => {
        const subscription = store.subscribe(selection, options)
        return { ...subscription, batches: () => piledUp(subscription) }
      },
    }),
  ),
  broken('ignores the signal of a subscription', subscriptionEndCases, (store) =>
    withChanges(store, {
      subscribe: (selection, { after } = {}) => store.subscribe(selection, { after }),
    }),
  ),
  broken('ends subscriptions quietly when it is closed', subscriptionEndCases, (store) =>
    changingBatches(store, async function* (batches) {
      try {
        yield* batches
      } catch (error) {
        if (!isAnnalsError(error, 'store-closed')) throw error
      }
    }),
  ),
  broken('answers after it was closed', lifecycleCases, (store) => {
    let last = 0
    return withChanges(store, {
      head: async () => {
        last = await store.head().catch(() => last)
        return last
      },
    })
  }),
  broken('fails when it is closed again', lifecycleCases, (store) => {
    let closed = false
    return withChanges(store, {
      close: async () => {
        if (closed) throw new AnnalsError('store-closed', 'Closed already.', {})
        closed = true
        await store.close()
      },
    })
  }),
  broken('does not wait for running appends when it is closed', lifecycleCases, (store) =>
    withChanges(store, {
      append: async (appends, condition) => {
        await Promise.resolve()
        return store.append(appends, condition)
      },
    }),
  ),
]

async function* piledUp(subscription: Subscription): AsyncGenerator<SubscriptionBatch> {
  const pile: SubscriptionBatch[] = []
  let ended = false
  let wake = () => {}
  // Reads as fast as it can, however slow its subscriber is.
  const reading = (async () => {
    for await (const batch of subscription.batches()) {
      pile.push(batch)
      wake()
    }
  })().finally(() => {
    ended = true
    wake()
  })
  try {
    while (!ended || pile.length > 0) {
      const batch = pile.shift()
      if (batch) yield batch
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    subscription.close()
    await reading
  }
}
