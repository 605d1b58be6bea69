import { join } from 'node:path'
import type { EventIndexOptions } from '@annals/core/store'
import { type Address, addressOf, OffsetList, offsetOf, segmentOf } from './address.ts'
import type { PieceCache } from './cache.ts'
import { type Disk, type DiskFile, readFully, writeFully } from './disk.ts'
import { namingFile } from './file-errors.ts'
import { type Head, readHead } from './head-file.ts'
import type { Recovery } from './log.ts'
import { LogIndex } from './log-index.ts'
import { inspectTail, scanCommits } from './scan.ts'
import type { Compression } from './sealed/compression.ts'
import { SealedDamage } from './sealed/sealed-format.ts'
import { scanSealed } from './sealed/sealed-scan.ts'
import { SealedSegment } from './sealed/sealed-segment.ts'
import {
  damaged,
  isUnfinished,
  type Segment,
  segmentHeaderBytes,
  segmentName,
  segmentProblem,
} from './segment.ts'
import { isSealedName, segmentFiles } from './segment-files.ts'
import { coveringTables, lastRecordedIn } from './table/coverage.ts'
import type { IndexTable } from './table/index-table.ts'
import { rangeOfTableName, tableName } from './table/table-format.ts'

/** What recovery is given. */
export interface RecoverOptions {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly compression: Compression
  readonly cache: PieceCache
  readonly clock: () => number
  readonly identityAt: NonNullable<EventIndexOptions['identityAt']>
  /** Takes every segment, in order; events are asked for in it while the index is made. */
  readonly segments: Segment[]
  /** Takes every file that is opened, so that it can be closed. */
  readonly opened: { close(): void }[]
}

/** What recovery found. */
export interface Recovered {
  readonly index: LogIndex
  readonly tables: readonly IndexTable[]
  /** Where the last segment ends. It may be sealed, in a backup that was interrupted. */
  readonly end: number
  readonly recovery: Recovery | undefined
}

/**
 * Makes the index: of sealed segments from their index tables, of which only the ends are read, of all others by reading them.
 * Cuts off what a crash left unfinished: the torn end of the last segment, a sealed segment that was not complete, a full one
 * whose sealed form is, tables that others have taken the place of. Everything that is left is durable afterwards.
 *
 * @throws AnnalsError `store-damaged`
 */
export function recover(options: RecoverOptions): Recovered {
  const { disk, directory, storeId, segments, opened } = options
  const head = readHead(disk, directory, storeId)
  const names = disk.list(directory)
  const files = openFiles(options)
  const tables = coveringTables({ ...options, names, sealedAt: (ordinal) => files[ordinal]?.sealed })
  opened.push(...tables.map(({ file }) => file))
  const index = new LogIndex({
    storeId,
    now: options.clock,
    older: tables,
    lastRecordedAtMs: lastRecordedIn(tables),
    identityAt: options.identityAt,
  })
  const covered = (tables.at(-1)?.range.lastOrdinal ?? -1) + 1
  let end = segmentHeaderBytes
  let recovery: Recovery | undefined
  // Only done when nothing is found to be damaged, since then nothing may be changed.
  let mend: (() => void) | undefined
  for (const [ordinal, { path, file, sealed }] of files.entries()) {
    const isCovered = ordinal < covered
    const firstPosition = isCovered ? (sealed as SealedSegment).firstPosition : index.events.last + 1
    const segment: Segment = { ordinal, firstPosition, path, file, sealed, offsets: new OffsetList() }
    checkSealed(segment, segments.at(-1))
    segments.push(segment)
    if (sealed) {
      end = sealed.rawEnd
      if (isCovered) continue
      beginPart(index)
      takeSealed(segment, sealed, index)
      continue
    }
    const isLast = ordinal === files.length - 1
    const isAfterSealed = segments.at(-2)?.sealed !== undefined
    beginPart(index)
    const taken = takeSegment(segment, { ...options, index, durable: head?.durable, isLast, isAfterSealed })
    recovery = taken.recovery
    mend = taken.mend
    // It was being made, and nothing had been written to it.
    if (taken.end === 0) segments.pop()
    else end = taken.end
  }
  const active = segments.at(-1)
  if (head && head.durable > addressOf(active?.ordinal ?? 0, active ? end : 0)) {
    const path = active?.path ?? join(directory, segmentName(0))
    throw damaged(path, end, 'the log ends here, but more of it had been durable')
  }
  clearUp(options, names, tables)
  mend?.()
  if (active && !active.sealed) makeTailDurable(active, end, head)
  // A writer that was killed may have made the last segment, and not made that durable.
  disk.syncDirectory(directory)
  return { index, tables, end, recovery }
}

// Each segment that is not covered by a table has a part of its own, so that a table can take the place of it.
function beginPart({ events }: LogIndex): void {
  events.publish(events.last)
  const [part] = events.memoryParts.slice(-1)
  if (part && part.last >= part.first) events.beginPart()
}

interface OpenedFile {
  readonly path: string
  readonly file: DiskFile
  readonly sealed: SealedSegment | undefined
}

/** The files of the segments in order, each in its sealed form if it has one. */
function openFiles({ disk, directory, opened, storeId, compression, cache }: RecoverOptions): OpenedFile[] {
  const files = [...segmentFiles(disk, directory)].sort(([a], [b]) => a - b)
  return files.map(([named, name], ordinal) => {
    const path = join(directory, name)
    const file = disk.open(path, isSealedName(name) ? 'read' : 'write')
    opened.push(file)
    if (!isSealedName(name)) return { path, file, sealed: undefined }
    return namingFile(path, () => {
      const expected = { ordinal, storeId, firstPosition: undefined }
      const sealed = new SealedSegment(file, expected, compression, cache)
      if (named !== ordinal) throw new SealedDamage(0, misnamed(ordinal))
      return { path, file, sealed }
    })
  })
}

/** A sealed segment that begins where the one before ends. */
function checkSealed({ path, firstPosition, sealed }: Segment, before: Segment | undefined): void {
  if (!sealed) return
  const next = before ? firstPosition : 1
  const expected = before?.sealed ? before.sealed.lastPosition + 1 : next
  if (sealed.firstPosition !== expected)
    throw damaged(path, 0, `it begins at position ${sealed.firstPosition}, expected ${expected}`)
}

/** Takes in a sealed segment that no table covers. */
export function takeSealed(
  segment: Pick<Segment, 'ordinal' | 'path' | 'offsets' | 'sealed'>,
  sealed: SealedSegment,
  index: LogIndex,
): void {
  namingFile(segment.path, () => {
    const { offset, problem } = scanSealed(sealed, (bytes, at, contentEnd, from) =>
      index.take(segment, bytes, at, contentEnd, from),
    )
    if (problem) throw new SealedDamage(offset, problem)
    index.events.skip(sealed.lastPosition)
    index.events.setStreamsBegun(sealed.footer.streamsBegun)
    if (index.events.last !== sealed.lastPosition)
      throw new SealedDamage(0, `it ends at position ${index.events.last}, expected ${sealed.lastPosition}`)
  })
}

/** Removes what sealing and merging have left over. */
function clearUp(
  { disk, directory, segments }: RecoverOptions,
  names: readonly string[],
  tables: readonly IndexTable[],
): void {
  const used = new Set(tables.map(({ range }) => tableName(range)))
  const leftovers = names.filter(
    (name) =>
      // Of an interrupted backup there may be drafts of other files too.
      name.endsWith('.new') ||
      (rangeOfTableName(name) && !used.has(name)) ||
      // The sealed one takes its name only when it is complete and durable.
      segments.some(({ ordinal, sealed }) => sealed && name === segmentName(ordinal)),
  )
  for (const name of leftovers) disk.remove(join(directory, name))
  if (leftovers.length > 0) disk.syncDirectory(directory)
}

// The next segment would be made in the place of one that has its name.
function misnamed(ordinal: number): string {
  return `its name is not that of segment ${ordinal}, which it is`
}

interface Taken {
  /** Where it ends; 0 if it was only being made. */
  readonly end: number
  readonly recovery: Recovery | undefined
  /** Cuts off what a crash left unfinished. */
  readonly mend: (() => void) | undefined
}

/** Takes in a segment that is not sealed. */
function takeSegment(
  segment: Segment,
  options: RecoverOptions & {
    readonly index: LogIndex
    readonly durable: Address | undefined
    readonly isLast: boolean
    readonly isAfterSealed: boolean
  },
): Taken {
  const { disk, directory, storeId, index, durable, isLast, isAfterSealed } = options
  const { ordinal, path, file } = segment
  const isMisnamed = path !== join(directory, segmentName(ordinal))
  const header = segmentProblem(file, { ...segment, storeId }) ?? (isMisnamed ? misnamed(ordinal) : undefined)
  if (header) {
    if (!isLast || isAfterSealed || isMisnamed || !isUnfinished(file, ordinal, durable))
      throw damaged(path, 0, header)
    const mend = () => {
      file.close()
      disk.remove(path)
      disk.syncDirectory(directory)
    }
    return { end: 0, recovery: { file: path, offset: 0, bytesCut: file.size() }, mend }
  }
  let misfit: string | undefined
  const { offset: end, problem } = scanCommits(
    file,
    segmentHeaderBytes,
    file.size(),
    (bytes, at, to, offset) => {
      misfit = index.take(segment, bytes, at, to, offset)
      return misfit
    },
  )
  if (problem === undefined) return { end, recovery: undefined, mend: undefined }
  const tail = inspectTail(file, ordinal, end)
  // A crash tears commits, but leaves none that is whole and does not fit.
  if (!isLast || misfit || tail.wasDurable || (durable ?? 0) > addressOf(ordinal, end))
    throw damaged(path, end, problem)
  const recovery = tail.end > end ? { file: path, offset: end, bytesCut: tail.end - end } : undefined
  return { end, recovery, mend: () => file.truncate(end) }
}

/**
 * A writer that was killed may have written what it never synced; it counts from now on, so it has to be durable. It is
 * written again, since after a failed sync the system takes pages for clean that never reached the disk.
 */
function makeTailDurable({ ordinal, file }: Segment, end: number, head: Head | undefined): void {
  // The header too, if not even that is known to be durable.
  const durable = head && segmentOf(head.durable) === ordinal ? offsetOf(head.durable) : 0
  for (let offset = durable; offset < end; offset += rewrittenBytesMax) {
    const bytes = readFully(file, Buffer.alloc(Math.min(rewrittenBytesMax, end - offset)), offset)
    writeFully(file, bytes, offset)
  }
  file.syncNow()
}

const rewrittenBytesMax = 4 * 1024 * 1024
