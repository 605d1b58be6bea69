import { addressOf } from './address.ts'
import {
  type CommitHeader,
  checkCommit,
  commitAlignment,
  commitHeaderBytes,
  commitLength,
  looksLikeCommit,
  readCommitHeader,
} from './commit.ts'
import { type DiskFile, readFully } from './disk.ts'

const chunkBytes = 4 * 1024 * 1024

/** Is shown a commit: where it begins in `bytes`, where its content ends, and its offset in the file. Answers what is wrong with it, if anything. */
export type CommitVisitor = (bytes: Buffer, at: number, end: number, offset: number) => string | undefined

/** Where a scan ended, and why. */
export interface ScanEnd {
  /** The offset of the first byte that belongs to no commit. */
  readonly offset: number
  /** What is wrong there; `undefined` at the end of what was to be scanned. */
  readonly problem: string | undefined
}

/** Goes through the commits of a segment between two offsets, checking each. */
export function scanCommits(file: DiskFile, from: number, to: number, visit: CommitVisitor): ScanEnd {
  let chunk: Buffer = Buffer.alloc(0)
  let chunkOffset = from
  for (let offset = from; offset < to; ) {
    const need = (length: number): boolean => {
      const at = offset - chunkOffset
      if (at + length <= chunk.length) return true
      if (offset + length > to) return false
      chunk = readFully(file, Buffer.allocUnsafe(Math.min(to - offset, Math.max(chunkBytes, length))), offset)
      chunkOffset = offset
      return length <= chunk.length
    }
    if (!need(commitHeaderBytes)) return { offset, problem: 'it ends within the header of a commit' }
    if (!looksLikeCommit(chunk, offset - chunkOffset))
      return { offset, problem: 'there is no commit where one should begin' }
    const length = commitLength(chunk, offset - chunkOffset)
    if (!need(length))
      return { offset, problem: `a commit of ${length} bytes begins here, and the file ends before it` }
    const at = offset - chunkOffset
    const end = checkCommit(chunk, at)
    if (end === undefined) return { offset, problem: 'the checksum of a commit does not hold' }
    const problem = visit(chunk, at, end, offset)
    if (problem) return { offset, problem }
    offset += length
  }
  return { offset: to, problem: undefined }
}

/** What lies behind the last good commit of a segment. */
export interface Tail {
  /** The end of the last byte that is not zero; `from` if all are. */
  readonly end: number
  /** Whether a sound commit behind `from` shows that the bytes at `from` had been durable before it was written. */
  readonly wasDurable: boolean
}

/**
 * Looks at everything behind an offset. Commits that were not synced yet may reach the disk in any order, so a sound
 * commit behind a broken one proves nothing, unless it says that everything up to behind the broken one was durable when
 * it was written.
 */
export function inspectTail(file: DiskFile, ordinal: number, from: number): Tail {
  const size = file.size()
  let end = from
  let wasDurable = false
  for (let offset = from; offset < size; offset += chunkBytes) {
    const chunk = readFully(file, Buffer.allocUnsafe(Math.min(chunkBytes, size - offset)), offset)
    const last = lastNonZero(chunk)
    if (last === -1) continue
    end = offset + last + 1
    for (
      let at = (commitAlignment - (offset % commitAlignment)) % commitAlignment;
      at <= last && !wasDurable;
      at += commitAlignment
    ) {
      if (!looksLikeCommit(chunk, at) && at + commitHeaderBytes <= chunk.length) continue
      wasDurable = offset + at > from && provesDurable(file, offset + at, size, addressOf(ordinal, from))
    }
  }
  return { end, wasDurable }
}

/**
 * The first sound commit that begins between two offsets and ends before the second; none is seen where there was none,
 * since its first bytes are in no text. Reads everything once, however much of it is damaged.
 */
export function nextSoundCommit(
  file: DiskFile,
  from: number,
  to: number,
): { readonly offset: number; readonly header: CommitHeader } | undefined {
  for (let offset = from; offset < to; offset += chunkBytes) {
    // Some bytes more, so that the header of a commit is seen whole wherever it begins.
    const length = Math.min(to - offset, chunkBytes + commitHeaderBytes)
    const chunk = readFully(file, Buffer.allocUnsafe(length), offset)
    for (let at = 0; at < Math.min(chunkBytes, chunk.length); at += commitAlignment) {
      if (!looksLikeCommit(chunk, at) || offset + at + commitLength(chunk, at) > to) continue
      const bytes = readFully(file, Buffer.allocUnsafe(commitLength(chunk, at)), offset + at)
      if (checkCommit(bytes, 0) !== undefined)
        return { offset: offset + at, header: readCommitHeader(bytes, 0) }
    }
  }
  return undefined
}

function provesDurable(file: DiskFile, offset: number, size: number, before: number): boolean {
  const header = readFully(file, Buffer.allocUnsafe(Math.min(commitHeaderBytes, size - offset)), offset)
  if (!looksLikeCommit(header, 0)) return false
  const length = commitLength(header, 0)
  // What could prove nothing need not be read.
  if (offset + length > size || readCommitHeader(header, 0).durableUpTo <= before) return false
  const bytes = readFully(file, Buffer.allocUnsafe(length), offset)
  return checkCommit(bytes, 0) !== undefined
}

function lastNonZero(bytes: Buffer): number {
  for (let index = bytes.length - 1; index >= 0; index--) if (bytes[index] !== 0) return index
  return -1
}
