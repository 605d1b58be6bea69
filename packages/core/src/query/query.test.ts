import { beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Room, Visits, VisitsOf, WhoSits } from '../../test/seat.ts'
import {
  type App,
  type AsOf,
  createApp,
  createMemoryStore,
  defineFold,
  defineLiveQuery,
  defineProjectedQuery,
  type EventStore,
} from '../index.ts'

const startMs = Date.UTC(2026, 0, 1)
const SeatsTaken = defineLiveQuery({
  name: 'SeatsTaken',
  input: z.object({ type: z.string() }),
  select: ({ type }) => ({ query: [{ types: [type] }] }),
  fold: defineFold({
    events: Room.events,
    initialState: () => 0,
    evolve: { SeatTaken: (count) => count + 1 },
  }),
  answer: (count, _input, { position }) => ({ count, position }),
})
let nowMs: number
let store: EventStore
let app: App

beforeEach(async () => {
  nowMs = startMs
  store = createMemoryStore({ clock: () => nowMs })
  app = createApp({ store, modules: [Room, WhoSits, SeatsTaken, VisitsOf] })
  await app.execute(Room.commands.OpenRoom, 'room-1', { seats: 5 })
  for (const by of ['Ada', 'Bob', 'Cyd']) {
    nowMs += 1000
    await app.execute(Room.commands.TakeSeat, 'room-1', { by })
  }
})

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  )

test('a live query is answered from the events there are now', async () => {
  expect(await app.query(WhoSits, { room: 'room-1' })).toEqual({
    takenBy: ['Ada', 'Bob', 'Cyd'],
    revision: 3,
  })
})

test('a live query over an event query folds events of many streams', async () => {
  await app.execute(Room.commands.OpenRoom, 'room-2', { seats: 5 })
  await app.execute(Room.commands.TakeSeat, 'room-2', { by: 'Dan' })
  expect(await app.query(SeatsTaken, { type: 'SeatTaken' })).toMatchObject({
    count: 4,
    position: await store.head(),
  })
})

test('a query over more than a stream may find nothing', async () => {
  expect(await app.query(SeatsTaken, { type: 'Nothing' })).toEqual({ count: 0, position: 0 })
})

const moments: [string, (positions: readonly number[]) => AsOf, string[]][] = [
  ['a revision', () => ({ revision: 1 }), ['Ada']],
  ['a revision that is still to come', () => ({ revision: 99 }), ['Ada', 'Bob', 'Cyd']],
  ['a position', (positions) => ({ position: positions[2] as number }), ['Ada', 'Bob']],
  ['the instant of an event, inclusive', () => ({ time: new Date(startMs + 2000) }), ['Ada', 'Bob']],
  ['an instant between two events', () => ({ time: new Date(startMs + 2999) }), ['Ada', 'Bob']],
  ['a time that is still to come', () => ({ time: new Date(startMs + 1e9) }), ['Ada', 'Bob', 'Cyd']],
]
test.each(moments)('a live query can be asked as of %s', async (_moment, asOf, takenBy) => {
  const positions = (await Array.fromAsync(store.read({ stream: 'room-1' }))).map(({ position }) => position)
  expect(await app.query(WhoSits, { room: 'room-1' }, { asOf: asOf(positions) })).toMatchObject({ takenBy })
})

test('a stream that does not exist is not found, nor one that did not exist at the moment asked about', async () => {
  expect(await errorOf(app.query(WhoSits, { room: 'room-9' }))).toMatchObject({ code: 'stream-not-found' })
  expect(
    await errorOf(app.query(WhoSits, { room: 'room-1' }, { asOf: { time: new Date(startMs - 1) } })),
  ).toMatchObject({
    code: 'stream-not-found',
    message: expect.stringContaining('at the moment asked about'),
  })
})

test('a revision is no moment of a query over many streams', async () => {
  expect(
    await errorOf(app.query(SeatsTaken, { type: 'SeatTaken' }, { asOf: { revision: 1 } })),
  ).toMatchObject({ code: 'invalid-argument' })
})

test('an invalid date is refused', async () => {
  expect(
    await errorOf(app.query(WhoSits, { room: 'room-1' }, { asOf: { time: new Date('never') } })),
  ).toMatchObject({ code: 'invalid-argument' })
})

test('input that does not fit, and a query that is not of the application, are refused', async () => {
  expect(await errorOf(app.query(WhoSits, { room: 1 as never }))).toMatchObject({
    code: 'invalid-input',
    details: { issues: [{ path: ['room'] }] },
  })
  const other = createApp({ store, modules: [Room] })
  expect(await errorOf(other.query(WhoSits, { room: 'room-1' }))).toMatchObject({ code: 'unknown-query' })
})

test('whoever waits for the position of a command reads what it wrote', async () => {
  for (let visit = 1; visit <= 50; visit++) {
    await app.execute(Room.commands.GiveBack, 'room-1', { by: 'Ada' })
    const taken = await app.execute(Room.commands.TakeSeat, 'room-1', { by: 'Ada' })
    if (!taken.accepted) expect.fail('it was rejected')
    expect(await app.query(VisitsOf, { person: 'Ada' }, { waitFor: taken.position })).toBe(visit + 1)
  }
})

test('a read model that does not get there in time says how far it is', async () => {
  const head = await store.head()
  const error = await errorOf(app.query(VisitsOf, { person: 'Ada' }, { waitFor: head + 1000, timeoutMs: 20 }))
  expect(error).toMatchObject({
    code: 'read-model-behind',
    retryable: true,
    details: { projection: 'visits', waitedMs: 20 },
  })
})

test('a position is seen by a read model though its event is none of its own', async () => {
  const { position } = await store.append({ stream: 'other-1', events: [{ type: 'Other', data: {} }] })
  expect(await app.query(VisitsOf, { person: 'Ada' }, { waitFor: position })).toBe(1)
})

test('a projected query knows only the present', async () => {
  expect(await errorOf(app.query(VisitsOf, { person: 'Ada' }, { asOf: { revision: 0 } }))).toMatchObject({
    code: 'invalid-argument',
  })
})

test('a query without a name or schema is refused at its definition', () => {
  const answer = () => 0
  expect(() => defineProjectedQuery({ name: '', input: z.object({}), projection: Visits, answer })).toThrow(
    /needs a name/,
  )
  expect(() => defineProjectedQuery({ name: 'Q', input: {} as never, projection: Visits, answer })).toThrow(
    /Standard Schema/,
  )
})
