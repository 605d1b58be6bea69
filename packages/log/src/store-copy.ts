import { dirname, join } from 'node:path'
import { AnnalsError, type OnProgress, type Position, ProgressMeter } from '@annals/core'
import { type Address, addressOf, OffsetList } from './address.ts'
import { type SegmentSource, segmentsToCopy, withFile } from './copy-source.ts'
import { openTarget, segmentsAlreadyThere } from './copy-target.ts'
import { type Disk, type DiskFile, diskError, readFully, readFullyLater, writeFully } from './disk.ts'
import { encodeHead } from './head-file.ts'
import { zstdAtOnce } from './sealed/compression.ts'
import { footerBytes, readFooter, sealedHeaderBytes } from './sealed/sealed-format.ts'
import { damaged, firstPositionOf, segmentName } from './segment.ts'
import { isSealedName } from './segment-files.ts'
import { inspectDirectory, readMarker, storeNotFound } from './store-directory.ts'
import { rangeOfTableName } from './table/table-format.ts'
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
  const before: { kept?: ReadonlySet<number> } = {}
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
  before: { kept?: ReadonlySet<number> },
): Promise<StoreCopyReport> {
  const { disk, mayUpdate } = options
  if (inspectDirectory(disk, from) !== 'store') throw storeNotFound(from)
  const { storeId } = readMarker(disk, from)
  const target = openTarget(disk, to, { source: from, storeId, mayUpdate })
  try {
    const segments = segmentsToCopy(disk, from, storeId)
    const there = segmentsAlreadyThere(disk, { from, segments, storeId }, target)
    before.kept ??= there
    const keptBefore = before.kept
    const report = await copySegments(segments, { there, keptBefore }, { ...options, from, to, storeId })
    await copyTables({ ...options, from, to, storeId })
    const head = { durable: report.end, position: report.position, processId: 0 }
    replaceFile(disk, to, 'head', encodeHead(storeId, head))
    // Only with it is the directory a store.
    if (!target.isStore) replaceFile(disk, to, 'annals.json', wholeFile(disk, join(from, 'annals.json')))
    const copied = segments.filter(({ ordinal }) => !keptBefore.has(ordinal))
    return {
      storeId,
      position: report.position,
      segmentsCopied: copied.length,
      segmentsKept: segments.length - copied.length,
      bytesCopied: bytesOf(copied),
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

/** Copies all segments that are not there yet. Resolves to where the copy ends then. */
async function copySegments(
  segments: readonly SegmentSource[],
  { there, keptBefore }: { readonly there: ReadonlySet<number>; readonly keptBefore: ReadonlySet<number> },
  copying: Copying,
): Promise<{ readonly end: Address; readonly position: Position }> {
  const { disk, from, to, onProgress } = copying
  const wanted = segments.filter(({ ordinal }) => !keptBefore.has(ordinal))
  const total = bytesOf(wanted)
  const meter = new ProgressMeter(onProgress)
  let copied = bytesOf(wanted.filter(({ ordinal }) => there.has(ordinal)))
  for (const segment of segments.filter(({ ordinal }) => !there.has(ordinal))) {
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
  const path = join(to, last.name)
  if (!isSealedName(last.name))
    return { end: addressOf(last.ordinal, last.bytes), position: await lastPosition(last, path, copying) }
  return withFile(copying.disk, path, (file) => ({
    end: addressOf(last.ordinal, rawEndOf(file)),
    position: readFooter(file).lastPosition,
  }))
}

// Its header has just been checked.
function rawEndOf(file: DiskFile): number {
  return readFully(file, Buffer.alloc(sealedHeaderBytes), 0).readDoubleLE(40)
}

/**
 * Copies the index tables, so that they need not be made anew when the copy is opened, and removes those that others have taken
 * the place of. They are no part of the history: what is missing or does not fit is made anew.
 */
async function copyTables({ disk, from, to }: Copying): Promise<void> {
  const tables = (directory: string) =>
    disk.list(directory).filter((name) => rangeOfTableName(name) !== undefined)
  const wanted = new Set(tables(from))
  for (const name of wanted) {
    const [source, target] = [join(from, name), join(to, name)]
    const size = withFile(disk, source, (file) => file.size())
    if (disk.exists(target) && endOf(disk, source).equals(endOf(disk, target))) continue
    await copyFile(disk, source, `${target}.new`, size, () => undefined)
    disk.rename(`${target}.new`, target)
    disk.syncDirectory(to)
  }
  const unwanted = tables(to).filter((name) => !wanted.has(name))
  for (const name of unwanted) disk.remove(join(to, name))
  if (unwanted.length > 0) disk.syncDirectory(to)
}

// The end of a table says how long it is, and what it is of.
function endOf(disk: Disk, path: string): Buffer {
  return withFile(disk, path, (file) =>
    readFully(file, Buffer.alloc(footerBytes), Math.max(0, file.size() - footerBytes)),
  )
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
    const segment = { ordinal, firstPosition, path, file, offsets: new OffsetList() }
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
