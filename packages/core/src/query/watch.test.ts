import { beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { KeptReadModels, kept } from '../../test/kept-read-models.ts'
import { Room, VisitsOf, WhoSits } from '../../test/seat.ts'
import {
  type App,
  createApp,
  createMemoryStore,
  defineEvent,
  defineFold,
  defineLiveQuery,
  defineProjectedQuery,
  defineProjection,
  type EventStore,
} from '../index.ts'

const Taken = defineLiveQuery({
  name: 'Taken',
  input: z.object({}),
  select: () => ({ category: 'room' }),
  fold: defineFold({
    events: Room.events,
    initialState: () => 0,
    evolve: { SeatTaken: (count) => count + 1 },
  }),
  answer: (count) => ({ count }),
})

let store: EventStore
let app: App
const { OpenRoom, TakeSeat } = Room.commands

beforeEach(async () => {
  store = createMemoryStore()
  app = createApp({ store, modules: [Room, WhoSits, Taken, VisitsOf] })
  await app.execute(OpenRoom, 'room-1', { seats: 100 })
})

const take = (by: string) => app.execute(TakeSeat, 'room-1', { by })
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  )

test('a live query gives its answer now, and another one whenever it has changed', async () => {
  const answers = app.watch(Taken, {})
  expect(await answers.next()).toEqual({ done: false, value: { count: 0 } })
  for (const [index, by] of ['Ada', 'Bob', 'Cyd'].entries()) {
    const next = answers.next()
    await take(by)
    expect(await next).toEqual({ done: false, value: { count: index + 1 } })
  }
  await answers.return?.()
})

test('what is recorded without changing the answer gives none', async () => {
  const answers = app.watch(Taken, {})
  await answers.next()
  const next = answers.next()
  await app.append({ stream: 'hall-1', events: [{ type: 'SeatTaken', data: {} }] })
  await app.execute(OpenRoom, 'room-2', { seats: 1 })
  await take('Ada')
  expect(await next).toMatchObject({ value: { count: 1 } })
  await answers.return?.()
})

test('a projected query gives its answer now, and another one whenever its read model has moved to one', async () => {
  const answers = app.watch(VisitsOf, { person: 'Ada' })
  expect(await answers.next()).toEqual({ done: false, value: 0 })
  const next = answers.next()
  await take('Bob')
  await take('Ada')
  expect(await next).toEqual({ done: false, value: 1 })
  await answers.return?.()
})

test.each([
  ['live', Taken, {}, (count: number) => ({ count })],
  ['projected', VisitsOf, { person: 'p' }, (count: number) => count],
] as const)(
  'whoever reads a %s query slowly passes answers over, but never the last',
  async (_, query, input, answer) => {
    const answers = app.watch(query, input as never)
    await answers.next()
    for (let count = 0; count < 50; count++)
      await app.append({ stream: 'room-1', events: [{ type: 'SeatTaken', data: { by: 'p' } }] })
    await app.waitFor(await store.head())
    expect(await answers.next()).toEqual({ done: false, value: answer(50) })
    await answers.return?.()
  },
)

test('a live query reads what is there once, and then only what comes', async () => {
  for (const by of ['Ada', 'Bob', 'Cyd']) await take(by)
  const folded: string[] = []
  const Told = defineLiveQuery({
    name: 'Told',
    input: z.object({}),
    select: () => ({ stream: 'room-1' }),
    fold: defineFold({
      events: Room.events,
      initialState: () => 0,
      evolve: {
        SeatTaken: (count, { by }) => {
          folded.push(by)
          return count + 1
        },
      },
    }),
    answer: (count) => count,
  })
  const told = createApp({ store, modules: [Told] })
  const answers = told.watch(Told, {})
  await answers.next()
  const next = answers.next()
  await take('Dan')
  expect(await next).toMatchObject({ value: 4 })
  expect(folded).toEqual(['Ada', 'Bob', 'Cyd', 'Dan'])
  await told.close()
})

const watched = [
  ['live', () => app.watch(Taken, {})],
  ['projected', () => app.watch(VisitsOf, { person: 'Ada' })],
] as const

test.each(watched)(
  'leaving the loop ends a %s one, though it waits for the next answer',
  async (_, watch) => {
    const answers = watch()
    await answers.next()
    const waiting = answers.next()
    await answers.return?.()
    expect(await waiting).toMatchObject({ done: true })
    expect(await answers.next()).toMatchObject({ done: true })
  },
)

test.each(watched)('closing the application ends a %s one without an error', async (_, watch) => {
  const answers = watch()
  await answers.next()
  const waiting = answers.next()
  await app.close()
  expect(await waiting).toMatchObject({ done: true })
})

test('a signal ends it without an error, also one that has aborted before', async () => {
  for (const [query, input] of [
    [Taken, {}],
    [VisitsOf, { person: 'Ada' }],
  ] as const) {
    const abort = new AbortController()
    const answers = app.watch(query, input as never, { signal: abort.signal })
    await answers.next()
    const waiting = answers.next()
    abort.abort()
    expect(await waiting).toMatchObject({ done: true })
    expect(await app.watch(query, input as never, { signal: abort.signal }).next()).toMatchObject({
      done: true,
    })
  }
})

test('what cannot be asked fails at the first answer', async () => {
  expect(await errorOf(app.watch(WhoSits, { room: 'room-9' }).next())).toMatchObject({
    code: 'stream-not-found',
  })
  expect(await errorOf(app.watch(WhoSits, { room: 7 as never }).next())).toMatchObject({
    code: 'invalid-input',
  })
  const other = createApp({ store, modules: [Room] })
  expect(await errorOf(other.watch(Taken, {}).next())).toMatchObject({ code: 'unknown-query' })
})

test('it is allowed and audited as a query is, once', async () => {
  const Guarded = defineLiveQuery({
    name: 'Guarded',
    input: z.object({}),
    select: () => ({ category: 'room' }),
    fold: Taken.fold,
    authorize: (caller) => caller?.id === 'ann',
    audit: (_input, { caller }) => ({
      stream: 'audit-1',
      events: [{ type: 'Asked', data: { by: caller?.id ?? null } }],
    }),
    answer: (count) => count,
  })
  const guarded = createApp({ store, modules: [Room, Guarded] })
  expect(await errorOf(guarded.watch(Guarded, {}).next())).toMatchObject({ code: 'not-authorized' })
  const answers = guarded.watch(Guarded, {}, { caller: { id: 'ann' } })
  await answers.next()
  const next = answers.next()
  await take('Ada')
  await next
  expect((await Array.fromAsync(store.read({ stream: 'audit-1' }))).map(({ data }) => data)).toEqual([
    { by: 'ann' },
  ])
  await guarded.close()
})

test('a projected one goes on over a rebuild, and ends with an error when its projection cannot go on', async () => {
  const readModels = [new KeptReadModels()]
  const Sitting = defineProjectedQuery({
    name: 'Sitting',
    input: z.object({}),
    projection: defineProjection({
      name: 'sitting',
      select: { category: 'room' },
      events: Room.events,
      readModel: kept,
      on: {
        SeatTaken: ({ lines }, { data }) =>
          data.by === 'Nobody' ? Promise.resolve() : void lines.push(data.by),
      },
    }),
    answer: ({ lines }) => lines.length,
  })
  const rebuilt = createApp({ store, modules: [Sitting], readModels })
  const answers = rebuilt.watch(Sitting, {})
  await answers.next()
  await rebuilt.rebuild('sitting')
  const next = answers.next()
  await take('Ada')
  expect(await next).toMatchObject({ value: 1 })
  const last = errorOf(answers.next())
  await take('Nobody')
  expect(await last).toMatchObject({ code: 'projection-failed' })
  await rebuilt.close()
})

test('a live query that is watched sees old events as those of today, those that come too', async () => {
  const Renamed = defineLiveQuery({
    name: 'Renamed',
    input: z.object({}),
    select: () => ({ query: [{ types: ['ChairTaken'] }] }),
    fold: defineFold({
      events: {
        ChairTaken: defineEvent({ data: z.object({ by: z.string() }), renamedFrom: ['SeatTaken'] }),
      },
      initialState: () => [] as string[],
      evolve: { ChairTaken: (people, { by }) => [...people, by] },
    }),
    answer: (people) => people,
  })
  const renamed = createApp({ store, modules: [Renamed] })
  await take('Ada')
  const answers = renamed.watch(Renamed, {})
  expect(await answers.next()).toMatchObject({ value: ['Ada'] })
  const next = answers.next()
  await take('Bob')
  expect(await next).toMatchObject({ value: ['Ada', 'Bob'] })
  await renamed.close()
})
