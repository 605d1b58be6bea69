import type {
  AppendCondition,
  Appended,
  Clock,
  EventReader,
  ExpectedRevision,
  Position,
  ReadOptions,
  RecordedEvent,
  RetentionPolicy,
  RetentionScope,
  Revision,
  Selection,
  StreamAppend,
  StreamInfo,
  StreamsOptions,
  SubscribeOptions,
  Subscription,
} from '@annals/core'
import { AnnalsError } from '@annals/core'
import {
  assertExpectedRevision,
  assertReadOptions,
  assertRetention,
  assertSelection,
  assertStreamName,
  assertStreamsOptions,
  assertWholeNumber,
  HeadWaiters,
  lastRevisions,
  prepareAppend,
  readerOf,
  subscribeByReading,
} from '@annals/core/store'
import { addressOf } from './address.ts'
import type { PieceCache } from './cache.ts'
import type { Disk, DiskLock } from './disk.ts'
import type { Follower } from './follower.ts'
import type { HeadFile } from './head-file.ts'
import type { LogStats, LogStore, Recovery } from './log.ts'
import type { LogIndex, RetentionChange } from './log-index.ts'
import { LogReader } from './log-reader.ts'
import { Maintenance } from './maintenance/maintenance.ts'
import type { ScavengeOptions, ScavengeReport } from './maintenance/scavenge.ts'
import type { Compression } from './sealed/compression.ts'
import type { Segment } from './segment.ts'
import type { IndexTable } from './table/index-table.ts'
import type { VerifyOptions, VerifyReport } from './verify.ts'
import { verifyLog } from './verify-log.ts'
import { Writer } from './writer.ts'

/** The parts of a store that has been opened. */
export interface OpenedLog {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly clock: Clock
  readonly index: LogIndex
  readonly segments: Segment[]
  /** Where the last segment ends. */
  readonly end: number
  /** The last bytes before that, so that what is written behind them can be kept with them. */
  readonly tail: Buffer
  readonly recovery: Recovery | undefined
  /** The index tables of sealed segments, the oldest first. */
  readonly tables: IndexTable[]
  readonly cache: PieceCache
  readonly segmentBytesMax: number
  readonly compression: Compression
  /** Whether the same calls have the same effects in the same order each time. */
  readonly isDeterministic: boolean
  /** Whether full segments are sealed. */
  readonly seals: boolean
  readonly unsealedSegmentsMax: number
  readonly scavengeIntervalMs: number | undefined
  readonly writing: { readonly lock: DiskLock; readonly head: HeadFile } | undefined
  readonly follower: Follower | undefined
}

/** The `EventStore` over an opened log. */
export class LogEventStore implements LogStore {
  readonly directory: string
  readonly recovery: Recovery | undefined
  readonly #log: OpenedLog
  readonly #index: LogIndex
  readonly #reader: LogReader
  readonly #waiters = new HeadWaiters()
  readonly #writer: Writer | undefined
  readonly #maintenance: Maintenance | undefined
  #closing: Promise<void> | undefined

  constructor(log: OpenedLog) {
    this.#log = log
    this.#index = log.index
    this.directory = log.directory
    this.recovery = log.recovery
    this.#reader = new LogReader({
      ...log,
      durableEnd: () => this.#writer?.end ?? this.#log.follower?.end ?? 0,
      assertOpen: () => this.#assertOpen(),
    })
    if (!log.writing) return
    const { head } = log.writing
    this.#reader.raw.seed(log.segments.at(-1) as Segment, log.end, log.tail)
    this.#maintenance = new Maintenance({
      ...log,
      released: () => this.#reader.released(),
      onSealed: (ordinal) => {
        this.#reader.raw.forget(ordinal)
        this.#reserveMemory()
      },
    })
    this.#writer = new Writer({
      ...log,
      onFull: () => {
        this.#reserveMemory()
        this.#maintenance?.wake()
      },
      room: () => this.#maintenance?.room(),
      onDurable: ({ segment, offset, bytes, position }) => {
        this.#reader.raw.extend(segment, offset, bytes)
        head.write({
          durable: addressOf(segment.ordinal, offset + bytes.length),
          position,
          processId: process.pid,
        })
        this.#waiters.wake()
      },
    })
    this.#reserveMemory()
    this.#maintenance.wake()
  }

  // The index of what is not sealed is in memory too. What is added to the last part of it is not much beside the rest.
  #reserveMemory(): void {
    const { index, cache } = this.#log
    cache.reserve(index.events.memoryParts.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0))
  }

  append(appends: StreamAppend | readonly StreamAppend[], condition?: AppendCondition): Promise<Appended> {
    try {
      return this.#writable().append(prepareAppend(appends, condition), this.#answer)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  // What was just written is in the cache; what is repeated may have to be read.
  readonly #answer = (positions: readonly Position[]): Appended | Promise<Appended> => {
    const events = this.#reader.cachedEvents(positions)
    return events ? appendedOf(events) : this.#reader.events(positions).then(appendedOf)
  }

  read(selection: Selection, options: ReadOptions = {}): EventReader {
    assertSelection(selection)
    assertReadOptions(options)
    return readerOf(() => this.#batches(selection, options))
  }

  async *#batches(selection: Selection, options: ReadOptions): AsyncGenerator<readonly RecordedEvent[]> {
    await this.#reader.takeTurns()
    await this.#refresh()
    yield* this.#reader.batches(selection, options)
  }

  subscribe(selection: Selection, options: SubscribeOptions = {}): Subscription {
    this.#assertOpen()
    assertSelection(selection)
    return subscribeByReading(
      {
        head: () => this.head(),
        read: (what, bounds) => this.read(what, bounds),
        headBeyond: (position, signal) => this.#headBeyond(position, signal),
      },
      selection,
      options,
    )
  }

  async #headBeyond(position: Position, signal: AbortSignal): Promise<void> {
    const { follower } = this.#log
    while (!this.#closing && !signal.aborted && this.#index.events.published <= position) {
      if (follower) await follower.moved(signal)
      else await this.#waiters.wait(signal)
    }
    if (!signal.aborted) this.#assertOpen()
  }

  async stream(name: string): Promise<StreamInfo | undefined> {
    assertStreamName(name)
    await this.#refresh()
    return this.#index.events.info(name)
  }

  async *streams(options: StreamsOptions = {}): AsyncGenerator<StreamInfo> {
    assertStreamsOptions(options)
    await this.#refresh()
    yield* this.#index.events.infos(options)
  }

  async head(): Promise<Position> {
    await this.#refresh()
    return this.#index.events.published
  }

  async retain(scope: RetentionScope, policy: RetentionPolicy | null): Promise<void> {
    assertRetention(scope, policy)
    await this.#change({ kind: 'retain', scope, policy }, () => undefined)
  }

  async truncate(stream: string, { beforeRevision }: { readonly beforeRevision: Revision }): Promise<void> {
    assertStreamName(stream)
    assertWholeNumber('beforeRevision', beforeRevision)
    await this.#change({ kind: 'truncate', stream, beforeRevision }, () =>
      this.#index.events.checkTruncate(stream, beforeRevision),
    )
  }

  async tombstone(
    stream: string,
    { expectedRevision = 'any' }: { readonly expectedRevision?: ExpectedRevision } = {},
  ): Promise<void> {
    assertStreamName(stream)
    assertExpectedRevision(expectedRevision)
    await this.#change({ kind: 'tombstone', stream }, () =>
      this.#index.events.checkTombstone(stream, expectedRevision),
    )
  }

  async #change(change: RetentionChange, check: () => void): Promise<void> {
    await this.#writable().change(change, check)
  }

  async stats(): Promise<LogStats> {
    await this.#refresh()
    const { directory, storeId, segments, tables, index, cache } = this.#log
    return {
      directory,
      storeId,
      events: index.events.published,
      streams: index.events.streamCount,
      segments: segments.length,
      sealedSegments: segments.filter(({ sealed }) => sealed).length,
      indexTables: tables.length,
      sealing: this.#log.seals ? this.#maintenance?.status : undefined,
      diskBytes: [...segments, ...tables].reduce((sum, { file }) => sum + file.size(), 0),
      cacheBytes: cache.bytes,
      head: index.events.published,
      written: this.#writer?.counts ?? { groups: 0, syncs: 0, bytesWritten: 0 },
    }
  }

  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    this.#assertOpen()
    return verifyLog(this.directory, { ...options, disk: this.#log.disk })
  }

  async scavenge(options: ScavengeOptions = {}): Promise<ScavengeReport> {
    this.#writable()
    return (this.#maintenance as Maintenance).scavenge(options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#waiters.wake()
    const { writing, follower, segments, tables, index } = this.#log
    follower?.close()
    try {
      await this.#maintenance?.close()
      await this.#writer?.close()
      if (writing && this.#writer)
        writing.head.write({ durable: this.#writer.end, position: index.events.published, processId: 0 })
    } finally {
      await this.#reader.released()
      for (const { file } of [...segments, ...tables]) file.close()
      writing?.head.close()
      writing?.lock.release()
    }
  }

  async #refresh(): Promise<void> {
    this.#assertOpen()
    const { follower } = this.#log
    if (!follower) return
    follower.refresh()
    const retired = follower.adopt()
    if (retired.length > 0) void this.#reader.released().then(() => retired.map((file) => file.close()))
  }

  #writable(): Writer {
    this.#assertOpen()
    if (this.#writer) return this.#writer
    throw new AnnalsError(
      'store-read-only',
      `The store ${this.directory} was opened for reading only. Open it without readOnly to write.`,
      { directory: this.directory },
    )
  }

  #assertOpen(): void {
    if (this.#closing) throw new AnnalsError('store-closed', 'The store has been closed. Open it again.', {})
  }
}

function appendedOf(events: readonly RecordedEvent[]): Appended {
  return { events, position: (events.at(-1) as RecordedEvent).position, streams: lastRevisions(events) }
}
