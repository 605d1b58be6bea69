import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backup, type LogStore, openLog, restore, verifyLog } from '../src/index.ts'
import { startWriter } from './child.ts'
import { contentOf, readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()

async function append(store: LogStore, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++)
    await store.append({
      stream: `cart-${n % 7}`,
      events: [{ type: 'ItemAdded', data: { n, text: 'x'.repeat((n * 53) % 700) }, tags: [`n:${n}`] }],
    })
}

async function contentIn(directory: string, readOnly: boolean): Promise<unknown[]> {
  const store = await openLog(directory, { readOnly, create: false })
  try {
    return contentOf(await readAll(store))
  } finally {
    await store.close()
  }
}

function filesOf(directory: string): Map<string, Buffer> {
  return new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]))
}

test('a backup is a store with the same events, ids and times, beside an open writer', async () => {
  const [directory, target] = [folder(), folder()]
  const store = await openLog(directory, { segmentBytesMax: 4096 })
  await append(store, 0, 50)
  const report = await backup(directory, target)
  const events = (await readAll(store)).map((event) => JSON.stringify(event))
  await append(store, 50, 60)
  const copy = await openLog(target, { readOnly: true })
  expect((await readAll(copy)).map((event) => JSON.stringify(event))).toEqual(events)
  await copy.close()
  expect(report.position).toBe(50)
  expect(report.segmentsKept).toBe(0)
  expect(report.segmentsCopied).toBeGreaterThan(3)
  expect((await verifyLog(target)).damage).toEqual([])
  expect(await contentIn(target, false)).toHaveLength(50)
  await store.close()
})

// What is sealed between two backups is copied once more.
async function settled(store: LogStore): Promise<void> {
  await expect.poll(async () => (await store.stats()).sealing?.waiting).toBe(0)
}

test('what a backup has already is not copied again, and only what is new counts as progress', async () => {
  const [directory, target] = [folder(), folder()]
  const store = await openLog(directory, { segmentBytesMax: 4096 })
  await append(store, 0, 50)
  await settled(store)
  await backup(directory, target)
  const before = new Map(readdirSync(target).map((name) => [name, statSync(join(target, name)).ino]))
  await append(store, 50, 60)
  await settled(store)
  const totals: number[] = []
  const report = await backup(directory, target, { onProgress: ({ total }) => totals.push(total) })
  expect(report.bytesCopied).toBeLessThan(5 * 4096)
  expect(totals.at(-1)).toBe(report.bytesCopied)
  const segments = readdirSync(target).filter((name) => /^\d{10}\.(log|sealed)$/.test(name))
  expect(report.segmentsKept + report.segmentsCopied).toBe(segments.length)
  for (const name of segments.slice(0, report.segmentsKept))
    expect(statSync(join(target, name)).ino).toBe(before.get(name))
  expect(await contentIn(target, true)).toHaveLength(60)
  const again = await backup(directory, target)
  expect(again).toMatchObject({ bytesCopied: 0, segmentsCopied: 0, position: 60 })
  await store.close()
})

test('random histories with random backups between always give stores that are the same', async () => {
  const steps = fc.array(fc.record({ events: fc.nat(40), reopen: fc.boolean(), keep: fc.boolean() }), {
    minLength: 1,
    maxLength: 5,
  })
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(4096, 8192, 1_000_000), async (list, segmentBytesMax) => {
      const directory = folder()
      let target = folder()
      let store = await openLog(directory, { segmentBytesMax })
      let count = 0
      for (const { events, reopen, keep } of list) {
        await append(store, count, count + events)
        count += events
        if (reopen) {
          await store.close()
          store = await openLog(directory, { segmentBytesMax })
        }
        if (!keep) target = folder()
        expect((await backup(directory, target)).position).toBe(count)
        const content = contentOf(await readAll(store))
        expect(await contentIn(target, true)).toEqual(content)
        const restored = folder()
        expect((await restore(target, restored)).position).toBe(count)
        expect(await contentIn(restored, false)).toEqual(content)
      }
      await store.close()
    }),
    { numRuns: 25 },
  )
})

test('backups beside a writer in another process hold all that was acknowledged when they began', {
  timeout: 120_000,
}, async () => {
  const [directory, target] = [folder(), folder()]
  const child = startWriter(directory, { writers: 4 })
  await child.line(({ next }) => next !== undefined)
  for (let round = 0; round < 15; round++) {
    const acknowledged = Math.max(...child.lines.map(({ position }) => Number(position ?? 0)))
    const { position } = await backup(directory, target)
    expect(position).toBeGreaterThanOrEqual(acknowledged)
    expect((await verifyLog(target)).damage).toEqual([])
    const content = await contentIn(target, true)
    expect(content).toHaveLength(position)
    await new Promise((resolve) => setTimeout(resolve, 20 * (round % 4)))
  }
  child.process.kill('SIGKILL')
  await child.ended
  const copied = await contentIn(target, false)
  expect((await contentIn(directory, false)).slice(0, copied.length)).toEqual(copied)
  expect(readdirSync(directory).filter((name) => /^\d{10}\.(log|sealed)$/.test(name)).length).toBeGreaterThan(
    1,
  )
})

test('a target that holds another store, another history, other files or more than the store is refused as it is', async () => {
  const [directory, other, ahead, apart] = [folder(), folder(), folder(), folder()]
  const store = await openLog(directory, { segmentBytesMax: 4096 })
  await append(store, 0, 30)
  await (await openLog(other)).close()
  await backup(directory, ahead)
  await backup(directory, apart)
  const longer = await openLog(ahead, { segmentBytesMax: 4096 })
  await append(longer, 30, 31)
  await longer.close()
  const different = await openLog(apart, { segmentBytesMax: 4096 })
  await append(different, 500, 520)
  await different.close()
  const files = folder()
  await backup(directory, files)
  writeFileSync(join(files, 'notes.txt'), 'mine')
  for (const target of [other, ahead, files, directory]) {
    const before = filesOf(target)
    before.delete('lock')
    const code = target === files ? 'not-a-store' : 'invalid-argument'
    await expect(backup(directory, target)).rejects.toMatchObject({ code })
    const after = filesOf(target)
    after.delete('lock')
    expect(after).toEqual(before)
  }
  // Also when the store has grown beyond the other history by now, within the same segment and after it.
  await append(store, 30, 32)
  await expect(backup(directory, apart)).rejects.toMatchObject({ code: 'invalid-argument' })
  await append(store, 32, 90)
  await expect(backup(directory, apart)).rejects.toMatchObject({ code: 'invalid-argument' })
  await expect(backup(directory, ahead)).rejects.toMatchObject({ code: 'invalid-argument' })
  await store.close()
})

test('a backup that is open for writing is refused, and a store that is not there is named', async () => {
  const [directory, target] = [folder(), folder()]
  await expect(backup(directory, target)).rejects.toMatchObject({ code: 'store-not-found' })
  expect(readdirSync(join(directory, '..')).includes(target)).toBe(false)
  const store = await openLog(directory)
  await backup(directory, target)
  const writing = await openLog(target)
  await expect(backup(directory, target)).rejects.toMatchObject({ code: 'store-locked' })
  await writing.close()
  await backup(directory, target)
  await store.close()
})

test('damage of the store is named and gets into no backup', async () => {
  const [directory, target] = [folder(), folder()]
  const store = await openLog(directory, { segmentBytesMax: 4096 })
  await append(store, 0, 20)
  await backup(directory, target)
  const before = await contentIn(target, true)
  await append(store, 20, 60)
  await store.close()
  const name = readdirSync(directory)
    .filter((each) => /^\d{10}/.test(each))
    .at(-2) as string
  const path = join(directory, name)
  const bytes = readFileSync(path)
  bytes[200] = (bytes[200] as number) ^ 1
  writeFileSync(path, bytes)
  await expect(backup(directory, target)).rejects.toMatchObject({
    code: 'store-damaged',
    details: { file: path },
  })
  const after = await contentIn(target, false)
  expect(after.slice(0, before.length)).toEqual(before)
  expect((await verifyLog(target)).damage).toEqual([])
  await expect(backup(directory, folder())).rejects.toMatchObject({ code: 'store-damaged' })
})
