import { crc32 } from 'node:zlib'
import { SimulatedDisk } from '@annals/testing'
import { expect, test } from 'vitest'
import { PieceCache } from '../cache.ts'
import { commitKinds } from '../commit.ts'
import type { DiskFile } from '../disk.ts'
import { encodeRecord, recordBytesMax } from '../event-record.ts'
import { BlockBuilder } from './block-builder.ts'
import { zstdAtOnce } from './compression.ts'
import { merkleRoot } from './merkle.ts'
import { footerBytes, sealedHeaderBytes, tableEntryBytes } from './sealed-format.ts'
import { SealedSegment } from './sealed-segment.ts'
import { SealedWriter } from './sealed-writer.ts'

const storeId = '00112233445566778899aabbccddeeff'
const firstPosition = 101
const lastPosition = 150
const dictionary = Buffer.from('{"text":"what the events have in common"}')
// Of the positions from 101 to 150 some are gone in each block, and all in the third; the last block is a change alone.
const blocks: readonly { readonly first: number; readonly positions: readonly number[] }[] = [
  { first: 101, positions: [101, 102, 103, 107] },
  { first: 110, positions: [111, 112] },
  { first: 120, positions: [] },
  { first: 151, positions: [] },
]

function builderOf({ first, positions }: (typeof blocks)[number]): BlockBuilder {
  const builder = new BlockBuilder(first)
  for (const position of positions) {
    const event = {
      type: 'A',
      id: undefined,
      tags: [],
      dataJson: `{"n":${position}}`,
      metadataJson: undefined,
    }
    const bytes = Buffer.alloc(recordBytesMax('cart-1', event))
    encodeRecord(bytes, 0, 'cart-1', position, event)
    builder.addEvent(position, position * 10, false, bytes, 0)
  }
  if (first > lastPosition)
    builder.addChange(
      commitKinds.removed,
      lastPosition,
      1_500,
      Buffer.from('{"kind":"removed","streams":[]}'),
    )
  return builder
}

/** The file of a sealed segment, written anew for each test that damages it. */
async function written(): Promise<DiskFile> {
  const disk = new SimulatedDisk({ seed: 1 })
  disk.makeDirectory('/store')
  const file = disk.open('/store/0000000004.sealed', 'create')
  const header = { ordinal: 4, storeId, firstPosition, rawEnd: 5_000 }
  const writer = new SealedWriter(file, header, zstdAtOnce, dictionary)
  for (const block of blocks) await writer.addBlock(builderOf(block), merkleRoot([]))
  const length = await writer.finish({
    lastPosition,
    lastRecordedAtMs: 1_500,
    streamsBegun: 0,
    generation: 1,
  })
  expect(file.size()).toBe(length)
  return file
}

function open(file: DiskFile): SealedSegment {
  const expected = { ordinal: 4, storeId, firstPosition }
  return new SealedSegment(file, expected, zstdAtOnce, new PieceCache(1024 * 1024))
}

function flip(file: DiskFile, at: number): void {
  const byte = Buffer.alloc(1)
  file.readNow(byte, at)
  file.writeNow(Buffer.from([(byte[0] as number) ^ 1]), at)
}

test('each position has the block that it lies in, or would if its event were still there', async () => {
  const sealed = open(await written())
  for (let position = firstPosition; position <= lastPosition; position++) {
    const index = sealed.blockAt(position)
    expect(index, `of ${position}`).toBe(blocks.findLastIndex(({ first }) => first <= position))
    expect(position).toBeLessThan(sealed.blockEnd(index))
    const block = sealed.blockNow(index)
    const isThere = blocks.some(({ positions }) => positions.includes(position))
    expect(block.eventAt(position) !== undefined, `of ${position}`).toBe(isThere)
  }
  expect(blocks.map((_, index) => sealed.blockEnd(index))).toEqual([110, 120, 151, 151])
})

test('a block is the same however it is read, and is made once while it is in the cache', async () => {
  const sealed = open(await written())
  expect(sealed.cachedBlock(1)).toBeUndefined()
  const alone = await sealed.blockAlone(1)
  // Whoever goes through all of them leaves nothing in the cache.
  expect(sealed.cachedBlock(1)).toBeUndefined()
  const [one, other] = await Promise.all([sealed.block(1), sealed.block(1)])
  expect(other).toBe(one)
  expect(sealed.cachedBlock(1)).toBe(one)
  expect(sealed.blockNow(1)).toBe(one)
  expect(alone.bytes.equals(one.bytes)).toBe(true)
})

test('with one damaged dictionary everything is read, and it says where that one is', async () => {
  const places = [sealedHeaderBytes, open(await written()).footer.tableOffset - dictionary.length]
  expect(open(await written()).damagedDictionaries).toEqual([])
  for (const place of places) {
    const file = await written()
    flip(file, place + 3)
    const sealed = open(file)
    expect(sealed.damagedDictionaries).toEqual([place])
    expect(sealed.dictionary.equals(dictionary)).toBe(true)
    expect(sealed.blockNow(0).dataJson(3)).toBe('{"n":107}')
  }
})

test('with both dictionaries damaged no block is read', async () => {
  const file = await written()
  const { tableOffset } = open(file).footer
  flip(file, sealedHeaderBytes)
  flip(file, tableOffset - 1)
  const sealed = open(file)
  expect(sealed.damagedDictionaries).toEqual([sealedHeaderBytes, tableOffset - dictionary.length])
  const problem = {
    offset: sealedHeaderBytes,
    message: 'the checksums of both of its dictionaries do not hold',
  }
  expect(() => sealed.blockNow(0)).toThrow(expect.objectContaining(problem))
  await expect(sealed.block(0)).rejects.toMatchObject(problem)
})

test('a damaged table is found when it is first needed, and named at its place', async () => {
  const { tableOffset, blockCount } = open(await written()).footer
  for (let at = tableOffset; at < tableOffset + blockCount * tableEntryBytes; at += 5) {
    const file = await written()
    flip(file, at)
    const sealed = open(file)
    const problem = { offset: tableOffset, message: 'the checksum of its table does not hold' }
    expect(() => sealed.blockAt(firstPosition)).toThrow(expect.objectContaining(problem))
    await expect(sealed.block(0)).rejects.toMatchObject(problem)
  }
})

/** Changes the table, and makes its checksums anew, as a writer with a mistake would. */
async function withTable(change: (table: Buffer, column: (wide: number, narrow: number) => number) => void) {
  const file = await written()
  const { tableOffset, blockCount } = open(file).footer
  const table = Buffer.alloc(blockCount * tableEntryBytes)
  file.readNow(table, tableOffset)
  change(table, (wide, narrow) => (wide * 8 + narrow * 4) * blockCount)
  file.writeNow(table, tableOffset)
  const footer = Buffer.alloc(footerBytes)
  file.readNow(footer, file.size() - footerBytes)
  footer.writeUInt32LE(crc32(table), 20)
  footer.writeUInt32LE(crc32(footer.subarray(0, 124)), 124)
  file.writeNow(footer, file.size() - footerBytes)
  return open(file)
}

test('a table that does not fit to its file is refused, though its checksum holds', async () => {
  const cases: [problem: string, Parameters<typeof withTable>[0]][] = [
    ['its blocks do not follow one another', (table) => table.writeDoubleLE(1e9, 8)],
    ['its blocks do not follow one another', (table, column) => table.writeUInt32LE(1, column(3, 0))],
    [
      'its blocks do not end where its second dictionary begins',
      (table, column) => table.writeUInt32LE(1, column(3, 0) + 12),
    ],
    ['one of its blocks is too large', (table, column) => table.writeUInt32LE(2 ** 31, column(3, 1))],
    [
      'the positions of its blocks run backwards',
      (table, column) => table.writeDoubleLE(109, column(1, 0) + 16),
    ],
    ['the positions of its blocks run backwards', (table, column) => table.writeDoubleLE(100, column(1, 0))],
    [
      'its blocks go on behind its last position',
      (table, column) => table.writeDoubleLE(152, column(1, 0) + 24),
    ],
    [
      'it does not have as many hashes as its table says',
      (table, column) => table.writeUInt32LE(1, column(3, 4)),
    ],
  ]
  for (const [problem, change] of cases) {
    const sealed = await withTable(change)
    expect(() => sealed.blockAt(101)).toThrow(problem)
  }
  expect((await withTable(() => undefined)).blockAt(101)).toBe(0)
})

test('a block that is not what the table says is refused, though all checksums hold', async () => {
  const wrongCount = await withTable((table, column) => table.writeUInt32LE(3, column(3, 3)))
  expect(() => wrongCount.blockNow(0)).toThrow('it does not hold the events that the table says')
  expect(wrongCount.blockNow(1).eventCount).toBe(2)
  const wrongLength = await withTable((table, column) =>
    table.writeUInt32LE(table.readUInt32LE(column(3, 1)) + 1, column(3, 1)),
  )
  expect(() => wrongLength.blockNow(0)).toThrow(
    /^a block cannot be decoded: expected \d+ bytes, but got \d+$/,
  )
  await expect(wrongLength.block(0)).rejects.toThrow(/^a block cannot be decoded: /)
})

test('hashes of removed events are checked before they are believed', async () => {
  const disk = new SimulatedDisk({ seed: 1 })
  const file = disk.open('/0000000004.sealed', 'create')
  const header = { ordinal: 4, storeId, firstPosition, rawEnd: 5_000 }
  const writer = new SealedWriter(file, header, zstdAtOnce, Buffer.alloc(0))
  const hashes = [1, 2, 3].map((byte) => Buffer.alloc(32, byte))
  await writer.addBlock(builderOf({ first: 101, positions: [101] }), Buffer.alloc(32, 8), hashes.slice(0, 1))
  await writer.addBlock(builderOf({ first: 103, positions: [] }), Buffer.alloc(32, 9), hashes.slice(1))
  await writer.finish({ lastPosition, lastRecordedAtMs: 0, streamsBegun: 0, generation: 1 })
  const sealed = open(file)
  expect([sealed.hashes(0), sealed.hashes(1)]).toEqual([hashes[0], Buffer.concat(hashes.slice(1))])
  expect(sealed.roots()).toEqual(Buffer.concat([Buffer.alloc(32, 8), Buffer.alloc(32, 9)]))
  flip(file, file.size() - footerBytes - 1)
  expect(() => open(file).hashes(0)).toThrow('the checksum of the hashes of removed events does not hold')
  flip(file, open(file).footer.rootsOffset)
  expect(() => open(file).roots()).toThrow('the checksum of its roots does not hold')
})
