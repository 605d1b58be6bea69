import type { Clock } from '../clock.ts'
import { AnnalsError } from '../errors.ts'
import type { AppendCondition } from '../event/append-condition.ts'
import { assertExpectedRevision, type ExpectedRevision } from '../event/append-condition.ts'
import type { RecordedEvent } from '../event/event.ts'
import type { Position } from '../event/position.ts'
import { assertRetention, type RetentionPolicy, type RetentionScope } from '../event/retention.ts'
import { assertSelection, assertWholeNumber, type Selection } from '../event/selection.ts'
import { assertStreamName, type Revision } from '../event/stream.ts'
import { type AppendRequest, type EventRequest, prepareAppend } from './append-request.ts'
import { randomStoreId } from './event-id.ts'
import { EventIndex, lastRevisions } from './event-index.ts'
import type {
  Appended,
  EventReader,
  EventStore,
  ReadOptions,
  StreamAppend,
  StreamInfo,
  StreamsOptions,
  SubscribeOptions,
  Subscription,
} from './event-store.ts'
import { JsonEvent } from './json-event.ts'
import { assertReadOptions, assertStreamsOptions } from './read-options.ts'
import { HeadWaiters, readerOf, subscribeByReading } from './subscription.ts'

/** Settings of a store in memory. */
export interface MemoryStoreOptions {
  /** Tells the time of recording. Default: the system's clock. */
  readonly clock?: Clock | undefined
  /** Names the store, for event ids that can be foretold; 32 hexadecimal digits. Default: random. */
  readonly storeId?: string | undefined
}

/**
 * An event store in the memory of this process, for tests and for histories that may be lost. It keeps every rule of
 * the port except durability: it is gone with the process.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): EventStore {
  return new MemoryStore(options)
}

class MemoryStore implements EventStore {
  readonly #clock: Clock
  readonly #index: EventIndex
  // By position; index 0 is the start of the log and stands for no event.
  readonly #events: (EventRequest | undefined)[] = [undefined]
  readonly #waiters = new HeadWaiters()
  #closed = false

  constructor({ clock = Date.now, storeId = randomStoreId() }: MemoryStoreOptions) {
    this.#clock = clock
    this.#index = new EventIndex({ storeId, now: clock })
  }

  async append(
    appends: StreamAppend | readonly StreamAppend[],
    condition?: AppendCondition,
  ): Promise<Appended> {
    this.#assertOpen()
    const request = prepareAppend(appends, condition)
    const positions = this.#index.check(request.streams, request.condition) ?? this.#record(request)
    const events = positions.map((position) => this.#eventAt(position))
    return { events, position: positions.at(-1) as Position, streams: lastRevisions(events) }
  }

  #record({ streams }: AppendRequest): readonly Position[] {
    const recordedAtMs = Math.max(this.#clock(), this.#index.lastRecordedAtMs)
    const positions: Position[] = []
    for (const { stream, events } of streams) {
      for (const event of events) {
        positions.push(this.#index.stage(stream, event, recordedAtMs))
        this.#events.push(event)
      }
    }
    this.#index.publish(this.#index.last)
    this.#waiters.wake()
    return positions
  }

  read(selection: Selection, options: ReadOptions = {}): EventReader {
    assertSelection(selection)
    assertReadOptions(options)
    return readerOf(() => this.#batches(selection, options))
  }

  async *#batches(selection: Selection, options: ReadOptions): AsyncGenerator<readonly RecordedEvent[]> {
    this.#assertOpen()
    const next = this.#index.select(selection, options)
    for (;;) {
      const batch: RecordedEvent[] = []
      for (let position = next(); position !== undefined; position = next()) {
        if (batch.push(this.#eventAt(position)) === batchEvents) break
      }
      if (batch.length > 0) yield batch
      if (batch.length < batchEvents) return
      this.#assertOpen()
    }
  }

  subscribe(selection: Selection, options?: SubscribeOptions): Subscription {
    this.#assertOpen()
    assertSelection(selection)
    const headBeyond = async (position: Position, signal: AbortSignal) => {
      while (!this.#closed && !signal.aborted && this.#index.published <= position)
        await this.#waiters.wait(signal)
      if (!signal.aborted) this.#assertOpen()
    }
    return subscribeByReading(
      { head: () => this.head(), read: (what, bounds) => this.read(what, bounds), headBeyond },
      selection,
      options,
    )
  }

  async stream(name: string): Promise<StreamInfo | undefined> {
    this.#assertOpen()
    assertStreamName(name)
    return this.#index.info(name)
  }

  async *streams(options: StreamsOptions = {}): AsyncGenerator<StreamInfo> {
    this.#assertOpen()
    assertStreamsOptions(options)
    yield* this.#index.infos(options)
  }

  async head(): Promise<Position> {
    this.#assertOpen()
    return this.#index.published
  }

  async retain(scope: RetentionScope, policy: RetentionPolicy | null): Promise<void> {
    this.#assertOpen()
    assertRetention(scope, policy)
    this.#index.retain(scope, policy)
  }

  async truncate(stream: string, { beforeRevision }: { readonly beforeRevision: Revision }): Promise<void> {
    this.#assertOpen()
    assertStreamName(stream)
    assertWholeNumber('beforeRevision', beforeRevision)
    this.#index.checkTruncate(stream, beforeRevision)
    this.#index.truncate(stream, beforeRevision)
  }

  async tombstone(
    stream: string,
    { expectedRevision = 'any' }: { readonly expectedRevision?: ExpectedRevision } = {},
  ): Promise<void> {
    this.#assertOpen()
    assertStreamName(stream)
    assertExpectedRevision(expectedRevision)
    this.#index.checkTombstone(stream, expectedRevision)
    this.#index.tombstone(stream)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#waiters.wake()
  }

  #eventAt(position: Position): RecordedEvent {
    const { type, tags, id, dataJson, metadataJson } = this.#events[position] as EventRequest
    return new JsonEvent({
      id: id ?? this.#index.derivedIds.idAt(position),
      type,
      tags,
      stream: this.#index.streamAt(position),
      revision: this.#index.revisionAt(position),
      position,
      recordedAtMs: this.#index.recordedAtMs(position),
      dataJson,
      metadataJson,
    })
  }

  #assertOpen(): void {
    if (this.#closed) throw new AnnalsError('store-closed', 'The store has been closed. Open it again.', {})
  }
}

const batchEvents = 1_000
