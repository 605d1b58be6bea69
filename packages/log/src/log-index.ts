import type { RetentionPolicy, RetentionScope, Revision } from '@annals/core'
import { EventIndex, type EventIndexOptions } from '@annals/core/store'
import { type Address, addressOf } from './address.ts'
import { type CommitHeader, commitHeaderBytes, commitKinds, isInPlace, readCommitHeader } from './commit.ts'
import { decodeTags, recordLayout } from './event-record.ts'
import type { Segment } from './segment.ts'

/** A change of retention, as it is kept in a commit. */
export type RetentionChange =
  | { readonly kind: 'retain'; readonly scope: RetentionScope; readonly policy: RetentionPolicy | null }
  | { readonly kind: 'truncate'; readonly stream: string; readonly beforeRevision: Revision }
  | { readonly kind: 'tombstone'; readonly stream: string }

/** The streams of which a sealed segment holds no events any more, with the last revision that each had in it. */
export interface RemovedStreams {
  readonly kind: 'removed'
  readonly streams: readonly (readonly [stream: string, lastRevision: Revision])[]
}

/** The index of the log. */
export class LogIndex {
  readonly events: EventIndex
  #groupBefore: Address = 0

  constructor(options: EventIndexOptions) {
    this.events = new EventIndex(options)
  }

  /**
   * Takes in a commit whose checksum holds, as it was found on the disk at an offset in the file of a segment.
   *
   * @returns what does not fit to what came before, as a sentence; nothing of the commit has been taken in then
   */
  take(
    segment: Pick<Segment, 'ordinal' | 'offsets' | 'sealed'>,
    bytes: Buffer,
    at: number,
    end: number,
    offset: number,
  ): string | undefined {
    const header = readCommitHeader(bytes, at)
    const { last } = this.events
    const expected = header.kind === commitKinds.append ? last + 1 : last
    // Of a sealed segment events may have been removed, and its other checksums see to its order.
    if (segment.sealed ? header.position < expected : header.position !== expected)
      return `its commit is for position ${header.position}, expected ${expected}`
    if (!segment.sealed) {
      if (!isInPlace(header, addressOf(segment.ordinal, offset), this.#groupBefore))
        return 'its commit was written for another place'
      this.#groupBefore = header.durableUpTo
    }
    const isAppend = header.kind === commitKinds.append
    this.events.skip(isAppend ? header.position - 1 : header.position)
    if (!isAppend) return this.#takeChange(bytes, at, end, header)
    return this.#takeAppend(segment.sealed ? undefined : segment.offsets, bytes, at, end, offset, header)
  }

  /** Carries out a change of retention that is durable. Reads nothing, so that it cannot fail. */
  change(change: RetentionChange): void {
    if (change.kind === 'retain') this.events.retain(change.scope, change.policy)
    else if (change.kind === 'truncate') this.events.truncate(change.stream, change.beforeRevision)
    else this.events.tombstone(change.stream)
  }

  #takeAppend(
    offsets: Segment['offsets'] | undefined,
    bytes: Buffer,
    at: number,
    end: number,
    offset: number,
    { eventCount, recordedAtMs }: CommitHeader,
  ): string | undefined {
    const starts: number[] = []
    let next = at + commitHeaderBytes
    for (let event = 0; event < eventCount; event++) {
      const layout = recordLayout(bytes, next, end)
      if (!layout) return `the lengths of event ${event} of its commit do not fit together`
      starts.push(next)
      next = layout.end
    }
    if (next !== end || eventCount === 0) return 'its commit does not end where its events end'
    for (const start of starts) {
      const layout = recordLayout(bytes, start, end)
      if (!layout) return 'its commit changed while it was read'
      const { type, id, tags, revision } = layout
      const stream = bytes.toString('utf8', layout.stream, type)
      const known = this.events.knownRevision(stream)
      if (known !== undefined && (offsets ? revision !== known + 1 : revision <= known))
        return `the event at position ${this.events.last + 1} has revision ${revision}, expected ${known + 1}`
      const given = id === tags ? undefined : bytes.toString('utf8', id, tags)
      this.events.stage(
        stream,
        { type: bytes.toString('utf8', type, id), id: given, tags: decodeTags(bytes, layout) },
        recordedAtMs,
        revision,
      )
      offsets?.push(offset + (start - at))
    }
    return undefined
  }

  #takeChange(bytes: Buffer, at: number, end: number, { kind }: CommitHeader): string | undefined {
    try {
      const change = JSON.parse(bytes.toString('utf8', at + commitHeaderBytes, end)) as
        | RetentionChange
        | RemovedStreams
      if (commitKinds[change.kind] !== kind) return 'its commit is of one kind and says another'
      // Of a part of the log it is not known which streams there are.
      if (
        (change.kind === 'truncate' || change.kind === 'tombstone') &&
        this.events.knownRevision(change.stream) === -1
      )
        return `its change of retention is about stream "${change.stream}", of which there are no events`
      if (change.kind !== 'removed') this.change(change)
      else for (const [stream, lastRevision] of change.streams) this.events.noteRemoved(stream, lastRevision)
      return undefined
    } catch (error) {
      return `its change of retention cannot be carried out: ${error instanceof Error ? error.message : String(error)}`
    }
  }
}
