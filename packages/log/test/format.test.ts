import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type LogOptions, type LogStore, openLog } from '../src/index.ts'
import { expectedEntries } from './format/expected-entries.ts'
import type { Segment } from './format/segment.ts'
import { readStore, type StoreContent } from './format/store.ts'
import { hashesOf, keyOf, kinds, mayHold } from './format/table-keys.ts'
import { readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()

// Small segments have no dictionary, and many tables, some of which are merged. Large ones have a dictionary and many blocks, and
// a table with several levels of pages, chunks of both kinds, and several pages of its filter.
const smallSegments = { rounds: 150, segmentBytesMax: 4096 }
const largeSegments = { rounds: 3_500, segmentBytesMax: 2.5 * 1024 * 1024 }

test('a reader written from docs/reference/log-format.md alone reads what the store wrote, as it was written', async () => {
  const directory = folder()
  const store = await filled(directory, { ...smallSegments, rounds: 60, seal: false })
  const written = await visible(store)
  await store.tombstone('gone-1')
  await store.close()

  const content = readStore(directory)
  expect(content.segments.length).toBeGreaterThan(2)
  expect(content.segments.some(({ sealed }) => sealed)).toBe(false)
  expect(content.tables).toEqual([])
  expectHistory(content, { written, rounds: 60 })
})

test.each([
  ['small', smallSegments],
  ['large', largeSegments],
])(
  'a reader written from docs/reference/log-format.md alone reads what the store wrote, sealed in %s segments',
  async (_size, options) => {
    const directory = folder()
    const store = await filled(directory, options)
    const written = await visible(store)
    await store.tombstone('gone-1')
    await allSealed(store)
    if (options === smallSegments)
      await expect.poll(() => tableNames(directory).some(isMerged), { timeout: 60_000 }).toBe(true)
    await store.close()

    const content = readStore(directory)
    expectHistory(content, { written, rounds: options.rounds })
    expectAllSealed(content)
    expectTables(content)
    const { tables, segments } = content
    if (options === smallSegments) return
    expect(Math.max(...segments.map(({ sealed }) => sealed?.dictionaryBytes ?? 0))).toBeGreaterThan(0)
    expect(Math.max(...segments.map(({ sealed }) => sealed?.blocks ?? 0))).toBeGreaterThan(2)
    expect(Math.max(...tables.map(({ levels }) => levels))).toBeGreaterThan(1)
    expect(Math.max(...tables.map(({ filter }) => filter.length))).toBeGreaterThan(1)
    const chunks = tables.reduce((sum, table) => sum + table.chunks, 0)
    const compressedChunks = tables.reduce((sum, table) => sum + table.compressedChunks, 0)
    expect(compressedChunks).toBeGreaterThan(0)
    expect(compressedChunks).toBeLessThan(chunks)
  },
)

test.each([
  ['small', smallSegments],
  ['large', largeSegments],
])(
  'a reader written from docs/reference/log-format.md alone reads what scavenging left, in %s segments',
  async (_size, options) => {
    const directory = folder()
    const store = await filled(directory, options)
    await allSealed(store)
    await store.close()
    const before = readStore(directory)

    const again = await openLog(directory, options)
    await again.tombstone('gone-1')
    await again.retain({ category: 'cart' }, { maxCount: 20 })
    await again.truncate('log', { beforeRevision: Math.floor(options.rounds / 4) })
    const first = await again.scavenge()
    // Of what is left more can go, and hashes then stand for hashes.
    await again.tombstone('cart-3')
    await again.truncate('log', { beforeRevision: Math.floor(options.rounds / 2) })
    const second = await again.scavenge()
    expect(Math.min(first.eventsRemoved, second.eventsRemoved)).toBeGreaterThan(0)
    const written = await visible(again)
    await allSealed(again)
    await again.close()

    const after = readStore(directory)
    const recorded = (after.segments.at(-1) as Segment).lastPosition
    expect(recorded - eventsOf(after.segments).length).toBe(first.eventsRemoved + second.eventsRemoved)
    // What is hidden of the last segment is still there.
    const isSealed = ({ position }: { position: number }) =>
      position < (after.segments.at(-1) as Segment).firstPosition
    expect(recordedEvents(after).filter(isSealed)).toEqual(written.filter(isSealed))
    expect(recordedEvents(after)).toEqual(expect.arrayContaining(written.slice(-20)))
    const sealedBefore = before.segments.filter(({ sealed }) => sealed)
    for (const [index, segment] of sealedBefore.entries())
      expectSameButRemoved(segment, after.segments[index])
    expect(Math.max(...after.segments.map(({ sealed }) => sealed?.generation ?? 0))).toBe(2)
    expect(Math.max(...after.segments.map(({ sealed }) => sealed?.hashes ?? 0))).toBeGreaterThan(0)
    expectAllSealed(after)
    expectTables(after)
  },
)

test('index tables that are removed are made anew, and hold the same', async () => {
  const directory = folder()
  const store = await filled(directory, smallSegments)
  await store.truncate('log', { beforeRevision: 100 })
  await store.tombstone('gone-1')
  await allSealed(store)
  await store.scavenge()
  await store.close()
  const before = readStore(directory)
  for (const name of tableNames(directory)) rmSync(join(directory, name))

  const again = await openLog(directory, smallSegments)
  await expect
    .poll(() => Math.max(-1, ...tableNames(directory).map((name) => Number(name.slice(11, 21)))), {
      timeout: 60_000,
    })
    .toBe(before.segments.length - 2)
  await again.close()

  const content = readStore(directory)
  expect(content.tables.length).toBeGreaterThan(0)
  expectAllSealed(content)
  expectTables(content)
})

/** A store with events and changes of every kind. */
async function filled(
  directory: string,
  { rounds, ...options }: LogOptions & { readonly rounds: number },
): Promise<LogStore> {
  let nowMs = 1_700_000_000_000
  const store = await openLog(directory, { ...options, clock: () => nowMs++ })
  const append = (n: number) =>
    store.append([
      {
        stream: `cart-${n % 7}`,
        events: [
          {
            type: 'ItemAdded',
            data: { n, text: 'äöü€😀\ud800'.repeat(n % 20) },
            tags: ['a:1', `ü:${n}`, '😀:1', '\uff5e:1'],
            metadata: {},
          },
          // As irregular as chance, so that compression does not help.
          {
            type: 'Nothing',
            data: null,
            id: `given-${n}`,
            tags: (Math.abs(Math.sin(n)) * 10_000) % 1 < 0.05 ? ['seldom:1'] : [],
          },
        ],
      },
      { stream: 'log', events: [{ type: 'Noted', data: [n], metadata: { by: '€' } }] },
      {
        stream: n % 50 === 49 ? 'gone-1' : `basket-${n}`,
        events: Array.from({ length: 9 }, (_, k) => ({ type: 'Noted', data: k, id: `${n}.${k}` })),
      },
    ])
  const numbers = Array.from({ length: rounds }, (_, n) => n)
  await Promise.all(numbers.slice(0, rounds / 2).map(append))
  await store.retain({ category: 'cart' }, { maxCount: 100_000 })
  await store.retain({ stream: 'log' }, null)
  await store.truncate('log', { beforeRevision: 0 })
  await Promise.all(numbers.slice(rounds / 2).map(append))
  return store
}

async function visible(store: LogStore) {
  return (await readAll(store)).map((event) => ({ ...event.toJSON(), tags: [...event.tags] }))
}

async function allSealed(store: LogStore): Promise<void> {
  await expect
    .poll(async () => (await store.stats()).sealing, { timeout: 60_000 })
    .toMatchObject({ waiting: 0, problem: undefined })
}

function eventsOf(segments: readonly Segment[]) {
  return segments.flatMap(({ events }) => events)
}

/** Events as the store shows them. */
function recordedEvents({ segments, storeId }: StoreContent) {
  const v = (8 + (Number.parseInt(storeId[3] as string, 16) & 3)).toString(16)
  const suffix = `-8${storeId.slice(0, 3)}-${v}${storeId.slice(4, 7)}-${storeId.slice(7, 19)}`
  return eventsOf(segments).map(({ position, recordedAtMs, givenId, dataJson, metadataJson, ...event }) => {
    const p = position.toString(16).padStart(12, '0')
    const { stream, revision, type, tags } = event
    return {
      id: givenId || `${p.slice(0, 8)}-${p.slice(8)}${suffix}`,
      stream,
      revision,
      position,
      type,
      data: JSON.parse(dataJson) as unknown,
      ...(metadataJson !== undefined && { metadata: JSON.parse(metadataJson) as unknown }),
      tags: [...tags],
      recordedAt: new Date(recordedAtMs).toISOString(),
    }
  })
}

/** All events, commits and changes of a store from which nothing was removed. */
function expectHistory(
  content: StoreContent,
  { written, rounds }: { readonly written: readonly unknown[]; readonly rounds: number },
): void {
  const { segments, head } = content
  expect(recordedEvents(content)).toEqual(written)
  const commits = eventsOf(segments).filter(({ beginsCommit }) => beginsCommit)
  expect(commits.map(({ position }) => position)).toEqual(
    Array.from({ length: rounds }, (_, n) => 1 + 12 * n),
  )
  expect(segments.flatMap(({ changes }) => changes)).toEqual([
    { kind: 'retain', scope: { category: 'cart' }, policy: { maxCount: 100_000 } },
    { kind: 'retain', scope: { stream: 'log' }, policy: null },
    { kind: 'truncate', stream: 'log', beforeRevision: 0 },
    { kind: 'tombstone', stream: 'gone-1' },
  ])
  const { ordinal, end } = segments.at(-1) as Segment
  expect(head).toEqual({ durable: ordinal * 2 ** 32 + end, position: written.length, processId: 0 })
}

/** Every segment but the last one is sealed, and has an index table. */
function expectAllSealed({ segments, tables }: StoreContent): void {
  expect(segments.length).toBeGreaterThan(1)
  expect(segments.map(({ sealed }) => sealed !== undefined)).toEqual(
    segments.map((_, n) => n < segments.length - 1),
  )
  expect(tables.at(-1)?.lastOrdinal).toBe(segments.length - 2)
}

function expectTables({ tables, segments }: StoreContent): void {
  for (const { firstOrdinal, lastOrdinal, entries, filter, ...table } of tables) {
    const covered = segments.slice(firstOrdinal, lastOrdinal + 1)
    // The category of streams that have no events any more may have an entry without positions.
    const isOfNothing = (key: string) => /^03/.test(key) && entries.get(key)?.positions?.length === 0
    expect(new Map([...entries].filter(([key]) => !isOfNothing(key)))).toEqual(expectedSorted(covered))
    expect(table.streamsBegun).toBe(covered.reduce((sum, { sealed }) => sum + (sealed?.streamsBegun ?? 0), 0))
    expect([table.lastRecordedAtMs, table.generation]).toEqual([
      Math.max(...covered.map(({ lastRecordedAtMs }) => lastRecordedAtMs)),
      covered.reduce((sum, { sealed }) => sum + (sealed?.generation ?? 0), 0),
    ])
    const absent = Array.from({ length: 500 }, (_, n) => hashesOf(keyOf(kinds.tag, `absent:${n}`)))
    expect(absent.filter((hashes) => mayHold(filter, hashes)).length).toBeLessThan(50)
  }
}

function expectedSorted(segments: readonly Segment[]) {
  return new Map([...expectedEntries(segments)].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What is left of a segment has the roots that it had, and the revisions that its streams had come to. */
function expectSameButRemoved(before: Segment, after: Segment | undefined): void {
  expect(after?.sealed?.roots).toEqual(before.sealed?.roots)
  expect([after?.changes, after?.lastRecordedAtMs]).toEqual([before.changes, before.lastRecordedAtMs])
  const left = new Set(after?.events.map(({ stream }) => stream))
  const gone = before.events.filter(({ stream }) => !left.has(stream))
  expect(after?.sealed?.removedStreams).toEqual(
    new Map(gone.map(({ stream, revision }) => [stream, revision])),
  )
}

function tableNames(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.endsWith('.index'))
}

function isMerged(name: string): boolean {
  return name.slice(0, 10) !== name.slice(11, 21)
}
