import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { openLog, verifyLog } from '../src/index.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()

/** Three segments, closed properly. */
const directory = folder()
let segments: string[]

beforeAll(async () => {
  const store = await openLog(directory, { segmentBytesMax: 4096, seal: false })
  for (let n = 0; n < 12; n++)
    await store.append({
      stream: `cart-${n}`,
      events: [
        { type: 'CartOpened', data: { n }, tags: [`cart:${n}`], metadata: { by: 'test' } },
        { type: 'ItemAdded', data: 'x'.repeat(n * 60), id: `item-${n}` },
      ],
    })
  await store.retain({ category: 'session' }, { maxCount: 3 })
  await store.close()
  segments = readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .sort()
  expect(segments).toHaveLength(3)
})

function changedCopy(change: (copy: string) => void): string {
  const copy = folder()
  cpSync(directory, copy, { recursive: true })
  change(copy)
  return copy
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(path, bytes)
}

test('a sound store is found sound, closed or beside its writer, with progress to the end', async () => {
  const progress: number[] = []
  const report = await verifyLog(directory, { onProgress: ({ done, total }) => progress.push(done / total) })
  expect(report).toMatchObject({ commits: 13, events: 24, damage: [] })
  expect(progress.at(-1)).toBe(1)
  const copy = changedCopy(() => undefined)
  const store = await openLog(copy, { seal: false })
  await store.append({ stream: 'cart-12', events: [{ type: 'CartOpened', data: null }] })
  expect(await verifyLog(copy)).toEqual(await store.verify())
  expect(await verifyLog(copy)).toMatchObject({ commits: 14, events: 25, damage: [] })
  await store.close()
})

test('a store that cannot be opened is checked to its end, and each damage is named', async () => {
  const [first, second, third] = segments as [string, string, string]
  const copy = changedCopy((path) => {
    flip(join(path, first), 64 + 60)
    flip(join(path, second), 8)
    flip(join(path, third), 64 + 60)
  })
  await expect(openLog(copy)).rejects.toMatchObject({ code: 'store-damaged' })
  const { damage, events } = await verifyLog(copy)
  expect(damage.map(({ file, offset }) => [file, offset])).toEqual([
    [join(copy, first), 64],
    [join(copy, second), 0],
    [join(copy, third), 64],
  ])
  expect(damage[0]?.problem).toBe('the checksum of a commit does not hold')
  expect(damage[1]?.problem).toBe('the checksum of its header does not hold')
  expect(events).toBe(24 - 4)
})

test('whatever byte of a segment is changed, the file and a place at or before it are named', async () => {
  for (const name of segments) {
    const { length } = readFileSync(join(directory, name))
    const copy = changedCopy(() => undefined)
    for (let at = 0; at < length; at += at < 200 ? 3 : 37) {
      flip(join(copy, name), at)
      const { damage } = await verifyLog(copy)
      expect(damage.length, `${name} at ${at}`).toBeGreaterThan(0)
      expect(damage[0]?.file).toBe(join(copy, name))
      expect(damage[0]?.offset).toBeLessThanOrEqual(at)
      flip(join(copy, name), at)
    }
    expect((await verifyLog(copy)).damage).toEqual([])
  }
})

test('segments that are gone, cut, exchanged or renamed are damage', async () => {
  const [first, second, third] = segments as [string, string, string]
  const changes: readonly (readonly [(copy: string) => void, RegExp])[] = [
    [(copy) => rmSync(join(copy, first)), /the file is missing/],
    [(copy) => rmSync(join(copy, second)), /the file is missing/],
    [(copy) => rmSync(join(copy, third)), /the file is missing/],
    [(copy) => truncateSync(join(copy, third), 80), /more of it had been durable/],
    [(copy) => truncateSync(join(copy, first), readFileSync(join(copy, first)).length - 8), /ends/],
    [(copy) => truncateSync(join(copy, second), 64), /events between them are missing/],
    [(copy) => cpSync(join(copy, second), join(copy, third)), /it is segment 1, expected segment 2/],
    [(copy) => renameSync(join(copy, second), join(copy, '0000000003.log')), /the file is missing/],
  ]
  for (const [change, problem] of changes) {
    const { damage } = await verifyLog(changedCopy(change))
    expect(damage.map((each) => each.problem).join('\n')).toMatch(problem)
  }
})

test('the head may be damaged or gone, and the end of a write that a crash interrupted is no damage', async () => {
  const last = segments.at(-1) as string
  for (const change of [
    (copy: string) => rmSync(join(copy, 'head')),
    (copy: string) => flip(join(copy, 'head'), 30),
    (copy: string) => appendFileSync(join(copy, last), Buffer.alloc(100_000)),
    (copy: string) => appendFileSync(join(copy, last), readFileSync(join(copy, last)).subarray(64, 100)),
    (copy: string) => {
      rmSync(join(copy, 'head'))
      appendFileSync(join(copy, last), Buffer.from('torn'.repeat(30)))
    },
  ]) {
    const copy = changedCopy(change)
    expect(await verifyLog(copy)).toMatchObject({ commits: 13, events: 24, damage: [] })
    await (await openLog(copy, { seal: false })).close()
  }
})

test('it changes nothing, and makes no store', async () => {
  const before = readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))])
  await verifyLog(directory)
  expect(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))])).toEqual(before)
  await expect(verifyLog(join(directory, 'none'))).rejects.toMatchObject({ code: 'store-not-found' })
  await expect(verifyLog(join(directory, 'head'))).rejects.toMatchObject({ code: 'not-a-store' })
})
