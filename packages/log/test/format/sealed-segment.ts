import { crc32, zstdDecompressSync } from 'node:zlib'
import { expect } from 'vitest'
import { readBlock } from './block.ts'
import { leafOf, rootOf } from './merkle.ts'
import {
  type Change,
  changeOf,
  type Expected,
  expectHeader,
  recordOf,
  type Segment,
  type SegmentEvent,
} from './segment.ts'

/** A sealed segment, of which events may have been removed. Every byte of it is checked. */
export function readSealedSegment(file: Buffer, expected: Expected): Segment {
  expectHeader(file, 'ANNALSSL', 2, expected)
  const end = readEnd(file.subarray(file.length - 128))
  const { tableOffset, blockCount, rootsOffset, hashCount, dictionaryBytes } = end
  const hashesOffset = rootsOffset + 32 * blockCount
  expect([rootsOffset, file.length - 128]).toEqual([
    tableOffset + 48 * blockCount,
    hashesOffset + 32 * hashCount,
  ])
  const dictionary = file.subarray(64, 64 + dictionaryBytes)
  expect(file.subarray(tableOffset - dictionaryBytes, tableOffset).equals(dictionary)).toBe(true)
  const [table, roots, hashes] = [
    file.subarray(tableOffset, rootsOffset),
    file.subarray(rootsOffset, hashesOffset),
    file.subarray(hashesOffset, file.length - 128),
  ]
  expect([dictionary, table, roots, hashes].map((bytes) => crc32(bytes))).toEqual(end.checksums)

  const entries = entriesOf(table, blockCount)
  const events: SegmentEvent[] = []
  const changes: Change[] = []
  const removedStreams = new Map<string, number>()
  const rootsByPosition = new Map<number, string>()
  let offset = 64 + dictionaryBytes
  let usedHashes = 0
  const lastPositions: number[] = []
  for (const [index, entry] of entries.entries()) {
    expect(entry.offset).toBe(offset)
    const compressed = file.subarray(offset, offset + entry.length)
    offset += entry.length
    expect(crc32(compressed)).toBe(entry.checksum)
    const bytes = zstdDecompressSync(compressed, { dictionary })
    expect([bytes.length, entry.zero]).toEqual([entry.rawLength, 0])
    const block = readBlock(bytes, entry.firstPosition, entry.firstRecordedAtMs)
    expect([block.events.length, block.firstRecordedAtMs]).toEqual([
      entry.eventCount,
      entry.firstRecordedAtMs,
    ])
    const positionCount = (entries[index + 1]?.firstPosition ?? end.lastPosition + 1) - entry.firstPosition
    const leaves = new Array<Buffer | undefined>(positionCount).fill(undefined)
    for (const event of block.events)
      leaves[event.position - entry.firstPosition] = leafOf(
        event.position,
        event.recordedAtMs,
        recordOf(event),
      )
    expect(leaves.length).toBe(positionCount)
    const firstHash = usedHashes
    const root = rootOf(leaves, () => hashes.subarray(32 * usedHashes++, 32 * usedHashes))
    expect(root.toString('hex')).toBe(roots.toString('hex', 32 * index, 32 * index + 32))
    expect(usedHashes - firstHash).toBe(entry.hashCount)
    if (positionCount > 0) rootsByPosition.set(entry.firstPosition, root.toString('hex'))
    for (const event of block.events) events.push(event)
    for (const { kind, position, json } of block.changes) {
      lastPositions.push(position)
      if (kind !== 5) changes.push(changeOf(kind, json))
      else for (const [stream, revision] of removedIn(json)) removedStreams.set(stream, revision)
    }
  }
  expect(offset).toBe(tableOffset - dictionaryBytes)
  const begun = events.filter(({ revision }) => revision === 0).length
  // Of some streams the first event may be gone.
  expect(end.generation === 0 ? begun : Math.max(begun, end.streamsBegun)).toBe(end.streamsBegun)
  expect([usedHashes, events.length]).toEqual([hashCount, end.eventCount])
  expect(Math.max(0, ...lastPositions)).toBeLessThanOrEqual(end.lastPosition)
  expect(events.at(-1)?.recordedAtMs ?? 0).toBeLessThanOrEqual(end.lastRecordedAtMs)
  return {
    ordinal: expected.ordinal,
    firstPosition: expected.firstPosition,
    lastPosition: end.lastPosition,
    end: file.readDoubleLE(40),
    events,
    changes,
    lastRecordedAtMs: end.lastRecordedAtMs,
    sealed: {
      generation: end.generation,
      streamsBegun: end.streamsBegun,
      blocks: blockCount,
      dictionaryBytes,
      hashes: hashCount,
      roots: rootsByPosition,
      removedStreams,
    },
  }
}

function readEnd(bytes: Buffer) {
  expect([bytes.toString('latin1', 0, 8), bytes.readUInt32LE(124)]).toEqual([
    'ANNALSTB',
    crc32(bytes.subarray(0, 124)),
  ])
  expect(bytes.toString('hex', 84, 124)).toBe('00'.repeat(40))
  return {
    tableOffset: bytes.readDoubleLE(8),
    blockCount: bytes.readUInt32LE(16),
    eventCount: bytes.readDoubleLE(24),
    lastPosition: bytes.readDoubleLE(32),
    lastRecordedAtMs: bytes.readDoubleLE(40),
    rootsOffset: bytes.readDoubleLE(48),
    hashCount: bytes.readUInt32LE(60),
    dictionaryBytes: bytes.readUInt32LE(68),
    generation: bytes.readUInt32LE(76),
    streamsBegun: bytes.readUInt32LE(80),
    /** Of the dictionary, the table, the roots and the hashes. */
    checksums: [72, 20, 56, 64].map((at) => bytes.readUInt32LE(at)),
  }
}

function entriesOf(table: Buffer, count: number) {
  const wide = (column: number, index: number) => table.readDoubleLE(8 * (column * count + index))
  const narrow = (column: number, index: number) =>
    table.readUInt32LE(24 * count + 4 * (column * count + index))
  return Array.from({ length: count }, (_, index) => ({
    offset: wide(0, index),
    firstPosition: wide(1, index),
    firstRecordedAtMs: wide(2, index),
    length: narrow(0, index),
    rawLength: narrow(1, index),
    checksum: narrow(2, index),
    eventCount: narrow(3, index),
    hashCount: narrow(4, index),
    zero: narrow(5, index),
  }))
}

function removedIn(json: string): readonly [stream: string, lastRevision: number][] {
  const { kind, streams } = JSON.parse(json) as { kind: string; streams: [string, number][] }
  expect(kind).toBe('removed')
  return streams
}
