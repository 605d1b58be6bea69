import { dirname, join } from 'node:path'
import { AnnalsError, type OnProgress, type Position, ProgressMeter } from '@annals/core'
import { type Address, addressOf } from './address.ts'
import { zstdAtOnce } from './compression.ts'
import { type SegmentSource, segmentsToCopy, withFile } from './copy-source.ts'
import { openTarget, segmentsAlreadyThere } from './copy-target.ts'
import { type Disk, diskError, readFully, readFullyLater, writeFully } from './disk.ts'
import { encodeHead } from './head-file.ts'
import { rawEndOf } from './sealed-segment.ts'
import { damaged, firstPositionOf, segmentName } from './segment.ts'
import { isSealedName } from './segment-files.ts'
import { inspectDirectory, readMarker, storeNotFound } from './store-directory.ts'
import { verifySegments } from './verify.ts'

/** How a store is copied. */
export interface StoreCopyOptions {
  /** Counts bytes. */
  readonly onProgress?: OnProgress | undefined
  /** What both stores are kept on. Default: the disk of this machine. */
  readonly disk?: Disk | undefined
}

/** What was copied. */
export interface StoreCopyReport {
  readonly storeId: string
  /** The position of the last event that the copy holds. */
  readonly position: Position
  readonly segmentsCopied: number
  /** Those that the copy had already. */
  readonly segmentsKept: number
  readonly bytesCopied: number
  /** What the segments of the copy take on the disk. */
  readonly bytes: number
}

/**
 * Copies what is durable of a store into another directory, and checks what it copies. Every file is written beside its
 * place, synced and then renamed into it, in the order of the log; the head comes after the segments and, in a new copy,
 * the marker last. So however it is interrupted, the copy is a store that ends earlier, or none yet, and copying again
 * goes on.
 */
export async function copyStore(
  from: string,
  to: string,
  options: StoreCopyOptions & { readonly disk: Disk; readonly mayUpdate: boolean },
): Promise<StoreCopyReport> {
  // As it was before the first attempt.
  const before: { kept?: number } = {}
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryToCopy(from, to, options, before)
    } catch (error) {
      // A writer beside seals segments, and the file of a full one then goes. What was copied so far is kept.
      if (isGone(error, from) && attempt < attemptsMax) continue
      throw error instanceof AnnalsError || !(error instanceof Error && 'code' in error)
        ? error
        : diskError(error, 'path' in error ? String(error.path) : to)
    }
  }
}

const attemptsMax = 1_000

function isGone(error: unknown, directory: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ENOENT' &&
    'path' in error &&
    dirname(String(error.path)) === directory
  )
}

async function tryToCopy(
  from: string,
  to: string,
  options: StoreCopyOptions & { readonly disk: Disk; readonly mayUpdate: boolean },
  before: { kept?: number },
): Promise<StoreCopyReport> {
  const { disk, mayUpdate } = options
  if (inspectDirectory(disk, from) !== 'store') throw storeNotFound(from)
  const { storeId } = readMarker(disk, from)
  const target = openTarget(disk, to, { source: from, storeId, mayUpdate })
  try {
    const segments = segmentsToCopy(disk, from, storeId)
    const kept = segmentsAlreadyThere(disk, { from, segments, storeId }, target)
    before.kept ??= kept
    const report = await copySegments(
      segments,
      { kept, keptBefore: before.kept },
      { ...options, from, to, storeId },
    )
    const head = { durable: report.end, position: report.position, processId: 0 }
    replaceFile(disk, to, 'head', encodeHead(storeId, head))
    // Only with it is the directory a store.
    if (!target.isStore) replaceFile(disk, to, 'annals.json', wholeFile(disk, join(from, 'annals.json')))
    return {
      storeId,
      position: report.position,
      segmentsCopied: segments.length - before.kept,
      segmentsKept: before.kept,
      bytesCopied: bytesOf(segments.slice(before.kept)),
      bytes: bytesOf(segments),
    }
  } finally {
    target.release()
  }
}

interface Copying {
  readonly disk: Disk
  readonly from: string
  readonly to: string
  readonly storeId: string
  readonly onProgress?: OnProgress | undefined
}

/** Copies all segments but the first `kept`. Resolves to where the copy ends then. */
async function copySegments(
  segments: readonly SegmentSource[],
  { kept, keptBefore }: { readonly kept: number; readonly keptBefore: number },
  copying: Copying,
): Promise<{ readonly end: Address; readonly position: Position }> {
  const { disk, from, to, onProgress } = copying
  const total = bytesOf(segments.slice(keptBefore))
  const meter = new ProgressMeter(onProgress)
  let copied = bytesOf(segments.slice(keptBefore, kept))
  for (const segment of segments.slice(kept)) {
    const draft = join(to, `${segment.name}.new`)
    await copyFile(disk, join(from, segment.name), draft, segment.bytes, (bytes) =>
      meter.update(Math.min(total - 1, copied + bytes), total),
    )
    await checkCopy(segment, draft, copying)
    disk.rename(draft, join(to, segment.name))
    disk.syncDirectory(to)
    const full = join(to, segmentName(segment.ordinal))
    if (isSealedName(segment.name) && disk.exists(full)) disk.remove(full)
    copied += segment.bytes
  }
  meter.update(total, total)
  const last = segments.at(-1)
  if (!last) return { end: 0, position: 0 }
  const position = await lastPosition(last, join(to, last.name), copying)
  const path = join(to, last.name)
  const end = isSealedName(last.name) ? withFile(copying.disk, path, rawEndOf) : last.bytes
  return { end: addressOf(last.ordinal, end), position }
}

async function copyFile(
  disk: Disk,
  from: string,
  to: string,
  length: number,
  onCopied: (bytes: number) => void,
): Promise<void> {
  if (disk.exists(to)) disk.remove(to)
  const source = disk.open(from, 'read')
  try {
    const target = disk.open(to, 'create')
    try {
      const chunk = Buffer.allocUnsafe(Math.min(length, chunkBytes))
      for (let offset = 0; offset < length; offset += chunk.length) {
        const wanted = chunk.subarray(0, Math.min(chunk.length, length - offset))
        const bytes = await readFullyLater(source, wanted, offset)
        if (bytes.length < wanted.length)
          throw damaged(from, offset + bytes.length, 'the file ends here, but was longer before')
        for (let done = 0; done < bytes.length; )
          done += await target.write(bytes.subarray(done), offset + done)
        onCopied(offset + bytes.length)
      }
      await target.sync()
    } finally {
      target.close()
    }
  } finally {
    source.close()
  }
}

const chunkBytes = 4 * 1024 * 1024

/** @throws AnnalsError `store-damaged`, naming the file that was copied, since that is what has to be looked after */
async function checkCopy(segment: SegmentSource, draft: string, copying: Copying): Promise<void> {
  const { damage } = await verifyFile(segment, draft, copying)
  const [first] = damage
  if (first) throw damaged(join(copying.from, segment.name), first.offset, first.problem)
}

async function lastPosition(segment: SegmentSource, path: string, copying: Copying): Promise<Position> {
  const { events, firstPosition } = await verifyFile(segment, path, copying)
  return firstPosition + events - 1
}

async function verifyFile({ name, ordinal, bytes }: SegmentSource, path: string, { disk, storeId }: Copying) {
  const file = disk.open(path, 'read')
  try {
    const firstPosition = firstPositionOf(file)
    const segment = { ordinal, firstPosition, path, file }
    const isSealed = isSealedName(name)
    const report = await verifySegments([{ segment, end: bytes, isSealed }], storeId, zstdAtOnce, {})
    return { ...report, firstPosition }
  } finally {
    file.close()
  }
}

/** Puts a small file in the place of another, durably and in one step. */
function replaceFile(disk: Disk, directory: string, name: string, bytes: Buffer): void {
  const draft = join(directory, `${name}.new`)
  if (disk.exists(draft)) disk.remove(draft)
  const file = disk.open(draft, 'create')
  try {
    writeFully(file, bytes, 0)
    file.syncNow()
  } finally {
    file.close()
  }
  disk.rename(draft, join(directory, name))
  disk.syncDirectory(directory)
}

function wholeFile(disk: Disk, path: string): Buffer {
  return withFile(disk, path, (file) => readFully(file, Buffer.alloc(file.size()), 0))
}

function bytesOf(segments: readonly SegmentSource[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0)
}
