import type { AppendCondition, ExpectedRevision } from '../event/append-condition.ts'
import type { NewEvent, RecordedEvent } from '../event/event.ts'
import type { Position } from '../event/position.ts'
import type { RetentionPolicy, RetentionScope } from '../event/retention.ts'
import type { Selection } from '../event/selection.ts'
import type { Revision } from '../event/stream.ts'

/**
 * The port between the model and a store: the same for every store, and held together by the conformance suite in
 * `@annals/testing`.
 *
 * Every method throws (rejects with) an `AnnalsError`: `store-closed` after `close`, `invalid-argument` and
 * `limit-exceeded` for arguments that are not of their form, and what is named at the method.
 */
export interface EventStore {
  /**
   * Records events in one stream, or in several, all or none. Durable, as far as the store is, when the promise
   * resolves, and visible to no reader earlier. Calls made one after the other take effect in that order.
   *
   * An append whose events all have ids may be repeated: once all ids are known it answers as it did the first time,
   * whatever its conditions; if only some are known nothing is recorded.
   *
   * @throws AnnalsError `wrong-expected-revision`, `append-condition-failed`, `stream-tombstoned`, `invalid-event`,
   *   `event-ids-partly-known`, `event-ids-reused`; from durable stores also `store-failed`, `store-read-only`,
   *   `disk-full`, `disk-error`
   */
  append(appends: StreamAppend | readonly StreamAppend[], condition?: AppendCondition): Promise<Appended>

  /**
   * Reads the selected events that are visible when the first of them is asked for; what is appended while reading is
   * not seen. Reading a stream that does not exist yields nothing.
   */
  read(selection: Selection, options?: ReadOptions): EventReader

  /** Reads the selected events in order, and goes on with each new one as it is recorded. */
  subscribe(selection: Selection, options?: SubscribeOptions): Subscription

  /** What is known of one stream; `undefined` if no event was ever recorded in it. */
  stream(name: string): Promise<StreamInfo | undefined>

  /** All streams, or those of one category, by name in UTF-16 code unit order; tombstoned ones included. */
  streams(options?: StreamsOptions): AsyncIterable<StreamInfo>

  /** The position of the last event that readers can see, or `startOfLog`. */
  head(): Promise<Position>

  /** Sets how long the events of a stream or category are kept; `null` removes the policy. Hidden at once in every read. */
  retain(scope: RetentionScope, policy: RetentionPolicy | null): Promise<void>

  /**
   * Hides the events of a stream before a revision, at once and in every read. The stream keeps its revision.
   * Truncating before an earlier revision than last time changes nothing.
   *
   * @throws AnnalsError `stream-not-found`, `stream-tombstoned`; `invalid-argument` if `beforeRevision` lies beyond
   *   the revision that follows the last event
   */
  truncate(stream: string, options: { readonly beforeRevision: Revision }): Promise<void>

  /**
   * Ends a stream for ever: its events are hidden and it takes no more. Tombstoning it again changes nothing.
   *
   * @throws AnnalsError `stream-not-found`, `wrong-expected-revision`
   */
  tombstone(stream: string, options?: { readonly expectedRevision?: ExpectedRevision }): Promise<void>

  /**
   * Waits for running appends and frees everything. Readers and subscriptions that are not at their end yet get
   * `store-closed` when they ask for more. Closing again changes nothing.
   */
  close(): Promise<void>
}

/** The events to be recorded in one stream. At least one; a stream is named once in an append. */
export interface StreamAppend {
  readonly stream: string
  readonly events: readonly NewEvent[]
  /** Default: `'any'`. */
  readonly expectedRevision?: ExpectedRevision | undefined
}

/** What an append recorded. */
export interface Appended {
  /** The events as recorded, in the order in which they were given. */
  readonly events: readonly RecordedEvent[]
  /** The position of the last of them. */
  readonly position: Position
  /** The revision of the last event of each stream, in the order of the append. */
  readonly streams: readonly { readonly stream: string; readonly revision: Revision }[]
}

/** Bounds and direction of a read. */
export interface ReadOptions {
  /** Default: `'forwards'`, the order in which they were recorded. */
  readonly direction?: 'forwards' | 'backwards' | undefined
  /** The most events to read. 0 reads none. Default: no limit. */
  readonly limit?: number | undefined
  /** Only events after this position, exclusive: a checkpoint. It may lie beyond the head. Default: from the start. */
  readonly after?: Position | undefined
  /** Only events up to this position, inclusive. Default: up to the head. */
  readonly upTo?: Position | undefined
}

/**
 * Events one by one, or in batches as they come from the store, which is faster for whoever folds. It is read once;
 * leaving the loop early frees what it held. Memory is bounded by a batch however many events there are.
 */
export interface EventReader extends AsyncIterable<RecordedEvent> {
  batches(): AsyncIterable<readonly RecordedEvent[]>
}

/** Where a subscription starts, and what ends it. */
export interface SubscribeOptions {
  /** The checkpoint: the first event is the first one after this position. Default: from the start of the log. */
  readonly after?: Position | undefined
  /** Ends the subscription without an error. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Catch-up, then live, in one sequence with neither gap nor duplicate. A subscriber that is slow is simply behind: events
 * wait in the store, not in memory. It is read once, and ends when its signal aborts, `close` is called or the loop is left.
 */
export interface Subscription extends AsyncIterable<RecordedEvent> {
  /** The events in batches, each saying how far the subscriber has come. */
  batches(): AsyncIterable<SubscriptionBatch>
  /** Ends the subscription without an error. */
  close(): void
}

/** Some of the events of a subscription; none if only the position has moved. */
export interface SubscriptionBatch {
  readonly events: readonly RecordedEvent[]
  /** Every selected event up to and including this position has been delivered: the checkpoint to keep. */
  readonly position: Position
  /** Whether the subscription has caught up with the head: the signal between catch-up and live. */
  readonly live: boolean
}

/** What is known of one stream. */
export interface StreamInfo {
  readonly stream: string
  readonly category: string
  /** The revision of the last event, hidden or not. */
  readonly revision: Revision
  /** The revision of the first event not hidden by truncation or retention; `revision + 1` if all are hidden. */
  readonly firstRevision: Revision
  readonly tombstoned: boolean
  /** The policy in force: the stream's own, or its category's. */
  readonly retention: RetentionPolicy | undefined
}

/** Which streams to list. */
export interface StreamsOptions {
  readonly category?: string | undefined
  /** Only streams whose name comes after this one. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
}
