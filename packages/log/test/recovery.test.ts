import { copyFileSync, cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RecordedEvent } from '@annals/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openLog } from '../src/index.ts'
import { contentOf, readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()

/** A store of one segment, with a commit for each list of event counts; and where each commit ends in its file. */
async function storeOf(groups: readonly (readonly number[])[]) {
  const directory = folder()
  const store = await openLog(directory)
  const commits: { readonly end: number; readonly events: readonly RecordedEvent[] }[] = []
  const groupStarts: number[] = []
  const bytesBefore = 64
  for (const group of groups) {
    groupStarts.push(bytesBefore + (await store.stats()).written.bytesWritten)
    const appended = await Promise.all(
      group.map((count, n) =>
        store.append({
          stream: `cart-${n}`,
          events: Array.from({ length: count }, (_, event) => ({
            type: 'ItemAdded',
            data: { event, text: 'ü'.repeat(event * 7) },
            tags: [`n:${n}`],
          })),
        }),
      ),
    )
    commits.push(...appended.map(({ events }) => ({ end: 0, events })))
  }
  await store.close()
  const file = join(directory, readdirSync(directory).find((name) => name.endsWith('.log')) as string)
  return { directory, file, commits, groupStarts, bytes: readFileSync(file) }
}

/** A copy of a store whose segment holds other bytes, and whose writer was killed before it could say how far it was. */
function crashed(directory: string, file: string, bytes: Buffer): string {
  const copy = folder()
  cpSync(directory, copy, { recursive: true })
  rmSync(join(copy, 'head'))
  writeFileSync(join(copy, file.slice(directory.length + 1)), bytes)
  return copy
}

function wholeCommits(
  commits: readonly { readonly events: readonly RecordedEvent[] }[],
  events: readonly RecordedEvent[],
): boolean {
  let count = 0
  for (const commit of commits) {
    if (count === events.length) return true
    count += commit.events.length
  }
  return count === events.length
}

test('a file cut at any byte opens with the commits that are whole, and takes the next', {
  timeout: 60_000,
}, async () => {
  const { directory, file, commits, bytes } = await storeOf([[1], [3], [2, 1], [1]])
  const all = commits.flatMap(({ events }) => contentOf(events))
  let longest = 0
  for (let length = 64; length <= bytes.length; length++) {
    const copy = crashed(directory, file, bytes.subarray(0, length))
    const store = await openLog(copy)
    const events = await readAll(store)
    expect(wholeCommits(commits, events), `cut at ${length}`).toBe(true)
    expect(contentOf(events)).toEqual(all.slice(0, events.length))
    // More bytes never mean fewer events.
    expect(events.length).toBeGreaterThanOrEqual(longest)
    longest = events.length
    const end = 64 + endOf(bytes, events.length)
    expect(store.recovery?.bytesCut ?? 0, `cut at ${length}`).toBe(
      lastByte(bytes.subarray(0, length)) > end ? lastByte(bytes.subarray(0, length)) - end : 0,
    )
    await store.append({ stream: 'cart-new', events: [{ type: 'ItemAdded', data: null }] })
    await store.close()
    const again = await openLog(copy)
    expect(again.recovery).toBeUndefined()
    expect((await readAll(again)).length).toBe(events.length + 1)
    await again.close()
    rmSync(copy, { recursive: true })
  }
  expect(longest).toBe(all.length)
})

// Where the commits of the first events end, behind the header of the segment.
function endOf(bytes: Buffer, events: number): number {
  let at = 64
  for (let count = 0; count < events; ) {
    count += bytes.readUInt32LE(at + 40)
    at += Math.ceil((12 + bytes.readUInt32LE(at + 4)) / 8) * 8
  }
  return at - 64
}

function lastByte(bytes: Buffer): number {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  return end
}

test('a segment that is cut within its header is only given up while it is empty', async () => {
  const { directory, file, bytes } = await storeOf([[1]])
  for (const length of [0, 1, 63]) {
    const store = await openLog(crashed(directory, file, bytes.subarray(0, length)))
    expect(await readAll(store)).toEqual([])
    await store.append({ stream: 'cart-1', events: [{ type: 'ItemAdded', data: 1 }] })
    await store.close()
  }
})

test('whatever a torn group left behind, all before it is there and of it only whole commits from its beginning', async () => {
  const { directory, file, commits, groupStarts, bytes } = await storeOf([[2], [1, 1], [3, 2, 4, 1, 2]])
  const all = commits.flatMap(({ events }) => contentOf(events))
  const groupStart = groupStarts.at(-1) as number
  const before = 4
  const sector = 64
  const sectors = Math.ceil((bytes.length - groupStart) / sector)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('written', 'lost', 'garbage'), { minLength: sectors, maxLength: sectors }),
      fc.integer(),
      async (fates, seed) => {
        const torn = Buffer.from(bytes)
        for (const [n, fate] of fates.entries()) {
          const from = groupStart + n * sector
          if (fate === 'lost') torn.fill(0, from, Math.min(from + sector, torn.length))
          if (fate === 'garbage')
            for (let at = from; at < Math.min(from + sector, torn.length); at++)
              torn[at] = Math.imul(at + 1, seed | 1) >>> 13
        }
        const copy = crashed(directory, file, torn)
        const store = await openLog(copy)
        const events = await readAll(store)
        expect(events.length).toBeGreaterThanOrEqual(before)
        expect(contentOf(events)).toEqual(all.slice(0, events.length))
        expect(wholeCommits(commits, events)).toBe(true)
        await store.append({ stream: 'cart-new', events: [{ type: 'ItemAdded', data: null }] })
        await store.close()
        const again = await openLog(copy)
        expect((await readAll(again)).length).toBe(events.length + 1)
        await again.close()
        rmSync(copy, { recursive: true })
      },
    ),
    { numRuns: 150 },
  )
})

test('a commit that is lost before one of a later group is damage, although nothing says how far the log went', async () => {
  const { directory, file, groupStarts, bytes } = await storeOf([[1], [2], [1]])
  const torn = Buffer.from(bytes)
  const lost = groupStarts[1] as number
  torn.fill(0, lost, groupStarts[2])
  const copy = crashed(directory, file, torn)
  await expect(openLog(copy)).rejects.toMatchObject({
    code: 'store-damaged',
    details: { file: join(copy, file.slice(directory.length + 1)), offset: lost },
  })
})

test('what had been durable and is no longer there is damage, wherever the file ends now', async () => {
  const { directory, file, bytes } = await storeOf([[1], [1]])
  for (let length = 64; length < bytes.length - 8; length += 40) {
    const copy = folder()
    cpSync(directory, copy, { recursive: true })
    truncateSync(join(copy, file.slice(directory.length + 1)), length)
    await expect(openLog(copy)).rejects.toMatchObject({ code: 'store-damaged' })
    // It was not touched.
    expect(readFileSync(join(copy, file.slice(directory.length + 1))).length).toBe(length)
  }
})

test('a store that was being made when the process ended is made anew', async () => {
  const { directory } = await storeOf([[1]])
  for (const present of [['lock'], ['lock', 'annals.json.new'], ['lock', 'annals.json']]) {
    const copy = folder()
    cpSync(directory, copy, { recursive: true })
    copyFileSync(join(directory, 'annals.json'), join(copy, 'annals.json.new'))
    for (const name of readdirSync(copy)) if (!present.includes(name)) rmSync(join(copy, name))
    const store = await openLog(copy)
    expect(
      (await store.append({ stream: 'cart-1', events: [{ type: 'ItemAdded', data: 1 }] })).position,
    ).toBe(1)
    await store.close()
  }
})
