import type { Position } from '@annals/core'
import {
  checkCommit,
  commitHeaderBytes,
  commitKinds,
  commitLength,
  contentEnd,
  looksLikeCommit,
  readCommitHeader,
} from '../commit.ts'
import { type Disk, type DiskFile, readFullyLater } from '../disk.ts'
import { recordLayout } from '../event-record.ts'
import { damaged, segmentHeaderBytes } from '../segment.ts'
import { BlockBuilder } from './block-builder.ts'
import type { Compression } from './compression.ts'
import { leafHashInPlace, merkleRoot } from './merkle.ts'
import { SealedWriter } from './sealed-writer.ts'

/** What `writeSealed` is given. */
export interface SealOptions {
  readonly disk: Disk
  /** The full segment. */
  readonly segment: {
    readonly ordinal: number
    readonly firstPosition: Position
    readonly path: string
    readonly file: DiskFile
  }
  readonly storeId: string
  readonly compression: Compression
  /** Where the sealed file is written. A file that is there already is left over from an earlier try. */
  readonly path: string
  /** Is awaited between blocks, so that others have their turn; throws to stop. */
  readonly pause: () => Promise<void>
  /** Is shown each commit, so that what has to be known of it is read but once. */
  readonly onCommit?: (bytes: Buffer, at: number, end: number, offset: number) => void
}

/** About how much of texts a block holds. Smaller ones are read faster one by one, larger ones are smaller together. */
export const blockBytesTarget = 48 * 1024
const chunkBytes = 1024 * 1024
const dictionarySamples = 16
const sampleBytesMax = 1024

/**
 * Writes the sealed form of a full segment, durably, under another name. Nothing but the new file changes.
 *
 * @throws AnnalsError `store-damaged` if the segment is not sound to its end
 */
export async function writeSealed(options: SealOptions): Promise<void> {
  const { disk, segment, storeId, compression, path } = options
  const { ordinal, firstPosition } = segment
  if (disk.exists(path)) disk.remove(path)
  const file = disk.open(path, 'create')
  try {
    const rawEnd = segment.file.size()
    const dictionary = await dictionaryOf(segment.file, rawEnd)
    const writer = new SealedWriter(
      file,
      { ordinal, storeId, firstPosition, rawEnd },
      compression,
      dictionary,
    )
    await writeBlocks(writer, options, rawEnd)
    await file.sync()
  } finally {
    file.close()
  }
}

async function writeBlocks(
  writer: SealedWriter,
  { segment, pause, onCommit }: SealOptions,
  rawEnd: number,
): Promise<void> {
  let builder = new BlockBuilder(segment.firstPosition)
  let leaves: Buffer[] = []
  let position = segment.firstPosition
  let lastRecordedAtMs = 0
  let streamsBegun = 0
  const cut = async () => {
    await writer.addBlock(builder, merkleRoot(leaves))
    builder = new BlockBuilder(position)
    leaves = []
    await pause()
  }
  for await (const { bytes, at, offset } of commitsOf(segment, rawEnd)) {
    const end = contentEnd(bytes, at)
    onCommit?.(bytes, at, end, offset)
    const { kind, eventCount, ...header } = readCommitHeader(bytes, at)
    const recordedAtMs = Math.floor(header.recordedAtMs)
    if (header.position !== (kind === commitKinds.append ? position : position - 1))
      throw misfit(segment.path, offset)
    if (kind !== commitKinds.append) {
      if (builder.length >= blockBytesTarget) await cut()
      builder.addChange(kind, header.position, recordedAtMs, bytes.subarray(at + commitHeaderBytes, end))
      continue
    }
    lastRecordedAtMs = recordedAtMs
    let next = at + commitHeaderBytes
    for (let event = 0; event < eventCount; event++) {
      if (builder.length >= blockBytesTarget) await cut()
      const layout = recordLayout(bytes, next, end)
      if (!layout) throw misfit(segment.path, offset)
      // The hash is that of the record with a checksum of zero, since it is its own.
      bytes.writeUInt32LE(0, next)
      builder.addEvent(position, recordedAtMs, event > 0, bytes, next)
      // What lies before it is done with: the event before, or the header of the commit.
      leaves.push(leafHashInPlace(position, recordedAtMs, bytes, next, layout.end))
      if (layout.revision === 0) streamsBegun++
      position++
      next = layout.end
    }
    if (next !== end) throw misfit(segment.path, offset)
  }
  if (!builder.isEmpty) await cut()
  await writer.finish({ lastPosition: position - 1, lastRecordedAtMs, streamsBegun, generation: 0 })
}

function misfit(path: string, offset: number): Error {
  return damaged(path, offset, 'its commits and events do not fit together')
}

/** Pieces from all over the segment. What an event has in common with others is then in no block but once. */
async function dictionaryOf(file: DiskFile, rawEnd: number): Promise<Buffer> {
  const sampleBytes = Math.min(sampleBytesMax, Math.floor(rawEnd / dictionarySamples / 256))
  // The dictionary of a small segment would be larger than what it saves.
  if (sampleBytes < 32) return Buffer.alloc(0)
  const samples: Buffer[] = []
  for (let sample = 0; sample < dictionarySamples; sample++) {
    const offset = Math.floor(
      segmentHeaderBytes + ((rawEnd - segmentHeaderBytes) * sample) / dictionarySamples,
    )
    samples.push(await readFullyLater(file, Buffer.allocUnsafe(sampleBytes), offset))
  }
  return Buffer.concat(samples)
}

/** The commits of a segment, each checked; the bytes may be changed. */
async function* commitsOf(
  { file, path }: { readonly file: DiskFile; readonly path: string },
  rawEnd: number,
): AsyncGenerator<{ readonly bytes: Buffer; readonly at: number; readonly offset: number }> {
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
    yield { bytes: chunk, at: offset - chunkOffset, offset }
    offset += length
  }
}
