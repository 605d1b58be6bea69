import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Position, ReadOptions, RecordedEvent, Selection } from '@annals/core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { contentOf } from '../test/history.ts'
import { temporaryFolders } from '../test/temporary.ts'
import { type LogStore, openLog } from './index.ts'

const folder = temporaryFolders()
const carts = 10
const rounds = 400
const text = 'x'.repeat(100)
// In the header of a segment.
const firstPositionOffset = 32
let partly: LogStore
let plain: LogStore
let lastSealed: Position

async function fill(store: LogStore, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++)
    await store.append(
      Array.from({ length: carts }, (_, cart) => ({
        stream: `cart-${cart}`,
        events: [{ type: n % 100 === 0 ? 'Rare' : 'Usual', data: { n, text }, tags: [`cart:${cart}`] }],
      })),
    )
}

function allSealed(store: LogStore): Promise<void> {
  return vi.waitFor(
    async () => expect((await store.stats()).sealing).toMatchObject({ waiting: 0, problem: undefined }),
    { timeout: 20_000 },
  )
}

async function hide(store: LogStore): Promise<void> {
  await store.truncate('cart-1', { beforeRevision: rounds - 20 })
  await store.truncate('cart-2', { beforeRevision: rounds / 2 })
  await store.retain({ stream: 'cart-3' }, { maxCount: 1 })
  await store.tombstone('cart-4')
}

// One store whose first half is sealed and the other is not, and one that never seals and hides the same.
beforeAll(async () => {
  const directory = folder()
  const sealing = await openLog(directory, { segmentBytesMax: 64 * 1024 })
  await fill(sealing, 0, rounds / 2)
  await allSealed(sealing)
  const { sealedSegments } = await sealing.stats()
  expect(sealedSegments).toBeGreaterThan(3)
  await sealing.close()
  partly = await openLog(directory, { segmentBytesMax: 64 * 1024, seal: false })
  const [unsealed] = readdirSync(directory).filter((name) => name.endsWith('.log'))
  const header = readFileSync(join(directory, unsealed as string))
  lastSealed = header.readDoubleLE(firstPositionOffset) - 1
  await fill(partly, rounds / 2, rounds)
  const { segments, sealedSegments: stillSealed } = await partly.stats()
  expect(segments).toBeGreaterThan(stillSealed + 3)
  expect(stillSealed).toBe(sealedSegments)
  plain = await openLog(folder(), { seal: false })
  await fill(plain, 0, rounds)
  for (const store of [partly, plain]) await hide(store)
})

afterAll(async () => {
  await partly?.close()
  await plain?.close()
})

const read = (store: LogStore, selection: Selection, options?: ReadOptions) =>
  Array.fromAsync(store.read(selection, options))
const selections: readonly Selection[] = [
  'everything',
  { category: 'cart' },
  { stream: 'cart-0' },
  { stream: 'cart-2' },
  { stream: 'cart-3' },
  { stream: 'cart-4' },
  { query: [{ types: ['Rare'] }, { tags: ['cart:2'] }] },
]

test('one read goes through sealed and unsealed segments, in both directions, as if all were of one kind', async () => {
  for (const selection of selections) {
    const expected = contentOf(await read(plain, selection))
    expect(contentOf(await read(partly, selection))).toEqual(expected)
    const backwards = await read(partly, selection, { direction: 'backwards' })
    expect(contentOf(backwards.reverse())).toEqual(expected)
  }
  const all = await read(partly, 'everything')
  const revisions = (stream: string) =>
    all.filter((event) => event.stream === stream).map(({ revision }) => revision)
  expect(revisions('cart-0')).toEqual(Array.from({ length: rounds }, (_, revision) => revision))
  expect(revisions('cart-1')).toEqual(Array.from({ length: 20 }, (_, place) => rounds - 20 + place))
  expect([revisions('cart-3'), revisions('cart-4')]).toEqual([[rounds - 1], []])
})

test('a limit counts the events that are seen, however many hidden ones lie before or between them', async () => {
  for (const selection of selections)
    for (const direction of ['forwards', 'backwards'] as const) {
      const all = contentOf(await read(partly, selection, { direction }))
      for (const limit of [0, 1, 2, 19, 21, 999, 1_000, 1_001, 5_000])
        expect(contentOf(await read(partly, selection, { direction, limit }))).toEqual(all.slice(0, limit))
    }
  // Almost all of the category lies behind what is hidden of it.
  const [first] = await read(partly, { stream: 'cart-3' }, { limit: 1 })
  expect(first?.revision).toBe(rounds - 1)
})

test('a read may begin and end on either side of the last sealed event', async () => {
  for (const [after, upTo] of [
    [lastSealed - 5, lastSealed + 5],
    [lastSealed, lastSealed + 5],
    [lastSealed - 5, lastSealed],
    [lastSealed - 1, lastSealed],
  ] as const)
    for (const direction of ['forwards', 'backwards'] as const) {
      const expected = contentOf(await read(plain, 'everything', { after, upTo, direction }))
      expect(contentOf(await read(partly, 'everything', { after, upTo, direction }))).toEqual(expected)
      expect(expected.length).toBeGreaterThan(0)
    }
})

async function batchesOf(store: LogStore, selection: Selection, options?: ReadOptions) {
  const batches: (readonly RecordedEvent[])[] = []
  for await (const batch of store.read(selection, options).batches()) batches.push(batch)
  return batches
}

test('no batch is empty or has more than a thousand events', async () => {
  for (const selection of selections)
    for (const direction of ['forwards', 'backwards'] as const)
      for (const batch of await batchesOf(partly, selection, { direction })) {
        expect(batch.length).toBeGreaterThan(0)
        expect(batch.length).toBeLessThanOrEqual(1_000)
      }
})

test('a batch of large events ends at about a mebibyte', async () => {
  const store = await openLog(folder(), { segmentBytesMax: 2 * 1024 * 1024 })
  const bytes = 100_000
  for (let n = 0; n < 60; n++)
    await store.append({ stream: 'files', events: [{ type: 'Stored', data: 'x'.repeat(bytes) }] })
  await allSealed(store)
  for (const direction of ['forwards', 'backwards'] as const) {
    const sizes = (await batchesOf(store, 'everything', { direction })).map(({ length }) => length)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(60)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.ceil((1024 * 1024) / bytes))
    expect(sizes.length).toBeLessThan(10)
  }
  await store.close()
})

test('events far apart, each of which holds a block in memory, come in smaller batches', async () => {
  const directory = folder()
  const store = await openLog(directory, { segmentBytesMax: 1024 * 1024 })
  // One event of each block of about 48 KiB is asked for.
  for (let n = 0; n < 200; n++)
    await store.append([
      { stream: 'rare', events: [{ type: 'Rare', data: n }] },
      {
        stream: 'usual',
        events: Array.from({ length: 50 }, () => ({ type: 'Usual', data: { text: 'y'.repeat(1_000) } })),
      },
    ])
  await allSealed(store)
  const batches = await batchesOf(store, { stream: 'rare' }, { upTo: 180 * 51 })
  expect(batches.flat().map(({ data }) => data)).toEqual(Array.from({ length: 180 }, (_, n) => n))
  expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(64)
  await store.close()
})
