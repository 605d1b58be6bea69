import { join } from 'node:path'
import { addressOf, offsetOf, segmentOf } from './address.ts'
import { readCommitHeader } from './commit.ts'
import type { Disk, DiskFile } from './disk.ts'
import { type Head, readHead } from './head-file.ts'
import { inspectTail, scanCommits } from './scan.ts'
import { damaged, isUnfinished, segmentHeaderBytes, segmentName } from './segment.ts'
import { isSealedName, segmentFiles } from './segment-files.ts'

/** A segment as it is to be copied: all of its file, or as much of it as is durable. */
export interface SegmentSource {
  readonly ordinal: number
  readonly name: string
  readonly bytes: number
}

/**
 * The segments of a store up to what is durable at this moment, without gaps, beside a running writer or without one.
 *
 * @throws AnnalsError `store-damaged` if a segment is missing, or shorter than what had been durable
 */
export function segmentsToCopy(disk: Disk, directory: string, storeId: string): readonly SegmentSource[] {
  const head = readHeadPatiently(disk, directory, storeId)
  // Listed later than the head was read, so that all that it speaks of is there.
  const files = segmentFiles(disk, directory)
  let last = Math.max(-1, ...files.keys())
  // One that is just being made, or was when the machine stopped, holds nothing yet.
  const lastName = files.get(last)
  // One that is sealed is sealed only when the next has been made.
  const mayBeUnfinished = lastName && !isSealedName(lastName) && !isSealedName(files.get(last - 1) ?? '')
  if (mayBeUnfinished)
    if (withFile(disk, join(directory, lastName), (file) => isUnfinished(file, last, head?.durable))) last--
  const expected = segmentOf(head?.durable ?? 0)
  if (expected > last) throw damaged(join(directory, segmentName(expected)), 0, 'the file is missing')
  return Array.from({ length: last + 1 }, (_, ordinal) => {
    const name = files.get(ordinal)
    if (name === undefined) throw damaged(join(directory, segmentName(ordinal)), 0, 'the file is missing')
    return withFile(disk, join(directory, name), (file) => ({
      ordinal,
      name,
      bytes: ordinal < last || isSealedName(name) ? file.size() : durableEnd(file, ordinal, head),
    }))
  })
}

/** Does something with a file that is open for reading, and closes it. */
export function withFile<Result>(disk: Disk, path: string, use: (file: DiskFile) => Result): Result {
  const file = disk.open(path, 'read')
  try {
    return use(file)
  } finally {
    file.close()
  }
}

// It is overwritten in place, so it may be met half-written; a writer that is alive has ended that in a moment.
function readHeadPatiently(disk: Disk, directory: string, storeId: string): Head | undefined {
  for (let attempt = 1; ; attempt++) {
    const head = readHead(disk, directory, storeId)
    if (head || attempt === headReadsMax) return head
  }
}

const headReadsMax = 5

/**
 * Where what is durable of the last segment ends. After a crash of the machine the head may say less than that, and then
 * the commits themselves say more: each was written when everything up to an address that it names was durable. Only of
 * the last group nothing is known until a writer opens the store.
 */
function durableEnd(file: DiskFile, ordinal: number, head: Head | undefined): number {
  const size = file.size()
  const known = head && segmentOf(head.durable) === ordinal ? offsetOf(head.durable) : segmentHeaderBytes
  if (known > size) throw damaged(file.path, size, 'the file ends here, but more of it had been durable')
  let durable = addressOf(ordinal, known)
  for (let before = -1; ; ) {
    const { offset, problem } = scanCommits(file, known, size, (bytes, at) => {
      durable = Math.max(durable, readCommitHeader(bytes, at).durableUpTo)
      return undefined
    })
    // Whoever opens it for writing writes a head; so nobody has, and nobody is still about to sync.
    const end = head ? offsetOf(durable) : offset
    if (problem === undefined || !inspectTail(file, ordinal, offset).wasDurable) return end
    // A writer may have written here after the scan; if so it is sound now.
    if (offset === before) throw damaged(file.path, offset, problem)
    before = offset
  }
}
