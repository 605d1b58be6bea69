import { join } from 'node:path'
import { type Address, addressOf, offsetOf, segmentOf } from './address.ts'
import type { Compression } from './compression.ts'
import { type Disk, type DiskFile, readFully, writeFully } from './disk.ts'
import { type Head, readHead } from './head-file.ts'
import type { Recovery } from './log.ts'
import type { LogIndex } from './log-index.ts'
import { inspectTail, scanCommits } from './scan.ts'
import { SealedBlocks, SealedDamage, scanSealed } from './sealed-segment.ts'
import {
  damaged,
  isUnfinished,
  ordinalOfName,
  ordinalOfSealedName,
  type Segment,
  sealedName,
  segmentHeaderBytes,
  segmentName,
  segmentProblem,
} from './segment.ts'

/** What recovery is given. */
export interface RecoverOptions {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly compression: Compression
  /** Still empty. */
  readonly index: LogIndex
  /** Takes every file that is opened, so that it can be closed. */
  readonly opened: { close(): void }[]
}

/** What recovery found. */
export interface Recovered {
  /** The last one may be sealed, in a backup that was interrupted. */
  readonly segments: Segment[]
  /** Where the last segment ends. */
  readonly end: number
  readonly recovery: Recovery | undefined
}

/**
 * Reads all segments into the index, and cuts off what a crash left unfinished: the torn end of the last segment, a sealed
 * segment that was not complete, a full one whose sealed form is. Everything that is left is durable afterwards.
 *
 * @throws AnnalsError `store-damaged`
 */
export function recover(options: RecoverOptions): Recovered {
  const { disk, directory, storeId } = options
  const head = readHead(disk, directory, storeId)
  const { files, clearUp } = openFiles(options)
  const segments: Segment[] = []
  let end = segmentHeaderBytes
  let recovery: Recovery | undefined
  // Only done when nothing is found to be damaged, since then nothing may be changed.
  let mend: (() => void) | undefined
  for (const [ordinal, { path, file, isSealed }] of files.entries()) {
    const segment = { ordinal, firstPosition: options.index.events.last + 1, path, file }
    const isLast = ordinal === files.length - 1
    if (isSealed) {
      const sealed = takeSealed(segment, options)
      segments.push({ ...segment, sealed })
      end = sealed.rawEnd
      continue
    }
    const isAfterSealed = segments.at(-1)?.sealed !== undefined
    const taken = takeSegment(segment, { ...options, durable: head?.durable, isLast, isAfterSealed })
    recovery = taken.recovery
    mend = taken.mend
    // It was being made, and nothing had been written to it.
    if (taken.end === 0) break
    segments.push(segment)
    end = taken.end
  }
  const active = segments.at(-1)
  if (head && head.durable > addressOf(active?.ordinal ?? 0, active ? end : 0)) {
    const path = active?.path ?? join(directory, segmentName(0))
    throw damaged(path, end, 'the log ends here, but more of it had been durable')
  }
  clearUp()
  mend?.()
  if (active && !active.sealed) makeTailDurable(active, end, head)
  // A writer that was killed may have made the last segment, and not made that durable.
  disk.syncDirectory(directory)
  return { segments, end, recovery }
}

interface OpenedFile {
  readonly path: string
  readonly file: DiskFile
  readonly isSealed: boolean
}

/** The files of the segments in order, and how to remove what sealing has left over. */
function openFiles({ disk, directory, opened }: RecoverOptions): {
  readonly files: readonly OpenedFile[]
  readonly clearUp: () => void
} {
  const names = disk.list(directory)
  const sealed = new Set(names.flatMap((name) => ordinalOfSealedName(name) ?? []))
  const plain = new Set(names.flatMap((name) => ordinalOfName(name) ?? []))
  const files = [...new Set([...sealed, ...plain])]
    .sort((a, b) => a - b)
    .map((ordinal) => {
      const isSealed = sealed.has(ordinal)
      const path = join(directory, isSealed ? sealedName(ordinal) : segmentName(ordinal))
      const file = disk.open(path, isSealed ? 'read' : 'write')
      opened.push(file)
      return { path, file, isSealed }
    })
  const leftovers = [
    ...names.filter((name) => name.endsWith('.sealed.new')),
    // The sealed one takes its name only when it is complete and durable.
    ...[...plain].filter((ordinal) => sealed.has(ordinal)).map(segmentName),
  ]
  const clearUp = () => {
    for (const name of leftovers) disk.remove(join(directory, name))
    if (leftovers.length > 0) disk.syncDirectory(directory)
  }
  return { files, clearUp }
}

function takeSealed(segment: Segment, options: RecoverOptions): SealedBlocks {
  const { directory, storeId, compression, index } = options
  const { ordinal, path, file } = segment
  try {
    const sealed = new SealedBlocks(file, { ...segment, storeId }, compression)
    if (path !== join(directory, sealedName(ordinal))) throw new SealedDamage(0, misnamed(ordinal))
    const { offset, problem } = scanSealed(sealed, (bytes, at, contentEnd, from) =>
      index.take(bytes, at, contentEnd, addressOf(ordinal, from), { isSealed: true }),
    )
    if (problem) throw new SealedDamage(offset, problem)
    return sealed
  } catch (error) {
    throw error instanceof SealedDamage ? damaged(path, error.offset, error.message) : error
  }
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
      misfit = index.take(bytes, at, to, addressOf(ordinal, offset))
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
