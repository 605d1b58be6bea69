import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { OfferCourse, SubscribeStudent } from '../../test/courses.ts'
import { Room } from '../../test/seat.ts'
import {
  type Accepted,
  type App,
  type AppOptions,
  createApp,
  createMemoryStore,
  defineDecider,
  type EventStore,
  type Rejected,
} from '../index.ts'

const { OpenRoom, TakeSeat, GiveBack } = Room.commands
const dayMs = 24 * 60 * 60 * 1000
let nowMs: number
let store: EventStore
let app: App

const appOver = (over: EventStore, options: Partial<AppOptions> = {}) =>
  createApp({
    store: over,
    modules: [Room, OfferCourse, SubscribeStudent],
    clock: () => nowMs,
    random: () => 0,
    ...options,
  })

beforeEach(async () => {
  nowMs = Date.UTC(2030, 0, 1)
  store = createMemoryStore({ clock: () => nowMs })
  app = appOver(store)
  await app.execute(OpenRoom, 'room-1', { seats: 2 })
})

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  )

/** An outcome as a plain value, its events with all that they have. */
const plain = (outcome: Accepted | Rejected | object): unknown => JSON.parse(JSON.stringify(outcome))

const take = (by: string, commandId: string, of = app) =>
  of.execute(TakeSeat, 'room-1', { by }, { commandId, correlationId: 'r' })

const streamRevision = async (stream: string) => (await store.stream(stream))?.revision

describe('a command that is repeated under its id', () => {
  test('takes effect once and is answered as the first time, also when much has come in between', async () => {
    const first = await take('Ada', 'k1')
    expect(first).toMatchObject({ accepted: true, revision: 1, events: [{ type: 'SeatTaken' }] })
    await app.execute(GiveBack, 'room-1', { by: 'Ada' })
    await app.append({ stream: 'note-1', events: [{ type: 'Noted', data: 1 }] })
    expect(plain(await take('Ada', 'k1'))).toEqual(plain(first))
    expect(await streamRevision('room-1')).toBe(2)
    expect(await streamRevision('$command-k1')).toBe(0)
  })

  test('is answered with the same rejection, though by now it would be accepted', async () => {
    await take('Ada', 'k1')
    await take('Bob', 'k2')
    const first = await take('Cyd', 'k3')
    expect(first).toMatchObject({ accepted: false, code: 'room-full', details: { seats: 2 } })
    await app.execute(GiveBack, 'room-1', { by: 'Ada' })
    expect(await take('Cyd', 'k3')).toEqual(first)
    expect(await take('Cyd', 'k4')).toMatchObject({ accepted: true })
  })

  test('is answered with the same nothing, where nothing had to change', async () => {
    await take('Ada', 'k1')
    const first = await take('Ada', 'k2')
    expect(first).toMatchObject({ accepted: true, revision: 1, events: [] })
    await app.execute(GiveBack, 'room-1', { by: 'Ada' })
    expect(await take('Ada', 'k2')).toEqual(first)
  })

  test('is answered though what its caller expected of the stream no longer holds', async () => {
    const give = () =>
      app.execute(TakeSeat, 'room-1', { by: 'Ada' }, { commandId: 'k1', expectedRevision: 0 })
    const first = await give()
    expect(plain(await give())).toEqual(plain(first))
  })

  test('with a decision model is answered as the first time too', async () => {
    await app.execute(OfferCourse, { course: 'c1', places: 1 })
    const subscribe = (student: string, commandId: string) =>
      app.execute(SubscribeStudent, { course: 'c1', student }, { commandId })
    const first = await subscribe('s1', 'k1')
    const rejection = await subscribe('s2', 'k2')
    await app.append({ stream: 'course-c1', events: [{ type: 'Noted', data: 1 }] })
    expect(plain(await subscribe('s1', 'k1'))).toEqual(plain(first))
    expect(await subscribe('s2', 'k2')).toEqual(rejection)
  })

  test('with several events is answered with all of them', async () => {
    const Batch = defineDecider({
      category: 'batch',
      events: { Added: z.object({ n: z.int() }) },
      initialState: () => 0,
      evolve: { Added: (count) => count + 1 },
      commands: {
        Fill: {
          requires: 'any',
          input: z.object({}),
          decide: (count) => [1, 2, 3].map((n) => ({ type: 'Added' as const, data: { n: count + n } })),
        },
      },
    })
    const batches = appOver(store, { modules: [Batch] })
    const fill = (commandId: string) => batches.execute(Batch.commands.Fill, 'batch-1', {}, { commandId })
    const outcomes = [await fill('k1'), await fill('k2')]
    expect([await fill('k1'), await fill('k2')].map(plain)).toEqual(outcomes.map(plain))
    expect(await streamRevision('batch-1')).toBe(5)
  })

  test('while the first is still running waits for that one and gets the same answer', async () => {
    const { held, reached, release } = holdAppends(store)
    const slow = appOver(held)
    const first = take('Ada', 'k1', slow)
    await reached
    const second = take('Ada', 'k1', slow)
    // Its hash takes a while; without this it would come when the first is done.
    await new Promise((resolve) => setTimeout(resolve, 20))
    release()
    expect(await second).toBe(await first)
    expect(await streamRevision('room-1')).toBe(1)
  })

  test('in another application over the same store gets the answer of the winner, whoever that is', async () => {
    const apps = Array.from({ length: 8 }, () => appOver(store))
    const outcomes = await Promise.all(apps.map((each) => take('Ada', 'k1', each)))
    for (const outcome of outcomes) expect(plain(outcome)).toEqual(plain(outcomes[0] as object))
    expect(await streamRevision('room-1')).toBe(1)
    const rejected = await Promise.all(
      apps.map((each) => each.execute(GiveBack, 'room-1', { by: 'Bob' }, { commandId: 'k2' })),
    )
    for (const outcome of rejected) expect(outcome).toMatchObject({ accepted: false, code: 'no-seat' })
    expect(await streamRevision('$command-k2')).toBe(0)
  })

  test('after its append was recorded but never answered is answered as if it had been', async () => {
    let fails = true
    const forgetful = new Proxy(store, {
      get(target, property) {
        if (property !== 'append') return (target[property as keyof EventStore] as () => unknown).bind(target)
        return async (...given: Parameters<EventStore['append']>) => {
          const appended = await target.append(...given)
          if (!fails) return appended
          fails = false
          throw new Error('the connection was lost')
        }
      },
    })
    const unlucky = appOver(forgetful)
    await expect(take('Ada', 'k1', unlucky)).rejects.toThrow('the connection was lost')
    expect(await take('Ada', 'k1', unlucky)).toMatchObject({
      accepted: true,
      revision: 1,
      events: [{ data: { by: 'Ada' } }],
    })
    expect(await streamRevision('room-1')).toBe(1)
  })

  test('is let through only for who may give it', async () => {
    await take('Ada', 'k1')
    const strict = appOver(store, { authorize: () => false })
    expect(await errorOf(take('Ada', 'k1', strict))).toMatchObject({ code: 'not-authorized' })
  })
})

describe('what failed is no outcome', () => {
  test('and is tried again under the same id', async () => {
    const give = () => app.execute(TakeSeat, 'room-2', { by: 'Ada' }, { commandId: 'k1' })
    expect(await errorOf(give())).toMatchObject({ code: 'stream-not-found' })
    await app.execute(OpenRoom, 'room-2', { seats: 1 })
    expect(await give()).toMatchObject({ accepted: true, revision: 1 })
  })
})

describe('an id is for one command', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['another command', () => app.execute(GiveBack, 'room-1', { by: 'Ada' }, { commandId: 'k1' })],
    ['another stream', () => app.execute(TakeSeat, 'room-2', { by: 'Ada' }, { commandId: 'k1' })],
    ['another input', () => take('Bob', 'k1')],
  ])('%s under it is refused, while the first is running too', async (_case, other) => {
    await app.execute(OpenRoom, 'room-2', { seats: 2 })
    const refusal = {
      code: 'command-id-reused',
      retryable: false,
      details: { commandId: 'k1', command: 'TakeSeat', stream: 'room-1' },
    }
    const { held, reached, release } = holdAppends(store)
    app = appOver(held)
    const first = take('Ada', 'k1')
    await reached
    expect(await errorOf(other())).toMatchObject(refusal)
    release()
    expect(await first).toMatchObject({ accepted: true })
    expect(await errorOf(other())).toMatchObject(refusal)
    expect(await streamRevision('room-2')).toBe(0)
  })

  test('the same input in another order, or with what is undefined, is the same', async () => {
    const give = (input: object) =>
      app.execute(OfferCourse, input as { course: string; places: number }, { commandId: 'k1' })
    const first = await give({ course: 'c1', places: 3 })
    expect(plain(await give({ places: 3, other: undefined, course: 'c1' }))).toEqual(plain(first))
  })
})

describe('what is recorded under an id', () => {
  test('tells the command, its stream, the hash of its input, what came of it and where it came from', async () => {
    await app.execute(
      TakeSeat,
      'room-1',
      { by: 'Ada' },
      { commandId: 'k1', correlationId: 'r1', caller: { id: 'u1' } },
    )
    await app.execute(GiveBack, 'room-1', { by: 'Bob' }, { commandId: 'k2' })
    const answers = await Array.fromAsync(store.read({ category: '$command' }))
    expect(answers).toMatchObject([
      {
        type: 'CommandAnswered',
        stream: '$command-k1',
        data: {
          command: 'TakeSeat',
          stream: 'room-1',
          inputHash: expect.stringMatching(/^[0-9a-f]{64}$/),
          accepted: true,
          eventCount: 1,
        },
        metadata: { $correlationId: 'r1', $causationId: 'k1', $commandId: 'k1', $callerId: 'u1' },
      },
      {
        type: 'CommandAnswered',
        stream: '$command-k2',
        data: { command: 'GiveBack', accepted: false, code: 'no-seat', message: 'This person has no seat.' },
      },
    ])
  })

  test('is in the same append as the events: neither is there without the other', async () => {
    const { events, position } = { events: [], position: 0, ...(await take('Ada', 'k1')) }
    expect(events).toHaveLength(1)
    const [answer] = await Array.fromAsync(store.read({ stream: '$command-k1' }))
    expect(answer?.position).toBe(position + 1)
  })

  test('is kept for 30 days, or as long as the application says; then the id counts as new', async () => {
    await take('Ada', 'k1')
    expect((await store.stream('$command-k1'))?.retention).toEqual({ maxAgeMs: 30 * dayMs })
    nowMs += 30 * dayMs - 1
    expect(await take('Ada', 'k1')).toMatchObject({ revision: 1 })
    nowMs += 2
    const other = await app.execute(GiveBack, 'room-1', { by: 'Ada' }, { commandId: 'k1' })
    expect(other).toMatchObject({ accepted: true, revision: 2 })
    expect(plain(await app.execute(GiveBack, 'room-1', { by: 'Ada' }, { commandId: 'k1' }))).toEqual(
      plain(other),
    )
    const brief = appOver(store, { commandIdsKeptMs: 1_000 })
    await take('Bob', 'k2', brief)
    expect((await store.stream('$command-k2'))?.retention).toEqual({ maxAgeMs: 1_000 })
  })

  test('is answered without the events that are no longer there', async () => {
    await take('Ada', 'k1')
    await store.truncate('room-1', { beforeRevision: 2 })
    expect(await take('Ada', 'k1')).toEqual({
      accepted: true,
      stream: 'room-1',
      revision: 1,
      position: 3,
      events: [],
    })
  })

  test('is set to be kept once, not with each command', async () => {
    let retained = 0
    const counting = new Proxy(store, {
      get(target, property) {
        if (property === 'retain') retained++
        return (target[property as keyof EventStore] as () => unknown).bind(target)
      },
    })
    for (const each of [appOver(counting), appOver(counting)]) {
      await take('Ada', `k${retained}`, each)
      await take('Bob', `m${retained}`, each)
    }
    expect(retained).toBe(1)
  })
})

/** A store whose appends wait until they are let go. */
function holdAppends(over: EventStore): {
  readonly held: EventStore
  readonly reached: Promise<void>
  readonly release: () => void
} {
  const reached = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const held = new Proxy(over, {
    get(target, property) {
      if (property !== 'append') return (target[property as keyof EventStore] as () => unknown).bind(target)
      return async (...given: Parameters<EventStore['append']>) => {
        reached.resolve()
        await released.promise
        return target.append(...given)
      }
    },
  })
  return { held, reached: reached.promise, release: released.resolve }
}
