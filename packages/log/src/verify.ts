import { type OnProgress, type Position, ProgressMeter } from '@annals/core'
import { type Address, addressOf } from './address.ts'
import { commitAlignment, commitHeaderBytes, commitKinds, isInPlace, readCommitHeader } from './commit.ts'
import { recordLayout } from './event-record.ts'
import { nextSoundCommit, scanCommits } from './scan.ts'
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

/** Reads every byte of segments again, up to their ends, and checks all that can be checked of it. */
export async function verifySegments(
  segments: readonly { readonly segment: Segment; readonly end: number }[],
  storeId: string,
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
  for (const { segment, end } of segments) {
    const { file, path, ordinal, firstPosition } = segment
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
        const found = checkContent(chunk, at, contentEnd, position, addressOf(ordinal, from), group)
        group = readCommitHeader(chunk, at).durableUpTo
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
  address: Address,
  group: Address | undefined,
): { readonly events: number; readonly nextPosition: number; readonly problem?: string } {
  const header = readCommitHeader(bytes, at)
  const { kind, position, eventCount } = header
  const text = (from: number, to: number) => JSON.parse(bytes.toString('utf8', from, to)) as unknown
  const nextPosition = kind === commitKinds.append ? position + eventCount : expected
  const wanted = kind === commitKinds.append ? expected : expected - 1
  if (position !== wanted)
    return { events: 0, nextPosition, problem: `a commit for position ${position}, expected ${wanted}` }
  if (!isInPlace(header, address, group))
    return { events: 0, nextPosition, problem: 'a commit was written for another place' }
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
