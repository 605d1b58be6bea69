import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  type App,
  createApp,
  createMemoryStore,
  defineDecider,
  defineEvent,
  defineFold,
  defineLiveQuery,
  type EventStore,
  isAnnalsError,
  type NewEvent,
  type RecordedEvent,
  replay,
  type Selection,
} from '../index.ts'
import { currentEvents } from './current-events.ts'
import type { EventSchemas } from './fold.ts'

const money = z.object({ amount: z.number(), currency: z.string() })

/** An account whose event types have gone through everything that event types go through. */
const events = {
  Deposited: defineEvent({
    data: money,
    version: 3,
    upcasters: {
      1: ({ cents }) => ({ amount: Number(cents) / 100 }),
      2: (data: { amount: number }) => ({ ...data, currency: 'EUR' }),
    },
    renamedFrom: ['PaidIn'],
  }),
  OwnerNamed: defineEvent({
    data: z.object({ name: z.string() }),
    splitFrom: { AccountOpened: ({ owner }) => ({ name: String(owner) }) },
  }),
  LimitSet: defineEvent({
    data: money,
    version: 2,
    upcasters: { 1: (data: { amount: number }) => ({ ...data, currency: 'EUR' }) },
    splitFrom: {
      AccountOpened: ({ limit }) => (limit === undefined ? undefined : { amount: Number(limit) }),
    },
  }),
  Moved: defineEvent({
    data: z.object({ street: z.string(), town: z.string() }),
    mergedFrom: {
      types: ['StreetTold', 'TownTold'],
      merge: ({ StreetTold, TownTold }) => ({
        street: String(StreetTold?.street ?? '?'),
        town: String(TownTold?.town),
      }),
    },
  }),
  Noted: defineEvent({ data: z.object({ text: z.string() }), laterVersions: 'skip' }),
  Closed: z.object({}),
}
let store: EventStore

beforeEach(() => {
  store = createMemoryStore()
})

const record = (stream: string, ...events: NewEvent[]) => store.append({ stream, events })

/** What a reader of these types sees of a selection, read in batches of one event. */
async function seen(selection: Selection, of: EventSchemas = events): Promise<RecordedEvent[]> {
  const reading = currentEvents(store, of, selection)
  const all: RecordedEvent[] = []
  for await (const event of store.read(reading.selection)) all.push(...(await reading.current([event])))
  return all
}

const facts = (events: readonly RecordedEvent[]) => events.map(({ type, data }) => [type, data])

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  )

describe('an event of an older version', () => {
  test('is read as one of today, from each version there was', async () => {
    await record(
      'account-1',
      { type: 'Deposited', data: { cents: 150 } },
      { type: 'Deposited', data: { amount: 2.5 }, metadata: { $version: 2 } },
      { type: 'Deposited', data: { amount: 3, currency: 'USD' }, metadata: { $version: 3 } },
    )
    expect(facts(await seen({ stream: 'account-1' }))).toEqual([
      ['Deposited', { amount: 1.5, currency: 'EUR' }],
      ['Deposited', { amount: 2.5, currency: 'EUR' }],
      ['Deposited', { amount: 3, currency: 'USD' }],
    ])
  })

  test('keeps everything else it was recorded with', async () => {
    const { events: recorded } = await record('account-1', {
      type: 'PaidIn',
      data: { cents: 150 },
      tags: ['owner:1'],
      metadata: { by: 'Ada' },
    })
    const [deposited] = await seen({ stream: 'account-1' })
    expect(deposited?.toJSON()).toEqual({
      ...recorded[0]?.toJSON(),
      type: 'Deposited',
      data: { amount: 1.5, currency: 'EUR' },
      metadata: { by: 'Ada', $version: 3 },
    })
    expect(JSON.parse(deposited?.dataJson ?? '')).toEqual(deposited?.data)
    expect(JSON.parse(deposited?.metadataJson ?? '')).toEqual(deposited?.metadata)
  })

  test('of today already is the very one that was read, and making an old one current twice changes nothing', async () => {
    await record(
      'account-1',
      { type: 'Closed', data: {} },
      { type: 'AccountOpened', data: { owner: 'Ada', limit: 5 }, metadata: { $version: 4 } },
    )
    const { current } = currentEvents(store, events, { stream: 'account-1' })
    const batch = await Array.fromAsync(store.read({ stream: 'account-1' }))
    expect(await current(batch.slice(0, 1))).toEqual([batch[0]])
    const once = await current(batch)
    expect(once[0]).toBe(batch[0])
    expect(await current(once)).toBe(once)
  })

  test.each([4, 0, 1.5, '2', [1]])(
    'recorded with the version %j stops whoever reads it, with all there is to find it',
    async ($version) => {
      const { position } = await record('account-1', {
        type: 'PaidIn',
        data: {},
        metadata: { $version },
      })
      expect(await errorOf(seen('everything'))).toMatchObject({
        code: 'unsupported-event-version',
        details: {
          type: 'PaidIn',
          version: $version,
          supported: 3,
          stream: 'account-1',
          revision: 0,
          position,
        },
      })
    },
  )

  test('of a version that is still to come stops those too who declare no version', async () => {
    await record('account-1', { type: 'Closed', data: {}, metadata: { $version: 2 } })
    expect(await errorOf(seen('everything'))).toMatchObject({
      code: 'unsupported-event-version',
      details: { type: 'Closed', version: 2, supported: 1 },
    })
  })

  test('of a version that is still to come is passed over where that is declared, a broken version is not', async () => {
    await record('account-1', { type: 'Noted', data: {}, metadata: { $version: 2 } })
    expect(await seen('everything')).toEqual([])
    await record('account-1', { type: 'Noted', data: {}, metadata: { $version: 'two' } })
    expect(await errorOf(seen('everything'))).toMatchObject({ code: 'unsupported-event-version' })
  })

  test('of a type that the reader does not know is left alone, whatever its version', async () => {
    await record('account-1', { type: 'Other', data: { a: 1 }, metadata: { $version: 7 } })
    expect(facts(await seen('everything'))).toEqual([['Other', { a: 1 }]])
  })
})

describe('an upcaster that fails', () => {
  const failing = (upcast: () => unknown) => ({
    Broken: defineEvent({ data: z.object({}), version: 2, upcasters: { 1: upcast as () => never } }),
  })

  test.each<[string, () => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('no such field')
      },
      /no such field/,
    ],
    ['gives nothing', () => undefined, /gave nothing/],
    ['gives a promise', () => Promise.reject(new Error('later')), /promise/],
  ])('because it %s stops whoever reads the event, and says which', async (_how, upcast, says) => {
    const { position, events: recorded } = await record('account-1', { type: 'Broken', data: {} })
    const error = await errorOf(seen('everything', failing(upcast)))
    expect(error).toMatchObject({
      code: 'upcaster-failed',
      details: {
        type: 'Broken',
        into: 'Broken',
        from: 1,
        eventId: recorded[0]?.id,
        stream: 'account-1',
        revision: 0,
        position,
      },
    })
    expect((error as Error).message).toMatch(says)
  })

  test('under splitFrom or mergedFrom is named so', async () => {
    const fail = () => {
      throw new Error('no')
    }
    const broken = {
      A: defineEvent({ data: z.object({}), splitFrom: { Old: fail } }),
      B: defineEvent({ data: z.object({}), mergedFrom: { types: ['X', 'Y'], merge: fail } }),
    }
    await record('account-1', { type: 'Old', data: {} })
    expect(await errorOf(seen('everything', broken))).toMatchObject({
      details: { type: 'Old', into: 'A', from: 'splitFrom' },
    })
    await record('account-2', { type: 'Y', data: {} })
    expect(await errorOf(seen({ stream: 'account-2' }, broken))).toMatchObject({
      details: { type: 'Y', into: 'B', from: 'mergedFrom' },
    })
  })
})

describe('an event that became several', () => {
  test('is one of each type that names it, in the order in which they are declared, and upcast from version 1', async () => {
    await record('account-1', { type: 'AccountOpened', data: { owner: 'Ada', limit: 5 } })
    const both = await seen({ stream: 'account-1' })
    expect(facts(both)).toEqual([
      ['OwnerNamed', { name: 'Ada' }],
      ['LimitSet', { amount: 5, currency: 'EUR' }],
    ])
    expect(new Set(both.map(({ id }) => id)).size).toBe(1)
    expect(new Set(both.map(({ position }) => position)).size).toBe(1)
  })

  test('is nothing of a type for which there is nothing in it', async () => {
    await record('account-1', { type: 'AccountOpened', data: { owner: 'Ada' } })
    expect(facts(await seen({ stream: 'account-1' }))).toEqual([['OwnerNamed', { name: 'Ada' }]])
  })

  test('gives an event query only what it asks for', async () => {
    await record('account-1', { type: 'AccountOpened', data: { owner: 'Ada', limit: 5 }, tags: ['a:1'] })
    const limits = { query: [{ types: ['LimitSet'], tags: ['a:1'] }] }
    expect(facts(await seen(limits))).toEqual([['LimitSet', { amount: 5, currency: 'EUR' }]])
    expect(await seen({ query: [{ types: ['LimitSet'], tags: ['a:2'] }] })).toEqual([])
    expect(facts(await seen({ query: [{ tags: ['a:1'] }] }))).toHaveLength(2)
  })
})

describe('events that became one', () => {
  const street = (street: string) => ({ type: 'StreetTold', data: { street } })
  const town = (town: string) => ({ type: 'TownTold', data: { town } })

  test('are one where the last of them is, also if the others were read long before, or never', async () => {
    await record('account-1', street('Elm'), { type: 'Closed', data: {} }, town('Ulm'))
    const after = (await Array.fromAsync(store.read('everything')))[1]?.position as number
    const { selection, current } = currentEvents(store, events, 'everything')
    const batch = await Array.fromAsync(store.read(selection, { after }))
    const [moved] = await current(batch)
    expect(facts([moved as RecordedEvent])).toEqual([['Moved', { street: 'Elm', town: 'Ulm' }]])
    expect(moved).toMatchObject({ revision: 2, position: await store.head() })
    expect(facts(await seen({ query: [{ types: ['Moved'] }] }))).toEqual([
      ['Moved', { street: 'Elm', town: 'Ulm' }],
    ])
  })

  test('are of one stream, the newest of each, and none counts twice', async () => {
    await record('account-1', street('Old'), street('Elm'), town('Ulm'), town('Bonn'))
    await record('account-2', street('Oak'))
    expect(facts(await seen('everything'))).toEqual([
      ['Moved', { street: 'Elm', town: 'Ulm' }],
      ['Moved', { street: '?', town: 'Bonn' }],
    ])
  })

  test('one of which is hidden are one without it', async () => {
    await record('account-1', street('Elm'), town('Ulm'))
    await store.truncate('account-1', { beforeRevision: 1 })
    expect(facts(await seen('everything'))).toEqual([['Moved', { street: '?', town: 'Ulm' }]])
  })
})

describe('everything that folds events sees them as they are today', () => {
  const Account = defineDecider({
    category: 'account',
    events,
    retired: ['Viewed'],
    rejections: { poor: 'There is not enough.' },
    initialState: () => ({ cents: 0, owner: '' }),
    evolve: {
      Deposited: (account, { amount }) => ({ ...account, cents: account.cents + amount * 100 }),
      OwnerNamed: (account, { name }) => ({ ...account, owner: name }),
      LimitSet: (account) => account,
      Moved: (account) => account,
      Noted: (account) => account,
      Closed: (account) => account,
    },
    commands: {
      Close: { input: z.object({ ask: z.int() }), decide: () => ({ type: 'Closed', data: {} }) },
      Deposit: {
        requires: 'any',
        input: money,
        decide: (_account, data) => ({ type: 'Deposited', data }),
      },
      Show: {
        input: z.object({}),
        decide: (account) => ({ type: 'Noted', data: { text: JSON.stringify(account) } }),
      },
    },
  })
  const Balance = defineLiveQuery({
    name: 'Balance',
    input: z.object({ type: z.string() }),
    select: ({ type }) => ({ query: [{ types: [type] }] }),
    fold: defineFold({
      events,
      initialState: () => 0,
      evolve: { Deposited: (sum, { amount }) => sum + amount },
    }),
    answer: (sum) => sum,
  })
  let app: App

  beforeEach(async () => {
    app = createApp({ store, modules: [Account, Balance] })
    await record(
      'account-1',
      { type: 'AccountOpened', data: { owner: 'Ada' } },
      { type: 'PaidIn', data: { cents: 150 } },
      { type: 'Viewed', data: {} },
      { type: 'Noted', data: {}, metadata: { $version: 9 } },
    )
  })

  test('a decider, which passes over what is retired or skipped and goes on at the revision there is', async () => {
    const shown = await app.execute(Account.commands.Show, 'account-1', {})
    expect(shown).toMatchObject({ accepted: true, revision: 4 })
    expect(shown.accepted && shown.events[0]?.data).toEqual({
      text: JSON.stringify({ cents: 150, owner: 'Ada' }),
    })
  })

  test('a live query, whose event query finds older types too', async () => {
    expect(await app.query(Balance, { type: 'Deposited' })).toBe(1.5)
    expect(await app.query(Balance, { type: 'Closed' })).toBe(0)
  })

  test('a live query as of an instant, of a position or revision before', async () => {
    const nowMs = 1_000
    let timeMs = nowMs
    store = createMemoryStore({ clock: () => timeMs })
    await record('account-1', { type: 'PaidIn', data: { cents: 100 } })
    timeMs += 5
    await record('account-1', { type: 'PaidIn', data: { cents: 200 } })
    const later = createApp({ store, modules: [Balance] })
    expect(await later.query(Balance, { type: 'Deposited' }, { asOf: { time: new Date(nowMs + 4) } })).toBe(1)
    expect(await later.query(Balance, { type: 'Deposited' }, { asOf: { time: new Date(nowMs + 5) } })).toBe(3)
  })

  test('a replay', async () => {
    const amounts: number[] = []
    const replayed = await replay(store, {
      events,
      on: { Deposited: ({ data }) => void amounts.push(data.amount) },
    })
    expect(amounts).toEqual([1.5])
    expect(replayed).toMatchObject({ read: 4, handled: 1 })
  })

  test('new events are recorded with their version, if there was another before', async () => {
    await app.execute(Account.commands.Deposit, 'account-1', { amount: 1, currency: 'EUR' })
    await app.append({ stream: 'account-1', events: [{ type: 'Closed', data: {}, metadata: { by: 'Ada' } }] })
    await app.append({
      stream: 'account-1',
      events: [{ type: 'LimitSet', data: { amount: 1, currency: 'EUR' }, metadata: { by: 'Ada' } }],
    })
    const recorded = await Array.fromAsync(store.read({ stream: 'account-1', fromRevision: 4 }))
    expect(recorded.map(({ metadata }) => metadata)).toEqual([
      expect.objectContaining({ $version: 3 }),
      { by: 'Ada' },
      { by: 'Ada', $version: 2 },
    ])
  })

  test('metadata and tags that are none are refused as ever', async () => {
    for (const wrong of [{ metadata: 'x' }, { metadata: [1] }, { tags: 'a:1' }]) {
      const given = { type: 'Deposited', data: { amount: 1, currency: 'EUR' }, ...wrong } as never
      expect(await errorOf(app.append({ stream: 'account-1', events: [given] }))).toMatchObject({
        code: 'invalid-event',
      })
    }
  })
})

test('declared tags are recorded beside those that an event was given', async () => {
  const Course = defineDecider({
    category: 'course',
    events: {
      Joined: defineEvent({
        data: z.object({ student: z.string() }),
        tags: ({ student }) => [`student:${student}`],
      }),
    },
    initialState: () => 0,
    evolve: { Joined: (count) => count + 1 },
    commands: {
      Join: {
        requires: 'any',
        input: z.object({ student: z.string() }),
        decide: (_count, data) => ({ type: 'Joined', data, tags: ['given:1'] }),
      },
    },
  })
  const app = createApp({ store, modules: [Course] })
  await app.execute(Course.commands.Join, 'course-1', { student: 's1' })
  await app.append({ stream: 'course-1', events: [{ type: 'Joined', data: { student: 's2' } }] })
  const recorded = await Array.fromAsync(store.read('everything'))
  expect(recorded.map(({ tags }) => tags)).toEqual([['given:1', 'student:s1'], ['student:s2']])
})

describe('declarations that cannot work are refused where they are used', () => {
  const data = z.object({})
  const step = () => ({})
  const cases: [string, EventSchemas, RegExp][] = [
    ['a version that is none', { A: defineEvent({ data, version: 0 }) }, /whole number from 1 up, but is 0/],
    ['a gap', { A: defineEvent({ data, version: 3, upcasters: { 1: step } as never }) }, /from version 2/],
    ['no upcasters', { A: defineEvent({ data, version: 2 }) }, /no upcaster from version 1/],
    [
      'an upcaster from today',
      { A: defineEvent({ data, upcasters: { 1: step } as never }) },
      /cannot have an upcaster from version 1/,
    ],
    ['a type that comes of itself', { A: defineEvent({ data, renamedFrom: ['A'] }) }, /come of itself/],
    [
      'a circle',
      {
        A: defineEvent({ data, renamedFrom: ['B'] }),
        B: defineEvent({ data, splitFrom: { A: step } }),
      },
      /A comes of B, which is a type of today too/,
    ],
    [
      'one name for two',
      { A: defineEvent({ data, renamedFrom: ['X'] }), B: defineEvent({ data, renamedFrom: ['X'] }) },
      /X is named twice/,
    ],
    ['one name twice', { A: defineEvent({ data, renamedFrom: ['X', 'X'] }) }, /X is named twice/],
    [
      'a rename that is a split too',
      { A: defineEvent({ data, renamedFrom: ['X'] }), B: defineEvent({ data, splitFrom: { X: step } }) },
      /X is named twice/,
    ],
    [
      'two merges of the same',
      {
        A: defineEvent({ data, mergedFrom: { types: ['X', 'Y'], merge: step } }),
        B: defineEvent({ data, mergedFrom: { types: ['X', 'Z'], merge: step } }),
      },
      /X is named twice/,
    ],
    [
      'a merge of one',
      { A: defineEvent({ data, mergedFrom: { types: ['X'], merge: step } }) },
      /at least two older types/,
    ],
    ['a name that is none', { A: defineEvent({ data, renamedFrom: [''] }) }, /not empty/],
    ['no schema', { A: defineEvent({ data: {} as never }) }, /no Standard Schema/],
    ['a policy unknown', { A: defineEvent({ data, laterVersions: 'ignore' as never }) }, /'fail' or 'skip'/],
    [
      'tags that are no function',
      { A: defineEvent({ data, tags: ['a:1'] as never }) },
      /has to be a function/,
    ],
  ]

  test.each(cases)('%s', (_what, wrong, says) => {
    const evolve = Object.fromEntries(Object.keys(wrong).map((type) => [type, (state: number) => state]))
    const fold = { events: wrong, initialState: () => 0, evolve }
    for (const define of [
      () => defineFold(fold),
      () => defineDecider({ category: 'a', commands: {}, ...fold } as never),
      () => currentEvents(store, wrong, 'everything'),
    ]) {
      try {
        define()
        expect.fail('it was accepted')
      } catch (error) {
        if (!isAnnalsError(error, 'invalid-definition')) throw error
        expect(error.details.problem).toMatch(says)
      }
    }
  })

  test('a type that is retired and declared, or retired and another today', () => {
    const retire = (type: string) => () =>
      defineDecider({
        category: 'a',
        events: { A: defineEvent({ data, renamedFrom: ['X'] }) },
        retired: [type],
        initialState: () => 0,
        evolve: { A: (n) => n },
        commands: {},
      })
    expect(retire('A')).toThrow(/retired but still declared/)
    expect(retire('X')).toThrow(/retired but still declared/)
    expect(retire('Y')).not.toThrow()
  })
})
