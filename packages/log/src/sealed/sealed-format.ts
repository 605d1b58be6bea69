import { crc32 } from 'node:zlib'
import type { Position } from '@annals/core'
import { type DiskFile, readFully } from '../disk.ts'

// A sealed segment, all numbers little-endian; docs/reference/log-format.md says the same in words. The header:
//   0       "ANNALSSL"
//   8 u32   format version
//  12 u32   ordinal
//  16       store id, 16 bytes
//  32 f64   position of the first event
//  40 f64   length of the segment before it was sealed
//  48       zeros
//  60 u32   CRC-32 of the first 60 bytes
// Then the dictionary, the blocks, the dictionary once more, and the table of the blocks, a column for each of its fields:
//     f64   offset of each
//     f64   position of its first event
//     f64   when its first commit was recorded
//     u32   length
//     u32   length before it was compressed
//     u32   CRC-32 of the compressed block
//     u32   number of events
//     u32   number of hashes that stand for its removed events
//     u32   0
// Then the roots, 32 bytes for each block; then the hashes of removed events, 32 bytes each. And at the end:
//   0       "ANNALSTB"
//   8 f64   offset of the table
//  16 u32   number of blocks
//  20 u32   CRC-32 of the table
//  24 f64   number of events
//  32 f64   position of the last event, removed or not
//  40 f64   when the last event was recorded, 0 if there never was one
//  48 f64   offset of the roots
//  56 u32   CRC-32 of the roots
//  60 u32   number of hashes of removed events
//  64 u32   CRC-32 of them
//  68 u32   length of the dictionary
//  72 u32   CRC-32 of the dictionary
//  76 u32   how often events were removed from it
//  80 u32   number of streams whose first event was in it
//  84       zeros
// 124 u32   CRC-32 of the first 124 bytes
export const sealedHeaderBytes = 64
export const tableEntryBytes = 48
export const footerBytes = 128
const sealedFormatVersion = 2
const headerMagic = 'ANNALSSL'
const footerMagic = 'ANNALSTB'

/** Bytes of a sealed segment, or of an index, that are not what was written. */
export class SealedDamage extends Error {
  readonly offset: number

  constructor(offset: number, problem: string) {
    super(problem)
    this.offset = offset
  }
}

/** What a sealed segment has to be. */
export interface ExpectedSegment {
  readonly ordinal: number
  readonly storeId: string
  /** `undefined` if any will do. */
  readonly firstPosition: Position | undefined
}

/** The header of a sealed segment. */
export interface SealedHeader {
  readonly ordinal: number
  readonly storeId: string
  readonly firstPosition: Position
  /** The length of the segment before it was sealed. */
  readonly rawEnd: number
}

/** The end of a sealed segment. */
export interface SealedFooter {
  readonly tableOffset: number
  readonly blockCount: number
  readonly tableChecksum: number
  /** Events that are there. */
  readonly eventCount: number
  /** That of its last event, removed or not; one before the first if it has none. */
  readonly lastPosition: Position
  readonly lastRecordedAtMs: number
  readonly rootsOffset: number
  readonly rootsChecksum: number
  readonly hashCount: number
  readonly hashesChecksum: number
  readonly dictionaryBytes: number
  readonly dictionaryChecksum: number
  /** How often events were removed from it. */
  readonly generation: number
  /** How many streams have had their first event in it, removed or not. */
  readonly streamsBegun: number
}

export function encodeHeader({ ordinal, storeId, firstPosition, rawEnd }: SealedHeader): Buffer {
  const header = Buffer.alloc(sealedHeaderBytes)
  header.write(headerMagic, 0, 'latin1')
  header.writeUInt32LE(sealedFormatVersion, 8)
  header.writeUInt32LE(ordinal, 12)
  header.write(storeId, 16, 'hex')
  header.writeDoubleLE(firstPosition, 32)
  header.writeDoubleLE(rawEnd, 40)
  header.writeUInt32LE(crc32(header.subarray(0, 60)), 60)
  return header
}

/** @throws SealedDamage */
export function readHeader(file: DiskFile, expected: ExpectedSegment): SealedHeader {
  const header = readFully(file, Buffer.alloc(sealedHeaderBytes), 0)
  const fail = (problem: string) => new SealedDamage(0, problem)
  if (header.length < sealedHeaderBytes) throw fail('it ends within its header')
  if (header.toString('latin1', 0, 8) !== headerMagic) throw fail('it does not begin like a sealed segment')
  if (crc32(header.subarray(0, 60)) !== header.readUInt32LE(60))
    throw fail('the checksum of its header does not hold')
  if (header.readUInt32LE(8) !== sealedFormatVersion)
    throw fail(`it has format version ${header.readUInt32LE(8)}, expected ${sealedFormatVersion}`)
  if (header.toString('hex', 16, 32) !== expected.storeId) throw fail('it belongs to another store')
  const ordinal = header.readUInt32LE(12)
  if (ordinal !== expected.ordinal)
    throw fail(`it is segment ${ordinal}, expected segment ${expected.ordinal}`)
  const firstPosition = header.readDoubleLE(32)
  if (expected.firstPosition !== undefined && firstPosition !== expected.firstPosition)
    throw fail(`it begins at position ${firstPosition}, expected ${expected.firstPosition}`)
  return { ordinal, storeId: expected.storeId, firstPosition, rawEnd: header.readDoubleLE(40) }
}

export function encodeFooter(footer: SealedFooter): Buffer {
  const bytes = Buffer.alloc(footerBytes)
  bytes.write(footerMagic, 0, 'latin1')
  bytes.writeDoubleLE(footer.tableOffset, 8)
  bytes.writeUInt32LE(footer.blockCount, 16)
  bytes.writeUInt32LE(footer.tableChecksum, 20)
  bytes.writeDoubleLE(footer.eventCount, 24)
  bytes.writeDoubleLE(footer.lastPosition, 32)
  bytes.writeDoubleLE(footer.lastRecordedAtMs, 40)
  bytes.writeDoubleLE(footer.rootsOffset, 48)
  bytes.writeUInt32LE(footer.rootsChecksum, 56)
  bytes.writeUInt32LE(footer.hashCount, 60)
  bytes.writeUInt32LE(footer.hashesChecksum, 64)
  bytes.writeUInt32LE(footer.dictionaryBytes, 68)
  bytes.writeUInt32LE(footer.dictionaryChecksum, 72)
  bytes.writeUInt32LE(footer.generation, 76)
  bytes.writeUInt32LE(footer.streamsBegun, 80)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 124)), 124)
  return bytes
}

/** @throws SealedDamage */
export function readFooter(file: DiskFile): SealedFooter {
  const at = file.size() - footerBytes
  const fail = (problem: string) => new SealedDamage(Math.max(0, at), problem)
  if (at < sealedHeaderBytes) throw fail('it ends before its table')
  const bytes = readFully(file, Buffer.alloc(footerBytes), at)
  if (bytes.length < footerBytes || bytes.toString('latin1', 0, 8) !== footerMagic)
    throw fail('it does not end like a sealed segment')
  if (crc32(bytes.subarray(0, 124)) !== bytes.readUInt32LE(124))
    throw fail('the checksum of its end does not hold')
  const footer: SealedFooter = {
    tableOffset: bytes.readDoubleLE(8),
    blockCount: bytes.readUInt32LE(16),
    tableChecksum: bytes.readUInt32LE(20),
    eventCount: bytes.readDoubleLE(24),
    lastPosition: bytes.readDoubleLE(32),
    lastRecordedAtMs: bytes.readDoubleLE(40),
    rootsOffset: bytes.readDoubleLE(48),
    rootsChecksum: bytes.readUInt32LE(56),
    hashCount: bytes.readUInt32LE(60),
    hashesChecksum: bytes.readUInt32LE(64),
    dictionaryBytes: bytes.readUInt32LE(68),
    dictionaryChecksum: bytes.readUInt32LE(72),
    generation: bytes.readUInt32LE(76),
    streamsBegun: bytes.readUInt32LE(80),
  }
  const tableEnd = footer.tableOffset + footer.blockCount * tableEntryBytes
  const rootsEnd = footer.rootsOffset + footer.blockCount * 32
  if (tableEnd !== footer.rootsOffset || rootsEnd + footer.hashCount * 32 !== at)
    throw fail('its tables do not lie before its end')
  if (sealedHeaderBytes + 2 * footer.dictionaryBytes > footer.tableOffset)
    throw fail('its dictionary does not lie before its table')
  return footer
}

/** The table of the blocks, a column for each of its fields. */
export interface BlockTable {
  readonly offsets: Float64Array
  readonly lengths: Uint32Array
  readonly rawLengths: Uint32Array
  readonly checksums: Uint32Array
  readonly eventCounts: Uint32Array
  readonly firstPositions: Float64Array
  readonly firstRecordedAtMs: Float64Array
  readonly hashCounts: Uint32Array
}

/** The table as it is in the file. */
export function encodeTable(table: BlockTable): Buffer {
  const { offsets, firstPositions, firstRecordedAtMs } = table
  const { lengths, rawLengths, checksums, eventCounts, hashCounts } = table
  return Buffer.concat(
    [
      offsets,
      firstPositions,
      firstRecordedAtMs,
      lengths,
      rawLengths,
      checksums,
      eventCounts,
      hashCounts,
      new Uint32Array(offsets.length),
    ].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  )
}

/** @throws SealedDamage */
export function readTable(file: DiskFile, footer: SealedFooter): BlockTable {
  const { tableOffset, blockCount: length } = footer
  // In memory of its own, so that its columns are aligned.
  const { buffer } = new Uint8Array(length * tableEntryBytes)
  const bytes = readFully(file, Buffer.from(buffer), tableOffset)
  if (crc32(bytes) !== footer.tableChecksum)
    throw new SealedDamage(tableOffset, 'the checksum of its table does not hold')
  const wide = (column: number) => new Float64Array(buffer, column * 8 * length, length)
  const narrow = (column: number) => new Uint32Array(buffer, (24 + column * 4) * length, length)
  return {
    offsets: wide(0),
    firstPositions: wide(1),
    firstRecordedAtMs: wide(2),
    lengths: narrow(0),
    rawLengths: narrow(1),
    checksums: narrow(2),
    eventCounts: narrow(3),
    hashCounts: narrow(4),
  }
}
