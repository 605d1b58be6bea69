import { crc32 } from 'node:zlib'
import type { Position } from '@annals/core'
import {
  commitAlignment,
  commitHeaderBytes,
  commitKinds,
  commitLength,
  contentEnd,
  looksLikeCommit,
  readCommitHeader,
} from './commit.ts'
import type { Compression } from './compression.ts'
import { type DiskFile, readFully, readFullyLater } from './disk.ts'
import { recordLength } from './event-record.ts'
import { hashBytes, leafHash, merkleRoot } from './merkle.ts'
import type { CommitVisitor, ScanEnd } from './scan.ts'
import { segmentHeaderBytes } from './segment.ts'

// A sealed segment: the bytes of a full one in compressed blocks, so that every offset into it stays what it was. All
// numbers are little-endian; docs/reference/log-format.md says the same in words. The header:
//   0       "ANNALSSL"
//   8 u32   format version
//  12 u32   ordinal
//  16       store id, 16 bytes
//  32 f64   position of the first event
//  40 f64   length of the segment before it was sealed
//  48       zeros
//  60 u32   CRC-32 of the first 60 bytes
// Then the blocks, then for each block in the table:
//   0 f64   offset in the segment before it was sealed
//   8 f64   offset here
//  16 u32   length here
//  20 u32   length before it was compressed
//  24 u32   CRC-32 of the compressed block
//  28 u32   number of events
//  32       root of the tree over the hashes of its events, 32 bytes
// And at the end:
//   0       "ANNALSTB"
//   8 f64   offset of the table
//  16 u32   number of blocks
//  20 u32   CRC-32 of the table
//  24 f64   number of events
//  32       zeros
//  60 u32   CRC-32 of the first 60 bytes
export const sealedHeaderBytes = 64
export const tableEntryBytes = 64
export const trailerBytes = 64
export const headerMagic = 'ANNALSSL'
export const trailerMagic = 'ANNALSTB'
export const sealedFormatVersion = 1

/** One block of a sealed segment. */
export interface SealedBlock {
  /** Where its bytes were before they were compressed. */
  readonly rawOffset: number
  readonly rawLength: number
  readonly offset: number
  readonly length: number
  readonly checksum: number
  readonly eventCount: number
  readonly root: Buffer
}

/** Bytes of a sealed file that are not what was written. */
export class SealedDamage extends Error {
  readonly offset: number

  constructor(offset: number, problem: string) {
    super(problem)
    this.offset = offset
  }
}

/** The blocks of a sealed segment, by where their bytes were before. */
export class SealedBlocks {
  readonly blocks: readonly SealedBlock[]
  /** The length of the segment before it was sealed. */
  readonly rawEnd: number
  readonly eventCount: number
  readonly #file: DiskFile
  readonly #compression: Compression

  /** @throws SealedDamage */
  constructor(
    file: DiskFile,
    expected: { readonly ordinal: number; readonly storeId: string; readonly firstPosition: Position },
    compression: Compression,
  ) {
    this.#file = file
    this.#compression = compression
    this.rawEnd = readHeader(file, expected)
    const { blocks, eventCount } = readTable(file)
    this.blocks = blocks
    this.eventCount = eventCount
    const last = blocks.at(-1)
    if ((last ? last.rawOffset + last.rawLength : segmentHeaderBytes) !== this.rawEnd)
      throw new SealedDamage(file.size() - trailerBytes, 'its blocks do not end where the segment ended')
  }

  /** The index of the block in which a byte of the segment lies. */
  indexAt(rawOffset: number): number {
    let low = 0
    let high = this.blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.blocks[middle] as SealedBlock).rawOffset <= rawOffset) low = middle
      else high = middle - 1
    }
    return low
  }

  /** The bytes of a block as they were. @throws SealedDamage */
  async read(index: number): Promise<Buffer> {
    const block = this.blocks[index] as SealedBlock
    const bytes = await readFullyLater(this.#file, Buffer.allocUnsafe(block.length), block.offset)
    check(block, bytes)
    return wrapped(block, () => this.#compression.decompress(bytes, block.rawLength))
  }

  /** The same without letting anything else have its turn. @throws SealedDamage */
  readNow(index: number): Buffer {
    const block = this.blocks[index] as SealedBlock
    const bytes = readFully(this.#file, Buffer.allocUnsafe(block.length), block.offset)
    check(block, bytes)
    try {
      return this.#compression.decompressNow(bytes, block.rawLength)
    } catch (error) {
      throw undecodable(block, error)
    }
  }
}

function check(block: SealedBlock, bytes: Buffer): void {
  if (bytes.length < block.length) throw new SealedDamage(block.offset, 'it ends within a block')
  if (crc32(bytes) !== block.checksum)
    throw new SealedDamage(block.offset, 'the checksum of a block does not hold')
}

async function wrapped(block: SealedBlock, decompress: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return await decompress()
  } catch (error) {
    throw undecodable(block, error)
  }
}

function undecodable(block: SealedBlock, error: unknown): SealedDamage {
  return new SealedDamage(
    block.offset,
    `a block cannot be decompressed: ${error instanceof Error ? error.message : String(error)}`,
  )
}

/**
 * Goes through the commits of a sealed segment, as `scanCommits` does through those of another; the offsets that the
 * visitor sees are those before it was sealed, the one at the end is in the sealed file.
 */
export function scanSealed(sealed: SealedBlocks, visit: CommitVisitor): ScanEnd {
  const scan = new SealedScan(sealed)
  for (const [index, { offset }] of sealed.blocks.entries()) {
    const problem = scan.next(index, visit)
    if (problem) return { offset, problem }
  }
  return scan.end() ?? { offset: sealed.rawEnd, problem: undefined }
}

/** Goes through a sealed segment block by block; after one with a problem it goes on with the next commit it finds. */
export class SealedScan {
  readonly #sealed: SealedBlocks
  readonly #hashes: BlockHashes | undefined
  #carried: Buffer = Buffer.alloc(0)
  #isLost = false

  /** With `hashes`, those of all events are made again and compared. */
  constructor(sealed: SealedBlocks, { hashes = false }: { readonly hashes?: boolean } = {}) {
    this.#sealed = sealed
    this.#hashes = hashes ? new BlockHashes() : undefined
  }

  /** Takes the next block, and answers with what is wrong with it, if anything. */
  next(index: number, visit: CommitVisitor): string | undefined {
    const block = this.#sealed.blocks[index] as SealedBlock
    try {
      const raw = this.#sealed.readNow(index)
      const from = this.#isLost ? firstCommit(block, raw) : 0
      if (from === undefined) return undefined
      const problem =
        this.#visitCommits(block.rawOffset + from, raw.subarray(from), visit) ?? this.#hash(block, raw, from)
      if (problem) this.#lose()
      return problem
    } catch (error) {
      if (!(error instanceof SealedDamage)) throw error
      this.#lose()
      return error.message
    }
  }

  /** What is wrong with the end, if anything. */
  end(): { readonly offset: number; readonly problem: string } | undefined {
    const last = this.#sealed.blocks.at(-1)
    return this.#carried.length > 0 && last
      ? { offset: last.offset, problem: 'its last commit is not whole' }
      : undefined
  }

  #visitCommits(rawOffset: number, raw: Buffer, visit: CommitVisitor): string | undefined {
    const bytes = this.#carried.length > 0 ? Buffer.concat([this.#carried, raw]) : raw
    const start = rawOffset - this.#carried.length
    let from = 0
    while (from + commitHeaderBytes <= bytes.length) {
      if (!looksLikeCommit(bytes, from)) return 'it does not hold a commit where one should begin'
      const length = commitLength(bytes, from)
      if (from + length > bytes.length) break
      const problem = visit(bytes, from, contentEnd(bytes, from), start + from)
      if (problem) return problem
      from += length
    }
    this.#carried = bytes.subarray(from)
    return undefined
  }

  #hash(block: SealedBlock, raw: Buffer, from: number): string | undefined {
    if (!this.#isLost) return this.#hashes?.add(block, raw)
    this.#isLost = false
    // Of a block whose first events belong to a lost commit the root cannot be made, but those after it can.
    this.#hashes?.restart()
    const leaves = this.#hashes?.leavesOf(raw.subarray(from))
    return this.#hashes && !leaves ? notAsSaid : undefined
  }

  #lose(): void {
    this.#isLost = true
    this.#carried = Buffer.alloc(0)
  }
}

const notAsSaid = 'a block does not hold the events that its commits say'

// Where a commit begins in a block whose beginning belongs to another; its first bytes are in no text.
function firstCommit({ rawOffset }: SealedBlock, raw: Buffer): number | undefined {
  const aligned = (commitAlignment - (rawOffset % commitAlignment)) % commitAlignment
  for (let at = aligned; at + commitHeaderBytes <= raw.length; at += commitAlignment)
    if (looksLikeCommit(raw, at) && readCommitHeader(raw, at).kind in kindNames) return at
  return undefined
}

const kindNames = Object.fromEntries(Object.entries(commitKinds).map(([name, kind]) => [kind, name]))

/** Follows the events of a segment from block to block, as pieces that a block may end between but not within. */
export class BlockHashes {
  #position: Position = 0
  #recordedAtMs = 0
  #eventsLeft = 0
  #bytesLeft = 0

  /** Begins anew at a commit. */
  restart(): void {
    this.#eventsLeft = 0
    this.#bytesLeft = 0
  }

  /** What is wrong with the hashes of a block, if anything. */
  add(block: SealedBlock, raw: Buffer): string | undefined {
    const leaves = this.leavesOf(raw)
    if (!leaves) return notAsSaid
    if (leaves.length !== block.eventCount) return 'a block does not hold as many events as it should'
    return merkleRoot(leaves).equals(block.root)
      ? undefined
      : 'the hashes of the events of a block do not fit'
  }

  /** The hashes of the events of the next block; `undefined` if it does not go on where the last one ended. */
  leavesOf(raw: Buffer): Buffer[] | undefined {
    const leaves: Buffer[] = []
    for (let at = 0; at < raw.length; ) {
      if (this.#eventsLeft > 0) {
        if (at + 8 > raw.length) return undefined
        const length = recordLength(raw, at)
        if (length < 8 || at + length > raw.length || length > this.#bytesLeft) return undefined
        leaves.push(leafHash(this.#position++, this.#recordedAtMs, raw.subarray(at, at + length)))
        this.#eventsLeft--
        this.#bytesLeft -= length
        at += length
      } else if (this.#bytesLeft > 0) {
        // Padding, or a change of retention.
        const length = Math.min(this.#bytesLeft, raw.length - at)
        this.#bytesLeft -= length
        at += length
      } else {
        if (!looksLikeCommit(raw, at)) return undefined
        const { kind, position, recordedAtMs, eventCount } = readCommitHeader(raw, at)
        this.#bytesLeft = commitLength(raw, at) - commitHeaderBytes
        this.#eventsLeft = kind === commitKinds.append ? eventCount : 0
        this.#position = position
        this.#recordedAtMs = recordedAtMs
        at += commitHeaderBytes
      }
    }
    return leaves
  }
}

/** Where a sealed segment ended before it was sealed; of no meaning if its header is not sound. */
export function rawEndOf(file: DiskFile): number {
  return readFully(file, Buffer.alloc(sealedHeaderBytes), 0).readDoubleLE(40)
}

function readHeader(
  file: DiskFile,
  expected: { readonly ordinal: number; readonly storeId: string; readonly firstPosition: Position },
): number {
  const header = readFully(file, Buffer.alloc(sealedHeaderBytes), 0)
  const fail = (problem: string) => new SealedDamage(0, problem)
  if (header.length < sealedHeaderBytes) throw fail('it ends within its header')
  if (header.toString('latin1', 0, 8) !== headerMagic) throw fail('it does not begin like a sealed segment')
  if (crc32(header.subarray(0, 60)) !== header.readUInt32LE(60))
    throw fail('the checksum of its header does not hold')
  if (header.readUInt32LE(8) !== sealedFormatVersion)
    throw fail(`it has format version ${header.readUInt32LE(8)}, expected ${sealedFormatVersion}`)
  if (header.toString('hex', 16, 32) !== expected.storeId) throw fail('it belongs to another store')
  if (header.readUInt32LE(12) !== expected.ordinal)
    throw fail(`it is segment ${header.readUInt32LE(12)}, expected segment ${expected.ordinal}`)
  if (header.readDoubleLE(32) !== expected.firstPosition)
    throw fail(`it begins at position ${header.readDoubleLE(32)}, expected ${expected.firstPosition}`)
  return header.readDoubleLE(40)
}

function readTable(file: DiskFile): { readonly blocks: readonly SealedBlock[]; readonly eventCount: number } {
  const trailerAt = file.size() - trailerBytes
  const fail = (problem: string) => new SealedDamage(Math.max(0, trailerAt), problem)
  if (trailerAt < sealedHeaderBytes) throw fail('it ends before its table')
  const trailer = readFully(file, Buffer.alloc(trailerBytes), trailerAt)
  if (trailer.length < trailerBytes || trailer.toString('latin1', 0, 8) !== trailerMagic)
    throw fail('it does not end like a sealed segment')
  if (crc32(trailer.subarray(0, 60)) !== trailer.readUInt32LE(60))
    throw fail('the checksum of its end does not hold')
  const tableAt = trailer.readDoubleLE(8)
  const count = trailer.readUInt32LE(16)
  if (tableAt + count * tableEntryBytes !== trailerAt) throw fail('its table does not lie before its end')
  const table = readFully(file, Buffer.alloc(count * tableEntryBytes), tableAt)
  if (crc32(table) !== trailer.readUInt32LE(20))
    throw new SealedDamage(tableAt, 'the checksum of its table does not hold')
  const blocks = Array.from({ length: count }, (_, index): SealedBlock => {
    const at = index * tableEntryBytes
    return {
      rawOffset: table.readDoubleLE(at),
      offset: table.readDoubleLE(at + 8),
      length: table.readUInt32LE(at + 16),
      rawLength: table.readUInt32LE(at + 20),
      checksum: table.readUInt32LE(at + 24),
      eventCount: table.readUInt32LE(at + 28),
      root: table.subarray(at + 32, at + 32 + hashBytes),
    }
  })
  return { blocks, eventCount: trailer.readDoubleLE(24) }
}
