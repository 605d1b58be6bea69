import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { backup, type LogStore, openLog, repair, verifyLog } from '../src/index.ts'
import { contentOf, readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()
const small = { segmentBytesMax: 16 * 1024 }

/** Carts, of which a third is truncated, a third tombstoned, and a third as it was; a note says whose each event was. */
async function filled(directory: string): Promise<LogStore> {
  const store = await openLog(directory, small)
  for (let n = 0; n < 900; n++)
    await store.append({
      stream: `cart-${n % 30}`,
      events: [
        {
          type: 'ItemAdded',
          data: { n, text: `secret-${n % 3}-${'x'.repeat(n % 90)}` },
          tags: [`n:${n % 7}`],
        },
        ...(n % 10 === 0 ? [{ type: 'Noted', data: n, id: `id-${n}` }] : []),
      ],
    })
  for (let cart = 0; cart < 30; cart += 3) await store.truncate(`cart-${cart}`, { beforeRevision: 25 })
  for (let cart = 1; cart < 30; cart += 3) await store.tombstone(`cart-${cart}`)
  // What is hidden is in full segments, and those are sealed.
  for (let n = 0; n < 40; n++)
    await store.append({ stream: 'filler', events: [{ type: 'Filled', data: 'y'.repeat(800) }] })
  await settled(store)
  return store
}

async function settled(store: LogStore): Promise<void> {
  await expect
    .poll(async () => (await store.stats()).sealing, { timeout: 10_000 })
    .toMatchObject({ waiting: 0, problem: undefined })
}

async function seen(store: LogStore) {
  return {
    events: contentOf(await readAll(store)),
    backwards: contentOf(await Array.fromAsync(store.read('everything', { direction: 'backwards' }))),
    streams: await Array.fromAsync(store.streams()),
    cart: contentOf(await Array.fromAsync(store.read({ stream: 'cart-3', fromRevision: 20 }))),
    gone: contentOf(await Array.fromAsync(store.read({ stream: 'cart-1' }))),
    query: contentOf(await Array.fromAsync(store.read({ query: [{ types: ['ItemAdded'], tags: ['n:3'] }] }))),
    category: contentOf(await Array.fromAsync(store.read({ category: 'cart' }))),
    count: (await store.stats()).streams,
  }
}

/** All that can be decompressed of the sealed segments of a store. */
function textsIn(directory: string): string {
  const texts: string[] = []
  for (const name of readdirSync(directory).filter((each) => each.endsWith('.sealed'))) {
    const file = readFileSync(join(directory, name))
    const footer = file.subarray(file.length - 128)
    const dictionary = file.subarray(64, 64 + footer.readUInt32LE(68))
    texts.push(dictionary.toString())
    const table = footer.readDoubleLE(8)
    const count = footer.readUInt32LE(16)
    for (let block = 0; block < count; block++) {
      const offset = file.readDoubleLE(table + block * 8)
      const length = file.readUInt32LE(table + count * 24 + block * 4)
      texts.push(zstdDecompressSync(file.subarray(offset, offset + length), { dictionary }).toString())
    }
  }
  return texts.join('\n')
}

test('what is hidden is gone from the disk, and all that can be seen is as before, also when opened anew', async () => {
  const directory = folder()
  const store = await filled(directory)
  const before = await seen(store)
  expect(textsIn(directory)).toContain('secret-1')
  const bytes = (await store.stats()).diskBytes

  const report = await store.scavenge()
  expect(report).toMatchObject({ dryRun: false, segments: (await store.stats()).sealedSegments })
  expect(report.eventsRemoved).toBeGreaterThan(500)
  expect(report.bytesAfter).toBe(report.bytesBefore - report.bytesFreed)
  expect((await store.stats()).diskBytes).toBe(bytes - report.bytesFreed)
  expect(await seen(store)).toEqual(before)
  expect(textsIn(directory)).not.toContain('secret-1')
  expect(textsIn(directory)).toContain('secret-2')
  expect((await store.verify()).damage).toEqual([])
  expect(await store.scavenge()).toMatchObject({ eventsRemoved: 0, segmentsRewritten: 0, bytesFreed: 0 })

  await store.close()
  for (const options of [small, { readOnly: true }]) {
    const again = await openLog(directory, options)
    expect(await seen(again)).toEqual(before)
    await again.close()
  }
})

test('streams go on from the revisions that they had come to, tombstoned ones stay ended, and their names are kept', async () => {
  const store = await filled(folder())
  const { revision } = (await store.stream('cart-3')) ?? {}
  await store.truncate('cart-3', { beforeRevision: (revision ?? 0) + 1 })
  await store.scavenge()
  const { events } = await store.append({
    stream: 'cart-3',
    events: [{ type: 'Again', data: null }],
    expectedRevision: revision,
  })
  expect(events[0]?.revision).toBe((revision ?? 0) + 1)
  await expect(
    store.append({ stream: 'cart-1', events: [{ type: 'Again', data: null }] }),
  ).rejects.toMatchObject({ code: 'stream-tombstoned' })
  expect(await store.stream('cart-1')).toMatchObject({ tombstoned: true })
  await store.close()
})

test('a dry run says what would go, and changes no byte', async () => {
  const directory = folder()
  const store = await filled(directory)
  const files = () =>
    readdirSync(directory)
      .filter((name) => /\.(sealed|index)$/.test(name))
      .map((name) => [name, statSync(join(directory, name)).mtimeMs, statSync(join(directory, name)).ino])
  // Tables of the index may still be merged in the background.
  let before = files()
  for (let quietMs = 0; quietMs < 200; quietMs += 20) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    const now = files()
    if (JSON.stringify(now) !== JSON.stringify(before)) [before, quietMs] = [now, 0]
  }
  const dry = await store.scavenge({ dryRun: true })
  expect(files()).toEqual(before)
  const wet = await store.scavenge()
  expect(dry).toMatchObject({ dryRun: true, eventsRemoved: wet.eventsRemoved, segments: wet.segments })
  expect(dry.bytesFreed).toBeGreaterThan(0)
  await store.close()
})

test('it can be stopped between two segments, by a signal or by closing the store, and the next call goes on', async () => {
  const directory = folder()
  const store = await filled(directory)
  const before = await seen(store)
  const sealed = readdirSync(directory).filter((name) => name.endsWith('.sealed'))
  const files = () => sealed.map((name) => statSync(join(directory, name)).ino).join()
  const oneMore = async () => {
    const known = files()
    while (files() === known) await new Promise(setImmediate)
  }
  const stop = new AbortController()
  const stopped = expect(store.scavenge({ signal: stop.signal })).rejects.toMatchObject({
    name: 'AbortError',
  })
  await oneMore()
  stop.abort()
  await stopped
  expect(await seen(store)).toEqual(before)
  const closed = expect(store.scavenge()).rejects.toMatchObject({ code: 'store-closed' })
  await oneMore()
  await store.close()
  await closed

  const again = await openLog(directory, small)
  expect(await seen(again)).toEqual(before)
  expect((await again.scavenge()).eventsRemoved).toBeGreaterThan(0)
  expect(textsIn(directory)).not.toContain('secret-1')
  expect(await seen(again)).toEqual(before)
  expect((await again.verify()).damage).toEqual([])
  await again.close()
})

test('readers, followers and appends go on beside it', async () => {
  const directory = folder()
  const store = await filled(directory)
  const follower = await openLog(directory, { readOnly: true })
  const before = await seen(follower)
  const reading = store.read('everything').batches()[Symbol.asyncIterator]()
  await reading.next()
  const appending = Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      store.append({ stream: `new-${n % 5}`, events: [{ type: 'Written', data: 'z'.repeat(300) }] }),
    ),
  )
  const { segmentsRewritten } = await store.scavenge()
  expect(segmentsRewritten).toBeGreaterThan(3)
  await appending
  let rest = 0
  for (let next = await reading.next(); !next.done; next = await reading.next()) rest += next.value.length
  expect(rest).toBeGreaterThanOrEqual(0)
  const { events } = await seen(follower)
  expect(events.slice(0, before.events.length)).toEqual(before.events)
  expect(events.length).toBe(before.events.length + 200)
  await follower.close()
  await store.close()
})

test('an index that is lost after it is made anew, and knows the streams that have no events any more', async () => {
  const directory = folder()
  const store = await filled(directory)
  await store.scavenge()
  const before = await seen(store)
  await store.close()
  for (const name of readdirSync(directory).filter((each) => each.endsWith('.index')))
    rmSync(join(directory, name))
  const reader = await openLog(directory, { readOnly: true })
  expect(await seen(reader)).toEqual(before)
  await reader.close()
  const again = await openLog(directory, small)
  expect(await seen(again)).toEqual(before)
  await expect
    .poll(async () => readdirSync(directory).some((name) => name.endsWith('.index')), { timeout: 10_000 })
    .toBe(true)
  await again.close()
  const third = await openLog(directory, small)
  expect(await seen(third)).toEqual(before)
  expect((await third.verify()).damage).toEqual([])
  await third.close()
})

test('a backup takes on what was scavenged, segment by segment', async () => {
  const [directory, target] = [folder(), folder()]
  const store = await filled(directory)
  await backup(directory, target)
  const before = await seen(store)
  const { segmentsRewritten } = await store.scavenge()
  const report = await backup(directory, target)
  expect(report.segmentsCopied).toBeGreaterThanOrEqual(segmentsRewritten)
  expect(report.segmentsCopied).toBeLessThan(report.segmentsKept + report.segmentsCopied)
  expect(textsIn(target)).not.toContain('secret-1')
  expect((await verifyLog(target)).damage).toEqual([])
  const copy = await openLog(target, { readOnly: true })
  expect(await seen(copy)).toEqual(before)
  await copy.close()
  await store.close()
})

test('repairing a scavenged store takes over what is left, and calls nothing lost that was removed', async () => {
  const [directory, target] = [folder(), folder()]
  const store = await filled(directory)
  const { events } = await seen(store)
  await store.scavenge()
  await store.close()
  const report = await repair(directory, target)
  expect(report.damage).toEqual([])
  expect(report.lost).toMatchObject({ events: 0, positions: [], revisions: [] })
  const repaired = await openLog(target, { readOnly: true })
  const data = (list: readonly unknown[]) => list.map((event) => (event as { data: unknown }).data)
  expect(data(contentOf(await readAll(repaired)))).toEqual(data(events))
  await repaired.close()
})

test('a store that is told to scavenges by itself', async () => {
  const directory = folder()
  await (await filled(directory)).close()
  const store = await openLog(directory, { ...small, scavengeIntervalMs: 1_000 })
  await expect.poll(() => textsIn(directory).includes('secret-1'), { timeout: 20_000 }).toBe(false)
  await store.close()
})

test('a follower cannot scavenge, and a closed store neither', async () => {
  const directory = folder()
  const store = await filled(directory)
  const follower = await openLog(directory, { readOnly: true })
  await expect(follower.scavenge()).rejects.toMatchObject({ code: 'store-read-only' })
  await follower.close()
  await store.close()
  await expect(store.scavenge()).rejects.toMatchObject({ code: 'store-closed' })
})
