import { join, resolve } from 'node:path'
import { AnnalsError } from '@annals/core'
import { type Address, OffsetList, offsetOf, segmentOf } from './address.ts'
import { type Disk, type DiskFile, diskError, realDisk } from './disk.ts'
import { readHead } from './head-file.ts'
import { inspectTail, scanCommits } from './scan.ts'
import { zstdAtOnce } from './sealed/compression.ts'
import {
  firstPositionOf,
  isUnfinished,
  ordinalOfName,
  ordinalOfSealedName,
  type Segment,
  sealedName,
  segmentHeaderBytes,
  segmentName,
} from './segment.ts'
import { inspectDirectory, readMarker, storeNotFound } from './store-directory.ts'
import { rangeOfTableName } from './table/table-format.ts'
import {
  type Damage,
  type SealedSummary,
  type VerifyOptions,
  type VerifyReport,
  verifySegments,
} from './verify.ts'
import { verifyTable } from './verify-table.ts'

/** What can be said to `verifyLog`. */
export interface VerifyLogOptions extends VerifyOptions {
  /** What the store is kept on. Default: the disk of this machine. */
  readonly disk?: Disk | undefined
}

/**
 * Reads every byte of the store in a directory and checks all that can be checked, without opening it; so a store that
 * is too damaged to be opened is checked to its end all the same. Damage is reported, not thrown. Takes no lock, writes
 * nothing, and works beside a running writer, whose commits it checks as far as they were durable when it began.
 *
 * @throws AnnalsError `store-not-found`, `not-a-store`, `store-format-unsupported`, `disk-error`
 */
export async function verifyLog(directory: string, options: VerifyLogOptions = {}): Promise<VerifyReport> {
  const { disk = realDisk } = options
  const absolute = resolve(directory)
  const opened: DiskFile[] = []
  try {
    if (inspectDirectory(disk, absolute) !== 'store') throw storeNotFound(absolute)
    const { storeId } = readMarker(disk, absolute)
    const durable = readHead(disk, absolute, storeId)?.durable
    const { segments, missing } = openPatiently(disk, absolute, durable, opened)
    const last = segments.at(-1)
    // One that a crash left unfinished is made anew when the store is opened.
    const isCut =
      last &&
      !last.isSealed &&
      !segments.at(-2)?.isSealed &&
      isUnfinished(last.segment.file, last.segment.ordinal, durable)
    const checked = isCut ? segments.slice(0, -1) : segments
    const ends = checked.map((each) =>
      each.isSealed ? { end: each.segment.file.size() } : endOf(each.segment, each === last, durable),
    )
    const summaries = new Map<number, SealedSummary>()
    const report = await verifySegments(
      checked.map((each, index) => ({ ...each, end: ends[index]?.end ?? 0 })),
      storeId,
      zstdAtOnce,
      { ...options, onSealed: (ordinal, summary) => summaries.set(ordinal, summary) },
    )
    const tables = await verifyTables(disk, absolute, storeId, summaries)
    const lastEnd =
      last && !last.isSealed && checked.includes(last) ? endOf(last.segment, true, durable).end : 0
    const damage = [
      // What was not known to be durable a writer beside may have cut off since, when it could not be synced.
      ...report.damage.filter(
        ({ file, offset }) => file !== last?.segment.path || offset < lastEnd || last.isSealed,
      ),
      ...tables,
      ...missing,
      ...ends.flatMap((end) => ('cut' in end ? (end.cut ?? []) : [])),
    ]
    return {
      ...report,
      damage: damage.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.offset - b.offset)),
    }
  } catch (error) {
    throw error instanceof AnnalsError || !(error instanceof Error && 'code' in error)
      ? error
      : diskError(error, 'path' in error ? String(error.path) : absolute)
  } finally {
    for (const file of opened) file.close()
  }
}

/** Checks the index tables of sealed segments; a writer beside may have removed some of them meanwhile. */
async function verifyTables(
  disk: Disk,
  directory: string,
  storeId: string,
  summaries: ReadonlyMap<number, SealedSummary>,
): Promise<readonly Damage[]> {
  const damage: Damage[] = []
  for (const name of disk.list(directory)) {
    const range = rangeOfTableName(name)
    if (!range) continue
    try {
      damage.push(...(await verifyTable({ disk, directory, storeId, range, summaries })))
    } catch (error) {
      if (disk.exists(join(directory, name))) throw error
    }
  }
  return damage
}

/** Opens the segments while a writer beside seals some, whose files then go. */
function openPatiently(
  disk: Disk,
  directory: string,
  durable: Address | undefined,
  opened: DiskFile[],
): ReturnType<typeof openSegments> {
  for (let attempt = 1; ; attempt++) {
    try {
      return openSegments(disk, directory, durable, opened)
    } catch (error) {
      const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      if (!isGone || attempt === attemptsMax) throw error
    }
  }
}

const attemptsMax = 100

/** Opens the segments that are there, and says which are not. */
function openSegments(
  disk: Disk,
  directory: string,
  durable: Address | undefined,
  opened: DiskFile[],
): {
  readonly segments: readonly { readonly segment: Segment; readonly isSealed: boolean }[]
  readonly missing: readonly Damage[]
} {
  const names = disk.list(directory)
  const sealed = new Set(names.flatMap((name) => ordinalOfSealedName(name) ?? []))
  const ordinals = new Set([...sealed, ...names.flatMap((name) => ordinalOfName(name) ?? [])])
  const segments: { segment: Segment; isSealed: boolean }[] = []
  const missing: Damage[] = []
  let next = 0
  const expectNext = (ordinal: number) => {
    // As one, since a file that is none of ours may have any number as its name.
    const problem =
      ordinal - next === 1
        ? 'the file is missing'
        : `this file and all before ${segmentName(ordinal)} are missing`
    if (ordinal > next)
      missing.push({ file: join(directory, segmentName(next)), offset: 0, bytes: 0, problem })
  }
  for (const ordinal of [...ordinals].sort((a, b) => a - b)) {
    expectNext(ordinal)
    const isSealed = sealed.has(ordinal)
    const path = join(directory, isSealed ? sealedName(ordinal) : segmentName(ordinal))
    const file = disk.open(path, 'read')
    opened.push(file)
    segments.push({
      segment: { ordinal, path, file, firstPosition: firstPositionOf(file), offsets: new OffsetList() },
      isSealed,
    })
    next = ordinal + 1
  }
  if (durable !== undefined) expectNext(segmentOf(durable) + 1)
  return { segments, missing }
}

/** Where what counts of a segment ends, and what is missing behind. */
function endOf(
  { ordinal, path, file }: Segment,
  isLast: boolean,
  durable: Address | undefined,
): { readonly end: number; readonly cut?: Damage } {
  const size = file.size()
  const known =
    durable !== undefined && segmentOf(durable) === ordinal ? offsetOf(durable) : segmentHeaderBytes
  if (known > size) {
    const problem = 'the file ends here, but more of it had been durable'
    return { end: size, cut: { file: path, offset: size, bytes: known - size, problem } }
  }
  if (!isLast) return { end: size }
  // After a crash more may be sound than the writer had come to say; what is not is cut off when the store is opened,
  // unless it is known to have been durable.
  const scan = scanCommits(file, known, size, () => undefined)
  if (scan.problem === undefined) return { end: size }
  const tail = inspectTail(file, ordinal, scan.offset)
  return { end: tail.wasDurable ? tail.end : scan.offset }
}
