import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAnnalsError } from '@annals/core'
import { beforeAll, expect, test } from 'vitest'
import { openLog } from '../src/index.ts'
import { contentOf, readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()

/** Three segments, closed properly, with events of every shape and changes of retention. */
const directory = folder()
let content: unknown[]
let segments: string[]

beforeAll(async () => {
  const store = await openLog(directory, { segmentBytesMax: 4096, seal: false })
  for (let n = 0; n < 12; n++)
    await store.append([
      {
        stream: `cart-${n}`,
        events: [
          { type: 'CartOpened', data: { n }, tags: [`cart:${n}`], metadata: { by: 'test' } },
          { type: 'ItemAdded', data: 'x'.repeat(n * 60), id: `item-${n}` },
        ],
      },
    ])
  await store.retain({ category: 'session' }, { maxCount: 3 })
  await store.truncate('cart-1', { beforeRevision: 1 })
  await store.append({ stream: 'cart-12', events: [{ type: 'CartOpened', data: null }] })
  content = contentOf(await readAll(store))
  await store.close()
  segments = readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .sort()
})

function damagedCopy(change: (copy: string) => void): string {
  const copy = folder()
  cpSync(directory, copy, { recursive: true })
  change(copy)
  return copy
}

test('whatever byte of a segment is changed, opening names the file and the place', {
  timeout: 60_000,
}, async () => {
  expect(segments.length).toBe(3)
  for (const name of segments) {
    const bytes = readFileSync(join(directory, name))
    // Every byte of headers and of some commits, and then some of each kind.
    for (let at = 0; at < bytes.length; at += at < 400 ? 1 : 13) {
      const spoilt = Buffer.from(bytes)
      spoilt[at] = (spoilt[at] as number) ^ (1 << (at % 8))
      const copy = damagedCopy((path) => writeFileSync(join(path, name), spoilt))
      const error = await openLog(copy, { seal: false }).then(
        async (store) => store.close(),
        (reason: unknown) => reason,
      )
      expect(isAnnalsError(error, 'store-damaged'), `${name} at ${at}: ${error}`).toBe(true)
      if (!isAnnalsError(error, 'store-damaged')) continue
      expect(error.details.file).toBe(join(copy, name))
      expect(error.details.offset).toBeLessThanOrEqual(at)
      expect(readFileSync(join(copy, name)).equals(spoilt), 'nothing was changed').toBe(true)
      await expect(openLog(copy, { readOnly: true })).rejects.toMatchObject({ code: 'store-damaged' })
      rmSync(copy, { recursive: true })
    }
  }
})

test('the head may be damaged, gone, or of another store: it is only a hint', async () => {
  const bytes = readFileSync(join(directory, 'head'))
  const heads = [undefined, Buffer.alloc(0), Buffer.alloc(64), bytes.subarray(0, 63)]
  for (let at = 0; at < bytes.length; at += 3) {
    const spoilt = Buffer.from(bytes)
    spoilt[at] = (spoilt[at] as number) ^ 4
    heads.push(spoilt)
  }
  for (const head of heads) {
    const copy = damagedCopy((path) =>
      head ? writeFileSync(join(path, 'head'), head) : rmSync(join(path, 'head')),
    )
    const store = await openLog(copy, { seal: false })
    expect(contentOf(await readAll(store))).toEqual(content)
    await store.close()
  }
})

test('a segment that is gone, of another store or in the place of another is named', async () => {
  const [first, second, third] = segments.map((name) => (copy: string) => join(copy, name)) as [
    (copy: string) => string,
    (copy: string) => string,
    (copy: string) => string,
  ]
  const other = folder()
  await (await openLog(other)).close()
  const changes: [string, (copy: string) => void, RegExp][] = [
    ['first gone', (copy) => rmSync(first(copy)), /segment 1, expected segment 0/],
    ['second gone', (copy) => rmSync(second(copy)), /segment 2, expected segment 1/],
    ['last gone', (copy) => rmSync(third(copy)), /more of it had been durable/],
    [
      'all gone',
      (copy) => {
        for (const name of segments) rmSync(join(copy, name))
      },
      /more of it had been durable/,
    ],
    ['of another store', (copy) => cpSync(join(other, segments[0] as string), first(copy)), /another store/],
    ['exchanged', (copy) => cpSync(second(copy), third(copy)), /segment 1, expected segment 2/],
    [
      'renamed',
      (copy) => renameSync(second(copy), join(copy, '0000000007.log')),
      /begins at position|expected/,
    ],
  ]
  for (const [name, change, message] of changes) {
    const error = await openLog(damagedCopy(change), { seal: false }).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(isAnnalsError(error, 'store-damaged'), `${name}: ${error}`).toBe(true)
    expect((error as Error).message, name).toMatch(message)
  }
})

test('a byte that changes while the store is open is found when its event is read', async () => {
  const name = segments[0] as string
  const bytes = readFileSync(join(directory, name))
  for (let at = 64 + 48; at < 400; at += 1) {
    const copy = damagedCopy(() => undefined)
    const store = await openLog(copy, { seal: false })
    const spoilt = Buffer.from(bytes)
    spoilt[at] = (spoilt[at] as number) ^ 16
    writeFileSync(join(copy, name), spoilt)
    const read = await readAll(store)
      .then(contentOf)
      .catch((reason: unknown) => reason)
    if (isAnnalsError(read, 'store-damaged')) {
      expect(read.details.file).toBe(join(copy, name))
      expect(read.details.offset).toBeLessThanOrEqual(at)
    }
    // Headers and padding of commits belong to no event.
    else expect(read).toEqual(content)
    const report = await store.verify()
    expect(report.damage.length, `at ${at}`).toBeGreaterThan(0)
    expect(report.damage[0]).toMatchObject({ file: join(copy, name) })
    expect(report.damage[0]?.offset).toBeLessThanOrEqual(at)
    await store.close()
    rmSync(copy, { recursive: true })
  }
})

test('verify counts what is sound, and says what is not and how far', async () => {
  const store = await openLog(directory, { seal: false })
  const progress: number[] = []
  const sound = await store.verify({
    onProgress: ({ done, total }) => progress.push(done / (total as number)),
  })
  expect(sound).toMatchObject({ commits: 15, events: 25, damage: [] })
  expect(progress.at(-1)).toBe(1)
  const name = segments[1] as string
  const bytes = readFileSync(join(directory, name))
  const spoilt = Buffer.from(bytes)
  const length = Math.ceil((12 + bytes.readUInt32LE(64 + 4)) / 8) * 8
  spoilt[64 + 60] = (spoilt[64 + 60] as number) ^ 1
  const copy = damagedCopy(() => undefined)
  const copied = await openLog(copy, { seal: false })
  writeFileSync(join(copy, name), spoilt)
  const report = await copied.verify()
  expect(report.damage).toEqual([
    { file: join(copy, name), offset: 64, bytes: length, problem: 'the checksum of a commit does not hold' },
  ])
  expect(report.commits).toBe(sound.commits - 1)
  expect(report.events).toBe(sound.events - 2)
  await copied.close()
  await store.close()
})
