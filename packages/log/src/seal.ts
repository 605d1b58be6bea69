import { crc32 } from 'node:zlib'
import {
  checkCommit,
  commitHeaderBytes,
  commitKinds,
  commitLength,
  looksLikeCommit,
  readCommitHeader,
} from './commit.ts'
import type { Compression } from './compression.ts'
import { type Disk, type DiskFile, readFullyLater, writeFullyLater } from './disk.ts'
import { recordLength } from './event-record.ts'
import { merkleRoot } from './merkle.ts'
import {
  BlockHashes,
  headerMagic,
  sealedFormatVersion,
  sealedHeaderBytes,
  tableEntryBytes,
  trailerBytes,
  trailerMagic,
} from './sealed-segment.ts'
import { damaged, type Segment, segmentHeaderBytes } from './segment.ts'

/** What `writeSealed` is given. */
export interface SealOptions {
  readonly disk: Disk
  /** The full segment. */
  readonly segment: Segment
  readonly storeId: string
  readonly compression: Compression
  /** Where the sealed file is written. A file that is there already is left over from an earlier try. */
  readonly path: string
  /** Is awaited between blocks, so that others have their turn; throws to stop. */
  readonly pause: () => Promise<void>
}

const blockBytesTarget = 128 * 1024
const chunkBytes = 1024 * 1024

/**
 * Writes the sealed form of a full segment, durably, under another name. Nothing but the new file changes.
 *
 * @throws AnnalsError `store-damaged` if the segment is not sound to its end
 */
export async function writeSealed(options: SealOptions): Promise<void> {
  const { disk, segment, storeId, path } = options
  if (disk.exists(path)) disk.remove(path)
  const file = disk.open(path, 'create')
  try {
    const rawEnd = segment.file.size()
    await writeFullyLater(file, headerOf(segment, storeId, rawEnd), 0)
    const tail = await writeBlocks(file, options, rawEnd)
    await writeFullyLater(file, tail.bytes, tail.offset)
    await file.sync()
  } finally {
    file.close()
  }
}

async function writeBlocks(
  file: DiskFile,
  { segment, compression, pause }: SealOptions,
  rawEnd: number,
): Promise<{ readonly bytes: Buffer; readonly offset: number }> {
  const entries: Buffer[] = []
  const hashes = new BlockHashes()
  let offset = sealedHeaderBytes
  let rawOffset = segmentHeaderBytes
  let eventCount = 0
  for await (const raw of blocksOf(segment, rawEnd)) {
    const leaves = hashes.leavesOf(raw)
    if (!leaves) throw damaged(segment.path, rawOffset, 'its commits and events do not fit together')
    const compressed = await compression.compress(raw)
    const entry = Buffer.alloc(tableEntryBytes)
    entry.writeDoubleLE(rawOffset, 0)
    entry.writeDoubleLE(offset, 8)
    entry.writeUInt32LE(compressed.length, 16)
    entry.writeUInt32LE(raw.length, 20)
    entry.writeUInt32LE(crc32(compressed), 24)
    entry.writeUInt32LE(leaves.length, 28)
    merkleRoot(leaves).copy(entry, 32)
    entries.push(entry)
    await writeFullyLater(file, compressed, offset)
    offset += compressed.length
    rawOffset += raw.length
    eventCount += leaves.length
    await pause()
  }
  const table = Buffer.concat(entries)
  const trailer = Buffer.alloc(trailerBytes)
  trailer.write(trailerMagic, 0, 'latin1')
  trailer.writeDoubleLE(offset, 8)
  trailer.writeUInt32LE(entries.length, 16)
  trailer.writeUInt32LE(crc32(table), 20)
  trailer.writeDoubleLE(eventCount, 24)
  trailer.writeUInt32LE(crc32(trailer.subarray(0, 60)), 60)
  return { bytes: Buffer.concat([table, trailer]), offset }
}

function headerOf({ ordinal, firstPosition }: Segment, storeId: string, rawEnd: number): Buffer {
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

/** The bytes of a segment cut into blocks, between events; what was there for a torn write alone becomes zeros. */
async function* blocksOf(segment: Segment, rawEnd: number): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  let length = 0
  for await (const commit of commitsOf(segment, rawEnd)) {
    for (const piece of piecesOf(commit)) {
      if (length > 0 && length + piece.length > blockBytesTarget) {
        yield Buffer.concat(pieces, length)
        pieces = []
        length = 0
      }
      pieces.push(piece)
      length += piece.length
    }
  }
  if (length > 0) yield Buffer.concat(pieces, length)
}

/** The commits of a segment, each in a buffer of its own. */
async function* commitsOf({ file, path }: Segment, rawEnd: number): AsyncGenerator<Buffer> {
  let chunk: Buffer = Buffer.alloc(0)
  let chunkOffset = segmentHeaderBytes
  for (let offset = segmentHeaderBytes; offset < rawEnd; ) {
    const has = async (length: number): Promise<boolean> => {
      if (offset - chunkOffset + length <= chunk.length) return true
      const wanted = Math.min(rawEnd - offset, Math.max(chunkBytes, length))
      chunk = await readFullyLater(file, Buffer.allocUnsafe(wanted), offset)
      chunkOffset = offset
      return length <= chunk.length
    }
    const isThere = (await has(commitHeaderBytes)) && looksLikeCommit(chunk, offset - chunkOffset)
    const length = isThere ? commitLength(chunk, offset - chunkOffset) : 0
    if (!isThere || !(await has(length)) || checkCommit(chunk, offset - chunkOffset) === undefined)
      throw damaged(path, offset, 'the checksum of a commit does not hold')
    const at = offset - chunkOffset
    yield Buffer.from(chunk.subarray(at, at + length))
    offset += length
  }
}

/** A commit in the parts between which a block may end. Changes the buffer that it is given. */
function piecesOf(commit: Buffer): Buffer[] {
  asSealed(commit)
  const { kind, eventCount } = readCommitHeader(commit, 0)
  if (kind !== commitKinds.append) return [commit]
  const pieces: Buffer[] = [commit.subarray(0, commitHeaderBytes)]
  let at = commitHeaderBytes
  for (let event = 0; event < eventCount; event++) {
    const length = recordLength(commit, at)
    // The padding goes with the last event.
    const end = event === eventCount - 1 ? commit.length : at + length
    pieces.push(commit.subarray(at, end))
    at += length
  }
  return pieces
}

/** Makes a commit what it is in a sealed segment: without checksums, and without what only recovery asks for. */
export function asSealed(commit: Buffer): void {
  const { kind, eventCount } = readCommitHeader(commit, 0)
  commit.writeUInt32LE(0, 8)
  commit.writeDoubleLE(0, 32)
  let at = commitHeaderBytes
  for (let event = 0; kind === commitKinds.append && event < eventCount; event++) {
    commit.writeUInt32LE(0, at)
    at += recordLength(commit, at)
  }
}
