import {
  type Appended,
  type ErrorCode,
  type ExpectedRevision,
  isAnnalsError,
  type Position,
} from '@annals/core'
import { DerivedEventIds, invariant } from '@annals/core/store'
import type { LogStore } from '@annals/log'
import { AppendBatch } from './append-batch.ts'
import {
  atLine,
  otherwiseRecorded,
  outOfOrder,
  ownIdElsewhere,
  streamTaken,
  timePassed,
} from './import-error.ts'
import { partedAtFault } from './import-fault.ts'
import { isOfLine, type RecordedLine } from './recorded-line.ts'

/** A clock for `openLog` that tells the time at which what is imported was recorded. */
export class ImportClock {
  /** The time of what is being recorded; `undefined` as long as nothing is. */
  timeMs: number | undefined
  readonly now = (): number => this.timeMs ?? Date.now()
}

/**
 * Records events as they were recorded, in order: only at the time they were, only behind everything that the store holds,
 * and only where their streams are as they were. What an earlier run has recorded is passed over.
 *
 * A time of recording is one of the whole store, so only batches of the same millisecond wait for the disk together.
 */
export class Importer {
  /** Events that were recorded. */
  events = 0
  /** Events that had been recorded by an earlier run. */
  known = 0
  /** The position of the last of them. */
  position: Position = 0
  /** What the first line that failed has failed with. */
  failure: unknown
  readonly #store: LogStore
  readonly #clock: ImportClock
  readonly #name: string
  /** The ids that the store gives to events itself. */
  readonly #ownIds: DerivedEventIds
  readonly #headBefore: Position
  /** When the event was recorded that was the last before. */
  #headBeforeMs: number
  /** Where the store ends when what waits is recorded. */
  #head: Position
  /** Whether the events of an earlier run may still go on. */
  #mayBeKnown: boolean
  /** The last revision of each stream when what waits is recorded. */
  readonly #revisions = new Map<string, number | 'no-stream'>()
  readonly #running = new Set<Promise<void>>()
  #failedLine = Infinity

  /** Makes an importer into a store that was opened with this clock. */
  static async open(store: LogStore, clock: ImportClock, name: string): Promise<Importer> {
    const { storeId, head } = await store.stats()
    // When a hidden event was recorded nobody can tell, until it turns out to be one of those that are imported.
    let headMs = head === 0 ? -Infinity : Infinity
    const last = store.read('everything', { direction: 'backwards', limit: 1 })
    for await (const { position, recordedAt } of last) if (position === head) headMs = recordedAt.getTime()
    return new Importer(store, clock, name, { storeId, head, headMs })
  }

  private constructor(
    store: LogStore,
    clock: ImportClock,
    name: string,
    { storeId, head, headMs }: { readonly storeId: string; readonly head: Position; readonly headMs: number },
  ) {
    this.#store = store
    this.#clock = clock
    this.#name = name
    this.#ownIds = new DerivedEventIds(storeId)
    this.#headBefore = head
    this.#headBeforeMs = headMs
    this.#head = head
    this.#mayBeKnown = head > 0
  }

  /** Records a batch of one time; resolves when there is room for another. @throws the `failure` */
  async record(batch: Batch): Promise<void> {
    if (this.failure) throw this.failure
    // Found out before anything later is on its way, which would be recorded without it.
    const { sound, fault } = partedAtFault(batch)
    if (sound.lines.length > 0) await this.#record(sound)
    if (fault) {
      await this.settled()
      this.#fail(fault.error, fault.line)
    }
    if (this.failure) throw this.failure
  }

  /** Events so far. */
  get done(): number {
    return this.events + this.known
  }

  /** Waits for what is on its way. */
  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }

  async #record(batch: Batch): Promise<void> {
    const [first] = batch.lines as [RecordedLine]
    const expected = await this.#expectedOf(batch)
    const isAlone = this.#mayBeKnown || expected.size > 0
    if (isAlone || first.recordedAtMs !== this.#clock.timeMs) await this.settled()
    if (this.failure) return
    this.#clock.timeMs = first.recordedAtMs
    // Where each will be can only be told if it is known which of them are new.
    if (isAlone && batch.lines.length > 1 && batch.lines.some(({ event }) => this.#positionToCome(event.id)))
      return this.#recordOneByOne(batch)
    const misplaced = batch.lines.findIndex((line, index) => this.#isMisplaced(line, index))
    if (misplaced !== -1) return this.#recordUpTo(misplaced, batch)
    if (isAlone) return this.#recordAlone(batch, expected)
    const running: Promise<void> = this.#recordBehind(batch).finally(() => this.#running.delete(running))
    this.#running.add(running)
    if (this.#running.size >= appendsAtOnceMax) await Promise.race(this.#running)
  }

  /** What is expected of the streams that the import meets for the first time, and that the store has. */
  async #expectedOf({ lines }: Batch): Promise<ReadonlyMap<string, ExpectedRevision>> {
    const expected = new Map<string, ExpectedRevision>()
    for (const { stream, revision } of lines) {
      if (this.#revisions.has(stream) || expected.has(stream)) continue
      if (await this.#store.stream(stream)) expected.set(stream, revision > 0 ? revision - 1 : 'no-stream')
      else this.#revisions.set(stream, 'no-stream')
    }
    return expected
  }

  /** Records what is new, behind what is on its way. */
  async #recordBehind(batch: Batch): Promise<void> {
    const [first] = batch.lines as [RecordedLine]
    const position = this.#head + 1
    const appends = this.#withoutOwnIds(batch).appends((stream) => this.#revisions.get(stream) ?? 'any')
    this.#head += batch.lines.length
    for (const { stream, events } of appends) {
      const last = this.#revisions.get(stream)
      this.#revisions.set(stream, (typeof last === 'number' ? last : -1) + events.length)
    }
    try {
      const appended = await this.#store.append(appends)
      if (appended.events[0]?.position === position) this.#take(batch, appended)
      else this.#fail(outOfOrder(first), first)
    } catch (error) {
      this.#fail(error, first)
    }
  }

  /** Records what may be known, while nothing else is on its way. */
  async #recordAlone(batch: Batch, expected: ReadonlyMap<string, ExpectedRevision>): Promise<void> {
    const [first] = batch.lines as [RecordedLine]
    const canBeNew = first.recordedAtMs >= this.#headBeforeMs
    const expectedRevision = (stream: string) =>
      // What is known is answered whatever is expected.
      canBeNew ? (expected.get(stream) ?? this.#revisions.get(stream) ?? 'any') : neverTheRevision
    try {
      const appended = await this.#store.append(this.#withoutOwnIds(batch).appends(expectedRevision))
      this.#take(batch, appended)
      for (const { stream, revision } of appended.streams) this.#revisions.set(stream, revision)
      this.#head = Math.max(this.#head, this.position)
    } catch (error) {
      // An earlier run may have ended within it, if its file has grown since; or only a part of it is out of place.
      if (batch.lines.length > 1 && isAnnalsError(error) && ofOneLine.has(error.code))
        return this.#recordOneByOne(batch)
      this.#fail(this.#explained(error, first, canBeNew), first)
    }
  }

  async #recordOneByOne({ lines }: Batch): Promise<void> {
    for (const line of lines) {
      if (this.#isMisplaced(line, 0)) return this.#recordUpTo(0, AppendBatch.from([line]))
      const single = AppendBatch.from([line])
      await this.#recordAlone(single, await this.#expectedOf(single))
      if (this.failure) return
    }
  }

  async #recordUpTo(misplaced: number, { lines }: Batch): Promise<void> {
    const line = lines[misplaced] as RecordedLine
    const own = this.#positionToCome(line.event.id) as Position
    const here = this.#head + 1 + misplaced
    if (misplaced > 0) await this.#record(AppendBatch.from(lines.slice(0, misplaced)))
    await this.settled()
    this.#fail(ownIdElsewhere(line, { own, here }), line)
  }

  /** Whether an event that comes after so many others would have another place than its id says. */
  #isMisplaced({ event }: RecordedLine, after: number): boolean {
    const position = this.#positionToCome(event.id)
    return position !== undefined && position !== this.#head + 1 + after
  }

  /**
   * The position at which the store will give this id itself. Such ids come up where a history goes on from a backup of the
   * store that it was exported from.
   */
  #positionToCome(id: string): Position | undefined {
    const position = this.#ownIds.positionOf(id)
    return position !== undefined && position > this.#head ? position : undefined
  }

  /** The events as the store takes them: the ids that it gives are left to it. */
  #withoutOwnIds(batch: Batch): AppendBatch {
    if (!batch.lines.some(({ event }) => this.#positionToCome(event.id))) return batch
    const events = new AppendBatch()
    for (const line of batch.lines) {
      const { event } = line
      events.add(this.#positionToCome(event.id) ? { ...line, event: { ...event, id: undefined } } : line)
    }
    return events
  }

  /** Counts what was recorded, and sees to it that it is what the lines say. */
  #take({ lines }: Batch, { events }: Appended): void {
    for (const [index, line] of lines.entries()) {
      const event = events[index]
      invariant(event, 'an append answers with each of its events')
      if (event.position > this.#headBefore) {
        invariant(event.recordedAt.getTime() === line.recordedAtMs, 'the clock is the one of the import')
        invariant(event.id === line.event.id, 'an event has its id')
        this.#mayBeKnown = false
        this.events++
      } else {
        if (event.position <= this.position) this.#fail(outOfOrder(line), line)
        else if (!isOfLine(event, line)) this.#fail(otherwiseRecorded(line), line)
        if (this.failure) return
        if (event.position === this.#headBefore) this.#headBeforeMs = line.recordedAtMs
        this.known++
      }
      this.position = Math.max(this.position, event.position)
    }
  }

  #explained(error: unknown, line: RecordedLine, canBeNew: boolean): unknown {
    if (!isAnnalsError(error, 'wrong-expected-revision')) return error
    return canBeNew ? streamTaken(error, line) : timePassed(line, this.#headBeforeMs)
  }

  #fail(error: unknown, { line }: { readonly line: number }): void {
    if (line >= this.#failedLine) return
    this.#failedLine = line
    this.failure = atLine(error, this.#name, line)
  }
}

type Batch = AppendBatch<RecordedLine>

const appendsAtOnceMax = 32
const neverTheRevision = Number.MAX_SAFE_INTEGER
const ofOneLine: ReadonlySet<ErrorCode> = new Set([
  'event-ids-partly-known',
  'event-ids-reused',
  'wrong-expected-revision',
  'stream-tombstoned',
])
