import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  catalogueOf,
  checkEvents,
  createApp,
  createMemoryStore,
  defineCommand,
  defineDecider,
  defineEvent,
  defineFold,
  defineProcessManager,
  defineProjection,
  type EventStore,
  inMemory,
  type Module,
  type NewEvent,
  type Progress,
} from '../index.ts'

const Shop = defineDecider({
  category: 'shop',
  events: {
    ItemAdded: defineEvent({
      description: 'Something was put into the cart.',
      data: z.object({ sku: z.string(), quantity: z.int(), gift: z.boolean().default(false) }),
      version: 3,
      upcasters: {
        1: ({ item }: { item: string }) => ({ sku: item.toLowerCase(), gift: false }),
        2: (data: { sku: string; gift: boolean }) => ({ ...data, quantity: 1 }),
      },
      renamedFrom: ['ItemPut'],
    }),
    Paid: defineEvent({ data: z.object({}), splitFrom: { Finished: () => ({}) }, laterVersions: 'skip' }),
    Sent: defineEvent({
      data: z.object({ to: z.string() }),
      splitFrom: { Finished: ({ to }) => ({ to: String(to) }) },
      mergedFrom: { types: ['Packed', 'Fetched'], merge: ({ Packed }) => ({ to: String(Packed?.to) }) },
    }),
  },
  retired: ['Viewed'],
  initialState: () => 0,
  evolve: { ItemAdded: (n) => n + 1, Paid: (n) => n, Sent: (n) => n },
  commands: {},
})
const gifts = { GiftReserved: z.object({ of: z.string() }) }
const reserving = (name: string) =>
  defineCommand({
    name,
    input: z.object({ of: z.string() }),
    events: gifts,
    stream: () => 'gifts',
    model: () => ({
      gifts: {
        fold: defineFold({ events: gifts, initialState: () => 0, evolve: { GiftReserved: (n) => n + 1 } }),
      },
    }),
    decide: (_gifts, data) => ({ type: 'GiftReserved', data }),
  })
const Sending = defineProcessManager({
  name: 'sending',
  reactsTo: { Paid: Shop.events.Paid },
  select: { category: 'shop' },
  key: ({ stream }) => stream.slice('shop-'.length),
  events: { SendingBegun: z.object({}) },
  initialState: () => 0,
  evolve: { SendingBegun: (n) => n },
  on: { Paid: () => [{ type: 'SendingBegun', data: {} }] },
})
const Sales = defineProjection({
  name: 'sales',
  select: { category: 'shop' },
  events: { ItemAdded: z.object({ sku: z.string() }) },
  readModel: inMemory(() => []),
  on: { ItemAdded: () => undefined },
})
const modules: Module[] = [Shop, reserving('Reserve'), reserving('ReserveAgain'), Sending]

describe('the catalogue of an application', () => {
  const { events, retired } = catalogueOf(modules)

  test('has each type that is recorded, with who records it where, in order', () => {
    expect(events.map(({ category, type, owners }) => [category, type, owners])).toEqual([
      ['sending', 'SendingBegun', ['process manager sending']],
      ['shop', 'ItemAdded', ['decider shop']],
      ['shop', 'Paid', ['decider shop']],
      ['shop', 'Sent', ['decider shop']],
      [undefined, 'GiftReserved', ['command Reserve', 'command ReserveAgain']],
    ])
    expect(retired).toEqual([{ type: 'Viewed', category: 'shop' }])
  })

  test('says of each what it says of itself, and what it was before', () => {
    expect(events.find(({ type }) => type === 'ItemAdded')).toMatchObject({
      description: 'Something was put into the cart.',
      version: 3,
      olderVersions: [1, 2],
      renamedFrom: ['ItemPut'],
      laterVersions: 'fail',
      jsonSchema: { type: 'object', required: ['sku', 'quantity', 'gift'] },
    })
    expect(events.find(({ type }) => type === 'Sent')).toMatchObject({
      version: 1,
      olderVersions: [],
      splitFrom: ['Finished'],
      mergedFrom: ['Packed', 'Fetched'],
    })
    expect(events.find(({ type }) => type === 'Paid')).toMatchObject({ laterVersions: 'skip' })
  })

  test('has no JSON Schema where a schema cannot give one', () => {
    const schema = { '~standard': { version: 1, vendor: 'own', validate: (value: unknown) => ({ value }) } }
    const Own = defineDecider({
      category: 'own',
      events: { Done: schema as never },
      initialState: () => 0,
      evolve: { Done: (n) => n },
      commands: {},
    })
    expect(catalogueOf([Own]).events[0]?.jsonSchema).toBeUndefined()
  })
})

describe('recorded events that are held against an application', () => {
  let store: EventStore

  beforeEach(() => {
    store = createMemoryStore()
  })

  const record = (stream: string, ...events: NewEvent[]) => store.append({ stream, events })
  const found = async (of: readonly Module[] = modules) => (await checkEvents(store, of)).findings

  test('are sound if they fit, whatever they were recorded as', async () => {
    await record(
      'shop-1',
      { type: 'ItemPut', data: { item: 'TEA' } },
      { type: 'ItemAdded', data: { sku: 'tea', gift: true }, metadata: { $version: 2 } },
      { type: 'ItemAdded', data: { sku: 'tea', gift: true, quantity: 1 }, metadata: { $version: 3 } },
      { type: 'Finished', data: { to: 'Ulm' } },
      { type: 'Packed', data: { to: 'Bonn' } },
      { type: 'Fetched', data: {} },
      { type: 'Viewed', data: {} },
      { type: 'Paid', data: {}, metadata: { $version: 5 } },
    )
    await record('gifts', { type: 'GiftReserved', data: { of: 'tea' } })
    // What else Annals records by itself is none of the application's.
    const app = createApp({ store, modules: [Sending] })
    await app.ready()
    await expect.poll(async () => (await store.stream('sending-1'))?.revision).toBe(1)
    await app.close()
    const { events, position, findings } = await checkEvents(store, modules)
    expect(findings).toEqual([])
    expect(events).toBeGreaterThan(9)
    expect(position).toBe(await store.head())
  })

  test('of types that nobody declares for their category are found, with how many and where', async () => {
    const { position } = await record('shop-1', ...Array(7).fill({ type: 'Odd', data: {} }))
    await record('nowhere-1', { type: 'ItemAdded', data: {} })
    await record('sending-1', { type: 'Odd', data: {} })
    expect(await found()).toEqual([
      {
        kind: 'undeclared-type',
        type: 'Odd',
        category: 'shop',
        reader: undefined,
        count: 7,
        positions: [-6, -5, -4, -3, -2].map((before) => position + before),
        problem: 'It is not declared by decider shop.',
      },
      expect.objectContaining({ kind: 'undeclared-type', type: 'ItemAdded', category: 'nowhere', count: 1 }),
      expect.objectContaining({ problem: 'It is not declared by process manager sending.' }),
    ])
  })

  test('of versions that are not known, that cannot be upcast or do not fit then are found', async () => {
    await record(
      'shop-1',
      { type: 'ItemAdded', data: {}, metadata: { $version: 4 } },
      { type: 'ItemPut', data: { item: 7 } },
      { type: 'ItemAdded', data: { sku: 'tea' }, metadata: { $version: 2 } },
    )
    expect(await found()).toMatchObject([
      { kind: 'unsupported-version', type: 'ItemAdded', reader: 'decider shop', positions: [1] },
      {
        kind: 'upcaster-failed',
        type: 'ItemPut',
        positions: [2],
        problem: expect.stringMatching(/toLowerCase is not a function/),
      },
      {
        kind: 'invalid-data',
        type: 'ItemAdded',
        positions: [3],
        problem: expect.stringMatching(/^gift: the schema gives it/),
      },
    ])
  })

  test('are read by projections too, as they declare them', async () => {
    await record('shop-1', {
      type: 'ItemAdded',
      data: { sku: 'a', gift: true, quantity: 1 },
      metadata: { $version: 3 },
    })
    await record('other-1', { type: 'ItemAdded', data: {} })
    expect(await found([Shop, Sales])).toMatchObject([
      { kind: 'unsupported-version', reader: 'projection sales', category: 'shop', count: 1 },
      { kind: 'undeclared-type', category: 'other' },
    ])
  })

  test('without data are those of a schema without data', async () => {
    const Bare = defineDecider({
      category: 'bare',
      events: { Rung: z.undefined() },
      initialState: () => 0,
      evolve: { Rung: (n) => n },
      commands: {},
    })
    await record('bare-1', { type: 'Rung', data: undefined })
    expect(await found([Bare])).toEqual([])
  })

  test('are counted as they are read, and left alone when told so', async () => {
    await record('shop-1', ...Array(5_000).fill({ type: 'Viewed', data: {} }))
    const told: Progress[] = []
    await checkEvents(store, modules, { onProgress: (progress) => told.push(progress) })
    expect(told.at(-1)).toMatchObject({ done: 5_000, total: 5_000 })
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(checkEvents(store, modules, { signal })).rejects.toThrow('enough')
  })
})
