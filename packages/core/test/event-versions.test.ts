import {
  createApp,
  createMemoryStore,
  defineCommand,
  defineEvent,
  defineFold,
  defineLiveQuery,
  defineProjectedQuery,
  defineProjection,
  inMemory,
  reject,
  target,
} from '@annals/core'
import { expect, test } from 'vitest'
import { z } from 'zod'

const events = {
  SeatSold: defineEvent({
    data: z.object({ hall: z.string(), to: z.string() }),
    version: 2,
    upcasters: { 1: ({ hall, name }: { hall: string; name: string }) => ({ hall, to: name }) },
    renamedFrom: ['TicketSold'],
    tags: ({ hall }) => [`hall:${hall}`],
  }),
}

const SoldBefore = defineFold({
  events,
  initialState: (): readonly string[] => [],
  evolve: { SeatSold: (sold, { to }) => [...sold, to] },
})

const SellSeat = defineCommand({
  name: 'SellSeat',
  input: z.object({ hall: z.string(), to: z.string() }),
  events,
  rejections: { 'sold-out': 'Both seats are sold.' },
  stream: ({ hall }) => `hall-${hall}`,
  model: ({ hall }) => ({
    sold: {
      fold: SoldBefore,
      tags: [`hall:${hall}`],
    },
  }),
  decide: ({ sold }, data) => (sold.length < 2 ? { type: 'SeatSold', data } : reject('sold-out', { sold })),
})

const SoldTo = defineProjectedQuery({
  name: 'SoldTo',
  input: z.object({}),
  projection: defineProjection({
    name: 'sold-to',
    select: { query: [{ types: ['SeatSold'] }] },
    events,
    readModel: inMemory((): string[] => []),
    on: { SeatSold: (names, { data }) => void names.push(data.to) },
  }),
  answer: (names) => [...names],
})

const old = { type: 'TicketSold', data: { hall: 'a', name: 'Ada' }, tags: ['hall:a'] }

test('a decision model counts events of older types and versions, and one of those that comes in between is a conflict', async () => {
  const store = createMemoryStore()
  await store.append({ stream: 'hall-a', events: [old] })
  const append = store.append.bind(store)
  let isFirst = true
  store.append = async (...given) => {
    if (isFirst) {
      isFirst = false
      await append({ stream: 'hall-a', events: [{ ...old, data: { hall: 'a', name: 'Bob' } }] })
    }
    return append(...given)
  }
  const app = createApp({ store, modules: [SellSeat] })
  expect(await app.execute(SellSeat, { hall: 'a', to: 'Cyd' })).toMatchObject({
    accepted: false,
    code: 'sold-out',
    details: { sold: ['Ada', 'Bob'] },
  })
  expect(await app.execute(SellSeat, { hall: 'b', to: 'Cyd' })).toMatchObject({
    accepted: true,
    events: [{ type: 'SeatSold', tags: ['hall:b'], metadata: { $version: 2 } }],
  })
})

test('a projection sees the events of today, whatever they were recorded as, and selects them by the types of today', async () => {
  const store = createMemoryStore()
  await store.append({ stream: 'hall-a', events: [old, { type: 'Other', data: {} }] })
  const app = createApp({ store, modules: [SellSeat, SoldTo] })
  await app.execute(SellSeat, { hall: 'a', to: 'Bob' })
  const later = await store.append({
    stream: 'hall-a',
    events: [{ ...old, data: { hall: 'a', name: 'Cyd' } }],
  })
  expect(await app.query(SoldTo, {}, { waitFor: later.position })).toEqual(['Ada', 'Bob', 'Cyd'])
  const answers = app.watch(SoldTo, {})[Symbol.asyncIterator]()
  expect((await answers.next()).value).toEqual(['Ada', 'Bob', 'Cyd'])
  await answers.return?.()
  await app.rebuild('sold-to')
  expect(await app.query(SoldTo, {})).toEqual(['Ada', 'Bob', 'Cyd'])
  await app.close()
})

test('a target and whoever watches a live query see the events of today too', async () => {
  const store = createMemoryStore()
  const told: string[] = []
  const Telling = defineProjection({
    name: 'telling',
    select: { query: [{ types: ['SeatSold'] }] },
    events,
    readModel: target({ open: () => told }),
    on: { SeatSold: async (names, { data }) => void names.push(data.to) },
  })
  const Sold = defineLiveQuery({
    name: 'Sold',
    input: z.object({}),
    select: () => ({ query: [{ types: ['SeatSold'] }] }),
    fold: SoldBefore,
    answer: (sold) => sold,
  })
  const app = createApp({ store, modules: [Telling, Sold] })
  const answers = app.watch(Sold, {})[Symbol.asyncIterator]()
  expect((await answers.next()).value).toEqual([])
  const { position } = await store.append({ stream: 'hall-a', events: [old] })
  expect((await answers.next()).value).toEqual(['Ada'])
  await app.waitFor(position)
  expect(told).toEqual(['Ada'])
  await answers.return?.()
  await app.close()
})

test('an event that a projection cannot make current is held back, and so is what comes after it in its stream', async () => {
  const store = createMemoryStore()
  const app = createApp({ store, modules: [SoldTo] })
  const { position } = await store.append({
    stream: 'hall-a',
    events: [{ type: 'SeatSold', data: {}, metadata: { $version: 9 } }],
  })
  await app.waitFor(position)
  expect(await app.consumer('sold-to').status()).toMatchObject({ state: 'live', parkedKeys: 1 })
  const error = expect.stringContaining('whose version is 9')
  expect(app.consumer('sold-to').parked()).toMatchObject([{ key: 'hall-a', position, error }])
  await app.close()
})
