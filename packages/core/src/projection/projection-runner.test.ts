import { expect, test } from 'vitest'
import { z } from 'zod'
import { KeptReadModels, kept } from '../../test/kept-read-models.ts'
import { Room, Visits, VisitsOf } from '../../test/seat.ts'
import {
  AnnalsError,
  createApp,
  createMemoryStore,
  defineProjectedQuery,
  defineProjection,
  type EventStore,
  inMemory,
  type Progress,
  type ReadModelStore,
} from '../index.ts'

const seatTaken = (by: string) => ({ type: 'SeatTaken', data: { by, side: 'left' } })
const fill = (store: EventStore, count: number) =>
  store.append({ stream: 'room-1', events: Array.from({ length: count }, (_, n) => seatTaken(`p${n % 3}`)) })
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  )

test('a projection takes in what is there and what comes', async () => {
  const store = createMemoryStore()
  await fill(store, 5_000)
  const app = createApp({ store, modules: [VisitsOf] })
  await app.waitFor(await store.head())
  expect(await app.query(VisitsOf, { person: 'p0' })).toBe(1667)
  const { position } = await fill(store, 3)
  expect(await app.query(VisitsOf, { person: 'p0' }, { waitFor: position })).toBe(1668)
  expect(await app.status()).toEqual([
    {
      name: 'visits',
      kind: 'projection',
      version: 1,
      state: 'live',
      position,
      lagEvents: 0,
      lagSeconds: 0,
      eventsPerSecond: expect.any(Number),
      parkedKeys: 0,
      error: undefined,
    },
  ])
  await app.close()
  expect(await app.status()).toMatchObject([{ state: 'stopped' }])
})

test('a read model is made anew by a rebuild, with progress to the end', async () => {
  const store = createMemoryStore()
  await fill(store, 10_000)
  const app = createApp({ store, modules: [VisitsOf] })
  await app.waitFor(await store.head())
  const told: Progress[] = []
  await app.rebuild('visits', { onProgress: (progress) => told.push(progress) })
  expect(await app.query(VisitsOf, { person: 'p1' })).toBe(3333)
  expect(told.at(-1)).toMatchObject({ done: await store.head(), total: await store.head(), secondsLeft: 0 })
})

test('a rebuild of an empty history ends', async () => {
  const app = createApp({ store: createMemoryStore(), modules: [VisitsOf] })
  await app.rebuild('visits')
  expect(await app.status()).toMatchObject([{ position: 0 }])
})

test('a rebuild of a projection that is not there is refused', async () => {
  const app = createApp({ store: createMemoryStore(), modules: [VisitsOf] })
  expect(await errorOf(app.rebuild('visitors'))).toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining('visits'),
  })
})

test('a projection goes on after its checkpoint and counts every event once, however often the application restarts', async () => {
  const store = createMemoryStore()
  const keeping = new KeptReadModels()
  let expected = 0
  for (let round = 1; round <= 5; round++) {
    const app = createApp({ store, modules: [KeptQuery], readModels: [keeping] })
    await fill(store, round * 10)
    expected += round * 10
    expect(await app.query(KeptQuery, {}, { waitFor: await store.head() })).toBe(expected)
    await app.close()
  }
})

test('a read model that has seen more than the log holds is made anew, since the log is an older copy', async () => {
  const keeping = new KeptReadModels()
  const store = createMemoryStore()
  await fill(store, 9)
  const app = createApp({ store, modules: [KeptQuery], readModels: [keeping] })
  await app.waitFor(9)
  await app.close()
  const older = createMemoryStore()
  await fill(older, 4)
  const restored = createApp({ store: older, modules: [KeptQuery], readModels: [keeping] })
  expect(await restored.query(KeptQuery, {}, { waitFor: 4 })).toBe(4)
  await restored.close()
})

test('a handler that returns a promise stops its projection with a sentence that says so', async () => {
  const Late = defineProjection({
    name: 'late',
    select: 'everything',
    events: Room.events,
    readModel: inMemory(() => ({ count: 0 })),
    on: { SeatTaken: (async () => Promise.reject(new Error('later'))) as () => void },
  })
  const store = createMemoryStore()
  const app = createApp({ store, modules: [Late] })
  await fill(store, 1)
  await expect(app.waitFor(1)).rejects.toMatchObject({
    code: 'projection-failed',
    message: expect.stringContaining('has to be synchronous'),
  })
  await app.close()
})

test('what the disk does to a read model is not put down to the handler', async () => {
  const store = createMemoryStore()
  const keeping = new KeptReadModels()
  const full = new AnnalsError('disk-full', 'There is no room left.', { path: 'kept' })
  const app = createApp({
    store,
    modules: [
      defineProjection({
        name: 'unlucky',
        select: 'everything',
        events: Room.events,
        readModel: kept,
        on: {
          SeatTaken: () => {
            throw full
          },
        },
      }),
    ],
    readModels: [keeping],
  })
  await fill(store, 1)
  await expect(app.waitFor(1)).rejects.toBe(full)
  expect(await app.status()).toMatchObject([{ state: 'failed', error: full }])
  const error = (await errorOf(app.waitFor(1))) as Error
  expect(error).toMatchObject({ code: 'projection-failed', cause: full })
  expect(error.message).not.toContain('Mend')
  await app.close()
})

test('closing the application ends those who wait', async () => {
  const app = createApp({ store: createMemoryStore(), modules: [VisitsOf] })
  const waiting = errorOf(app.waitFor(10))
  await app.ready()
  await app.close()
  expect(await waiting).toMatchObject({ code: 'store-closed' })
})

test('a read model that cannot be opened is told to whoever asks', async () => {
  const broken: ReadModelStore = {
    kind: 'kept',
    open: () => Promise.reject(new Error('the disk is gone')),
    close: async () => {},
  }
  const app = createApp({ store: createMemoryStore(), modules: [KeptQuery], readModels: [broken] })
  await expect(app.query(KeptQuery, {})).rejects.toThrow('the disk is gone')
  await app.close()
})

test.each([
  ['no name', { name: '' }, /needs a name/],
  ['a version of 0', { version: 0 }, /version has to be a whole number from 1/],
  ['no read model', { readModel: undefined }, /needs a readModel/],
  ['no handlers', { on: {} }, /no handler/],
  ['a handler of an undeclared type', { on: { Sold: () => undefined } }, /handles Sold/],
  ['both kinds of handlers', { onBatch: (): void => {} }, /both on and onBatch/],
  ['batches in memory', { on: undefined, onBatch: (): void => {} }, /undoes what a failed batch/],
  ['a key that is no function', { key: 'stream' }, /key has to be a function/],
  ['no attempts', { retry: { attemptsMax: 0 } }, /attemptsMax/],
  ['a bad selection', { select: { category: 'a-b' } }, /before the first "-"/],
])('a projection with %s is refused at its definition', (_case, change, sentence) => {
  const valid = {
    name: 'p',
    select: 'everything' as const,
    events: Room.events,
    readModel: inMemory(() => 0),
    on: { SeatTaken: () => undefined },
  }
  expect(() => defineProjection({ ...valid, ...(change as object) })).toThrow(sentence)
})

test.each([
  ['commands of one name', [Room, { ...Room, category: 'hall' }], /more than one command named "OpenRoom"/],
  ['deciders of one category', [Room, Room], /more than one decider named "room"/],
  ['queries of one name', [VisitsOf, { ...VisitsOf }], /more than one query named "VisitsOf"/],
  ['projections of one name', [Visits, { ...Visits }], /more than one projection named "visits"/],
])('an application with two %s is refused', (_case, modules, sentence) => {
  expect(() => createApp({ store: createMemoryStore(), modules: modules as never })).toThrow(sentence)
})

test('a read model with nowhere to be kept is refused at start', () => {
  expect(() => createApp({ store: createMemoryStore(), modules: [KeptQuery] })).toThrow(
    /given no readModels of that kind/,
  )
})

const Kept = defineProjection({
  name: 'kept',
  select: 'everything',
  events: Room.events,
  readModel: kept,
  on: { SeatTaken: ({ lines }, { data }) => void lines.push(data.by) },
})
const KeptQuery = defineProjectedQuery({
  name: 'Kept',
  input: z.object({}),
  projection: Kept,
  answer: ({ lines }) => lines.length,
})
