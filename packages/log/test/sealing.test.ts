import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAnnalsError, type RecordedEvent } from '@annals/core'
import { expect, test } from 'vitest'
import { type LogOptions, type LogStore, openLog, repair, verifyLog } from '../src/index.ts'
import { contentOf, readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()
const small: LogOptions = { segmentBytesMax: 32 * 1024 }

async function fill(store: LogStore, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++)
    await store.append([
      {
        stream: `cart-${n % 50}`,
        events: [
          {
            type: 'CartOpened',
            data: { n, text: 'äöü€😀'.repeat(n % 40) },
            tags: [`n:${n % 7}`],
            metadata: { n },
          },
          {
            type: 'ItemAdded',
            data: { sku: `sku-${n}`, quantity: n },
            ...(n % 9 === 0 && { id: `id-${n}` }),
          },
        ],
      },
      { stream: 'notes', events: [{ type: 'Noted', data: null }] },
    ])
}

async function readEverything(directory: string): Promise<RecordedEvent[]> {
  const store = await openLog(directory, { readOnly: true })
  try {
    return await readAll(store)
  } finally {
    await store.close()
  }
}

async function allSealed(store: LogStore): Promise<void> {
  await expect
    .poll(async () => (await store.stats()).sealing, { timeout: 10_000 })
    .toMatchObject({
      waiting: 0,
      problem: undefined,
    })
}

const filesOf = (directory: string, end: string) =>
  readdirSync(directory).filter((name) => name.endsWith(end))

test('full segments are sealed in the background, and what is read is the same before, while and after', async () => {
  const directory = folder()
  const store = await openLog(directory, small)
  await fill(store, 0, 600)
  const follower = await openLog(directory, { readOnly: true })
  await allSealed(store)
  const { segments, sealedSegments } = await store.stats()
  expect(sealedSegments).toBe(segments - 1)
  expect(sealedSegments).toBeGreaterThan(5)
  expect(filesOf(directory, '.sealed').length).toBe(sealedSegments)
  expect(filesOf(directory, '.log').length).toBe(1)
  expect(filesOf(directory, '.new')).toEqual([])

  const plain = await openLog(folder(), { seal: false })
  await fill(plain, 0, 600)
  const expected = contentOf(await readAll(plain))
  expect(contentOf(await readAll(store))).toEqual(expected)
  expect(contentOf(await readAll(follower))).toEqual(expected)
  const backwards = await Array.fromAsync(store.read('everything', { direction: 'backwards' }))
  expect(contentOf(backwards.reverse())).toEqual(expected)
  const query = { query: [{ types: ['CartOpened'], tags: ['n:3'] }] }
  expect(contentOf(await Array.fromAsync(store.read(query)))).toEqual(
    contentOf(await Array.fromAsync(plain.read(query))),
  )
  // Repeated with its ids it answers as it did, from a sealed segment.
  const repeated = await store.append({
    stream: 'cart-0',
    events: [{ type: 'ItemAdded', data: 0, id: 'id-0' }],
  })
  expect(contentOf(repeated.events)).toEqual(expected.slice(1, 2))
  await plain.close()
  await follower.close()
  await store.close()

  // Opened anew, with nothing in the cache, and by a follower that never saw the full segments.
  for (const options of [small, { readOnly: true }]) {
    const again = await openLog(directory, options)
    expect(contentOf(await readAll(again))).toEqual(expected)
    expect((await again.verify()).damage).toEqual([])
    await again.close()
  }
})

test('a sealed segment takes a fraction of the room', async () => {
  const directory = folder()
  const store = await openLog(directory, { segmentBytesMax: 1024 * 1024 })
  await fill(store, 0, 6_000)
  await allSealed(store)
  const { events, written } = await store.stats()
  await store.close()
  const bytes = filesOf(directory, '.sealed').reduce(
    (sum, name) => sum + readFileSync(join(directory, name)).length,
    0,
  )
  expect(events).toBe(18_000)
  expect(bytes).toBeLessThan(written.bytesWritten / 4)
})

test('a store of unsealed segments is sealed when it is opened', async () => {
  const directory = folder()
  const store = await openLog(directory, { ...small, seal: false })
  await fill(store, 0, 300)
  const expected = contentOf(await readAll(store))
  await store.close()
  expect(filesOf(directory, '.sealed')).toEqual([])
  const again = await openLog(directory, small)
  await allSealed(again)
  expect(contentOf(await readAll(again))).toEqual(expected)
  await again.close()
})

test('closing leaves the segment that is being sealed as it was, and the next opening clears up', async () => {
  const directory = folder()
  let store = await openLog(directory, { ...small, seal: false })
  await fill(store, 0, 600)
  const expected = contentOf(await readAll(store))
  await store.close()
  for (let round = 0; filesOf(directory, '.log').length > 1; round++) {
    expect(round).toBeLessThan(1_000)
    store = await openLog(directory, small)
    await new Promise((resolve) => setTimeout(resolve, round % 20))
    expect(contentOf(await readAll(store))).toEqual(expected)
    await store.close()
  }
  store = await openLog(directory, small)
  expect(filesOf(directory, '.new')).toEqual([])
  expect(contentOf(await readAll(store))).toEqual(expected)
  await store.close()
})

test('a full segment beside its sealed form, or a draft of one, is left over from a crash and goes', async () => {
  const directory = folder()
  const store = await openLog(directory, { ...small, seal: false })
  await fill(store, 0, 200)
  const expected = contentOf(await readAll(store))
  await store.close()
  const crashed = folder()
  cpSync(directory, crashed, { recursive: true })
  const sealing = await openLog(directory, small)
  await allSealed(sealing)
  await sealing.close()
  const sealed = readFileSync(join(directory, '0000000000.sealed'))
  writeFileSync(join(crashed, '0000000000.sealed'), sealed)
  writeFileSync(join(crashed, '0000000001.sealed.new'), sealed.subarray(0, 100))
  const follower = await openLog(crashed, { readOnly: true })
  expect(contentOf(await readAll(follower))).toEqual(expected)
  expect((await verifyLog(crashed)).damage).toEqual([])
  await follower.close()
  const again = await openLog(crashed, { ...small, seal: false })
  expect(contentOf(await readAll(again))).toEqual(expected)
  await again.close()
  expect(existsSync(join(crashed, '0000000000.log'))).toBe(false)
  expect(existsSync(join(crashed, '0000000001.sealed.new'))).toBe(false)
})

test('whatever byte of a sealed segment is changed, what is read is what was written or the file is named, and verifying names it', {
  timeout: 60_000,
}, async () => {
  const directory = folder()
  const store = await openLog(directory, { segmentBytesMax: 100 * 1024 })
  await fill(store, 0, 1_000)
  await allSealed(store)
  const { sealedSegments } = await store.stats()
  await store.close()
  expect(sealedSegments).toBeGreaterThan(1)
  const path = join(directory, '0000000001.sealed')
  const bytes = readFileSync(path)
  const places = [
    ...Array.from({ length: 64 }, (_, at) => at),
    ...Array.from({ length: 130 }, (_, n) => 64 + Math.floor((n * (bytes.length - 64)) / 130)),
    ...Array.from({ length: 64 * 3 }, (_, n) => bytes.length - 1 - n),
  ]
  const expected = contentOf(await readEverything(directory))
  let noticed = 0
  for (const at of places) {
    const spoilt = Buffer.from(bytes)
    spoilt[at] = (spoilt[at] as number) ^ (1 << (at % 8))
    writeFileSync(path, spoilt)
    const read = await readEverything(directory).catch((error: unknown) => error)
    if (isAnnalsError(read, 'store-damaged')) {
      expect(read.details.file, `at ${at}`).toBe(path)
      noticed++
    } else expect(contentOf(read as RecordedEvent[]), `at ${at}`).toEqual(expected)
    const { damage } = await verifyLog(directory)
    expect(damage[0]?.file, `at ${at}`).toBe(path)
  }
  // Only hashes and one of the two dictionaries may be damaged without a reader's notice.
  expect(noticed).toBeGreaterThan(places.length / 2)
  for (const length of [0, 1, 63, 64, 65, 1_000, bytes.length - 65, bytes.length - 1]) {
    writeFileSync(path, bytes.subarray(0, length))
    await expect(openLog(directory)).rejects.toMatchObject({ code: 'store-damaged', details: { file: path } })
    expect((await verifyLog(directory)).damage[0]?.file).toBe(path)
  }
  writeFileSync(path, bytes)
  expect((await verifyLog(directory)).damage).toEqual([])
})

test('verifying names each damaged block, and counts what is sound around it', async () => {
  const directory = folder()
  const store = await openLog(directory, { segmentBytesMax: 1024 * 1024 })
  await fill(store, 0, 4_000)
  await allSealed(store)
  await store.close()
  const sound = await verifyLog(directory)
  const path = join(directory, '0000000000.sealed')
  const bytes = readFileSync(path)
  for (const at of [Math.floor(bytes.length / 3), Math.floor(bytes.length * 0.6)])
    bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(path, bytes)
  const { damage, events } = await verifyLog(directory)
  expect(damage.map(({ file, problem }) => [file, problem])).toEqual([
    [path, 'the checksum of a block does not hold'],
    [path, 'the checksum of a block does not hold'],
  ])
  expect(events).toBeLessThan(sound.events)
  expect(events).toBeGreaterThan(sound.events / 3)
})

test('a byte of a sealed block that changes while the store is open is found when it is read', async () => {
  const directory = folder()
  const store = await openLog(directory, small)
  await fill(store, 0, 300)
  await allSealed(store)
  await store.close()
  const open = await openLog(directory, { readOnly: true })
  const path = join(directory, '0000000002.sealed')
  const bytes = readFileSync(path)
  bytes[200] = (bytes[200] as number) ^ 64
  writeFileSync(path, bytes)
  await expect(readAll(open)).rejects.toMatchObject({
    code: 'store-damaged',
    details: { file: path, offset: 64 },
  })
  await open.close()
})

test('a segment that cannot be sealed stays as it is, and the store says why', async () => {
  const directory = folder()
  const store = await openLog(directory, { ...small, seal: false })
  await fill(store, 0, 200)
  const expected = contentOf(await readAll(store))
  await store.close()
  const path = join(directory, '0000000001.log')
  const bytes = readFileSync(path)
  const again = await openLog(directory, { ...small, cacheBytesMax: 1024 * 1024 })
  bytes[5_000] = (bytes[5_000] as number) ^ 1
  writeFileSync(path, bytes)
  await expect
    .poll(async () => (await again.stats()).sealing, { timeout: 10_000 })
    .toMatchObject({ waiting: expect.any(Number), problem: expect.stringContaining(path) })
  bytes[5_000] = (bytes[5_000] as number) ^ 1
  writeFileSync(path, bytes)
  expect(contentOf(await readAll(again))).toEqual(expected)
  await again.close()
})

test('a store without its last segment is damaged, if it is known to have been there', async () => {
  const directory = folder()
  const store = await openLog(directory, small)
  await fill(store, 0, 200)
  await allSealed(store)
  await store.close()
  const [last] = filesOf(directory, '.log')
  rmSync(join(directory, last as string))
  await expect(openLog(directory)).rejects.toMatchObject({
    code: 'store-damaged',
    message: expect.stringContaining('more of it had been durable'),
  })
  expect((await verifyLog(directory)).damage).toMatchObject([{ problem: 'the file is missing' }])
  // As an interrupted backup is, that knows only of what was copied.
  rmSync(join(directory, 'head'))
  const cut = await openLog(directory, small)
  const events = await readAll(cut)
  expect(events.length).toBeLessThan(600)
  await fill(cut, 1_000, 1_001)
  await cut.close()
  const again = await openLog(directory, small)
  expect((await readAll(again)).length).toBe(events.length + 3)
  expect((await again.verify()).damage).toEqual([])
  await again.close()
})

test('of a sealed segment with a damaged block all the rest can be repaired', async () => {
  const directory = folder()
  const store = await openLog(directory, { segmentBytesMax: 1024 * 1024 })
  await fill(store, 0, 4_000)
  await allSealed(store)
  const texts = new Map((await readAll(store)).map((event) => [event.position, event.dataJson]))
  await store.close()
  const path = join(directory, '0000000000.sealed')
  const bytes = readFileSync(path)
  bytes[Math.floor(bytes.length / 3)] = (bytes[Math.floor(bytes.length / 3)] as number) ^ 1
  writeFileSync(path, bytes)
  const target = folder()
  const report = await repair(directory, target)
  expect(report.damage).toMatchObject([{ file: path, problem: 'the checksum of a block does not hold' }])
  const lost = new Set(
    report.lost.positions.flatMap(({ from, to }) =>
      Array.from({ length: to - from + 1 }, (_, n) => from + n),
    ),
  )
  expect(lost.size).toBeGreaterThan(100)
  expect(lost.size).toBeLessThan(texts.size / 5)
  const repaired = await openLog(target)
  expect((await readAll(repaired)).map((event) => event.dataJson)).toEqual(
    [...texts].flatMap(([position, text]) => (lost.has(position) ? [] : [text])),
  )
  await repaired.close()
})

test('once a store is closed nothing is sealed any more, also not by a thread that was in the middle of it', async () => {
  const directory = folder()
  // Large enough to be sealed in a thread, and for that to take longer than closing does.
  const store = await openLog(directory, { segmentBytesMax: 16 * 1024 * 1024 })
  const text = Array.from({ length: 4_000 }, (_, n) => String.fromCharCode(97 + ((n * n) % 25))).join('')
  for (let n = 0; filesOf(directory, '.log').length < 3; n++)
    await store.append({
      stream: `notes-${n}`,
      events: Array.from({ length: 100 }, (_, at) => ({ type: 'Noted', data: `${n} ${at} ${text}` })),
    })
  await expect.poll(() => filesOf(directory, '.sealed.new').length, { interval: 1 }).toBeGreaterThan(0)
  await store.close()
  const content = () =>
    readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mtimeMs] as const)
  const closed = content()
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(content()).toEqual(closed)
  expect((await verifyLog(directory)).damage).toEqual([])
})
