import { cpSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RecordedEvent } from '@annals/core'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { openLog, repair, verifyLog } from '../src/index.ts'
import { readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()

interface Commit {
  readonly file: string
  readonly offset: number
  readonly bytes: Buffer
  readonly events: readonly RecordedEvent[]
}

/** Several segments, closed properly, and where each commit lies in them. */
const directory = folder()
const commits: Commit[] = []
let segments: readonly string[]

beforeAll(async () => {
  const store = await openLog(directory, { segmentBytesMax: 4096, seal: false })
  const appended: (readonly RecordedEvent[])[] = []
  for (let n = 0; n < 40; n++) {
    const { events } = await store.append([
      {
        stream: `cart-${n % 5}`,
        events: [
          { type: 'CartOpened', data: { n }, tags: [`cart:${n}`, 'all:1'], metadata: { by: 'test' } },
          ...(n % 3 ? [{ type: 'ItemAdded', data: 'x'.repeat(n * 7), id: `item-${n}` }] : []),
        ],
      },
      ...(n % 4 ? [] : [{ stream: `stock-${n % 8}`, events: [{ type: 'Reserved', data: null }] }]),
    ])
    appended.push(events)
  }
  await store.close()
  segments = segmentsIn(directory)
  expect(segments.length).toBeGreaterThan(3)
  for (const file of segments) {
    const content = readFileSync(join(directory, file))
    for (let offset = 64; offset < content.length; ) {
      const length = Math.ceil((12 + content.readUInt32LE(offset + 4)) / 8) * 8
      const bytes = content.subarray(offset, offset + length)
      commits.push({ file, offset, bytes, events: appended[commits.length] ?? [] })
      offset += length
    }
  }
  expect(commits).toHaveLength(40)
})

function segmentsIn(path: string): string[] {
  return readdirSync(path)
    .filter((name) => /^\d{10}\./.test(name))
    .sort()
}

function damagedCopy(change: (copy: string) => void): string {
  const copy = folder()
  cpSync(directory, copy, { recursive: true })
  change(copy)
  return copy
}

function change(path: string, at: number, make: (byte: number) => number): void {
  const bytes = readFileSync(path)
  if (at >= bytes.length) return
  bytes[at] = make(bytes[at] as number)
  writeFileSync(path, bytes)
}

/** The events of all commits whose bytes are still where they were. */
function undamagedEvents(copy: string): RecordedEvent[] {
  const left = new Map(segmentsIn(copy).map((name) => [name, readFileSync(join(copy, name))]))
  return commits.flatMap(({ file, offset, bytes, events }) =>
    left
      .get(file)
      ?.subarray(offset, offset + bytes.length)
      .equals(bytes)
      ? events
      : [],
  )
}

/** All that is to stay as it was. */
function keptOf({ id, stream, type, dataJson, metadataJson, tags, recordedAt }: RecordedEvent): unknown {
  return { id, stream, type, dataJson, metadataJson, tags: [...tags], at: recordedAt.getTime() }
}

async function repaired(copy: string) {
  const target = folder()
  const report = await repair(copy, target)
  expect((await verifyLog(target)).damage).toEqual([])
  const store = await openLog(target, { create: false })
  const events = await readAll(store)
  await store.close()
  return { target, report, events }
}

type Damaging = (copy: string, segment: string) => void

const damagings: fc.Arbitrary<Damaging> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.nat(4500), fc.nat(7)).map(
      ([at, bit]): Damaging =>
        (copy, segment) =>
          change(join(copy, segment), at, (byte) => byte ^ (1 << bit)),
    ),
  },
  fc.tuple(fc.nat(4500), fc.integer({ min: 1, max: 900 })).map(
    ([at, length]): Damaging =>
      (copy, segment) => {
        const bytes = readFileSync(join(copy, segment))
        writeFileSync(
          join(copy, segment),
          bytes.fill(0, Math.min(at, bytes.length), Math.min(at + length, bytes.length)),
        )
      },
  ),
  fc.nat(4500).map(
    (size): Damaging =>
      (copy, segment) => {
        const path = join(copy, segment)
        if (readFileSync(path).length > size) truncateSync(path, size)
      },
  ),
  fc.constant<Damaging>((copy, segment) => rmSync(join(copy, segment))),
  fc.constant<Damaging>((copy) => rmSync(join(copy, 'annals.json'), { force: true })),
  fc.constant<Damaging>((copy) => writeFileSync(join(copy, 'annals.json'), '{"format":"annals-')),
)

test('of a store with random damage everything undamaged is there, in order, and nothing else', {
  timeout: 120_000,
}, async () => {
  const plans = fc.array(fc.tuple(fc.nat(100), damagings), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const copy = damagedCopy((path) => {
        for (const [choice, damage] of plan) {
          const left = segmentsIn(path)
          if (left.length > 1) damage(path, left[choice % left.length] as string)
        }
      })
      const before = new Map(readdirSync(copy).map((name) => [name, readFileSync(join(copy, name))]))
      const expected = undamagedEvents(copy)
      const { report, events } = await repaired(copy)
      expect(events.map(keptOf)).toEqual(expected.map(keptOf))
      // Positions and revisions without gaps, and told where each came from.
      const isLost = (position: number) =>
        report.lost.positions.some(({ from, to }) => from <= position && position <= to)
      const all = Array.from({ length: commits.flatMap((each) => each.events).length }, (_, n) => n + 1)
      expect(all.filter((position) => !isLost(position))).toEqual(expected.map(({ position }) => position))
      expect(report.lost.events).toBe(all.length - expected.length)
      expect(events.map(({ position }) => position)).toEqual(expected.map((_, index) => index + 1))
      for (const { stream, from, to } of report.lost.revisions)
        for (let revision = from; revision <= to; revision++)
          expect(expected.some((each) => each.stream === stream && each.revision === revision)).toBe(false)
      expect(report).toMatchObject({ events: expected.length })
      if (expected.length < all.length) expect(report.damage.length).toBeGreaterThan(0)
      for (const [name, bytes] of before)
        expect(readFileSync(join(copy, name)).equals(bytes), name).toBe(true)
    }),
    { numRuns: 150 },
  )
})

test('what is missing of a file that was cut off between two commits is damage', async () => {
  const cut = commits.find(({ file }, index) => commits[index + 1]?.file === file) as Commit
  const end = cut.offset + cut.bytes.length
  const copy = damagedCopy((path) => truncateSync(join(path, cut.file), end))
  const { report } = await repaired(copy)
  const lost = commits.filter(({ file, offset }) => file === cut.file && offset >= end)
  expect(report.lost.events).toBe(lost.flatMap(({ events }) => events).length)
  expect(report.damage).toEqual([
    { file: join(copy, cut.file), offset: end, bytes: 0, problem: 'commits that came here are missing' },
  ])
})

test('the streams and revisions of lost events are named if a later event or a sound record tells them', async () => {
  const lost = commits[13] as Commit
  // The data of its first event, so that the other records of the commit are still sound.
  const at = lost.offset + lost.bytes.indexOf('CartOpened') + 'CartOpened'.length
  const copy = damagedCopy((path) => change(join(path, lost.file), at + 1, (byte) => byte ^ 1))
  const { report } = await repaired(copy)
  expect(report.lost.positions).toEqual([
    { from: lost.events[0]?.position, to: lost.events.at(-1)?.position },
  ])
  expect(report.lost.revisions).toEqual([
    { stream: 'cart-3', from: lost.events[0]?.revision, to: lost.events.at(-1)?.revision },
  ])
  expect(report.damage).toEqual([
    {
      file: join(copy, lost.file),
      offset: lost.offset,
      bytes: lost.bytes.length,
      problem: 'the checksum of a commit does not hold',
    },
  ])
  // Of the last commit nothing comes later; the record that is sound by itself tells of the stream.
  const last = commits.at(-1) as Commit
  const within = last.offset + last.bytes.length - 20
  const end = await repaired(damagedCopy((path) => change(join(path, last.file), within, (byte) => byte ^ 1)))
  expect(end.report.lost).toMatchObject({ events: last.events.length })
  expect(end.report.lost.positions[0]?.from).toBe(last.events[0]?.position)
})

test('files that are exchanged, renamed or doubled lose nothing, and those of another store are left out', async () => {
  const [first, second, third] = segments as [string, string, string]
  const all = commits.flatMap(({ events }) => events).map(keptOf)
  const swap = damagedCopy((path) => {
    renameSync(join(path, second), join(path, 'other'))
    renameSync(join(path, third), join(path, second))
    renameSync(join(path, 'other'), join(path, third))
  })
  expect((await repaired(swap)).events.map(keptOf)).toEqual(all)
  const renamed = damagedCopy((path) => renameSync(join(path, second), join(path, '0000000077.log')))
  expect((await repaired(renamed)).events.map(keptOf)).toEqual(all)
  const doubled = damagedCopy((path) => cpSync(join(path, second), join(path, '0000000077.log')))
  const { report, events } = await repaired(doubled)
  expect(events.map(keptOf)).toEqual(all)
  expect(report.lost.events).toBe(0)
  expect(report.damage.length).toBeGreaterThan(0)
  const foreign = folder()
  const other = await openLog(foreign)
  await other.append({ stream: 'cart-0', events: [{ type: 'Foreign', data: null }] })
  await other.close()
  const mixed = damagedCopy((path) => cpSync(join(foreign, '0000000000.log'), join(path, second)))
  const without = await repaired(mixed)
  expect(without.events.map(keptOf)).toEqual(undamagedEvents(mixed).map(keptOf))
  expect(without.events.some(({ type }) => type === 'Foreign')).toBe(false)
  expect(undamagedEvents(damagedCopy((path) => rmSync(join(path, first)))).length).toBeLessThan(all.length)
})

test('what a crash left unfinished at the end is no loss', async () => {
  const last = segments.at(-1) as string
  const copy = damagedCopy((path) => {
    rmSync(join(path, 'head'))
    const torn = commits.at(-1)?.bytes.subarray(0, 70) as Buffer
    writeFileSync(join(path, last), Buffer.concat([readFileSync(join(path, last)), torn]))
  })
  const { report, events } = await repaired(copy)
  expect(events).toHaveLength(commits.flatMap((each) => each.events).length)
  expect(report).toMatchObject({ damage: [], lost: { events: 0 } })
})

test('retention is carried over, with truncations moved to the new revisions', async () => {
  const from = folder()
  const store = await openLog(from)
  const append = (stream: string, data: number) => store.append({ stream, events: [{ type: 'Said', data }] })
  for (let n = 0; n < 6; n++) await append('talk-1', n)
  await append('gone-1', 0)
  await append('only-1', 0)
  await store.truncate('talk-1', { beforeRevision: 4 })
  await store.tombstone('gone-1')
  await store.tombstone('only-1')
  await store.retain({ category: 'talk' }, { maxCount: 100 })
  await store.close()
  const path = join(from, '0000000000.log')
  const bytes = readFileSync(path)
  // The second event of the talk, and the only one of its stream.
  const offsets: number[] = []
  for (
    let offset = 64;
    offset < bytes.length;
    offset += Math.ceil((12 + bytes.readUInt32LE(offset + 4)) / 8) * 8
  )
    offsets.push(offset)
  for (const index of [1, 7]) bytes[(offsets[index] as number) + 30] = 0xaa
  writeFileSync(path, bytes)
  const { target, report } = await repaired(from)
  const copy = await openLog(target)
  expect((await readAll(copy)).map(({ stream, revision, data }) => [stream, revision, data])).toEqual([
    ['talk-1', 3, 4],
    ['talk-1', 4, 5],
  ])
  expect(await copy.stream('gone-1')).toMatchObject({ tombstoned: true })
  expect(await copy.stream('talk-1')).toMatchObject({ firstRevision: 3, retention: { maxCount: 100 } })
  expect(report.lost.changes).toEqual([{ kind: 'tombstone', stream: 'only-1' }])
  await copy.close()
})

test('a target that is not empty is left alone, and what an interrupted repair has left is made anew', async () => {
  const target = folder()
  await (await openLog(target)).close()
  await expect(repair(directory, target)).rejects.toMatchObject({ code: 'invalid-argument' })
  await expect(repair(directory, directory)).rejects.toMatchObject({ code: 'invalid-argument' })
  await expect(repair(folder(), folder())).rejects.toMatchObject({ code: 'store-not-found' })
  const next = folder()
  cpSync(directory, `${next}.new`, { recursive: true })
  const { events } = await repair(directory, next)
  expect(events).toBe(commits.flatMap((each) => each.events).length)
  const mine = folder()
  cpSync(directory, `${mine}.new`, { recursive: true })
  writeFileSync(join(`${mine}.new`, 'notes.txt'), 'mine')
  await expect(repair(directory, mine)).rejects.toMatchObject({ code: 'not-a-store' })
  expect(readFileSync(join(`${mine}.new`, 'notes.txt'), 'utf8')).toBe('mine')
})
