import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { CoursesOf, OfferCourse, PlacesLeft, SubscribeStudent, schoolEvents } from '../../test/courses.ts'
import { Room } from '../../test/seat.ts'
import {
  type App,
  type AppendCondition,
  type AppOptions,
  createApp,
  createMemoryStore,
  defineCommand,
  defineFold,
  type EventStore,
  reject,
  type StreamAppend,
} from '../index.ts'

let store: EventStore
let app: App
const appOver = (over: EventStore, options: Partial<AppOptions> = {}) =>
  createApp({ store: over, modules: [OfferCourse, SubscribeStudent], random: () => 0, ...options })

beforeEach(() => {
  store = createMemoryStore()
  app = appOver(store)
})

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  )

describe('a command with a decision model', () => {
  test('chooses its stream, and records what it decides there with its tags and where it came from', async () => {
    const offered = await app.execute(OfferCourse, { course: 'c1', places: 1 }, { correlationId: 'r1' })
    expect(offered).toMatchObject({ accepted: true, stream: 'course-c1', revision: 0 })
    const [event] = offered.accepted ? offered.events : []
    expect(event).toMatchObject({
      type: 'CourseOffered',
      data: { course: 'c1', places: 1 },
      tags: ['course:c1'],
      metadata: { $correlationId: 'r1' },
    })
  })

  test('is decided on the events of each of its parts, whatever their streams', async () => {
    for (const course of ['c1', 'c2', 'c3']) await app.execute(OfferCourse, { course, places: 1 })
    const subscribe = (course: string, student: string) => app.execute(SubscribeStudent, { course, student })
    expect(await subscribe('c9', 's1')).toMatchObject({ accepted: false, code: 'no-course' })
    expect(await subscribe('c1', 's1')).toMatchObject({ accepted: true, stream: 'course-c1' })
    expect(await subscribe('c1', 's2')).toMatchObject({ accepted: false, code: 'course-full' })
    expect(await subscribe('c2', 's1')).toMatchObject({ accepted: true })
    expect(await subscribe('c3', 's1')).toEqual({
      accepted: false,
      stream: 'course-c3',
      code: 'too-many-courses',
      message: 'The student has two courses already.',
      details: { courses: ['c1', 'c2'] },
    })
    expect(await subscribe('c3', 's2')).toMatchObject({ accepted: true })
  })

  test('that decides on nothing records nothing, and answers where its stream and its model are', async () => {
    await app.execute(OfferCourse, { course: 'c1', places: 2 })
    const first = await app.execute(SubscribeStudent, { course: 'c1', student: 's1' })
    expect(await app.execute(SubscribeStudent, { course: 'c1', student: 's1' })).toEqual({
      accepted: true,
      stream: 'course-c1',
      revision: 1,
      position: first.accepted && first.position,
      events: [],
    })
    expect(await store.head()).toBe(2)
  })

  test('holds its caller to the revision that was expected of its stream', async () => {
    await app.execute(OfferCourse, { course: 'c1', places: 2 })
    const subscribe = (student: string, expectedRevision: number | 'no-stream') =>
      app.execute(SubscribeStudent, { course: 'c1', student }, { expectedRevision })
    expect(await errorOf(subscribe('s1', 7))).toMatchObject({
      code: 'wrong-expected-revision',
      details: { stream: 'course-c1', expected: 7, actual: 0 },
    })
    expect(await errorOf(subscribe('s1', 'no-stream'))).toMatchObject({ code: 'wrong-expected-revision' })
    expect(await subscribe('s1', 0)).toMatchObject({ accepted: true, revision: 1 })
  })

  test('says who may give it, by the stream that it chooses', async () => {
    const asked: unknown[] = []
    const strict = appOver(store, { authorize: ({ name, stream }) => asked.push([name, stream]) > 1 })
    const offer = () => strict.execute(OfferCourse, { course: 'c1', places: 1 })
    expect(await errorOf(offer())).toMatchObject({ code: 'not-authorized' })
    expect(await offer()).toMatchObject({ accepted: true })
    expect(asked[0]).toEqual(['OfferCourse', 'course-c1'])
  })

  test('without tags is decided on all events of the types of its fold', async () => {
    const events = { InvoiceIssued: z.object({ number: z.int() }) }
    const IssueInvoice = defineCommand({
      name: 'IssueInvoice',
      input: z.object({ order: z.string() }),
      events,
      stream: ({ order }) => `invoice-${order}`,
      model: () => ({
        last: {
          fold: defineFold({
            events,
            initialState: () => 0,
            evolve: { InvoiceIssued: (_last, { number }) => number },
          }),
        },
      }),
      decide: ({ last }) => ({ type: 'InvoiceIssued', data: { number: last + 1 } }),
    })
    const invoices = appOver(store, { modules: [IssueInvoice] })
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => invoices.execute(IssueInvoice, { order: `o${n}` })),
    )
    const numbers = await Array.fromAsync(
      store.read({ query: [{ types: ['InvoiceIssued'] }] }),
      ({ data }) => (data as { number: number }).number,
    )
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
  })

  test('takes a decider for a fold', async () => {
    const CloseRoom = defineCommand({
      name: 'CloseRoom',
      input: z.object({ room: z.string() }),
      events: { RoomClosed: z.object({ seats: z.int() }) },
      stream: ({ room }) => `closing-${room}`,
      model: ({ room }) => ({ room: { fold: Room, tags: [`room:${room}`] } }),
      decide: ({ room }) => ({ type: 'RoomClosed', data: { seats: room.seats } }),
    })
    await store.append({
      stream: 'room-1',
      events: [{ type: 'RoomOpened', data: { seats: 3 }, tags: ['room:1'] }],
    })
    const rooms = appOver(store, { modules: [CloseRoom] })
    expect(await rooms.execute(CloseRoom, { room: '1' })).toMatchObject({ events: [{ data: { seats: 3 } }] })
  })
})

describe('commands with decision models at once', () => {
  test('those of one application that share a tag never meet: each is appended once', async () => {
    const { counted, appends } = countAppends(store)
    const busy = appOver(counted)
    await busy.execute(OfferCourse, { course: 'c1', places: 5 })
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        busy.execute(SubscribeStudent, { course: 'c1', student: `s${n}` }),
      ),
    )
    expect(outcomes.filter(({ accepted }) => accepted)).toHaveLength(5)
    expect(appends()).toBe(6)
  })

  test('a conflict with another writer is decided again on what has come in between', async () => {
    await app.execute(OfferCourse, { course: 'c1', places: 1 })
    const raced = appOver(
      intrudeBeforeAppend(store, 1, {
        stream: 'elsewhere-1',
        events: [
          { type: 'StudentSubscribed', data: { course: 'c1', student: 'faster' }, tags: ['course:c1'] },
        ],
      }),
    )
    expect(await raced.execute(SubscribeStudent, { course: 'c1', student: 's1' })).toMatchObject({
      accepted: false,
      code: 'course-full',
    })
  })

  test('an event that is none of the model is no conflict, in the same stream neither', async () => {
    await app.execute(OfferCourse, { course: 'c1', places: 1 })
    const { counted, appends } = countAppends(
      intrudeBeforeAppend(store, 1, { stream: 'course-c1', events: [{ type: 'RoomPainted', data: {} }] }),
    )
    const raced = appOver(counted)
    expect(await raced.execute(SubscribeStudent, { course: 'c1', student: 's1' })).toMatchObject({
      accepted: true,
      revision: 2,
    })
    expect(appends()).toBe(1)
  })

  test('a conflict on every attempt is reported after the limit', async () => {
    await app.execute(OfferCourse, { course: 'c1', places: 1_000 })
    const intruder = {
      stream: 'elsewhere-1',
      events: [{ type: 'StudentSubscribed', data: { course: 'c1', student: 'x' }, tags: ['course:c1'] }],
    }
    const raced = appOver(intrudeBeforeAppend(store, Infinity, intruder), { commandAttemptsMax: 3 })
    const error = await errorOf(raced.execute(SubscribeStudent, { course: 'c1', student: 's1' }))
    expect(error).toMatchObject({
      code: 'command-conflict',
      retryable: true,
      details: { command: 'SubscribeStudent', stream: 'course-c1', attempts: 3 },
    })
  })

  test('each attempt but the first waits for a time that is as random as the application was told', async () => {
    await app.execute(OfferCourse, { course: 'c1', places: 1_000 })
    const intruder = {
      stream: 'elsewhere-1',
      events: [{ type: 'StudentSubscribed', data: { course: 'c1', student: 'x' }, tags: ['course:c1'] }],
    }
    let asked = 0
    const raced = appOver(intrudeBeforeAppend(store, 3, intruder), {
      random: () => {
        asked++
        return 0
      },
    })
    expect(await raced.execute(SubscribeStudent, { course: 'c1', student: 's1' })).toMatchObject({
      accepted: true,
    })
    expect(asked).toBe(3)
  })
})

describe('a definition that cannot work is refused with a sentence', () => {
  const valid = {
    name: 'Open',
    input: z.object({}),
    events: { Opened: z.object({}) },
    stream: () => 'door-1',
    model: () => ({ doors: { fold: PlacesLeft } }),
    decide: () => [],
  }
  // What a caller in JavaScript, or one who cast, might pass.
  const define = (change: object) => defineCommand({ ...valid, ...change } as typeof valid)

  test.each([
    ['no name', { name: '' }, /it needs a name/],
    ['no schema for its input', { input: {} }, /its input has to be a Standard Schema/],
    ['an event without a schema', { events: { Opened: {} } }, /the event type Opened has no Standard Schema/],
    ['a stream that is no function', { stream: 'door-1' }, /stream has to be a function/],
    ['a model that is no function', { model: {} }, /model has to be a function/],
    ['no decide', { decide: undefined }, /decide has to be a function/],
    ['an authorize that is no function', { authorize: true }, /authorize has to be a function/],
  ])('%s', (_case, change, sentence) => {
    expect(() => define(change)).toThrow(sentence)
  })

  const emptyFold = { events: schoolEvents, initialState: () => 0, evolve: {} }
  test.each([
    ['a model without a part', { model: () => ({}) }, /its model has no part/],
    ['a fold that handles nothing', { model: () => ({ x: { fold: emptyFold } }) }, /handles no event type/],
    ['a stream of Annals itself', { stream: () => '$door-1' }, /those of Annals itself/],
    ['an undeclared rejection', { decide: () => reject('stuck') }, /not declared under rejections/],
  ])('%s, as soon as it is executed', async (_case, change, sentence) => {
    const Open = define(change)
    const error = await errorOf(appOver(store, { modules: [Open] }).execute(Open, {}))
    expect(error).toMatchObject({ code: 'invalid-definition', message: expect.stringMatching(sentence) })
    expect(await store.head()).toBe(0)
  })

  test('an event type that is not declared', async () => {
    const Open = define({ decide: () => ({ type: 'Shut', data: {} }) })
    const error = await errorOf(appOver(store, { modules: [Open] }).execute(Open, {}))
    expect(error).toMatchObject({ code: 'unknown-event-type', details: { type: 'Shut', known: ['Opened'] } })
  })

  test('a name that another command has', () => {
    const Taken = define({ name: 'TakeSeat' })
    expect(() => appOver(store, { modules: [Room, Taken] })).toThrow(/more than one command named "TakeSeat"/)
  })

  test('tags that are none', async () => {
    const Open = define({ model: () => ({ courses: { fold: CoursesOf, tags: [] } }) })
    expect(await errorOf(appOver(store, { modules: [Open] }).execute(Open, {}))).toMatchObject({
      code: 'invalid-argument',
    })
  })
})

/** A store that counts the appends that are tried. */
function countAppends(over: EventStore): { readonly counted: EventStore; readonly appends: () => number } {
  let count = 0
  const counted = onAppend(over, async () => {
    count++
  })
  return { counted, appends: () => count }
}

/** A store in which somebody else appends just before each of the first appends. */
function intrudeBeforeAppend(over: EventStore, times: number, intruder: StreamAppend): EventStore {
  let left = times
  return onAppend(over, async () => {
    if (left-- > 0) await over.append(intruder)
  })
}

function onAppend(over: EventStore, before: () => Promise<void>): EventStore {
  return new Proxy(over, {
    get(target, property) {
      if (property !== 'append') return (target[property as keyof EventStore] as () => unknown).bind(target)
      return async (appends: StreamAppend | readonly StreamAppend[], condition?: AppendCondition) => {
        await before()
        return target.append(appends, condition)
      }
    },
  })
}
