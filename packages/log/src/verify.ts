import { type OnProgress, type Position, ProgressMeter } from '@annals/core'
import { type Address, addressOf } from './address.ts'
import { PieceCache } from './cache.ts'
import { commitAlignment, commitHeaderBytes, commitKinds, isInPlace, readCommitHeader } from './commit.ts'
import { decodeTags, recordLayout } from './event-record.ts'
import { type CommitVisitor, nextSoundCommit, scanCommits } from './scan.ts'
import type { Compression } from './sealed/compression.ts'
import { SealedDamage, sealedHeaderBytes } from './sealed/sealed-format.ts'
import { SealedScan } from './sealed/sealed-scan.ts'
import { SealedSegment } from './sealed/sealed-segment.ts'
import { type Segment, segmentHeaderBytes, segmentProblem } from './segment.ts'
import { SegmentDigest } from './table/segment-digest.ts'

/** What can be said to `verify`. */
export interface VerifyOptions {
  /** Counts bytes. */
  readonly onProgress?: OnProgress | undefined
}

/** What `verify` found. */
export interface VerifyReport {
  /** Sound commits. */
  readonly commits: number
  /** Sound events in them. */
  readonly events: number
  /** Bytes read. */
  readonly bytes: number
  /** Nothing if the store is sound. */
  readonly damage: readonly Damage[]
}

/** Bytes that are not what was written. */
export interface Damage {
  readonly file: string
  /** Where it begins. */
  readonly offset: number
  /** How many bytes until the next sound commit, or the end. */
  readonly bytes: number
  readonly problem: string
}

/** A segment and where what is to be verified of its file ends. */
export interface SegmentToVerify {
  readonly segment: Segment
  readonly end: number
  readonly isSealed: boolean
}

/** What was found in a sealed segment that is sound, to compare index tables with. */
export interface SealedSummary {
  /** The sum of the hashes of what its index has to hold. */
  readonly digest: number
  readonly generation: number
  readonly lastPosition: Position
}

/** Reads every byte of segments again, up to their ends, and checks all that can be checked of it. */
export async function verifySegments(
  segments: readonly SegmentToVerify[],
  storeId: string,
  compression: Compression,
  {
    onProgress,
    onSealed,
  }: VerifyOptions & { readonly onSealed?: (ordinal: number, summary: SealedSummary) => void },
): Promise<VerifyReport> {
  const total = segments.reduce((sum, { end }) => sum + end, 0)
  const meter = new ProgressMeter(onProgress)
  const damage: Damage[] = []
  let commits = 0
  let events = 0
  let bytes = 0
  // Where the segment before ended, if it was sound to its end.
  let before: { readonly ordinal: number; readonly position: Position } | undefined
  for (const { segment, end, isSealed } of segments) {
    const { file, path, ordinal, firstPosition } = segment
    if (isSealed) {
      const found = await verifySealed(segment, storeId, compression, (done) =>
        meter.update(bytes + done, total),
      )
      const gap = gapProblem(before, ordinal, firstPosition)
      if (gap) damage.push({ file: path, offset: 0, bytes: sealedHeaderBytes, problem: gap })
      damage.push(...found.damage)
      commits += found.commits
      events += found.events
      bytes += end
      before = found.damage.length === 0 && !gap ? { ordinal, position: found.nextPosition } : undefined
      if (found.summary) onSealed?.(ordinal, found.summary)
      continue
    }
    const damageBefore = damage.length
    const header = segmentProblem(file, { ...segment, storeId }) ?? gapProblem(before, ordinal, firstPosition)
    if (header) damage.push({ file: path, offset: 0, bytes: segmentHeaderBytes, problem: header })
    let position = firstPosition
    // What the commit before says of its group; not known behind damage.
    let group: Address | undefined = 0
    for (let offset = segmentHeaderBytes; offset < end; ) {
      // A slice at a time, so that whoever waits for something else in this process is not kept waiting.
      const slice = Math.min(end, offset + sliceBytes)
      let reached = offset
      const scan = scanCommits(file, offset, end, (chunk, at, contentEnd, from) => {
        reached = from
        if (from >= slice) return endOfSlice
        const header = readCommitHeader(chunk, at)
        const isThere = isInPlace(header, addressOf(ordinal, from), group)
        const found = checkContent(chunk, at, contentEnd, position, isThere)
        group = header.durableUpTo
        if (found.problem)
          damage.push({ file: path, offset: from, bytes: contentEnd - at, problem: found.problem })
        else commits++
        events += found.events
        position = found.nextPosition
        return undefined
      })
      if (scan.problem === endOfSlice) {
        offset = reached
      } else if (scan.problem) {
        const next = nextSoundCommit(file, scan.offset + commitAlignment, end)
        damage.push({
          file: path,
          offset: scan.offset,
          bytes: (next?.offset ?? end) - scan.offset,
          problem: scan.problem,
        })
        offset = next?.offset ?? end
        if (next) position = next.header.position
        group = undefined
      } else {
        offset = end
      }
      meter.update(bytes + offset, total)
      await new Promise(setImmediate)
    }
    bytes += end
    before = damage.length === damageBefore ? { ordinal, position } : undefined
  }
  meter.update(total, total)
  return { commits, events, bytes, damage }
}

/** A sealed segment: all checksums, all hashes, and the contents; damaged blocks are each named. */
async function verifySealed(
  { file, path, ordinal, firstPosition }: Segment,
  storeId: string,
  compression: Compression,
  onBytes: (done: number) => void,
): Promise<{
  readonly commits: number
  readonly events: number
  readonly nextPosition: Position
  readonly damage: readonly Damage[]
  readonly summary: SealedSummary | undefined
}> {
  const damage: Damage[] = []
  let commits = 0
  let events = 0
  let next: Position | undefined = firstPosition
  let summary: SealedSummary | undefined
  const digest = new SegmentDigest()
  try {
    const expected = { ordinal, storeId, firstPosition }
    const sealed = new SealedSegment(file, expected, compression, new PieceCache(cacheBytes))
    const { offsets, lengths } = sealed.table
    for (const offset of sealed.damagedDictionaries)
      damage.push({
        file: path,
        offset,
        bytes: sealed.footer.dictionaryBytes,
        problem: 'the checksum of one of its two dictionaries does not hold',
      })
    const scan = new SealedScan(sealed, { hashes: true })
    const visit: CommitVisitor = (chunk, at, contentEnd) => {
      const { kind, position } = readCommitHeader(chunk, at)
      const first = kind === commitKinds.append ? position : position + 1
      // What is missing between commits was removed, since the hashes fit; behind damage it is not known what is.
      const found = checkContent(chunk, at, contentEnd, Math.max(next ?? first, first), true)
      if (!found.problem) commits++
      if (!found.problem && kind === commitKinds.append) addToDigest(digest, chunk, at, contentEnd, position)
      events += found.events
      next = found.nextPosition
      return found.problem
    }
    for (let index = 0; index < offsets.length; index++) {
      const problem = scan.next(index, visit)
      const offset = offsets[index] as number
      if (problem) {
        damage.push({ file: path, offset, bytes: lengths[index] as number, problem })
        next = undefined
      }
      onBytes(offset + (lengths[index] as number))
      await new Promise(setImmediate)
    }
    const problem = scan.end(visit)
    if (problem) damage.push({ file: path, offset: sealed.footer.tableOffset, bytes: 0, problem })
    next = sealed.lastPosition + 1
    if (damage.length === 0) {
      const { generation } = sealed.footer
      summary = { digest: digest.value, generation, lastPosition: sealed.lastPosition }
    }
  } catch (error) {
    if (!(error instanceof SealedDamage)) throw error
    damage.push({ file: path, offset: error.offset, bytes: 0, problem: error.message })
  }
  return { commits, events, nextPosition: next ?? firstPosition, damage, summary }
}

const cacheBytes = 16 * 1024 * 1024

function addToDigest(
  digest: SegmentDigest,
  bytes: Buffer,
  at: number,
  end: number,
  position: Position,
): void {
  let event = position
  for (let next = at + commitHeaderBytes; next < end; event++) {
    const layout = recordLayout(bytes, next, end)
    if (!layout) return
    const { stream, type, id, tags } = layout
    digest.add(event, {
      stream: bytes.toString('utf8', stream, type),
      type: bytes.toString('utf8', type, id),
      tags: decodeTags(bytes, layout),
      givenId: id === tags ? undefined : bytes.toString('utf8', id, tags),
    })
    next = layout.end
  }
}

function gapProblem(
  before: { readonly ordinal: number; readonly position: Position } | undefined,
  ordinal: number,
  firstPosition: Position,
): string | undefined {
  if (before?.ordinal !== ordinal - 1 || before.position === firstPosition) return undefined
  return `it begins at position ${firstPosition}, but the segment before ends before position ${before.position}: events between them are missing`
}

const sliceBytes = 4 * 1024 * 1024
const endOfSlice = 'end of slice'

function checkContent(
  bytes: Buffer,
  at: number,
  end: number,
  expected: number,
  isThere: boolean,
): { readonly events: number; readonly nextPosition: number; readonly problem?: string } {
  const { kind, position, eventCount } = readCommitHeader(bytes, at)
  const text = (from: number, to: number) => JSON.parse(bytes.toString('utf8', from, to)) as unknown
  const nextPosition = kind === commitKinds.append ? position + eventCount : expected
  const wanted = kind === commitKinds.append ? expected : expected - 1
  if (position !== wanted)
    return { events: 0, nextPosition, problem: `a commit for position ${position}, expected ${wanted}` }
  if (!isThere) return { events: 0, nextPosition, problem: 'a commit was written for another place' }
  let next = at + commitHeaderBytes
  try {
    if (kind !== commitKinds.append) {
      text(next, end)
      return { events: 0, nextPosition }
    }
    for (let event = 0; event < eventCount; event++) {
      const layout = recordLayout(bytes, next, end)
      if (!layout)
        return {
          events: event,
          nextPosition,
          problem: `the lengths of the event at position ${position + event} do not fit together`,
        }
      text(layout.data, layout.metadata)
      if (layout.hasMetadata) text(layout.metadata, layout.end)
      next = layout.end
    }
  } catch (error) {
    return {
      events: 0,
      nextPosition,
      problem: `a commit at position ${position} holds text that is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    }
  }
  return next === end
    ? { events: eventCount, nextPosition }
    : { events: 0, nextPosition, problem: 'a commit does not end where its events end' }
}
