import { expect, test } from 'vitest'
import { z } from 'zod'
import { KeptReadModels, kept, type Lines } from '../../test/kept-read-models.ts'
import { Room, VisitsOf } from '../../test/seat.ts'
import {
  AnnalsError,
  type AppOptions,
  createApp,
  createMemoryStore,
  defineProjectedQuery,
  defineProjection,
  type EventStore,
  type Progress,
} from '../index.ts'

const taken = (by: string) => ({
  stream: 'room-1',
  events: [{ type: 'SeatTaken', data: { by, side: 'left' } }],
})

/** Writes down who takes a seat, with a mark that tells which version wrote it. */
const sitting = (
  version: number,
  more: {
    readonly write?: (model: Lines, by: string) => void
    readonly ask?: (model: Lines) => unknown
  } = {},
) =>
  defineProjectedQuery({
    name: 'Sitting',
    input: z.object({}),
    projection: defineProjection({
      name: 'sitting',
      version,
      select: { category: 'room' },
      events: Room.events,
      readModel: kept,
      on: {
        SeatTaken: (model, { data }) =>
          more.write ? more.write(model, data.by) : void model.lines.push(`${data.by} ${version}`),
      },
    }),
    answer: (model) => (more.ask ? more.ask(model) : [...model.lines]),
  })

async function storeWith(...people: readonly string[]): Promise<EventStore> {
  const store = createMemoryStore()
  for (const by of people) await store.append(taken(by))
  return store
}

const start = (
  store: EventStore,
  query: ReturnType<typeof sitting>,
  readModels: KeptReadModels,
  more: Partial<AppOptions> = {},
) => createApp({ store, modules: [Room, query], readModels: [readModels], ...more })

async function caughtUp(store: EventStore, query: ReturnType<typeof sitting>, readModels: KeptReadModels) {
  const app = start(store, query, readModels)
  await app.waitFor(await store.head())
  await app.close()
}

/** A store whose events do not come before they are let through. */
function heldBack(store: EventStore): { readonly store: EventStore; readonly letThrough: () => void } {
  const gate = Promise.withResolvers<void>()
  const held: EventStore = {
    append: store.append.bind(store),
    read: store.read.bind(store),
    subscribe: (selection, options) => {
      const subscription = store.subscribe(selection, options)
      const ended = Promise.withResolvers<void>()
      return {
        close: () => {
          subscription.close()
          ended.resolve()
        },
        async *batches() {
          await Promise.race([gate.promise, ended.promise])
          yield* subscription.batches()
        },
        async *[Symbol.asyncIterator]() {
          await Promise.race([gate.promise, ended.promise])
          yield* subscription
        },
      }
    },
    stream: store.stream.bind(store),
    streams: store.streams.bind(store),
    head: store.head.bind(store),
    retain: store.retain.bind(store),
    truncate: store.truncate.bind(store),
    tombstone: store.tombstone.bind(store),
    close: store.close.bind(store),
  }
  return { store: held, letThrough: gate.resolve }
}

test('while the read model of a changed version is made the old one answers, and whoever waits for a position gets the new one', async () => {
  const store = await storeWith('Ada', 'Bob')
  const readModels = new KeptReadModels()
  await caughtUp(store, sitting(1), readModels)
  const { store: held, letThrough } = heldBack(store)
  const query = sitting(2)
  const app = start(held, query, readModels)
  expect(await app.query(query, {})).toEqual(['Ada 1', 'Bob 1'])
  expect(await app.consumer('sitting').status()).toMatchObject({ state: 'catching-up', position: 0 })
  const waiting = app.query(query, {}, { waitFor: await store.head() })
  letThrough()
  expect(await waiting).toEqual(['Ada 2', 'Bob 2'])
  await expect.poll(() => app.consumer('sitting').status()).toMatchObject({ state: 'live', lagEvents: 0 })
  await app.close()
})

test('a query that the old read model cannot answer is told to come back', async () => {
  const store = await storeWith('Ada')
  const readModels = new KeptReadModels()
  await caughtUp(store, sitting(1), readModels)
  const { store: held, letThrough } = heldBack(store)
  const query = sitting(2, {
    ask: ({ lines }) => {
      if (lines.includes('Ada 1')) throw new Error('no such column: seat')
      return lines.length
    },
  })
  const app = start(held, query, readModels)
  await expect(app.query(query, {})).rejects.toMatchObject({
    code: 'read-model-building',
    retryable: true,
    message: expect.stringContaining('no such column: seat'),
  })
  letThrough()
  await app.waitFor(await store.head())
  expect(await app.query(query, {})).toBe(1)
  await app.close()
})

test('a rebuild goes on beside the one in use, which takes in what comes, and no answer is ever older than the one before', async () => {
  const store = await storeWith(...Array.from({ length: 5_000 }, (_, index) => `p${index}`))
  const readModels = new KeptReadModels()
  const query = sitting(1)
  const app = start(store, query, readModels)
  await app.waitFor(await store.head())
  const told: Progress[] = []
  let isDone = false
  const rebuilt = app
    .rebuild('sitting', { onProgress: (progress) => told.push(progress) })
    .finally(() => (isDone = true))
  let seen = 5_000
  while (!isDone) {
    const { position } = await app.append(taken('later'))
    const answer = (await app.query(query, {}, { waitFor: position })) as string[]
    expect(answer.length).toBe(++seen)
  }
  expect(await rebuilt).toMatchObject({ switchedOver: true, differences: undefined })
  const { done = 0, total } = told.at(-1) ?? {}
  expect(told.at(-1)).toMatchObject({ done: total, secondsLeft: 0 })
  expect(done).toBeGreaterThanOrEqual(5_000)
  expect(readModels.files.get('sitting')?.build).toBe(1)
  await app.close()
})

test('a build that is interrupted leaves the old read model as it was, and is gone on with by the next start', async () => {
  const store = await storeWith('Ada', 'Bob')
  const readModels = new KeptReadModels()
  await caughtUp(store, sitting(1), readModels)
  const { store: held } = heldBack(store)
  const app = start(held, sitting(2), readModels)
  await app.ready()
  await app.close()
  expect(readModels.files.get('sitting')).toMatchObject({ version: 1, lines: ['Ada 1', 'Bob 1'] })
  const query = sitting(2)
  const again = start(store, query, readModels)
  expect(await again.query(query, {}, { waitFor: await store.head() })).toEqual(['Ada 2', 'Bob 2'])
  await again.close()
  expect(readModels.files.has('sitting beside')).toBe(false)
})

test('a rebuild that fails leaves the one in use at work', async () => {
  const store = await storeWith('Ada')
  let isBroken = false
  const readModels = new KeptReadModels((what) => {
    if (isBroken && what === 'write sitting beside')
      throw new AnnalsError('disk-full', 'There is no room left.', { path: 'kept' })
  })
  const query = sitting(1)
  const app = start(store, query, readModels)
  await app.waitFor(await store.head())
  isBroken = true
  await expect(app.rebuild('sitting')).rejects.toMatchObject({ code: 'disk-full' })
  const { position } = await app.append(taken('Bob'))
  expect(await app.query(query, {}, { waitFor: position })).toEqual(['Ada 1', 'Bob 1'])
  expect(await app.status()).toMatchObject([{ state: 'live', error: { code: 'disk-full' } }])
  isBroken = false
  await app.rebuild('sitting')
  expect(await app.query(query, {})).toEqual(['Ada 1', 'Bob 1'])
  expect(await app.status()).toMatchObject([{ error: undefined }])
  await app.close()
})

test('a new version that cannot be made fails its projection, which goes on answering as before and can be tried again', async () => {
  const store = await storeWith('Ada')
  let isBroken = true
  const readModels = new KeptReadModels((what) => {
    if (isBroken && what === 'replace sitting')
      throw new AnnalsError('disk-full', 'There is no room left.', { path: 'kept' })
  })
  await caughtUp(store, sitting(1), readModels)
  const query = sitting(2)
  const app = start(store, query, readModels)
  await expect
    .poll(() => app.consumer('sitting').status())
    .toMatchObject({
      state: 'failed',
      error: { code: 'disk-full' },
    })
  expect(await app.query(query, {})).toEqual(['Ada 1'])
  isBroken = false
  await app.consumer('sitting').resume()
  expect(await app.query(query, {}, { waitFor: await store.head() })).toEqual(['Ada 2'])
  await app.close()
})

test('with rebuilds on request the old read model stays until it is asked for, and one that is not to switch over changes nothing', async () => {
  const store = await storeWith('Ada')
  const readModels = new KeptReadModels()
  await caughtUp(store, sitting(1), readModels)
  const query = sitting(2)
  const app = start(store, query, readModels, { rebuilds: 'on-request' })
  expect(await app.query(query, {})).toEqual(['Ada 1'])
  expect(await app.consumer('sitting').status()).toMatchObject({ state: 'paused' })
  expect(await app.rebuild('sitting', { switchOver: false })).toMatchObject({
    switchedOver: false,
    position: 1,
  })
  expect(await app.query(query, {})).toEqual(['Ada 1'])
  await app.rebuild('sitting')
  expect(await app.query(query, {})).toEqual(['Ada 2'])
  await expect.poll(() => app.consumer('sitting').status()).toMatchObject({ state: 'live' })
  await app.close()
})

test('what differs can be told of some kinds of read models only, and asking it of others is refused', async () => {
  const app = createApp({ store: createMemoryStore(), modules: [VisitsOf] })
  await expect(app.rebuild('visits', { compare: true })).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining('"memory"'),
  })
  await app.close()
})

test('a paused projection stands still until it is resumed, over a rebuild too, and the others go on', async () => {
  const store = await storeWith('Ada')
  const readModels = new KeptReadModels()
  const query = sitting(1)
  const app = start(store, query, readModels)
  await app.waitFor(await store.head())
  const consumer = app.consumer('sitting')
  await consumer.pause()
  await store.append(taken('Bob'))
  expect(await app.query(query, {})).toEqual(['Ada 1'])
  await expect.poll(() => consumer.status()).toMatchObject({ state: 'paused', lagEvents: 1 })
  await app.rebuild('sitting')
  expect(await consumer.status()).toMatchObject({ state: 'paused' })
  await store.append(taken('Cyd'))
  await consumer.resume()
  await consumer.resume()
  expect(await app.query(query, {}, { waitFor: await store.head() })).toEqual(['Ada 1', 'Bob 1', 'Cyd 1'])
  await app.close()
})

test('a consumer that is not there is refused with the names of those that are', async () => {
  const app = createApp({ store: createMemoryStore(), modules: [VisitsOf] })
  expect(() => app.consumer('visitors')).toThrow(/there is visits\. Check the name/)
  await app.close()
})
