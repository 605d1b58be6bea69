import { expect, test } from 'vitest'
import { z } from 'zod'
import { KeptReadModels, kept } from '../../test/kept-read-models.ts'
import { Room } from '../../test/seat.ts'
import {
  AnnalsError,
  type App,
  createApp,
  createMemoryStore,
  defineProjection,
  type EventStore,
  inMemory,
  type ReadModelKind,
} from '../index.ts'

interface Model {
  readonly lines: string[]
}

const taken = (room: string, by: string) => ({
  stream: `room-${room}`,
  events: [{ type: 'SeatTaken', data: { by, side: 'left' } }],
})
const noWaiting = { attemptsMax: 3, firstDelayMs: 0 }
const lines = inMemory((): Model => ({ lines: [] }))

/** Writes down who sits where, in the order of the events, and fails for those who are trouble. */
const Sitting = (
  isTrouble: (by: string) => boolean,
  readModel: ReadModelKind<Model, void>,
  more: { readonly version?: number; readonly key?: (event: { readonly data: unknown }) => string } = {},
) =>
  defineProjection({
    name: 'sitting',
    select: { category: 'room' },
    events: Room.events,
    readModel,
    retry: noWaiting,
    ...more,
    on: {
      SeatTaken: ({ lines }, { stream, data: { by } }) => {
        if (isTrouble(by)) throw new Error(`no room for ${by}`)
        lines.push(`${stream} ${by}`)
      },
    },
  })

const caughtUp = async (app: App) => app.waitFor(await app.store.head())
const allEvents = async (store: EventStore, stream: string) => Array.fromAsync(store.read({ stream }))

const kinds = [
  ['in memory', () => ({ readModel: lines, readModels: [] as KeptReadModels[], model: inMemoryLines })],
  [
    'that is kept',
    () => {
      const readModels = new KeptReadModels()
      return {
        readModel: kept as ReadModelKind<Model, void>,
        readModels: [readModels],
        model: async () => readModels.files.get('sitting')?.lines ?? [],
      }
    },
  ],
] as const

// A read model in memory is asked through a query of its own.
async function inMemoryLines(app: App): Promise<readonly string[]> {
  const [query] = app.queries.values()
  return (await app.query(query as never, {} as never)) as readonly string[]
}

const askingFor = (projection: ReturnType<typeof Sitting>) => ({
  kind: 'projected-query' as const,
  name: 'Lines',
  description: undefined,
  authorize: undefined,
  audit: undefined,
  input: z.object({}),
  projection: projection as never,
  answer: (model: never) => [...(model as Model).lines],
})

test.each(kinds)(
  'with a read model %s an event that fails is tried again, then its key is parked and all others go on',
  async (_, kind) => {
    const { readModel, readModels, model } = kind()
    let tried = 0
    const isTrouble = (by: string) => by === 'trouble' && ++tried > 0
    const store = createMemoryStore()
    const app = createApp({ store, modules: [askingFor(Sitting(isTrouble, readModel))], readModels })
    for (const [room, by] of [
      ['1', 'Ada'],
      ['2', 'Bob'],
      ['1', 'trouble'],
      ['1', 'Cyd'],
      ['2', 'Dan'],
    ] as const)
      await store.append(taken(room, by))
    await caughtUp(app)
    expect(await model(app)).toEqual(['room-1 Ada', 'room-2 Bob', 'room-2 Dan'])
    expect(tried).toBeGreaterThanOrEqual(3)
    expect(app.consumer('sitting').parked()).toMatchObject([
      { key: 'room-1', revision: 1, attempts: 3, error: 'no room for trouble', state: 'parked' },
    ])
    expect(await app.consumer('sitting').status()).toMatchObject({ state: 'live', parkedKeys: 1 })
    await app.close()
  },
)

test.each(kinds)(
  'with a read model %s a parked key stays so over restarts, and a retry handles what was held back, in order',
  async (_, kind) => {
    const { readModel, readModels, model } = kind()
    let trouble = ['b1', 'b3']
    const Projection = Sitting((by) => trouble.includes(by), readModel)
    const store = createMemoryStore()
    const appOf = () => createApp({ store, modules: [askingFor(Projection)], readModels })
    for (const by of ['b0', 'b1', 'b2', 'b3', 'b4']) await store.append(taken('b', by))
    await store.append(taken('a', 'a0'))
    const first = appOf()
    await caughtUp(first)
    await first.close()
    const app = appOf()
    await store.append(taken('b', 'b5'))
    await caughtUp(app)
    expect(await model(app)).toEqual(['room-b b0', 'room-a a0'])
    const sitting = app.consumer('sitting')
    trouble = ['b3']
    await sitting.retry('room-b', { caller: { id: 'ann' } })
    expect(sitting.parked()).toMatchObject([{ key: 'room-b', revision: 3, state: 'parked' }])
    expect(await model(app)).toEqual(['room-b b0', 'room-a a0', 'room-b b1', 'room-b b2'])
    await sitting.discard('room-b', { caller: { id: 'bea' } })
    expect(sitting.parked()).toEqual([])
    await store.append(taken('b', 'b6'))
    await caughtUp(app)
    expect((await model(app)).slice(2)).toEqual(['b1', 'b2', 'b4', 'b5', 'b6'].map((by) => `room-b ${by}`))
    const parking = await allEvents(store, '$parking-sitting.1')
    expect(parking.map(({ type, metadata }) => [type, metadata?.$callerId])).toEqual([
      ['EventParked', undefined],
      ['KeyRetried', 'ann'],
      ['EventParked', undefined],
      ['EventDiscarded', 'bea'],
      ['KeyReleased', undefined],
    ])
    await app.close()
  },
)

test.each(kinds)(
  'with a read model %s an edited event counts as it was edited, also when the read model is made anew',
  async (_, kind) => {
    const { readModel, readModels, model } = kind()
    const Projection = Sitting((by) => by.startsWith('trouble'), readModel)
    const store = createMemoryStore()
    const app = createApp({ store, modules: [askingFor(Projection)], readModels })
    for (const by of ['Ada', 'trouble', 'trouble two', 'Bob']) await store.append(taken('1', by))
    await caughtUp(app)
    const sitting = app.consumer('sitting')
    await sitting.edit('room-1', { by: 'mended', side: 'left' })
    await sitting.discard('room-1')
    const expected = ['room-1 Ada', 'room-1 mended', 'room-1 Bob']
    expect(await model(app)).toEqual(expected)
    await app.rebuild('sitting')
    expect(await model(app)).toEqual(expected)
    await sitting.reset()
    await caughtUp(app)
    expect(await model(app)).toEqual(expected)
    await app.close()
  },
)

test('a rebuild tries anew what is parked, and what it parks itself is parked when it takes the place of the old one', async () => {
  let trouble = ['Bob']
  const readModels = new KeptReadModels()
  const store = createMemoryStore()
  const app = createApp({
    store,
    modules: [Sitting((by) => trouble.includes(by), kept as ReadModelKind<Model, void>)],
    readModels: [readModels],
  })
  for (const [room, by] of [
    ['1', 'Ada'],
    ['2', 'Bob'],
    ['1', 'Cyd'],
    ['1', 'Dan'],
  ] as const)
    await store.append(taken(room, by))
  await caughtUp(app)
  trouble = ['Cyd']
  await app.rebuild('sitting')
  expect(readModels.files.get('sitting')?.lines).toEqual(['room-1 Ada', 'room-2 Bob'])
  expect(app.consumer('sitting').parked()).toMatchObject([{ key: 'room-1', revision: 1 }])
  trouble = []
  await app.consumer('sitting').retry('room-1')
  expect(readModels.files.get('sitting')?.lines).toEqual(
    ['Ada', 'Bob', 'Cyd', 'Dan'].map((by) => `room-${by === 'Bob' ? 2 : 1} ${by}`),
  )
  await app.close()
})

test('the key of a projection says what waits: here the person, in whichever room', async () => {
  const isTrouble = (by: string) => by === 'trouble'
  const key = ({ data }: { readonly data: unknown }) => (data as { by: string }).by
  const readModels = new KeptReadModels()
  const store = createMemoryStore()
  const app = createApp({
    store,
    modules: [Sitting(isTrouble, kept as ReadModelKind<Model, void>, { key })],
    readModels: [readModels],
  })
  for (const by of ['Ada', 'trouble', 'Bob']) await store.append(taken('1', by))
  await store.append(taken('2', 'trouble'))
  await caughtUp(app)
  expect(readModels.files.get('sitting')?.lines).toEqual(['room-1 Ada', 'room-1 Bob'])
  expect(app.consumer('sitting').parked()).toMatchObject([{ key: 'trouble', stream: 'room-1' }])
  await app.close()
})

test('a crash between any two steps of parking and retrying loses nothing and counts nothing twice', async () => {
  const events = [
    taken('a', 'a0'),
    taken('b', 'bad'),
    taken('b', 'b1'),
    taken('a', 'a1'),
    taken('b', 'bad'),
    taken('c', 'c0'),
  ]
  for (let crashAt = 1, crashed = true; crashed; crashAt++) {
    let steps = 0
    let isUp = true
    crashed = false
    const step = () => {
      if (!isUp) throw down()
      if (++steps < crashAt) return
      crashed = true
      isUp = false
      throw down()
    }
    const files = new KeptReadModels(step)
    const log = createMemoryStore()
    for (const event of events) await log.append(event)
    const crashing: EventStore = Object.assign(Object.create(log) as EventStore, {
      append: (...args: Parameters<EventStore['append']>) => {
        try {
          step()
        } catch (error) {
          return Promise.reject(error as Error)
        }
        return log.append(...args)
      },
      read: log.read.bind(log),
      subscribe: log.subscribe.bind(log),
      stream: log.stream.bind(log),
      head: log.head.bind(log),
    })
    let isMended = false
    const Projection = Sitting((by) => !isMended && by === 'bad', kept as ReadModelKind<Model, void>)
    const app = createApp({ store: crashing, modules: [Projection], readModels: [files] })
    await caughtUp(app).catch(() => undefined)
    isMended = true
    if (isUp)
      await app
        .consumer('sitting')
        .retry('room-b')
        .catch(() => undefined)
    await app.close()
    isUp = true
    steps = -Infinity
    const again = createApp({ store: log, modules: [Projection], readModels: [files] })
    await caughtUp(again)
    for (const { key } of again.consumer('sitting').parked())
      await again
        .consumer('sitting')
        .retry(key)
        .catch(() => undefined)
    await expect.poll(() => again.consumer('sitting').parked()).toEqual([])
    const written = files.files.get('sitting')?.lines ?? []
    for (const room of ['a', 'b', 'c'])
      expect(
        written.filter((line) => line.startsWith(`room-${room}`)),
        `after a crash at step ${crashAt}`,
      ).toEqual(
        events
          .filter(({ stream }) => stream === `room-${room}`)
          .map(({ stream, events: [event] }) => `${stream} ${event?.data.by}`),
      )
    await again.close()
    if (!crashed) expect(crashAt).toBe(8)
  }
})

function down(): AnnalsError {
  return new AnnalsError('disk-error', 'The process has ended.', { path: 'kept', errno: 'EIO' })
}

test('too many parked keys stop the projection, since then it is its handler that is broken', async () => {
  const store = createMemoryStore()
  const app = createApp({ store, modules: [Sitting(() => true, lines)] })
  for (let room = 0; room < 1_001; room++) await store.append(taken(String(room), 'Ada'))
  await expect(caughtUp(app)).rejects.toMatchObject({
    code: 'projection-failed',
    message: expect.stringContaining('1000 keys of it are parked'),
  })
  expect(await app.consumer('sitting').status()).toMatchObject({ state: 'failed', parkedKeys: 1_000 })
  await app.close()
})
