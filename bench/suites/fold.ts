import { join } from 'node:path'
import { createApp, createMemoryStore, defineFold, defineLiveQuery, type EventStore } from '@annals/core'
import { openLog } from '@annals/log'
import { z } from 'zod'
import { timed } from '../measure.ts'
import { cartStream, Shop } from '../shop-events.ts'
import type { Bench, Suite } from '../suite.ts'

const streamCount = 100
const eventsEach = 1_000

/** Live queries that each fold a stream of 1,000 events. */
export const fold: Suite = {
  name: 'fold',
  async run(bench) {
    const log = await openLog(join(bench.directory, 'log'))
    await measureFolds(bench, log, 'annals log')
    await log.close()
    const memory = createMemoryStore()
    await measureFolds(bench, memory, 'memory store')
    await memory.close()
  },
}

// A cheap state, so that it is replaying that is measured and not what a domain does.
const line = z.object({ quantity: z.int(), unitPrice: z.string() })
const totals = defineFold({
  events: { ItemAdded: line, ItemRemoved: line, QuantityChanged: line },
  initialState: () => ({ changes: 0, quantity: 0 }),
  evolve: {
    ItemAdded: (cart, { quantity }) => ({ changes: cart.changes + 1, quantity: cart.quantity + quantity }),
    ItemRemoved: (cart, { quantity }) => ({ changes: cart.changes + 1, quantity: cart.quantity - quantity }),
    QuantityChanged: (cart, { quantity }) => ({ changes: cart.changes + 1, quantity }),
  },
})

const CartTotals = defineLiveQuery({
  name: 'CartTotals',
  input: z.object({ cart: z.string() }),
  select: ({ cart }) => ({ stream: cart }),
  fold: totals,
  answer: (cart) => cart,
})

async function measureFolds(bench: Bench, store: EventStore, system: string): Promise<void> {
  await fill(store)
  const texts = new Shop()
    .record(0, eventsEach)
    .map((event) => ({ type: event.type, json: JSON.stringify(event.data) }))
  const app = createApp({ store, modules: [CartTotals] })
  await bench.measure(`fold streams of ${eventsEach.toLocaleString('en')} events`, async () => {
    const folded = await timed(async () => {
      for (let number = 0; number < streamCount; number++) {
        const { changes } = await app.query(CartTotals, { cart: cartStream(number) })
        if (changes !== eventsEach) throw new Error(`${changes} events were folded instead of ${eventsEach}.`)
      }
    })
    const alone = await timed(() => {
      for (let number = 0; number < streamCount; number++) foldTexts(texts)
    })
    return [
      { system, unit: 'streams/s', value: streamCount / folded.seconds },
      { system, unit: 'events/s', value: (streamCount * eventsEach) / folded.seconds },
      {
        system: 'JSON.parse and evolve alone',
        unit: 'events/s',
        value: (streamCount * eventsEach) / alone.seconds,
      },
    ]
  })
  await app.close()
}

// Ten events of each stream at a time, so that each lies scattered over the log.
async function fill(store: EventStore): Promise<void> {
  const shop = new Shop()
  for (let from = 0; from < eventsEach; from += 10) {
    await store.append(
      Array.from({ length: streamCount }, (_, number) => ({
        stream: cartStream(number),
        events: shop.record(number, 10),
      })),
    )
  }
}

function foldTexts(texts: readonly { readonly type: string; readonly json: string }[]): void {
  let state = totals.initialState()
  for (const { type, json } of texts) {
    const evolve = totals.evolve[type as keyof typeof totals.events] as
      | ((before: typeof state, data: { quantity: number }) => typeof state)
      | undefined
    if (evolve) state = evolve(state, JSON.parse(json))
  }
  if (state.changes !== eventsEach) throw new Error(`${state.changes} events were folded.`)
}
