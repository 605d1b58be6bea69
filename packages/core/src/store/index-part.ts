import type { Position } from '../event/position.ts'
import type { RetentionPolicy } from '../event/retention.ts'
import type { Revision } from '../event/stream.ts'
import type { Postings } from './posting.ts'

/** What events are found by, beside their streams and ids. */
export type NameKind = 'category' | 'type' | 'tag'

/**
 * What is known of the events in one range of positions: how to find them, and which changes of retention were made among
 * them. An `EventIndex` is made of such parts, each following the one before without a gap.
 */
export interface IndexPart {
  /** The position of its first event. */
  readonly first: Position
  /** The position of its last event, one before the first if it has none. */
  readonly last: Position
  /** How many streams have their first event in it, whether or not that is still there. */
  readonly streamsBegun: number
  /** Whether any change of retention was made in it. */
  readonly hasChanges: boolean
  /** The category policies that were set in it, and `null` for those that were removed. */
  readonly categoryPolicies: ReadonlyMap<string, RetentionPolicy | null>
  /** The events of a stream, if it has any in this part. */
  stream(name: string): StreamPart | undefined
  /** What was changed for a stream in this part. */
  change(stream: string): StreamChange | undefined
  /** The positions of the events with a name; nothing if there are none. */
  postings(kind: NameKind, name: string): Postings | undefined
  /** Where the events with an id may be: all that have it are among them. */
  positionsOfId(id: string): readonly Position[]
  /** The names of the streams with events in this part, in order, from after a name or else from the start. */
  streamNames(after: string | undefined, category: string | undefined): Iterable<string>
}

/** The events of a stream in one part. What is missing of them is always the beginning, and was hidden before. */
export interface StreamPart {
  /** The revision of its last event in this part, whether or not that is still there. */
  readonly lastRevision: Revision
  /** The revision of the first event that is there; `lastRevision + 1` if none is. */
  readonly firstRevision: Revision
  readonly postings: Postings
  /** The position of the event with a revision from the first to the last. */
  positionAt(revision: Revision): Position
}

/** What was changed for a stream in one part. */
export interface StreamChange {
  /** The highest revision that it was truncated before, or 0. */
  readonly truncatedBefore: Revision
  readonly tombstoned: boolean
  /** The policy that was set last; `null` if it was removed, nothing if none was set. */
  readonly retention: RetentionPolicy | null | undefined
}
