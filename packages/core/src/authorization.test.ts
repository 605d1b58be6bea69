import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Room, Visits } from '../test/seat.ts'
import {
  type App,
  type AppOptions,
  type AuthorizationRequest,
  type Caller,
  createApp,
  createMemoryStore,
  defineDecider,
  defineLiveQuery,
  defineProjectedQuery,
  type EventStore,
} from './index.ts'

const clerk: Caller = { id: 'u1', roles: ['clerk'] }
const visitor: Caller = { id: 'u2' }
const nowMs = Date.UTC(2030, 0, 1)

const Safe = defineDecider({
  category: 'safe',
  events: { Opened: z.object({ by: z.string() }) },
  initialState: () => 0,
  evolve: { Opened: (count) => count + 1 },
  commands: {
    Open: {
      requires: 'any',
      input: z.object({ times: z.int().default(1) }),
      authorize: (caller, { times }, { stream }) =>
        caller?.roles?.includes('clerk') === true && times < 3 && stream !== 'safe-13',
      decide: (_count, _input, { caller }) => ({ type: 'Opened', data: { by: caller?.id ?? '' } }),
    },
    Peek: { requires: 'any', input: z.object({}), decide: () => [] },
  },
})
const audited = {
  input: z.object({ safe: z.string() }),
  authorize: async (caller: Caller | undefined) => caller !== undefined,
  audit: ({ safe }: { safe: string }, { caller, now }: { caller: Caller | undefined; now: Date }) => ({
    stream: 'audit-1',
    events: [{ type: 'SafeLookedAt', data: { safe, by: caller?.id ?? '', at: now.toISOString() } }],
  }),
}
const Openings = defineLiveQuery({
  ...audited,
  name: 'Openings',
  select: ({ safe }) => ({ stream: safe }),
  fold: Safe,
  answer: (count) => count,
})
const VisitCount = defineProjectedQuery({
  ...audited,
  name: 'VisitCount',
  projection: Visits,
  answer: (visits) => visits.size,
})

let store: EventStore
const appOf = (options: Partial<AppOptions> = {}): App =>
  createApp({
    store,
    modules: [Safe, Room, Openings, VisitCount],
    clock: () => nowMs,
    ...options,
  })

beforeEach(() => {
  store = createMemoryStore()
})

describe('a command that says who may give it', () => {
  test('is executed for whoever may, and the decision sees who it was', async () => {
    const opened = await appOf().execute(Safe.commands.Open, 'safe-1', {}, { caller: clerk })
    expect(opened).toMatchObject({ accepted: true, events: [{ data: { by: 'u1' } }] })
  })

  test.each<[string, Caller | undefined, string, number]>([
    ['somebody else', visitor, 'safe-1', 1],
    ['nobody in particular', undefined, 'safe-1', 1],
    ['an input that is not for this caller', clerk, 'safe-1', 3],
    ['a stream that is not for this caller', clerk, 'safe-13', 1],
  ])('is refused to %s, and nothing is recorded', async (_case, caller, stream, times) => {
    const refused = appOf().execute(Safe.commands.Open, stream, { times }, { caller })
    await expect(refused).rejects.toMatchObject({
      code: 'not-authorized',
      retryable: false,
      details: { kind: 'command', name: 'Open', callerId: caller?.id },
    })
    expect(await store.head()).toBe(0)
  })

  test('is asked with the input as the schema gives it, and not at all about one that does not fit', async () => {
    const app = appOf()
    await expect(
      app.execute(Safe.commands.Open, 'safe-1', { times: 'x' as never }, { caller: visitor }),
    ).rejects.toMatchObject({ code: 'invalid-input' })
  })
})

describe('an application that says who may do what', () => {
  test('is asked about every command and query, with all that is known', async () => {
    const asked: AuthorizationRequest[] = []
    const app = appOf({ authorize: (request) => asked.push(request) > 0 })
    await app.execute(Safe.commands.Open, 'safe-1', {}, { caller: clerk })
    await app.query(Openings, { safe: 'safe-1' }, { caller: clerk })
    expect(asked).toEqual([
      { kind: 'command', name: 'Open', caller: clerk, input: { times: 1 }, stream: 'safe-1' },
      { kind: 'query', name: 'Openings', caller: clerk, input: { safe: 'safe-1' } },
    ])
  })

  test('and a definition both have to agree', async () => {
    const strict = appOf({ authorize: async ({ caller }) => caller?.id === 'u1' })
    await expect(strict.execute(Safe.commands.Peek, 'safe-1', {}, { caller: visitor })).rejects.toMatchObject(
      { code: 'not-authorized' },
    )
    const lax = appOf({ authorize: () => true })
    await expect(lax.execute(Safe.commands.Open, 'safe-1', {}, { caller: visitor })).rejects.toMatchObject({
      code: 'not-authorized',
    })
    expect(await strict.execute(Safe.commands.Peek, 'safe-1', {}, { caller: clerk })).toMatchObject({
      accepted: true,
    })
  })

  test('refuses by whatever is not true, and passes on what it throws', async () => {
    for (const answer of ['yes', 1, {}, undefined]) {
      const app = appOf({ authorize: () => answer as never })
      await expect(app.execute(Safe.commands.Peek, 'safe-1', {})).rejects.toMatchObject({
        code: 'not-authorized',
      })
    }
    const failing = appOf({ authorize: () => Promise.reject(new Error('the directory is down')) })
    await expect(failing.execute(Safe.commands.Peek, 'safe-1', {})).rejects.toThrow('the directory is down')
  })
})

describe('a query with an audit', () => {
  const records = () => Array.fromAsync(store.read({ stream: 'audit-1' }), ({ data }) => data)

  test.each(['Openings', 'VisitCount'] as const)('%s records each time it is asked', async (name) => {
    const app = appOf()
    await app.execute(Safe.commands.Open, 'safe-1', {}, { caller: clerk })
    const query = app.queries.get(name)
    if (!query) return expect.fail('the query is there')
    await app.query(query, { safe: 'safe-1' } as never, { caller: visitor })
    expect(await records()).toEqual([{ safe: 'safe-1', by: 'u2', at: new Date(nowMs).toISOString() }])
  })

  test('that is refused records nothing', async () => {
    await expect(appOf().query(Openings, { safe: 'safe-1' })).rejects.toMatchObject({
      code: 'not-authorized',
      details: { kind: 'query', name: 'Openings', callerId: undefined },
    })
    expect(await records()).toEqual([])
  })

  test('whose record cannot be written, or does not fit its category, is not answered', async () => {
    let answers = 0
    const query = (stream: string) =>
      defineProjectedQuery({
        ...audited,
        name: 'Q',
        projection: Visits,
        audit: () => ({ stream, events: [{ type: 'Odd', data: {} }] }),
        answer: () => ++answers,
      })
    for (const [stream, code] of [
      ['room-1', 'unknown-event-type'],
      ['$audit-1', 'invalid-argument'],
    ] as const) {
      const Q = query(stream)
      const app = appOf({ modules: [Room, Q] })
      await expect(app.query(Q, { safe: 'x' }, { caller: visitor })).rejects.toMatchObject({ code })
    }
    const Q = query('audit-1')
    const app = appOf({ modules: [Q] })
    await app.ready()
    await store.close()
    await expect(app.query(Q, { safe: 'x' }, { caller: visitor })).rejects.toMatchObject({
      code: 'store-closed',
    })
    expect(answers).toBe(0)
  })

  test('has to have a function for it', () => {
    expect(() =>
      defineProjectedQuery({
        ...audited,
        name: 'Q',
        projection: Visits,
        audit: {} as never,
        answer: () => 0,
      }),
    ).toThrow(/audit has to be a function/)
    expect(() =>
      defineProjectedQuery({
        ...audited,
        name: 'Q',
        projection: Visits,
        authorize: 1 as never,
        answer: () => 0,
      }),
    ).toThrow(/authorize has to be a function/)
  })
})
