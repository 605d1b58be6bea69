import { join } from 'node:path'
import { isAnnalsError } from '@annals/core'
import { addressOf, segmentOf } from './address.ts'
import { PieceCache } from './cache.ts'
import { type Disk, type DiskFile, readFully } from './disk.ts'
import { type Head, readHead } from './head-file.ts'
import { zstdAtOnce } from './sealed/compression.ts'
import { SealedDamage } from './sealed/sealed-format.ts'
import { SealedSegment } from './sealed/sealed-segment.ts'
import { segmentHeaderBytes, segmentName, segmentProblem } from './segment.ts'
import { isSealedName, segmentFiles } from './segment-files.ts'
import { inspectDirectory, readMarker, storeNotFound } from './store-directory.ts'
import type { Damage } from './verify.ts'

/** A log of which nothing is taken for granted, with its files open. */
export interface DamagedLog {
  readonly storeId: string
  /** What it says is believed, since it has a checksum. */
  readonly head: Head | undefined
  /** In the order in which they belong, by what they say of themselves rather than by their names. */
  readonly segments: readonly DamagedSegment[]
  /** What is wrong with the files as such: missing, of another store, or without a sound header. */
  readonly damage: readonly Damage[]
  close(): void
}

/** A segment file of a damaged log. */
export interface DamagedSegment {
  readonly ordinal: number
  readonly path: string
  readonly file: DiskFile
  /** Whether it is sealed. */
  readonly isSealed: boolean
  /** Its blocks, if it is sealed and its table is sound; without the table nothing of it can be found. */
  readonly sealed: SealedSegment | undefined
}

/**
 * Opens what is left of a log. A damaged marker is made up for by what the segments say.
 *
 * @throws AnnalsError `store-not-found`, `not-a-store` if there is not even a sound segment, `store-format-unsupported`
 */
export function openDamagedLog(disk: Disk, directory: string): DamagedLog {
  if (!disk.exists(directory)) throw storeNotFound(directory)
  const found: FoundSegment[] = []
  const close = () => {
    for (const { file } of found) file.close()
  }
  try {
    for (const [named, name] of segmentFiles(disk, directory))
      found.push(findSegment(disk, join(directory, name), named))
    const storeId = storeIdOf(disk, directory, found)
    const own = found.filter((segment) => segment.storeId === undefined || segment.storeId === storeId)
    const segments = own.sort((a, b) => a.ordinal - b.ordinal)
    const head = readHead(disk, directory, storeId)
    const damage = [
      ...found.filter((segment) => !own.includes(segment)).map(foreignFile),
      ...segments.flatMap(({ path: file, problem }) =>
        problem === undefined ? [] : [{ file, offset: 0, bytes: segmentHeaderBytes, problem }],
      ),
      ...missingFiles(directory, segments, head),
    ]
    return { storeId, head, segments, damage, close }
  } catch (error) {
    close()
    throw error
  }
}

interface FoundSegment extends DamagedSegment {
  /** `undefined` if the header is not sound; the ordinal is then that of the name. */
  readonly storeId: string | undefined
  readonly problem: string | undefined
}

function findSegment(disk: Disk, path: string, named: number): FoundSegment {
  const file = disk.open(path, 'read')
  const header = readFully(file, Buffer.alloc(segmentHeaderBytes), 0)
  const isWhole = header.length === segmentHeaderBytes
  const ordinal = isWhole ? header.readUInt32LE(12) : named
  const storeId = isWhole ? header.toString('hex', 16, 32) : ''
  const firstPosition = isWhole ? header.readDoubleLE(32) : 0
  const isSealed = isSealedName(path)
  const { sealed, problem } = isSealed
    ? findBlocks(file, { ordinal, storeId, firstPosition })
    : { sealed: undefined, problem: segmentProblem(file, { ordinal, storeId, firstPosition }) }
  return problem === undefined
    ? { ordinal, path, file, isSealed, sealed, storeId, problem }
    : { ordinal: named, path, file, isSealed, sealed, storeId: undefined, problem }
}

const cacheBytes = 16 * 1024 * 1024

function findBlocks(
  file: DiskFile,
  expected: { readonly ordinal: number; readonly storeId: string; readonly firstPosition: number },
): { readonly sealed: SealedSegment | undefined; readonly problem: string | undefined } {
  try {
    const sealed = new SealedSegment(file, expected, zstdAtOnce, new PieceCache(cacheBytes))
    // What cannot be found or decoded without them is asked for here.
    void [sealed.table, sealed.dictionary, sealed.roots()]
    return { sealed, problem: undefined }
  } catch (error) {
    if (error instanceof SealedDamage) return { sealed: undefined, problem: error.message }
    throw error
  }
}

function storeIdOf(disk: Disk, directory: string, found: readonly FoundSegment[]): string {
  try {
    if (inspectDirectory(disk, directory) !== 'store') throw storeNotFound(directory)
    return readMarker(disk, directory).storeId
  } catch (error) {
    const storeId = found.find((segment) => segment.storeId !== undefined)?.storeId
    if (isAnnalsError(error, 'not-a-store') && storeId !== undefined) return storeId
    throw error
  }
}

function foreignFile({ path, file }: FoundSegment): Damage {
  return { file: path, offset: 0, bytes: file.size(), problem: 'it belongs to another store' }
}

function missingFiles(
  directory: string,
  segments: readonly DamagedSegment[],
  head: Head | undefined,
): readonly Damage[] {
  const missing: Damage[] = []
  let next = 0
  const expect = (ordinal: number) => {
    if (ordinal <= next) return
    const file = join(directory, segmentName(next))
    // As one, since a file that is none of ours may have any number as its name.
    const problem =
      ordinal - next === 1 ? 'the file is missing' : `${ordinal - next} files from this one on are missing`
    missing.push({ file, offset: 0, bytes: 0, problem })
  }
  for (const { ordinal } of segments) {
    expect(ordinal)
    next = ordinal + 1
  }
  const last = segments.at(-1)
  if (!head) return missing
  expect(segmentOf(head.durable) + 1)
  if (
    last &&
    head.durable > addressOf(last.ordinal, last.file.size()) &&
    segmentOf(head.durable) === last.ordinal
  )
    missing.push({
      file: last.path,
      offset: last.file.size(),
      bytes: head.durable - addressOf(last.ordinal, last.file.size()),
      problem: 'the file ends here, but more of it had been durable',
    })
  return missing
}
