import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { AnnalsError, type Position } from '@annals/core'
import { type Address, addressOf, OffsetList } from './address.ts'
import { type Disk, type DiskFile, readFully, writeFully } from './disk.ts'
import type { SealedSegment } from './sealed/sealed-segment.ts'

// The header of a segment, all numbers little-endian; docs/reference/log-format.md says the same in words.
//   0       "ANNALSEG"
//   8 u32   format version
//  12 u32   ordinal
//  16       store id, 16 bytes
//  32 f64   position of the first event
//  40 f64   created at, milliseconds since 1970
//  48       zeros
//  60 u32   CRC-32 of the first 60 bytes
export const segmentHeaderBytes = 64
const magic = 'ANNALSEG'
const segmentFormatVersion = 1

/** One file of the log. */
export interface Segment {
  readonly ordinal: number
  readonly firstPosition: Position
  readonly path: string
  readonly file: DiskFile
  /** Its compressed blocks, if it is sealed. */
  readonly sealed?: SealedSegment | undefined
  /** Where its events begin, by their number from the first position; empty if it is sealed. */
  readonly offsets: OffsetList
}

/** The name of the file of a segment. */
export function segmentName(ordinal: number): string {
  return `${String(ordinal).padStart(10, '0')}.log`
}

/** The ordinal of the segment that a file name stands for, or `undefined` if it is none of a segment. */
export function ordinalOfName(name: string): number | undefined {
  return /^\d{10}\.log$/.test(name) ? Number(name.slice(0, 10)) : undefined
}

/** The name of the file of a sealed segment. */
export function sealedName(ordinal: number): string {
  return `${String(ordinal).padStart(10, '0')}.sealed`
}

/** The ordinal of the sealed segment that a file name stands for, or `undefined` if it is none of one. */
export function ordinalOfSealedName(name: string): number | undefined {
  return /^\d{10}\.sealed$/.test(name) ? Number(name.slice(0, 10)) : undefined
}

/** Where the bytes of a segment end that is no longer written to; for a sealed one, before it was sealed. */
export function segmentEnd({ file, sealed }: Segment): number {
  return sealed ? sealed.rawEnd : file.size()
}

/** The last segment that begins at or before a position, among those in their order. */
export function segmentAt(segments: readonly Segment[], position: Position): Segment | undefined {
  let low = 0
  let high = segments.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((segments[middle] as Segment).firstPosition <= position) low = middle + 1
    else high = middle
  }
  return segments[low - 1]
}

/** Makes a new, durable segment without commits. */
export function createSegment(
  disk: Disk,
  directory: string,
  {
    ordinal,
    firstPosition,
    storeId,
    nowMs,
  }: {
    readonly ordinal: number
    readonly firstPosition: Position
    readonly storeId: string
    readonly nowMs: number
  },
): Segment {
  const path = join(directory, segmentName(ordinal))
  const header = Buffer.alloc(segmentHeaderBytes)
  header.write(magic, 0, 'latin1')
  header.writeUInt32LE(segmentFormatVersion, 8)
  header.writeUInt32LE(ordinal, 12)
  header.write(storeId, 16, 'hex')
  header.writeDoubleLE(firstPosition, 32)
  header.writeDoubleLE(nowMs, 40)
  header.writeUInt32LE(crc32(header.subarray(0, 60)), 60)
  const file = disk.open(path, 'create')
  try {
    writeFully(file, header, 0)
    file.syncNow()
    // Without this the file itself may be gone after a crash, with every commit in it.
    disk.syncDirectory(directory)
  } catch (error) {
    file.close()
    throw error
  }
  return { ordinal, firstPosition, path, file, offsets: new OffsetList() }
}

/** What is wrong with the header of a segment, as a sentence; `undefined` if nothing is. */
export function segmentProblem(
  file: DiskFile,
  expected: { readonly ordinal: number; readonly firstPosition: Position; readonly storeId: string },
): string | undefined {
  const header = readFully(file, Buffer.alloc(segmentHeaderBytes), 0)
  if (header.length < segmentHeaderBytes)
    return `the file ends within its header, after ${header.length} bytes`
  if (header.toString('latin1', 0, 8) !== magic) return 'it does not begin like a segment of a log'
  if (crc32(header.subarray(0, 60)) !== header.readUInt32LE(60))
    return 'the checksum of its header does not hold'
  if (header.readUInt32LE(8) !== segmentFormatVersion)
    return `it has format version ${header.readUInt32LE(8)}, expected ${segmentFormatVersion}`
  if (header.toString('hex', 16, 32) !== expected.storeId) return 'it belongs to another store'
  if (header.readUInt32LE(12) !== expected.ordinal)
    return `it is segment ${header.readUInt32LE(12)}, expected segment ${expected.ordinal}: one is missing`
  if (header.readDoubleLE(32) !== expected.firstPosition)
    return `it begins at position ${header.readDoubleLE(32)}, expected ${expected.firstPosition}`
  return undefined
}

/**
 * Whether a last segment is one whose making a crash interrupted: it has no commits, its header was not written as a
 * whole, and the head does not say that it had been.
 */
export function isUnfinished(file: DiskFile, ordinal: number, durable: Address | undefined): boolean {
  if (file.size() > segmentHeaderBytes || (durable ?? 0) >= addressOf(ordinal, segmentHeaderBytes))
    return false
  const header = readFully(file, Buffer.alloc(segmentHeaderBytes), 0)
  return header.length < segmentHeaderBytes || crc32(header.subarray(0, 60)) !== header.readUInt32LE(60)
}

/** The position at which a segment says it begins; of no meaning if `segmentProblem` finds its header wrong. */
export function firstPositionOf(file: DiskFile): Position {
  const header = readFully(file, Buffer.alloc(segmentHeaderBytes), 0)
  return header.length < segmentHeaderBytes ? 0 : header.readDoubleLE(32)
}

/** The error for bytes that are not what was written. */
export function damaged(file: string, offset: number, problem: string): AnnalsError<'store-damaged'> {
  return new AnnalsError(
    'store-damaged',
    `${file} is damaged at byte ${offset}: ${problem}. Nothing was changed. Restore the file from a backup, or see what annals verify says.`,
    {
      file,
      offset,
      problem,
    },
  )
}
