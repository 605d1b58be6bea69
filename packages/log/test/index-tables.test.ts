import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAnnalsError } from '@annals/core'
import { expect, test } from 'vitest'
import { type Disk, type DiskFile, type LogOptions, type LogStore, openLog, realDisk } from '../src/index.ts'
import { contentOf, readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()
const small: LogOptions = { segmentBytesMax: 4096 }

async function fill(store: LogStore, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++)
    await store.append({
      stream: `cart-${n % 97}`,
      events: [
        { type: n % 50 === 0 ? 'Rare' : 'Common', data: { n, text: 'x'.repeat(300) }, tags: [`n:${n % 11}`] },
      ],
    })
}

async function settled(store: LogStore): Promise<void> {
  let tables = -1
  await expect
    .poll(
      async () => {
        const { sealing, indexTables } = await store.stats()
        const isStill = sealing?.waiting === 0 && indexTables === tables
        tables = indexTables
        return isStill
      },
      { timeout: 20_000 },
    )
    .toBe(true)
}

test('the tables of many segments are merged into few, and each stream, type and tag is found through them', async () => {
  const directory = folder()
  const store = await openLog(directory, small)
  await fill(store, 0, 1_200)
  await settled(store)
  const { sealedSegments, indexTables, streams } = await store.stats()
  expect(sealedSegments).toBeGreaterThan(64)
  // Up to three of each size, and sizes grow fourfold.
  expect(indexTables).toBeLessThanOrEqual(3 * Math.ceil(Math.log(sealedSegments) / Math.log(4)))
  expect(readdirSync(directory).filter((name) => name.endsWith('.index'))).toHaveLength(indexTables)
  expect(streams).toBe(97)
  await store.close()

  const again = await openLog(directory, small)
  const all = contentOf(await readAll(again)) as {
    stream: string
    type: string
    tags: string[]
    revision: number
  }[]
  expect(all).toHaveLength(1_200)
  for (let cart = 0; cart < 97; cart += 8) {
    const stream = `cart-${cart}`
    const expected = all.filter((event) => event.stream === stream)
    expect(contentOf(await Array.fromAsync(again.read({ stream })))).toEqual(expected)
    expect(contentOf(await Array.fromAsync(again.read({ stream, fromRevision: 7, toRevision: 9 })))).toEqual(
      expected.slice(7, 10),
    )
    expect(await again.stream(stream)).toMatchObject({ revision: expected.length - 1 })
    await expect(
      again.append({ stream, events: [{ type: 'Late', data: 1 }], expectedRevision: expected.length - 2 }),
    ).rejects.toMatchObject({ code: 'wrong-expected-revision' })
  }
  const query = { query: [{ types: ['Rare'] }, { tags: ['n:3'], types: ['Common'] }] }
  const matching = all.filter(({ type, tags }) => type === 'Rare' || tags.includes('n:3'))
  expect(contentOf(await Array.fromAsync(again.read(query)))).toEqual(matching)
  const backwards = await Array.fromAsync(again.read(query, { direction: 'backwards', limit: 50 }))
  expect(contentOf(backwards)).toEqual(matching.slice(-50).reverse())
  await expect(
    again.append(
      { stream: 'new', events: [{ type: 'Late', data: 1 }] },
      { failIfEventsMatch: [{ types: ['Rare'], tags: ['n:0'] }] },
    ),
  ).rejects.toMatchObject({ code: 'append-condition-failed' })
  expect((await Array.fromAsync(again.streams({ category: 'cart', after: 'cart-5', limit: 3 })))[0]).toEqual(
    await again.stream('cart-50'),
  )
  await again.close()
})

test('opening reads nothing of sealed segments and their indexes but their beginnings and ends', async () => {
  const directory = folder()
  const store = await openLog(directory, small)
  await fill(store, 0, 600)
  await settled(store)
  const { sealedSegments, indexTables } = await store.stats()
  await store.close()
  let bytes = 0
  let reads = 0
  const counted = (file: DiskFile): DiskFile =>
    new Proxy(file, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name, target)
        if (typeof method !== 'function') return method
        return (...args: unknown[]) => {
          if (name === 'readNow' || name === 'read') {
            reads++
            bytes += (args[0] as Buffer).length
          }
          return method.apply(target, args) as unknown
        }
      },
    })
  const disk: Disk = {
    ...realDisk,
    open: (path, mode) =>
      path.endsWith('.log') || path.endsWith('head') || path.endsWith('.json')
        ? realDisk.open(path, mode)
        : counted(realDisk.open(path, mode)),
  }
  const again = await openLog(directory, { ...small, disk, seal: false })
  expect(reads).toBeLessThanOrEqual(2 * (sealedSegments + indexTables))
  expect(bytes).toBeLessThanOrEqual(192 * (sealedSegments + indexTables))
  expect(await readAll(again)).toHaveLength(600)
  await again.close()
})

test('appends wait for sealing when as many full segments wait as may, and how long is told', async () => {
  const store = await openLog(folder(), { ...small, unsealedSegmentsMax: 1 })
  const appends = Array.from({ length: 300 }, (_, n) =>
    store.append({ stream: `s-${n % 9}`, events: [{ type: 'Written', data: 'x'.repeat(1_500) }] }),
  )
  let mostWaiting = 0
  const watching = setInterval(async () => {
    mostWaiting = Math.max(mostWaiting, (await store.stats()).sealing?.waiting ?? 0)
  }, 1)
  await Promise.all(appends)
  clearInterval(watching)
  const { sealing } = await store.stats()
  expect(sealing?.waitedMs).toBeGreaterThan(0)
  expect(mostWaiting).toBeLessThanOrEqual(1)
  await store.close()
})

test('appends do not wait for a segment that cannot be sealed', async () => {
  const directory = folder()
  const store = await openLog(directory, { ...small, seal: false })
  await fill(store, 0, 40)
  await store.close()
  const again = await openLog(directory, { ...small, unsealedSegmentsMax: 1, seal: true })
  const path = join(directory, '0000000000.log')
  const bytes = readFileSync(path)
  bytes[700] = (bytes[700] as number) ^ 1
  writeFileSync(path, bytes)
  await fill(again, 40, 100)
  const { sealing } = await again.stats()
  expect(sealing?.problem).toContain(path)
  expect(sealing?.waiting).toBeGreaterThan(1)
  await again.close()
})

test('however small the cache is, it is kept, and what is read is right', async () => {
  const directory = folder()
  const store = await openLog(directory, { segmentBytesMax: 64 * 1024, cacheBytesMax: 1024 * 1024 })
  await fill(store, 0, 6_000)
  await settled(store)
  await store.close()
  const again = await openLog(directory, { cacheBytesMax: 1024 * 1024, readOnly: true })
  for (let round = 0; round < 40; round++) {
    const stream = `cart-${(round * 41) % 97}`
    const events = await Array.fromAsync(again.read({ stream }))
    expect(events.map(({ revision }) => revision)).toEqual(events.map((_, revision) => revision))
    expect(events.length).toBeGreaterThan(60)
    expect((await again.stats()).cacheBytes).toBeLessThanOrEqual(1024 * 1024)
  }
  expect(await readAll(again)).toHaveLength(6_000)
  await again.close()
})

test('whatever byte of an index is changed, what is found is right or the file is named, and without it is made anew', {
  timeout: 60_000,
}, async () => {
  const directory = folder()
  const store = await openLog(directory, small)
  await fill(store, 0, 60)
  await settled(store)
  const expected = contentOf(await readAll(store))
  await store.close()
  const [name = ''] = readdirSync(directory).filter((each) => each.endsWith('.index'))
  const path = join(directory, name)
  const bytes = readFileSync(path)
  const read = async () => {
    const opened = await openLog(directory, { readOnly: true })
    try {
      const streams = await Array.fromAsync(opened.streams())
      const events = []
      for (const { stream } of streams) events.push(...(await Array.fromAsync(opened.read({ stream }))))
      return contentOf(events.sort((a, b) => a.position - b.position))
    } finally {
      await opened.close()
    }
  }
  let noticed = 0
  for (let at = 0; at < bytes.length; at += 37) {
    const spoilt = Buffer.from(bytes)
    spoilt[at] = (spoilt[at] as number) ^ (1 << (at % 8))
    writeFileSync(path, spoilt)
    const found = await read().catch((error: unknown) => error)
    if (isAnnalsError(found, 'store-damaged')) {
      expect(found.details.file, `at ${at}`).toBe(path)
      expect(found.message).toContain('remove the file')
      noticed++
    } else expect(found, `at ${at}`).toEqual(expected)
  }
  expect(noticed).toBeGreaterThan(3)
  rmSync(path)
  expect(await read()).toEqual(expected)
  const again = await openLog(directory, small)
  await expect.poll(() => readdirSync(directory).includes(name), { timeout: 10_000 }).toBe(true)
  expect((await again.verify()).damage).toEqual([])
  await again.close()
})
