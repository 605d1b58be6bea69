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
import { addressOf, offsetOf, segmentOf } from './address.ts'
import type { BlockCache, Found } from './block-cache.ts'
import type { Compression } from './compression.ts'
import { type Disk, type DiskLock, diskError } from './disk.ts'
import { recordHeaderBytes, recordLength } from './event-record.ts'
import type { Follower } from './follower.ts'
import type { HeadFile } from './head-file.ts'
import type { LogStats, LogStore, Recovery } from './log.ts'
import { type EventOrigin, LogEvent } from './log-event.ts'
import type { LogIndex, RetentionChange } from './log-index.ts'
import { SealedDamage } from './sealed-segment.ts'
import { Sealer } from './sealer.ts'
import { damaged, type Segment, segmentEnd } from './segment.ts'
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
  readonly recovery: Recovery | undefined
  readonly cache: BlockCache
  readonly segmentBytesMax: number
  readonly compression: Compression
  /** Whether syncs are always left to a thread. */
  readonly syncsOnThreads: boolean
  /** Whether full segments are sealed. */
  readonly seals: boolean
  readonly writing: { readonly lock: DiskLock; readonly head: HeadFile } | undefined
  readonly follower: Follower | undefined
}

const batchEventsMax = 1_000
const batchBytesMax = 1024 * 1024
const readAheadBlocks = 7
// About as long as a sync of the disk takes.
const batchesPerTurnMax = 16

/** The `EventStore` over an opened log. */
export class LogEventStore implements LogStore {
  readonly directory: string
  readonly recovery: Recovery | undefined
  readonly #log: OpenedLog
  readonly #index: LogIndex
  readonly #cache: BlockCache
  readonly #waiters = new HeadWaiters()
  readonly #writer: Writer | undefined
  readonly #sealer: Sealer | undefined
  readonly #origin: EventOrigin
  readonly #working = new Set<Promise<unknown>>()
  #batchesThisTurn = 0
  #closing: Promise<void> | undefined

  constructor(log: OpenedLog) {
    this.#log = log
    this.#index = log.index
    this.directory = log.directory
    this.recovery = log.recovery
    this.#cache = log.cache
    this.#origin = {
      index: log.index.events,
      damagedAt: (position, problem) => {
        const address = log.index.addresses.at(position)
        return damaged((log.segments[segmentOf(address)] as Segment).path, offsetOf(address), problem)
      },
    }
    if (!log.writing) return
    const { head } = log.writing
    if (log.seals)
      this.#sealer = new Sealer({
        ...log,
        released: async () => void (await Promise.allSettled(this.#working)),
      })
    this.#sealer?.wake()
    this.#writer = new Writer({
      ...log,
      onFull: () => this.#sealer?.wake(),
      onDurable: ({ segment, offset, bytes, position }) => {
        this.#cache.extend(segment, offset, bytes)
        head.write({
          durable: addressOf(segment.ordinal, offset + bytes.length),
          position,
          processId: process.pid,
        })
        this.#waiters.wake()
      },
    })
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
    const events: RecordedEvent[] = []
    for (const position of positions) {
      const event = this.#cached(position)
      if (!event) return this.#holdingFiles(this.#answerFromDisk(positions))
      events.push(event)
    }
    return appendedOf(events)
  }

  async #answerFromDisk(positions: readonly Position[]): Promise<Appended> {
    const events: RecordedEvent[] = []
    for (const position of positions) events.push(this.#cached(position) ?? (await this.#load(position, 0)))
    return appendedOf(events)
  }

  read(selection: Selection, options: ReadOptions = {}): EventReader {
    assertSelection(selection)
    assertReadOptions(options)
    return readerOf(() => this.#batches(selection, options))
  }

  async *#batches(selection: Selection, options: ReadOptions): AsyncGenerator<readonly RecordedEvent[]> {
    await this.#takeTurns()
    await this.#refresh()
    const next = this.#index.events.select(selection, options)
    const readAhead = options.direction === 'backwards' ? -readAheadBlocks : readAheadBlocks
    let missed = -1
    for (let position = next(); position !== undefined; ) {
      const batch: RecordedEvent[] = []
      let bytes = 0
      while (position !== undefined && batch.length < batchEventsMax && bytes < batchBytesMax) {
        let event = this.#cached(position)
        if (!event) {
          this.#assertOpen()
          // Whoever reads on from one miss to the next is reading a long way, and wants more at a time.
          const goesOn = missed >= 0 && Math.abs(position - missed) < 4_096
          event = await this.#load(position, goesOn ? readAhead : 0)
          missed = position
        }
        bytes += event.bytes
        batch.push(event)
        position = next()
      }
      yield batch
      await this.#takeTurns()
      this.#assertOpen()
    }
  }

  // What is in memory is read without ever waiting, so that without this, reading on and on would keep everyone else from
  // their turn: the writer, whose sync has ended, and the sockets of a server.
  async #takeTurns(): Promise<void> {
    if (this.#batchesThisTurn++ < batchesPerTurnMax) return
    await new Promise(setImmediate)
    this.#batchesThisTurn = 0
  }

  #cached(position: Position): LogEvent | undefined {
    const address = this.#index.addresses.at(position)
    const segment = this.#log.segments[segmentOf(address)] as Segment
    const offset = offsetOf(address)
    const header = this.#cache.get(segment, offset, recordHeaderBytes)
    if (!header) return undefined
    const length = recordLength(header.bytes, header.at)
    const found = length >= recordHeaderBytes ? this.#cache.get(segment, offset, length) : undefined
    return found && new LogEvent(position, found.bytes, found.at, length, found.isChecked, this.#origin)
  }

  async #load(position: Position, readAhead: number): Promise<LogEvent> {
    const address = this.#index.addresses.at(position)
    const segment = this.#log.segments[segmentOf(address)] as Segment
    const offset = offsetOf(address)
    const durableEnd = this.#durableEnd(segment)
    const load = (length: number) => this.#loadBytes(segment, offset, length, durableEnd, readAhead)
    const header = await load(recordHeaderBytes)
    const { bytes, at } = header
    const length = at + recordHeaderBytes <= bytes.length ? recordLength(bytes, at) : 0
    if (length < recordHeaderBytes || offset + length > durableEnd)
      throw this.#origin.damagedAt(position, `the event at position ${position} has an impossible length`)
    const whole = at + length <= bytes.length ? header : await load(length)
    if (whole.at + length > whole.bytes.length)
      throw this.#origin.damagedAt(position, `the file ends within the event at position ${position}`)
    return new LogEvent(position, whole.bytes, whole.at, length, whole.isChecked, this.#origin)
  }

  async #loadBytes(
    segment: Segment,
    offset: number,
    length: number,
    durableEnd: number,
    readAhead: number,
  ): Promise<Found> {
    try {
      return await this.#holdingFiles(this.#cache.load(segment, offset, length, durableEnd, readAhead))
    } catch (error) {
      if (error instanceof SealedDamage) throw damaged(segment.path, error.offset, error.message)
      throw diskError(error, segment.path)
    }
  }

  // The files are not closed before this has ended.
  async #holdingFiles<Result>(working: Promise<Result>): Promise<Result> {
    this.#working.add(working)
    try {
      return await working
    } finally {
      this.#working.delete(working)
    }
  }

  #durableEnd(segment: Segment): number {
    if (segment.sealed) return segment.sealed.rawEnd
    const end = this.#writer?.end ?? this.#log.follower?.end ?? 0
    return segmentOf(end) === segment.ordinal ? offsetOf(end) : segmentEnd(segment)
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
    const { directory, storeId, segments, index } = this.#log
    let streams = 0
    for (const _info of index.events.infos({})) streams++
    return {
      directory,
      storeId,
      events: index.events.published,
      streams,
      segments: segments.length,
      sealedSegments: segments.filter(({ sealed }) => sealed).length,
      sealing: this.#sealer?.status,
      diskBytes: segments.reduce((sum, { file }) => sum + file.size(), 0),
      head: index.events.published,
      written: this.#writer?.counts ?? { groups: 0, syncs: 0, bytesWritten: 0 },
    }
  }

  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    this.#assertOpen()
    return verifyLog(this.directory, { ...options, disk: this.#log.disk })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#waiters.wake()
    const { writing, follower, segments, index } = this.#log
    follower?.close()
    try {
      await this.#sealer?.close()
      await this.#writer?.close()
      if (writing && this.#writer)
        writing.head.write({ durable: this.#writer.end, position: index.events.published, processId: 0 })
    } finally {
      await Promise.allSettled(this.#working)
      for (const { file } of segments) file.close()
      writing?.head.close()
      writing?.lock.release()
    }
  }

  async #refresh(): Promise<void> {
    this.#assertOpen()
    this.#log.follower?.refresh()
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
