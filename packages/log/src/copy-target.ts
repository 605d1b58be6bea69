import { join } from 'node:path'
import { AnnalsError } from '@annals/core'
import { commitLength } from './commit.ts'
import { zstdAtOnce } from './compression.ts'
import { type SegmentSource, withFile } from './copy-source.ts'
import { type Disk, readFully } from './disk.ts'
import { scanCommits } from './scan.ts'
import { asSealed } from './seal.ts'
import { SealedBlocks, SealedDamage, scanSealed } from './sealed-segment.ts'
import { firstPositionOf, segmentHeaderBytes, segmentProblem } from './segment.ts'
import { isSealedName, isSegmentFile, segmentFiles } from './segment-files.ts'
import { notAStore, readMarker } from './store-directory.ts'

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
 * How many of the segments that are to be copied are in the target already, from the first on. What is there has to be a first
 * part of the same history, or copying over it would lose what is only there.
 *
 * Sizes and headers of whole segments are compared, which differ where histories do, and every byte of the last.
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
): number {
  const last = Math.max(-1, ...files.keys())
  if (last >= segments.length) throw otherHistory(from, directory, 'it has more segments')
  for (const segment of segments.slice(0, last + 1)) {
    const name = files.get(segment.ordinal)
    // One that somebody has taken away is copied anew, and those behind it with it.
    if (name === undefined) return segment.ordinal
    const paths = { from: join(from, segment.name), to: join(directory, name) }
    const isLast = segment.ordinal === last
    if (isSealedName(name) !== isSealedName(segment.name)) {
      const [sealed, full] = isSealedName(name) ? [paths.to, paths.from] : [paths.from, paths.to]
      if (!sameCommits(disk, sealed, full, { ordinal: segment.ordinal, storeId, isCut: isLast }))
        throw otherHistory(from, directory, `${name} holds other events`)
      // It may have been cut where the log ended then.
      if (isLast && !isSealedName(name)) return segment.ordinal
      continue
    }
    const size = withFile(disk, paths.to, (file) => file.size())
    if (isLast && !isSealedName(name)) {
      const end = soundEnd(disk, paths.to, segment.ordinal, storeId)
      if (end > segment.bytes || !sameBytes(disk, paths, end))
        throw otherHistory(from, directory, `${name} holds other events`)
      if (end === segment.bytes && size === end) return segment.ordinal + 1
      return segment.ordinal
    }
    if (size !== segment.bytes || !sameBytes(disk, paths, segmentHeaderBytes))
      throw otherHistory(from, directory, `${name} holds other events`)
  }
  return last + 1
}

/** Whether a file of this name may be part of a store, or of one that is being made. */
export function isPartOfStore(name: string): boolean {
  const made = name.replace(/\.new$/, '')
  return made === 'annals.json' || made === 'head' || name === 'lock' || isSegmentFile(made)
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

/** Whether a segment that is not sealed holds what the sealed one does; or the beginning of it, if it may be cut. */
function sameCommits(
  disk: Disk,
  sealedPath: string,
  fullPath: string,
  expected: { readonly ordinal: number; readonly storeId: string; readonly isCut: boolean },
): boolean {
  return withFile(disk, sealedPath, (sealedFile) =>
    withFile(disk, fullPath, (full) => {
      const firstPosition = firstPositionOf(full)
      if (segmentProblem(full, { ...expected, firstPosition })) return false
      const end = scanCommits(full, segmentHeaderBytes, full.size(), () => undefined).offset
      try {
        const sealed = new SealedBlocks(sealedFile, { ...expected, firstPosition }, zstdAtOnce)
        if (expected.isCut ? end > sealed.rawEnd : end !== sealed.rawEnd) return false
        const { problem } = scanSealed(sealed, (bytes, at, _contentEnd, offset) => {
          if (offset >= end) return undefined
          const length = commitLength(bytes, at)
          const commit = readFully(full, Buffer.alloc(length), offset)
          if (commit.length < length) return 'the other one ends here'
          asSealed(commit)
          return commit.equals(bytes.subarray(at, at + length))
            ? undefined
            : 'the other one holds other events'
        })
        return problem === undefined
      } catch (error) {
        if (error instanceof SealedDamage) return false
        throw error
      }
    }),
  )
}

function sameBytes(
  disk: Disk,
  paths: { readonly from: string; readonly to: string },
  length: number,
): boolean {
  return withFile(disk, paths.from, (from) =>
    withFile(disk, paths.to, (to) => {
      for (let offset = 0; offset < length; offset += comparedBytesMax) {
        const bytes = Math.min(comparedBytesMax, length - offset)
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
