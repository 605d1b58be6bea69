import { join } from 'node:path'
import { AnnalsError } from '@annals/core'
import { PieceCache } from './cache.ts'
import { commitHeaderBytes, commitKinds, readCommitHeader } from './commit.ts'
import { type SegmentSource, withFile } from './copy-source.ts'
import { type Disk, type DiskFile, readFully } from './disk.ts'
import { recordLength } from './event-record.ts'
import { scanCommits } from './scan.ts'
import { zstdAtOnce } from './sealed/compression.ts'
import { leafHash, merkleRoot } from './sealed/merkle.ts'
import { footerBytes, SealedDamage } from './sealed/sealed-format.ts'
import { hashAt } from './sealed/sealed-scan.ts'
import { hashBytes, SealedSegment } from './sealed/sealed-segment.ts'
import { firstPositionOf, segmentHeaderBytes, segmentProblem } from './segment.ts'
import { isSealedName, isSegmentFile, segmentFiles } from './segment-files.ts'
import { notAStore, readMarker } from './store-directory.ts'
import { rangeOfTableName } from './table/table-format.ts'

/** A directory that a store is copied into; nobody else writes in it meanwhile. */
export interface CopyTarget {
  readonly directory: string
  /** Whether it is a store already; if not it may hold what an interrupted copy has left. */
  readonly isStore: boolean
  readonly files: ReadonlyMap<number, string>
  release(): void
}

/**
 * Takes a directory to copy a store into: one that is missing, empty, left by an interrupted copy, or, if that is wanted, a
 * copy that is to be brought up to date.
 *
 * @throws AnnalsError `not-a-store`, `store-locked`; `invalid-argument` if it holds a store that is not to be touched
 */
export function openTarget(
  disk: Disk,
  directory: string,
  {
    source,
    storeId,
    mayUpdate,
  }: { readonly source: string; readonly storeId: string; readonly mayUpdate: boolean },
): CopyTarget {
  if (directory === source) throw wrongTarget('another directory than that of the store', directory)
  if (!disk.exists(directory)) disk.makeDirectory(directory)
  const lock = disk.lock(join(directory, 'lock'))
  if (!lock)
    throw new AnnalsError(
      'store-locked',
      `Another process writes in ${directory}. Wait until it has ended, or copy to another directory.`,
      { directory, processId: undefined },
    )
  try {
    const names = disk.list(directory)
    const foreign = names.find((name) => !isPartOfStore(name))
    if (foreign !== undefined) throw notAStore(directory, `other files, such as ${foreign}`)
    const isStore = names.includes('annals.json')
    const files = segmentFiles(disk, directory)
    const expected = mayUpdate ? `a new directory or a backup of ${source}` : 'a new directory'
    if (isStore && !mayUpdate) throw wrongTarget(expected, `the store in ${directory}`)
    const found = isStore ? readMarker(disk, directory).storeId : storeIdOfSegments(disk, directory, files)
    if (found !== undefined && found !== storeId)
      throw wrongTarget(expected, `store ${found} in ${directory}`)
    return { directory, isStore, files, release: () => lock.release() }
  } catch (error) {
    lock.release()
    throw error
  }
}

/**
 * Which of the segments that are to be copied are in the target already, by ordinal. What is there has to be a first part of the
 * same history, or copying over it would lose what is only there.
 *
 * Sizes and headers of whole segments are compared, which differ where histories do, the hashes of sealed ones of which events
 * were removed since, and every byte of the last.
 *
 * @throws AnnalsError `invalid-argument`
 */
export function segmentsAlreadyThere(
  disk: Disk,
  {
    from,
    segments,
    storeId,
  }: { readonly from: string; readonly segments: readonly SegmentSource[]; readonly storeId: string },
  { directory, files }: CopyTarget,
): ReadonlySet<number> {
  const there = new Set<number>()
  const last = Math.max(-1, ...files.keys())
  if (last >= segments.length) throw otherHistory(from, directory, 'it has more segments')
  for (const { ordinal, name: nameThere, bytes } of segments.slice(0, last + 1)) {
    const name = files.get(ordinal)
    // One that somebody has taken away is copied anew.
    if (name === undefined) continue
    const other = () => otherHistory(from, directory, `${name} holds other events`)
    const paths = { from: join(from, nameThere), to: join(directory, name) }
    const isLast = ordinal === last
    if (isSealedName(name) !== isSealedName(nameThere)) {
      const [sealed, full] = isSealedName(name) ? [paths.to, paths.from] : [paths.from, paths.to]
      if (!sameEvents(disk, sealed, full, { ordinal, storeId, isCut: isLast })) throw other()
      // One that was sealed since is copied anew, since index tables are only of sealed ones.
      if (isSealedName(name)) there.add(ordinal)
      continue
    }
    const size = withFile(disk, paths.to, (file) => file.size())
    if (isSealedName(name)) {
      if (!sameRoots(disk, paths, { ordinal, storeId })) throw other()
      // Events may have been removed since.
      if (size === bytes && sameEnds(disk, paths, size)) there.add(ordinal)
    } else if (isLast) {
      const end = soundEnd(disk, paths.to, ordinal, storeId)
      if (end > bytes || !sameBytes(disk, paths, 0, end)) throw other()
      if (end === bytes && size === end) there.add(ordinal)
    } else {
      if (size !== bytes || !sameBytes(disk, paths, 0, segmentHeaderBytes)) throw other()
      there.add(ordinal)
    }
  }
  return there
}

/** Whether a file of this name may be part of a store, or of one that is being made. */
export function isPartOfStore(name: string): boolean {
  const made = name.replace(/\.new$/, '')
  return (
    made === 'annals.json' ||
    made === 'head' ||
    name === 'lock' ||
    isSegmentFile(made) ||
    rangeOfTableName(made) !== undefined
  )
}

function storeIdOfSegments(
  disk: Disk,
  directory: string,
  files: ReadonlyMap<number, string>,
): string | undefined {
  const name = files.get(0)
  if (name === undefined) return undefined
  return withFile(disk, join(directory, name), (file) =>
    readFully(file, Buffer.alloc(segmentHeaderBytes), 0).toString('hex', 16, 32),
  )
}

// A store that was opened for writing may have zeros behind its last commit.
function soundEnd(disk: Disk, path: string, ordinal: number, storeId: string): number {
  return withFile(disk, path, (file) =>
    segmentProblem(file, { ordinal, storeId, firstPosition: firstPositionOf(file) }) === undefined
      ? scanCommits(file, segmentHeaderBytes, file.size(), () => undefined).offset
      : 0,
  )
}

/**
 * Whether a segment that is not sealed holds the events of the sealed one, removed ones included; or the first of them, if it
 * may be cut.
 */
function sameEvents(
  disk: Disk,
  sealedPath: string,
  fullPath: string,
  expected: { readonly ordinal: number; readonly storeId: string; readonly isCut: boolean },
): boolean {
  return withFile(disk, sealedPath, (sealedFile) =>
    withFile(disk, fullPath, (full) => {
      const firstPosition = firstPositionOf(full)
      if (segmentProblem(full, { ...expected, firstPosition })) return false
      return unlessDamaged(() => {
        const sealed = openSealed(sealedFile, { ...expected, firstPosition })
        const { end, leaves } = eventsOf(full)
        if (expected.isCut ? end > sealed.rawEnd : end !== sealed.rawEnd) return false
        const roots = sealed.roots()
        const { firstPositions } = sealed.table
        for (let index = 0; index < firstPositions.length; index++) {
          const first = firstPositions[index] as number
          const blockLeaves = leaves.slice(first - firstPosition, sealed.blockEnd(index) - firstPosition)
          if (blockLeaves.length === sealed.blockEnd(index) - first) {
            const root = roots.subarray(index * hashBytes, (index + 1) * hashBytes)
            if (!merkleRoot(blockLeaves).equals(root)) return false
          } else {
            // It is cut within this block.
            const block = sealed.blockNow(index)
            for (const [place, leaf] of blockLeaves.entries())
              if (!(hashAt(block, first + place)?.equals(leaf) ?? true)) return false
          }
        }
        return true
      })
    }),
  )
}

/** Where the sound commits of a segment end that is not sealed, and the hashes of its events. */
function eventsOf(file: DiskFile): { readonly end: number; readonly leaves: readonly Buffer[] } {
  const leaves: Buffer[] = []
  const { offset: end } = scanCommits(file, segmentHeaderBytes, file.size(), (bytes, at, contentEnd) => {
    const { kind, position, recordedAtMs, eventCount } = readCommitHeader(bytes, at)
    if (kind !== commitKinds.append) return undefined
    let next = at + commitHeaderBytes
    for (let event = 0; event < eventCount && next < contentEnd; event++) {
      const record = Buffer.from(bytes.subarray(next, next + recordLength(bytes, next)))
      record.writeUInt32LE(0, 0)
      leaves.push(leafHash(position + event, Math.floor(recordedAtMs), record))
      next += record.length
    }
    return undefined
  })
  return { end, leaves }
}

/** Whether two sealed segments hold the same events, removed ones included. */
function sameRoots(
  disk: Disk,
  paths: { readonly from: string; readonly to: string },
  { ordinal, storeId }: { readonly ordinal: number; readonly storeId: string },
): boolean {
  return withFile(disk, paths.from, (from) =>
    withFile(disk, paths.to, (to) =>
      unlessDamaged(() => {
        const [one, other] = [from, to].map((file) =>
          openSealed(file, { ordinal, storeId, firstPosition: firstPositionOf(file) }),
        ) as [SealedSegment, SealedSegment]
        return (
          one.firstPosition === other.firstPosition &&
          one.lastPosition === other.lastPosition &&
          one.rawEnd === other.rawEnd &&
          // Behind those of the events there may be blocks that say what was removed.
          merkleRootsOf(one).equals(merkleRootsOf(other))
        )
      }),
    ),
  )
}

function merkleRootsOf(sealed: SealedSegment): Buffer {
  const roots = sealed.roots()
  const { firstPositions } = sealed.table
  let blocks = firstPositions.length
  while (blocks > 0 && (firstPositions[blocks - 1] as number) > sealed.lastPosition) blocks--
  return roots.subarray(0, blocks * hashBytes)
}

function openSealed(
  file: DiskFile,
  expected: { readonly ordinal: number; readonly storeId: string; readonly firstPosition: number },
): SealedSegment {
  return new SealedSegment(file, expected, zstdAtOnce, new PieceCache(cacheBytes))
}

const cacheBytes = 16 * 1024 * 1024

function unlessDamaged(compare: () => boolean): boolean {
  try {
    return compare()
  } catch (error) {
    if (error instanceof SealedDamage) return false
    throw error
  }
}

// The ends of sealed segments have checksums of all of the rest.
function sameEnds(disk: Disk, paths: { readonly from: string; readonly to: string }, size: number): boolean {
  return sameBytes(disk, paths, size - footerBytes, footerBytes)
}

function sameBytes(
  disk: Disk,
  paths: { readonly from: string; readonly to: string },
  start: number,
  length: number,
): boolean {
  return withFile(disk, paths.from, (from) =>
    withFile(disk, paths.to, (to) => {
      for (let offset = start; offset < start + length; offset += comparedBytesMax) {
        const bytes = Math.min(comparedBytesMax, start + length - offset)
        const [one, other] = [from, to].map((file) => readFully(file, Buffer.allocUnsafe(bytes), offset))
        if (one?.length !== bytes || !one.equals(other as Buffer)) return false
      }
      return true
    }),
  )
}

const comparedBytesMax = 4 * 1024 * 1024

function otherHistory(
  source: string,
  directory: string,
  difference: string,
): AnnalsError<'invalid-argument'> {
  return wrongTarget(
    `a new directory or a backup of ${source} as it is or was`,
    `another history in ${directory}, since ${difference}`,
  )
}

/** The error for a directory that a store is not to be made in. */
export function wrongTarget(expected: string, received: string): AnnalsError<'invalid-argument'> {
  return new AnnalsError(
    'invalid-argument',
    `The target cannot be used: expected ${expected}, but got ${received}. Nothing was changed. Choose another directory.`,
    { argument: 'target', expected, received },
  )
}
