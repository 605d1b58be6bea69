import { type OnProgress, type Position, ProgressMeter } from '@annals/core'
import { type Address, addressOf } from './address.ts'
import { commitAlignment, commitHeaderBytes, commitKinds, isInPlace, readCommitHeader } from './commit.ts'
import type { Compression } from './compression.ts'
import { recordLayout } from './event-record.ts'
import { nextSoundCommit, scanCommits } from './scan.ts'
import { SealedBlocks, SealedDamage, SealedScan, sealedHeaderBytes } from './sealed-segment.ts'
import { type Segment, segmentHeaderBytes, segmentProblem } from './segment.ts'

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

/** Reads every byte of segments again, up to their ends, and checks all that can be checked of it. */
export async function verifySegments(
  segments: readonly SegmentToVerify[],
  storeId: string,
  compression: Compression,
  { onProgress }: VerifyOptions,
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
}> {
  const damage: Damage[] = []
  let commits = 0
  let events = 0
  let next: Position | undefined = firstPosition
  try {
    const sealed = new SealedBlocks(file, { ordinal, storeId, firstPosition }, compression)
    const scan = new SealedScan(sealed, { hashes: true })
    for (const [index, { offset, length }] of sealed.blocks.entries()) {
      const problem = scan.next(index, (chunk, at, contentEnd) => {
        const { kind, position } = readCommitHeader(chunk, at)
        // Behind damage it is not known how many events are missing.
        const expected = next ?? (kind === commitKinds.append ? position : position + 1)
        const found = checkContent(chunk, at, contentEnd, expected, true)
        if (!found.problem) commits++
        events += found.events
        next = found.nextPosition
        return found.problem
      })
      if (problem) {
        damage.push({ file: path, offset, bytes: length, problem })
        next = undefined
      }
      onBytes(offset + length)
      await new Promise(setImmediate)
    }
    const unfinished = scan.end()
    if (unfinished)
      damage.push({ file: path, offset: unfinished.offset, bytes: 0, problem: unfinished.problem })
  } catch (error) {
    if (!(error instanceof SealedDamage)) throw error
    damage.push({ file: path, offset: error.offset, bytes: 0, problem: error.message })
  }
  return { commits, events, nextPosition: next ?? firstPosition, damage }
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
