import { crc32 } from 'node:zlib'
import type { Position } from '@annals/core'
import { type DiskFile, readFully } from '../disk.ts'
import { SealedDamage } from '../sealed/sealed-format.ts'

// An index table, all numbers little-endian; docs/reference/log-format.md says the same in words. The header:
//   0       "ANNALSIX"
//   8 u32   format version
//  12 u32   ordinal of the first segment that it covers
//  16 u32   ordinal of the last
//  20       store id, 16 bytes
//  36       zeros
//  60 u32   CRC-32 of the first 60 bytes
// Then pages and chunks of positions, each with a checksum of its own, and the pages of the filter. And at the end:
//   0       "ANNALSIE"
//   8 f64   offset of the root page
//  16 u32   length of the root page
//  20 u32   levels of pages: 1 if the root holds the entries themselves
//  24 f64   offset of the first page of the filter
//  32 u32   length of each page of the filter
//  36 u32   number of pages of the filter
//  40 f64   position of the first event of the first segment
//  48 f64   position of the last event of the last segment
//  56 f64   number of entries
//  64 u32   number of entries about changes of streams
//  68 u32   number of entries about policies of categories
//  72 u32   sum of the hashes of all pairs of a key and a position
//  76 u32   sum of how often events were removed from each of the segments
//  80 f64   when the last event was recorded, 0 if there never was one
//  88 f64   number of streams whose first event was in these segments
//  96       zeros
// 124 u32   CRC-32 of the first 124 bytes
const tableHeaderBytes = 64
const tableFooterBytes = 128
const tableFormatVersion = 1
const headerMagic = 'ANNALSIX'
const footerMagic = 'ANNALSIE'

/** Which segments a table is of. */
export interface TableRange {
  readonly firstOrdinal: number
  readonly lastOrdinal: number
}

/** The end of an index table. */
export interface TableFooter {
  readonly rootOffset: number
  readonly rootLength: number
  readonly levels: number
  readonly filterOffset: number
  readonly filterPageBytes: number
  readonly filterPages: number
  readonly firstPosition: Position
  readonly lastPosition: Position
  readonly entryCount: number
  readonly changeCount: number
  readonly policyCount: number
  readonly digest: number
  readonly generation: number
  readonly lastRecordedAtMs: number
  readonly streamsBegun: number
}

/** The name of the file of an index table. */
export function tableName({ firstOrdinal, lastOrdinal }: TableRange): string {
  const digits = (ordinal: number) => String(ordinal).padStart(10, '0')
  return `${digits(firstOrdinal)}-${digits(lastOrdinal)}.index`
}

/** The segments that a file is an index table of, by its name. */
export function rangeOfTableName(name: string): TableRange | undefined {
  const [, first, last] = /^(\d{10})-(\d{10})\.index$/.exec(name) ?? []
  if (first === undefined || last === undefined || last < first) return undefined
  return { firstOrdinal: Number(first), lastOrdinal: Number(last) }
}

export function encodeTableHeader({ firstOrdinal, lastOrdinal }: TableRange, storeId: string): Buffer {
  const header = Buffer.alloc(tableHeaderBytes)
  header.write(headerMagic, 0, 'latin1')
  header.writeUInt32LE(tableFormatVersion, 8)
  header.writeUInt32LE(firstOrdinal, 12)
  header.writeUInt32LE(lastOrdinal, 16)
  header.write(storeId, 20, 'hex')
  header.writeUInt32LE(crc32(header.subarray(0, 60)), 60)
  return header
}

/** @throws SealedDamage */
export function checkTableHeader(file: DiskFile, range: TableRange, storeId: string): void {
  const header = readFully(file, Buffer.alloc(tableHeaderBytes), 0)
  const fail = (problem: string) => new SealedDamage(0, problem)
  if (header.length < tableHeaderBytes || header.toString('latin1', 0, 8) !== headerMagic)
    throw fail('it does not begin like an index')
  if (crc32(header.subarray(0, 60)) !== header.readUInt32LE(60))
    throw fail('the checksum of its header does not hold')
  if (header.readUInt32LE(8) !== tableFormatVersion)
    throw fail(`it has format version ${header.readUInt32LE(8)}, expected ${tableFormatVersion}`)
  if (header.toString('hex', 20, 36) !== storeId) throw fail('it belongs to another store')
  if (header.readUInt32LE(12) !== range.firstOrdinal || header.readUInt32LE(16) !== range.lastOrdinal)
    throw fail('it is of other segments than its name says')
}

export function encodeTableFooter(footer: TableFooter): Buffer {
  const bytes = Buffer.alloc(tableFooterBytes)
  bytes.write(footerMagic, 0, 'latin1')
  bytes.writeDoubleLE(footer.rootOffset, 8)
  bytes.writeUInt32LE(footer.rootLength, 16)
  bytes.writeUInt32LE(footer.levels, 20)
  bytes.writeDoubleLE(footer.filterOffset, 24)
  bytes.writeUInt32LE(footer.filterPageBytes, 32)
  bytes.writeUInt32LE(footer.filterPages, 36)
  bytes.writeDoubleLE(footer.firstPosition, 40)
  bytes.writeDoubleLE(footer.lastPosition, 48)
  bytes.writeDoubleLE(footer.entryCount, 56)
  bytes.writeUInt32LE(footer.changeCount, 64)
  bytes.writeUInt32LE(footer.policyCount, 68)
  bytes.writeUInt32LE(footer.digest, 72)
  bytes.writeUInt32LE(footer.generation, 76)
  bytes.writeDoubleLE(footer.lastRecordedAtMs, 80)
  bytes.writeDoubleLE(footer.streamsBegun, 88)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 124)), 124)
  return bytes
}

/** @throws SealedDamage */
export function readTableFooter(file: DiskFile): TableFooter {
  const at = file.size() - tableFooterBytes
  const fail = (problem: string) => new SealedDamage(Math.max(0, at), problem)
  if (at < tableHeaderBytes) throw fail('it ends before its end')
  const bytes = readFully(file, Buffer.alloc(tableFooterBytes), at)
  if (bytes.length < tableFooterBytes || bytes.toString('latin1', 0, 8) !== footerMagic)
    throw fail('it does not end like an index')
  if (crc32(bytes.subarray(0, 124)) !== bytes.readUInt32LE(124))
    throw fail('the checksum of its end does not hold')
  const footer: TableFooter = {
    rootOffset: bytes.readDoubleLE(8),
    rootLength: bytes.readUInt32LE(16),
    levels: bytes.readUInt32LE(20),
    filterOffset: bytes.readDoubleLE(24),
    filterPageBytes: bytes.readUInt32LE(32),
    filterPages: bytes.readUInt32LE(36),
    firstPosition: bytes.readDoubleLE(40),
    lastPosition: bytes.readDoubleLE(48),
    entryCount: bytes.readDoubleLE(56),
    changeCount: bytes.readUInt32LE(64),
    policyCount: bytes.readUInt32LE(68),
    digest: bytes.readUInt32LE(72),
    generation: bytes.readUInt32LE(76),
    lastRecordedAtMs: bytes.readDoubleLE(80),
    streamsBegun: bytes.readDoubleLE(88),
  }
  if (footer.filterOffset + footer.filterPages * footer.filterPageBytes !== at)
    throw fail('its filter does not lie before its end')
  if (footer.rootOffset + footer.rootLength > footer.filterOffset || footer.levels > 16)
    throw fail('its root does not lie before its filter')
  return footer
}
