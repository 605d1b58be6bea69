import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  type App,
  createApp,
  createMemoryCoordinator,
  createMemoryStore,
  defineConsumerGroup,
  defineEvent,
  defineOutbox,
  defineProcessManager,
  defineProjectedQuery,
  defineProjection,
  type EventStore,
  inMemory,
  type Module,
  target,
} from '../index.ts'

const price = z.object({ cents: z.int() })

/** Prices of today are in cents; those of version 1 were text, not all of which is a number. */
const events = {
  Priced: defineEvent({
    data: price,
    version: 2,
    upcasters: {
      1: ({ amount }: { amount: string }) => {
        if (amount === 'free') throw new Error('free is no number')
        return { cents: Number(amount) * 100 }
      },
    },
  }),
  Bought: z.object({}),
  Sold: defineEvent({
    data: z.object({}),
    splitFrom: {
      BoughtAndSold: ({ sold }: { sold: boolean }) => {
        if (!sold) throw new Error('it was not sold')
        return {}
      },
    },
  }),
}

async function history(): Promise<EventStore> {
  const store = createMemoryStore()
  const old = (stream: string, amount: string) =>
    store.append({ stream, events: [{ type: 'Priced', data: { amount } }] })
  await old('item-1', '1')
  await old('item-2', 'free')
  await old('item-1', '2')
  await old('item-2', '3')
  await store.append({ stream: 'item-3', events: [{ type: 'Priced', data: {}, metadata: { $version: 9 } }] })
  await store.append({ stream: 'item-4', events: [{ type: 'BoughtAndSold', data: { sold: false } }] })
  await old('item-5', '5')
  return store
}

const parkedOf = (app: App, name: string) =>
  app
    .consumer(name)
    .parked()
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, error, attempts }) => ({ key, error, attempts }))

/** What became of each of the three that cannot be read. */
const unreadable = [
  { key: 'item-2', error: expect.stringContaining('free is no number'), attempts: 1 },
  { key: 'item-3', error: expect.stringContaining('only up to version 2'), attempts: 1 },
  { key: 'item-4', error: expect.stringContaining('it was not sold'), attempts: 1 },
]

test.each(['in memory', 'in a target'])(
  'what cannot be read holds up its own key in a projection %s, and can be given other data',
  async (where) => {
    const seen: string[] = []
    const see = (stream: string, cents: number) => seen.push(`${stream}: ${cents}`)
    const common = { name: 'prices', select: 'everything', events } as const
    const Prices =
      where === 'in memory'
        ? defineProjection({
            ...common,
            readModel: inMemory(() => undefined),
            on: {
              Priced: (_, { stream, data }) => void see(stream, data.cents),
              Sold: () => void seen.push('sold'),
            },
          })
        : defineProjection({
            ...common,
            readModel: target({ open: () => undefined }),
            on: {
              Priced: async (_, { stream, data }) => void see(stream, data.cents),
              Sold: async () => void seen.push('sold'),
            },
          })
    const app = createApp({ store: await history(), modules: [Prices] })
    await app.waitFor(7)
    expect(parkedOf(app, 'prices')).toEqual(unreadable)
    // Those of different keys may come in any order.
    expect([...seen].sort()).toEqual(['item-1: 100', 'item-1: 200', 'item-5: 500'])
    await app.consumer('prices').edit('item-2', { cents: 0 })
    expect(seen.slice(3)).toEqual(['item-2: 0', 'item-2: 300'])
    await app.consumer('prices').discard('item-4')
    expect(seen).not.toContain('sold')
    expect(parkedOf(app, 'prices').map(({ key }) => key)).toEqual(['item-3'])
    await app.close()
  },
)

test('a handler that looks at no data does not count what cannot be read', async () => {
  const Count = defineProjection({
    name: 'count',
    select: 'everything',
    events,
    readModel: inMemory(() => ({ events: 0 })),
    on: { Priced: (model) => void model.events++, Sold: (model) => void model.events++ },
  })
  const Counted = defineProjectedQuery({
    name: 'Counted',
    input: z.object({}),
    projection: Count,
    answer: (model) => model.events,
  })
  const app = createApp({ store: await history(), modules: [Counted] })
  expect(await app.query(Counted, {}, { waitFor: 7 })).toBe(3)
  await app.close()
})

test('process managers, outboxes and consumer groups go on without what cannot be read', async () => {
  const delivered: number[] = []
  const handled: number[] = []
  const Watching = defineProcessManager({
    name: 'watching',
    reactsTo: { Priced: events.Priced },
    select: 'everything',
    key: ({ stream }) => stream,
    events: { Watched: price },
    initialState: () => ({}),
    evolve: { Watched: (state) => state },
    on: { Priced: (_state, { data }) => ({ type: 'Watched', data: { cents: data.cents } }) },
  })
  const Telling = defineOutbox({
    name: 'telling',
    select: 'everything',
    events: { Priced: events.Priced },
    messages: { Priced: ({ data }) => ({ body: { cents: data.cents } }) },
    deliver: async ({ body }) => void delivered.push((body as { cents: number }).cents),
  })
  const Sharing = defineConsumerGroup({
    name: 'sharing',
    events: { Priced: events.Priced },
    on: { Priced: ({ data }) => void handled.push(data.cents) },
  })
  const modules: Module[] = [Watching, Telling, Sharing]
  const app = createApp({ store: await history(), modules, coordinator: createMemoryCoordinator() })
  for (const name of ['watching', 'telling', 'sharing'])
    await expect.poll(() => parkedOf(app, name)).toEqual(unreadable.filter(({ key }) => key !== 'item-4'))
  for (const seen of [delivered, handled]) await expect.poll(() => seen.toSorted()).toEqual([100, 200, 500])
  await app.close()
})

test('once the upcaster has been mended, what was parked is handled when it is retried', async () => {
  const store = await history()
  const seen: number[] = []
  const prices = (upcaster: (data: { amount: string }) => { cents: number }) =>
    defineProjection({
      name: 'prices',
      select: { category: 'item' },
      events: { Priced: defineEvent({ data: price, version: 2, upcasters: { 1: upcaster } }) },
      readModel: target({ open: () => undefined }),
      on: { Priced: async (_, { data }) => void seen.push(data.cents) },
    })
  const broken = createApp({
    store,
    modules: [
      prices(() => {
        throw new Error('broken')
      }),
    ],
  })
  await broken.waitFor(7)
  expect(parkedOf(broken, 'prices').map(({ key }) => key)).toEqual(['item-1', 'item-2', 'item-3', 'item-5'])
  await broken.close()
  const mended = createApp({ store, modules: [prices(({ amount }) => ({ cents: Number(amount) || 0 }))] })
  await mended.ready()
  await mended.consumer('prices').retry('item-1')
  await mended.consumer('prices').retry('item-2')
  expect(seen).toEqual([1, 2, 0, 3])
  await mended.close()
})
