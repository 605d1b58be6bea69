import { addressOf } from './address.ts'
import {
  type CommitHeader,
  commitAlignment,
  commitHeaderBytes,
  commitKinds,
  commitLength,
  looksLikeCommit,
  readCommitHeader,
} from './commit.ts'
import { type DiskFile, readFully } from './disk.ts'
import { checkRecord, recordLayout } from './event-record.ts'
import { type CommitVisitor, inspectTail, nextSoundCommit, scanCommits } from './scan.ts'
import { SealedScan } from './sealed/sealed-scan.ts'
import type { SealedSegment } from './sealed/sealed-segment.ts'
import { segmentHeaderBytes } from './segment.ts'

/** What is met on the way through a damaged segment: a sound commit, bytes that hold none, or where events were removed. */
export type SalvageStep = SoundCommit | LostBytes | RemovedEvents

/** Events that are not there any more, and are not lost: they were hidden. */
export interface RemovedEvents {
  readonly kind: 'removed'
  /** The position of the last of them; the first is the one that is expected. */
  readonly upTo: number
  readonly offset: number
}

/** A commit whose checksum holds: where it begins in `bytes`, and where its content ends. */
export interface SoundCommit {
  readonly kind: 'commit'
  readonly header: CommitHeader
  readonly bytes: Buffer
  readonly at: number
  readonly end: number
  /** In the file. */
  readonly offset: number
}

/** Bytes in which there is no sound commit. */
export interface LostBytes {
  readonly kind: 'lost'
  readonly offset: number
  readonly bytes: number
  readonly problem: string
  /** Events in them that are sound by themselves, though not as part of their commit. */
  readonly events: readonly LostEvent[]
}

/** What is known of an event that is lost. */
export interface LostEvent {
  readonly stream: string
  readonly revision: number
}

/**
 * Goes through a segment behind its header, and beyond each damage to the next sound commit.
 *
 * What a crash left unfinished at the end of the last segment is no loss, by the same rule as when a store is opened:
 * nobody can have been told that it was recorded, unless the head or a later commit shows that it had been durable.
 *
 * @param durable the address up to which the last segment is known to have been durable; `undefined` for all others
 */
export function* salvageSteps(
  { file, ordinal }: { readonly file: DiskFile; readonly ordinal: number },
  durable: number | undefined,
): Generator<SalvageStep> {
  const size = file.size()
  for (let offset = Math.min(size, segmentHeaderBytes); offset < size; ) {
    const slice = Math.min(size, offset + sliceBytes)
    const commits: SoundCommit[] = []
    const scan = scanCommits(file, offset, size, (bytes, at, end, from) => {
      if (from >= slice) return endOfSlice
      commits.push({ kind: 'commit', header: readCommitHeader(bytes, at), bytes, at, end, offset: from })
      return undefined
    })
    yield* commits
    offset = scan.offset
    if (scan.problem === undefined || scan.problem === endOfSlice) continue
    const isTorn =
      durable !== undefined &&
      durable <= addressOf(ordinal, offset) &&
      !inspectTail(file, ordinal, offset).wasDurable
    if (isTorn) return
    const next = nextSoundCommit(file, offset + commitAlignment, size)?.offset ?? size
    const events = [...soundEvents(file, offset, next)]
    yield { kind: 'lost', offset, bytes: next - offset, problem: scan.problem, events }
    offset = next
  }
}

/**
 * The same for a sealed segment, block by block. A block is sound as a whole or not at all; commits that reach into one that
 * is not are lost with it, and it goes on with the next block that begins with a commit.
 */
export function* salvageSealed(sealed: SealedSegment): Generator<SalvageStep> {
  const scan = new SealedScan(sealed, { hashes: true })
  const { offsets, lengths } = sealed.table
  let steps: SalvageStep[] = []
  let next = sealed.firstPosition
  let isKnown = true
  const visit: CommitVisitor = (bytes, at, end, offset) => {
    const header = readCommitHeader(bytes, at)
    const first = header.kind === commitKinds.append ? header.position : header.position + 1
    // Behind damage it is not known what was removed and what is lost.
    if (isKnown && first > next) steps.push({ kind: 'removed', upTo: first - 1, offset })
    steps.push({ kind: 'commit', header, bytes, at, end, offset })
    next = first + header.eventCount
    isKnown = true
    return undefined
  }
  for (let index = 0; index < offsets.length; index++) {
    const problem = scan.next(index, visit)
    yield* steps
    steps = []
    if (!problem) continue
    isKnown = false
    yield {
      kind: 'lost',
      offset: offsets[index] as number,
      bytes: lengths[index] as number,
      problem,
      events: [],
    }
  }
  scan.end(visit)
  yield* steps
  if (isKnown && next <= sealed.lastPosition)
    yield { kind: 'removed', upTo: sealed.lastPosition, offset: sealed.footer.tableOffset }
}

const sliceBytes = 4 * 1024 * 1024
const endOfSlice = 'end of slice'

/** The sound events of the commits between two offsets, as far as their lengths lead from one to the next. */
function* soundEvents(file: DiskFile, from: number, to: number): Generator<LostEvent> {
  for (let offset = from; offset + commitHeaderBytes <= to; ) {
    const header = readFully(file, Buffer.alloc(commitHeaderBytes), offset)
    if (!looksLikeCommit(header, 0) || offset + commitLength(header, 0) > to) return
    const bytes = readFully(file, Buffer.allocUnsafe(commitLength(header, 0)), offset)
    for (let at = commitHeaderBytes; ; ) {
      const layout = recordLayout(bytes, at)
      if (!layout || layout.end <= at) break
      if (checkRecord(bytes, at, layout.end))
        yield { stream: bytes.toString('utf8', layout.stream, layout.type), revision: layout.revision }
      at = layout.end
    }
    offset += bytes.length
  }
}
