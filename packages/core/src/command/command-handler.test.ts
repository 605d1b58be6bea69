import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Room } from '../../test/seat.ts'
import {
  type App,
  countingIds,
  createApp,
  createMemoryStore,
  defineDecider,
  type EventStore,
  type ExecuteOptions,
  reject,
} from '../index.ts'

const { OpenRoom, TakeSeat, GiveBack } = Room.commands
let store: EventStore
let app: App

beforeEach(() => {
  store = createMemoryStore()
  app = createApp({ store, modules: [Room] })
})

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  )

describe('a command that is accepted', () => {
  test('answers with the new revision, the position and the recorded events', async () => {
    const opened = await app.execute(OpenRoom, 'room-1', { seats: 2 })
    const taken = await app.execute(TakeSeat, 'room-1', { by: 'Ada' })
    expect(opened).toMatchObject({ accepted: true, stream: 'room-1', revision: 0 })
    expect(taken).toMatchObject({ accepted: true, revision: 1 })
    if (!taken.accepted) return
    expect(taken.events.map(({ type, data, position }) => ({ type, data, position }))).toEqual([
      { type: 'SeatTaken', data: { by: 'Ada', side: 'left' }, position: taken.position },
    ])
  })

  test('records the data as its schema gives it, defaults filled in', async () => {
    await app.execute(OpenRoom, 'room-1', { seats: 2 })
    await app.execute(TakeSeat, 'room-1', { by: 'Ada' })
    const [, taken] = await Array.fromAsync(store.read({ stream: 'room-1' }))
    expect(taken?.data).toEqual({ by: 'Ada', side: 'left' })
  })

  test('records nothing if there is nothing to do, and answers where the stream is', async () => {
    await app.execute(OpenRoom, 'room-1', { seats: 2 })
    const first = await app.execute(TakeSeat, 'room-1', { by: 'Ada' })
    const again = await app.execute(TakeSeat, 'room-1', { by: 'Ada' })
    expect(again).toEqual({
      accepted: true,
      stream: 'room-1',
      revision: 1,
      position: first.accepted && first.position,
      events: [],
    })
  })

  test('records the metadata of the call with each event', async () => {
    await app.execute(OpenRoom, 'room-1', { seats: 2 }, { metadata: { user: 'u1' } })
    const [opened] = await Array.fromAsync(store.read({ stream: 'room-1' }))
    expect(opened?.metadata).toMatchObject({ user: 'u1' })
  })

  test('records with each event where it came from', async () => {
    const origin = {
      commandId: 'c-1',
      correlationId: 'request-7',
      causationId: 'event-3',
      caller: { id: 'u1', roles: ['clerk'] },
    }
    await app.execute(OpenRoom, 'room-1', { seats: 2 }, { ...origin, metadata: { shop: 's1' } })
    const [opened] = await Array.fromAsync(store.read({ stream: 'room-1' }))
    expect(opened?.metadata).toEqual({
      shop: 's1',
      $correlationId: 'request-7',
      $causationId: 'event-3',
      $commandId: 'c-1',
      $callerId: 'u1',
    })
  })

  test('without an origin gets a correlation id of its own, and no cause', async () => {
    const counted = createApp({ store, modules: [Room], newId: countingIds('run') })
    await counted.execute(OpenRoom, 'room-1', { seats: 2 })
    await counted.execute(TakeSeat, 'room-1', { by: 'Ada' })
    const events = await Array.fromAsync(store.read({ stream: 'room-1' }))
    expect(events.map(({ metadata }) => metadata)).toEqual([
      { $correlationId: 'run-1' },
      { $correlationId: 'run-2' },
    ])
  })

  test('with an id is the cause of its events, unless another is named', async () => {
    await app.execute(OpenRoom, 'room-1', { seats: 2 }, { commandId: 'c-1' })
    const [opened] = await Array.fromAsync(store.read({ stream: 'room-1' }))
    expect(opened?.metadata).toMatchObject({ $causationId: 'c-1', $commandId: 'c-1' })
  })
})

describe('a command that is rejected', () => {
  test('answers with the code, its sentence and the details, and records nothing', async () => {
    await app.execute(OpenRoom, 'room-1', { seats: 1 })
    await app.execute(TakeSeat, 'room-1', { by: 'Ada' })
    const rejected = await app.execute(TakeSeat, 'room-1', { by: 'Bob' })
    expect(rejected).toEqual({
      accepted: false,
      stream: 'room-1',
      code: 'room-full',
      message: 'Every seat is taken.',
      details: { seats: 1 },
    })
    expect(await store.stream('room-1')).toMatchObject({ revision: 1 })
  })

  test('with a code that is not declared is a fault of the definition', async () => {
    const Odd = defineDecider({
      category: 'odd',
      events: { A: z.object({}) },
      initialState: () => 0,
      evolve: { A: (n) => n },
      commands: { Try: { requires: 'any', input: z.object({}), decide: () => reject('nowhere') as never } },
    })
    const odd = createApp({ store, modules: [Odd] })
    await expect(odd.execute(Odd.commands.Try, 'odd-1', {})).rejects.toMatchObject({
      code: 'invalid-definition',
    })
  })
})

describe('bad input is refused before anything is read', () => {
  test('input that does not fit names the field, what was expected and what came', async () => {
    const error = await errorOf(app.execute(TakeSeat, 'room-1', { by: 7 as never }))
    expect(error).toMatchObject({
      code: 'invalid-input',
      details: { of: 'command TakeSeat', issues: [{ path: ['by'] }] },
    })
    expect((error as Error).message).toMatch(/by: .*expected string.*\(got 7\)/)
  })

  test('a command that is not of the application is unknown', async () => {
    const other = createApp({ store: createMemoryStore(), modules: [] })
    expect(await errorOf(other.execute(TakeSeat, 'room-1', { by: 'Ada' }))).toMatchObject({
      code: 'unknown-command',
      details: { command: 'TakeSeat', known: [] },
    })
  })

  test('a stream of another category is refused', async () => {
    expect(await errorOf(app.execute(TakeSeat, 'hall-1', { by: 'Ada' }))).toMatchObject({
      code: 'invalid-argument',
      details: { argument: 'stream' },
    })
  })

  test('a stream that does not exist is not found, unless the command may begin it', async () => {
    expect(await errorOf(app.execute(TakeSeat, 'room-9', { by: 'Ada' }))).toMatchObject({
      code: 'stream-not-found',
      details: { stream: 'room-9' },
    })
    expect(await app.execute(GiveBack, 'room-9', { by: 'Ada' })).toMatchObject({
      accepted: false,
      code: 'no-seat',
    })
  })

  test.each<[string, ExecuteOptions, string]>([
    ['an empty command id', { commandId: '' }, 'commandId'],
    ['a correlation id that is no string', { correlationId: 7 as never }, 'correlationId'],
    ['a causation id with a line break', { causationId: 'a\nb' }, 'causationId'],
    ['a command id that is too long', { commandId: 'x'.repeat(492) }, 'commandId'],
    ['a caller without an id', { caller: {} as never }, 'id of the caller'],
    ['metadata that Annals keeps for itself', { metadata: { $version: 2 } }, 'metadata'],
  ])('%s is refused', async (_case, options, argument) => {
    expect(await errorOf(app.execute(OpenRoom, 'room-1', { seats: 1 }, options))).toMatchObject({
      code: 'invalid-argument',
      details: { argument },
    })
    expect(await store.head()).toBe(0)
  })

  test('a decision on an event with metadata that Annals keeps for itself is refused', async () => {
    const Odd = defineDecider({
      category: 'odd',
      events: { A: z.object({}) },
      initialState: () => 0,
      evolve: { A: (n) => n },
      commands: {
        Try: {
          requires: 'any',
          input: z.object({}),
          decide: () => ({ type: 'A', data: {}, metadata: { $callerId: 'somebody else' } }),
        },
      },
    })
    const odd = createApp({ store, modules: [Odd] })
    expect(await errorOf(odd.execute(Odd.commands.Try, 'odd-1', {}))).toMatchObject({
      code: 'invalid-event',
      details: { issues: [{ path: ['metadata', '$callerId'] }] },
    })
  })

  test('a stream that exists cannot be begun', async () => {
    await app.execute(OpenRoom, 'room-1', { seats: 1 })
    expect(await errorOf(app.execute(OpenRoom, 'room-1', { seats: 1 }))).toMatchObject({
      code: 'stream-already-exists',
      details: { stream: 'room-1', revision: 0 },
    })
  })
})

describe('the history a decision is made on', () => {
  test('a truncated stream goes on at its revision', async () => {
    await app.execute(OpenRoom, 'room-1', { seats: 3 })
    await store.truncate('room-1', { beforeRevision: 1 })
    expect(await app.execute(GiveBack, 'room-1', { by: 'Ada' })).toMatchObject({
      accepted: false,
      code: 'no-seat',
    })
    expect(await errorOf(app.execute(OpenRoom, 'room-1', { seats: 3 }))).toMatchObject({
      code: 'stream-already-exists',
    })
  })

  test('a tombstoned stream takes no more commands', async () => {
    await app.execute(OpenRoom, 'room-1', { seats: 3 })
    await store.tombstone('room-1')
    for (const attempt of [
      app.execute(OpenRoom, 'room-1', { seats: 1 }),
      app.execute(TakeSeat, 'room-1', { by: 'Ada' }),
    ]) {
      expect(await errorOf(attempt)).toMatchObject({ code: 'stream-tombstoned' })
    }
  })

  test('an event type that the decider does not declare stops the decision', async () => {
    await store.append({ stream: 'room-1', events: [{ type: 'RoomPainted', data: {} }] })
    expect(await errorOf(app.execute(TakeSeat, 'room-1', { by: 'Ada' }))).toMatchObject({
      code: 'unknown-event-type',
      details: { type: 'RoomPainted' },
    })
  })

  test('an event type named like a property of every object is still unknown', async () => {
    await store.append({ stream: 'room-1', events: [{ type: 'constructor', data: {} }] })
    expect(await errorOf(app.execute(TakeSeat, 'room-1', { by: 'Ada' }))).toMatchObject({
      code: 'unknown-event-type',
    })
  })
})

describe('concurrency', () => {
  test('64 people who race for 10 seats: exactly 10 sit, and the rest are told why', async () => {
    await app.execute(OpenRoom, 'room-1', { seats: 10 })
    const outcomes = await Promise.all(
      Array.from({ length: 64 }, (_, person) => app.execute(TakeSeat, 'room-1', { by: `p${person}` })),
    )
    expect(outcomes.filter(({ accepted }) => accepted)).toHaveLength(10)
    expect(outcomes.filter((outcome) => !outcome.accepted && outcome.code === 'room-full')).toHaveLength(54)
  })

  test('a conflict with another writer is decided again on what has come in between', async () => {
    await app.execute(OpenRoom, 'room-1', { seats: 1 })
    const raced = createApp({ store: intrudeBeforeAppend(store, 1), modules: [Room] })
    expect(await raced.execute(TakeSeat, 'room-1', { by: 'Ada' })).toMatchObject({
      accepted: false,
      code: 'room-full',
    })
  })

  test('a conflict on every attempt is reported after the limit, with the number of attempts', async () => {
    await app.execute(OpenRoom, 'room-1', { seats: 100 })
    const raced = createApp({
      store: intrudeBeforeAppend(store, Infinity),
      modules: [Room],
      commandAttemptsMax: 3,
    })
    expect(await errorOf(raced.execute(TakeSeat, 'room-1', { by: 'Ada' }))).toMatchObject({
      code: 'command-conflict',
      retryable: true,
      details: { attempts: 3 },
    })
  })

  test.each<[ExecuteOptions['expectedRevision'], object]>([
    [1, { accepted: true, revision: 2 }],
    ['any', { accepted: true, revision: 2 }],
    ['stream-exists', { accepted: true, revision: 2 }],
    [0, { code: 'wrong-expected-revision', details: { expected: 0, actual: 1 } }],
    ['no-stream', { code: 'wrong-expected-revision', details: { expected: 'no-stream', actual: 1 } }],
  ])('a caller who expects revision %s of a stream at revision 1', async (expectedRevision, outcome) => {
    await app.execute(OpenRoom, 'room-1', { seats: 3 })
    await app.execute(TakeSeat, 'room-1', { by: 'Ada' })
    const attempt = app
      .execute(TakeSeat, 'room-1', { by: 'Bob' }, { expectedRevision })
      .catch((error: unknown) => error)
    expect(await attempt).toMatchObject(outcome)
  })

  test('a caller who named a revision is not decided for anew when another writer was faster', async () => {
    await app.execute(OpenRoom, 'room-1', { seats: 3 })
    const raced = createApp({ store: intrudeBeforeAppend(store, 1), modules: [Room] })
    expect(
      await errorOf(raced.execute(TakeSeat, 'room-1', { by: 'Ada' }, { expectedRevision: 0 })),
    ).toMatchObject({ details: { expected: 0, actual: 1 } })
  })
})

/** A store in which somebody else takes a seat just before each of the first appends. */
function intrudeBeforeAppend(store: EventStore, times: number): EventStore {
  let left = times
  let intruder = 0
  return new Proxy(store, {
    get(target, property) {
      if (property !== 'append') return (target[property as keyof EventStore] as () => unknown).bind(target)
      return async (...given: Parameters<EventStore['append']>) => {
        if (left-- > 0)
          await target.append({
            stream: 'room-1',
            events: [{ type: 'SeatTaken', data: { by: `intruder ${intruder++}`, side: 'left' } }],
          })
        return target.append(...given)
      }
    },
  })
}
