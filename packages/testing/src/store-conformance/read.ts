import assert from 'node:assert/strict'
import {
  categoryOf,
  type EventStore,
  matchesEventQuery,
  type NewEvent,
  type Position,
  type ReadOptions,
  type RecordedEvent,
  type Selection,
} from '@annals/core'
import { type ConformanceCase, storeCase } from './case.ts'
import { lastOf, numbered, plain, readAll, readData } from './collect.ts'
import { expectError } from './expect-error.ts'
import { invalidQueries, queryTable, recordTaggedEvents } from './query-table.ts'

const selections: Readonly<Record<string, Selection>> = {
  everything: 'everything',
  'a stream': { stream: 'cart-1' },
  'a stream with a dash in its id': { stream: 'cart-1-x' },
  'a stream without an id': { stream: 'cart' },
  'a stream that does not exist': { stream: 'cart-404' },
  'a stream from a revision': { stream: 'cart-1', fromRevision: 2 },
  'a stream to a revision': { stream: 'cart-1', toRevision: 2 },
  'a stream between revisions': { stream: 'cart-1', fromRevision: 1, toRevision: 3 },
  'one event of a stream': { stream: 'cart-1', fromRevision: 1, toRevision: 1 },
  'a stream from beyond its end': { stream: 'cart-1', fromRevision: 1_000 },
  'a stream to beyond its end': { stream: 'cart-1', fromRevision: 1, toRevision: 1_000 },
  'a stream between revisions the wrong way round': { stream: 'cart-1', fromRevision: 3, toRevision: 1 },
  'a category': { category: 'cart' },
  'a category that begins with the letters of another': { category: 'carton' },
  'a category that does not exist': { category: 'car' },
  'an event query by type': { query: [{ types: ['B'] }] },
  'an event query by tag': { query: [{ tags: ['t:1'] }] },
  'an event query of several items': { query: [{ types: ['A'], tags: ['t:2'] }, { types: ['C'] }] },
  'an event query without matches': { query: [{ types: ['A'], tags: ['t:1', 't:404'] }] },
}

/** Reads: selections, bounds, directions and snapshots. */
export const readCases: readonly ConformanceCase[] = [
  ...Object.entries(selections).map(([name, selection]) =>
    storeCase(`a read of ${name} keeps to its bounds, direction and limit`, async (store) => {
      const history = await recordHistory(store)
      for (const options of readOptionsOver(history.map(({ position }) => position))) {
        assert.deepEqual(
          plain(await readAll(store, selection, options)),
          plain(expectedOf(history, selection, options)),
          JSON.stringify(options),
        )
      }
    }),
  ),

  storeCase(
    'an event query matches any of its items, one of its types and all of its tags',
    async (store) => {
      await recordTaggedEvents(store)
      for (const { query, matches } of queryTable) {
        assert.deepEqual(await readData(store, { query }), matches, JSON.stringify(query))
        assert.deepEqual(
          await readData(store, { query }, { direction: 'backwards' }),
          matches.toReversed(),
          JSON.stringify(query),
        )
      }
    },
  ),

  storeCase('an empty store has nothing to read and its head is the start of the log', async (store) => {
    assert.equal(await store.head(), 0)
    for (const selection of Object.values(selections)) {
      assert.deepEqual(await readAll(store, selection), [])
      assert.deepEqual(await readAll(store, selection, { direction: 'backwards', limit: 1 }), [])
    }
  }),

  storeCase('batches are the same events as the iteration, in the same order', async (store) => {
    await recordManyEvents(store)
    for (const selection of ['everything', { stream: 'meter-1' }, { category: 'meter' }] as const) {
      for (const direction of ['forwards', 'backwards'] as const) {
        const one = plain(await readAll(store, selection, { direction }))
        const batched: RecordedEvent[] = []
        for await (const batch of store.read(selection, { direction }).batches()) batched.push(...batch)
        assert.deepEqual(plain(batched), one)
      }
    }
  }),

  storeCase('a limit may be smaller than, equal to, or larger than what there is to read', async (store) => {
    const data = await recordManyEvents(store)
    for (const limit of [0, 1, 999, 1_000, 1_001, 2_000, 2_500, 2_501, 9_000]) {
      assert.deepEqual(await readData(store, 'everything', { limit }), data.slice(0, limit), `limit ${limit}`)
      assert.deepEqual(
        await readData(store, 'everything', { limit, direction: 'backwards' }),
        data.toReversed().slice(0, limit),
        `limit ${limit} backwards`,
      )
    }
  }),

  storeCase(
    'a read sees what is there when its first event is asked for, and nothing later',
    async (store) => {
      await recordManyEvents(store)
      for (const selection of [
        'everything',
        { stream: 'meter-1' },
        { category: 'meter' },
        { query: [{ types: ['Happened'] }] },
      ] as const) {
        const reader = store.read(selection)
        await store.append({ stream: 'meter-1', events: numbered(1, 9_000) })
        const before = await readData(store, selection)
        const iterator = reader[Symbol.asyncIterator]()
        const seen: unknown[] = []
        for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
          seen.push(next.value.data)
          if (seen.length % 1_000 === 1)
            await store.append({ stream: 'meter-1', events: numbered(3, 10_000 + seen.length) })
        }
        assert.equal(lastOf(seen), 9_000)
        assert.deepEqual(seen, before)
      }
    },
  ),

  storeCase('a reader may be left early', async (store) => {
    await recordManyEvents(store)
    for (const direction of ['forwards', 'backwards'] as const) {
      for (let time = 0; time < 20; time++) {
        for await (const _ of store.read('everything', { direction })) break
        for await (const _ of store.read({ stream: 'meter-1' }, { direction }).batches()) break
      }
    }
    await store.append({ stream: 'meter-1', events: numbered(1) })
    await store.close()
  }),

  storeCase('a reader that is never read is no burden', async (store) => {
    await recordManyEvents(store)
    for (let time = 0; time < 50; time++) store.read('everything')
    assert.equal((await readAll(store, 'everything', { limit: 10 })).length, 10)
  }),

  storeCase('several readers at once do not disturb each other', async (store) => {
    const data = await recordManyEvents(store)
    const [forwards, backwards, limited] = await Promise.all([
      readData(store, 'everything'),
      readData(store, 'everything', { direction: 'backwards' }),
      readData(store, 'everything', { limit: 1_200 }),
    ])
    assert.deepEqual(forwards, data)
    assert.deepEqual(backwards, data.toReversed())
    assert.deepEqual(limited, data.slice(0, 1_200))
  }),

  storeCase('bounds, limits and directions that are none are refused', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(2) })
    const refused: Record<string, readonly unknown[]> = {
      limit: [-1, 1.5, Number.NaN, Infinity, '1', null],
      after: [-1, 0.5, Number.NaN, '0', null],
      upTo: [-1, 0.5, Number.NaN, '0', null],
      direction: ['up', '', 1, null],
    }
    for (const [option, values] of Object.entries(refused)) {
      for (const value of values)
        await expectError(
          () => readAll(store, 'everything', { [option]: value } as ReadOptions),
          'invalid-argument',
          `${option} ${value}`,
        )
    }
  }),

  storeCase('a selection that is none is refused', async (store) => {
    for (const selection of [...invalidSelections, ...invalidQueries.map((query) => ({ query }))]) {
      await expectError(
        () => readAll(store, selection as Selection),
        'invalid-argument',
        JSON.stringify(selection),
      )
    }
  }),
]

/** Values that are no selection. */
export const invalidSelections: readonly unknown[] = [
  null,
  undefined,
  {},
  'all',
  7,
  { stream: '' },
  { stream: 'cart-1', fromRevision: -1 },
  { stream: 'cart-1', fromRevision: 0.5 },
  { stream: 'cart-1', toRevision: -1 },
  { stream: 'cart-1', toRevision: '2' },
  { category: '' },
  { category: 'cart-1' },
  { category: 5 },
]

/** Records a history of several streams and categories, told apart by their data. */
async function recordHistory(store: EventStore): Promise<RecordedEvent[]> {
  const streams = [
    'cart-1',
    'cart-2',
    'carton-1',
    'cart-1',
    'cart',
    'cart-1-x',
    'toy-cart',
    'cart-1',
    'Cart-1',
  ]
  const types = ['A', 'B', 'C', 'B', 'A']
  const tags = [['t:1'], [], ['t:1', 't:2'], ['t:2']]
  const events: RecordedEvent[] = []
  for (let n = 0; n < 2 * streams.length; n++) {
    const event: NewEvent = {
      type: types[n % types.length] as string,
      data: { n },
      tags: tags[n % tags.length] as string[],
    }
    const appended = await store.append({ stream: streams[n % streams.length] as string, events: [event] })
    events.push(...appended.events)
  }
  return events
}

/** Records 2,500 events, more than most stores put into one batch, and gives their data. */
async function recordManyEvents(store: EventStore): Promise<unknown[]> {
  const data: unknown[] = []
  for (const [stream, count] of Object.entries({ 'meter-1': 1_400, 'meter-2': 600, other: 500 })) {
    const { events } = await store.append({ stream, events: numbered(count, data.length) })
    data.push(...events.map((event) => event.data))
  }
  return data
}

function readOptionsOver(positions: readonly Position[]): ReadOptions[] {
  const [first, middle, last] = [0, 9, 17].map((n) => positions[n] as number) as [number, number, number]
  const bounds: ReadOptions[] = [
    {},
    { after: 0 },
    { after: first },
    { after: middle },
    { after: last },
    { after: last + 1_000 },
    { upTo: 0 },
    { upTo: first },
    { upTo: middle },
    { upTo: last + 1_000 },
    { after: first, upTo: middle },
    { after: middle, upTo: middle },
    { after: middle, upTo: first },
  ]
  return bounds.flatMap((bound) =>
    ([undefined, 'forwards', 'backwards'] as const).flatMap((direction) =>
      [undefined, 0, 1, 3].map((limit) => ({ ...bound, direction, limit })),
    ),
  )
}

/** What a read gives, told as simply as possible. */
function expectedOf(
  history: readonly RecordedEvent[],
  selection: Selection,
  { direction, limit, after = 0, upTo = Infinity }: ReadOptions,
): RecordedEvent[] {
  const selected = history.filter(
    (event) => isSelected(event, selection) && event.position > after && event.position <= upTo,
  )
  return (direction === 'backwards' ? selected.toReversed() : selected).slice(0, limit)
}

function isSelected(event: RecordedEvent, selection: Selection): boolean {
  if (selection === 'everything') return true
  if ('query' in selection) return matchesEventQuery(selection.query, event)
  if ('category' in selection) return categoryOf(event.stream) === selection.category
  const { stream, fromRevision = 0, toRevision = Infinity } = selection
  return event.stream === stream && event.revision >= fromRevision && event.revision <= toRevision
}
