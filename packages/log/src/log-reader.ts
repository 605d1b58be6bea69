import type { Position, ReadOptions, RecordedEvent, Selection } from '@annals/core'
import { type DerivedEventIds, invariant } from '@annals/core/store'
import { type Address, offsetOf, segmentOf } from './address.ts'
import type { PieceCache } from './cache.ts'
import { recordHeaderBytes, recordLength } from './event-record.ts'
import { namingFile, namingFileLater } from './file-errors.ts'
import { type EventOrigin, type EventPlace, LogEvent } from './log-event.ts'
import type { LogIndex } from './log-index.ts'
import { type Found, RawBlocks } from './raw-blocks.ts'
import type { Block } from './sealed/block.ts'
import { BlockRead, SealedEvent } from './sealed/sealed-event.ts'
import type { SealedSegment } from './sealed/sealed-segment.ts'
import { damaged, type Segment, segmentAt, segmentEnd } from './segment.ts'

/** What a reader of the log is made with. */
export interface LogReaderOptions {
  readonly index: LogIndex
  readonly segments: readonly Segment[]
  readonly cache: PieceCache
  /** Where what may be read of the last segment ends. */
  readonly durableEnd: () => Address
  /** Throws once the store has been closed. */
  readonly assertOpen: () => void
}

type ReadEvent = LogEvent | SealedEvent

const batchEventsMax = 1_000
const batchBytesMax = 1024 * 1024
const rawBlocksAhead = 7
// Read and decompressed at the same time, on other threads.
const sealedBlocksAhead = 16
const blockBytesHeld = 16 * 1024
// About as long as a sync of the disk takes.
const batchesPerTurnMax = 16

/** Reads events of the log: those of sealed segments block by block, others record by record. */
export class LogReader {
  /** The bytes of segments that are not sealed. */
  readonly raw: RawBlocks
  readonly #options: LogReaderOptions
  readonly #derivedIds: DerivedEventIds
  readonly #origin: EventOrigin
  readonly #working = new Set<Promise<unknown>>()
  #batchesThisTurn = 0

  constructor(options: LogReaderOptions) {
    this.#options = options
    this.#derivedIds = options.index.events.derivedIds
    this.raw = new RawBlocks(options.cache)
    this.#origin = {
      derivedIds: this.#derivedIds,
      damagedAt: (position, problem) => {
        const { path, sealed, offsets, firstPosition } = this.#segmentAt(position)
        const offset = sealed
          ? (sealed.table.offsets[sealed.blockAt(position)] as number)
          : offsets.at(position - firstPosition)
        return damaged(path, offset, problem)
      },
    }
  }

  /** Resolves when nobody reads any more from what was a file of the log when this was called. */
  async released(): Promise<void> {
    await Promise.allSettled([...this.#working])
  }

  /** The visible events of a selection, in batches. */
  async *batches(selection: Selection, options: ReadOptions): AsyncGenerator<readonly RecordedEvent[]> {
    const { index, assertOpen } = this.#options
    const candidate = index.events.candidates(selection, options)
    let left = options.limit ?? Infinity
    let positions = left > 0 ? gather(candidate, left) : []
    while (positions.length > 0 && left > 0) {
      let batch: ReadEvent[] = []
      let bytes = 0
      const walk = new Walk(positions)
      for (let place = 0; place < positions.length && left > 0; place++) {
        let event = this.#cached(walk, place)
        if (event === unread) {
          assertOpen()
          await this.#load(walk, place, options.direction === 'backwards')
          event = this.#cached(walk, place)
          if (event === unread) event = await this.#loadAlone(positions[place] as Position)
        }
        if (event === undefined) continue
        batch.push(event)
        // Events hold on to the blocks they are in.
        bytes += event.bytes + walk.takeBlocks() * blockBytesHeld
        left--
        if (bytes < batchBytesMax) continue
        yield batch
        await this.takeTurns()
        assertOpen()
        batch = []
        bytes = 0
      }
      // More than is left to be read, since some may be hidden.
      positions = left > 0 ? gather(candidate, batchEventsMax) : []
      // While someone is busy with this batch, the next is read.
      if (batch.length > 0 && positions.length > 0) this.#loadAhead(positions)
      if (batch.length > 0) {
        yield batch
        await this.takeTurns()
        assertOpen()
      }
    }
  }

  // What is in memory is read without ever waiting, so that without this, reading on and on would keep everyone else from
  // their turn: the writer, whose sync has ended, and the sockets of a server.
  async takeTurns(): Promise<void> {
    if (this.#batchesThisTurn++ < batchesPerTurnMax) return
    await new Promise(setImmediate)
    this.#batchesThisTurn = 0
  }

  /** Events at positions, if all of them are in memory; hidden or not. */
  cachedEvents(positions: readonly Position[]): readonly RecordedEvent[] | undefined {
    const events: RecordedEvent[] = []
    for (const position of positions) {
      const segment = this.#segmentAt(position)
      const event = segment.sealed ? undefined : this.#cachedRaw(segment, position)
      if (!event) return undefined
      events.push(event)
    }
    return events
  }

  /** Events at positions, hidden or not. */
  async events(positions: readonly Position[]): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = []
    for (const position of positions) {
      const event = await this.#loadAlone(position, { isAnyWanted: true })
      if (!event) throw this.#origin.damagedAt(position, `the event at position ${position} is missing`)
      events.push(event)
    }
    return events
  }

  /** The event at a place of a walk, if it is visible; `unread` if its bytes are not in memory. */
  #cached(walk: Walk, place: number): ReadEvent | undefined | typeof unread {
    const position = walk.positions[place] as Position
    const { events } = this.#options.index
    const known = walk.readAt(position)
    if (known) {
      const event = known.block.eventAt(position)
      if (event === undefined) return undefined
      return events.hides(
        known.block.stream(event),
        known.block.revision(event),
        known.block.recordedAtMs(event),
      )
        ? undefined
        : new SealedEvent(known, event, position, this.#origin)
    }
    const segment = this.#segmentAt(position)
    const { sealed } = segment
    if (sealed) {
      const index = namingFile(segment.path, () => sealed.blockAt(position))
      const block = walk.loaded(sealed, index) ?? sealed.cachedBlock(index)
      if (!block) return unread
      walk.begin(block, place, sealed.table.firstPositions[index] as number, sealed.blockEnd(index))
      return this.#cached(walk, place)
    }
    if (!events.isVisible(position)) return undefined
    return this.#cachedRaw(segment, position) ?? unread
  }

  #cachedRaw(segment: Segment, position: Position): LogEvent | undefined {
    const offset = segment.offsets.at(position - segment.firstPosition)
    const header = this.raw.get(segment, offset, recordHeaderBytes)
    if (!header) return undefined
    const length = recordLength(header.bytes, header.at)
    const found = length >= recordHeaderBytes ? this.raw.get(segment, offset, length) : undefined
    return found && new LogEvent(this.#placeOf(position), found.bytes, found.at, length, this.#origin)
  }

  /** Reads what the next positions of a walk lie in. */
  async #load(walk: Walk, place: number, isBackwards: boolean): Promise<void> {
    const segment = this.#segmentAt(walk.positions[place] as Position)
    walk.forget()
    if (segment.sealed) {
      await Promise.all(
        this.#sealedBlocks(walk.positions, place).map(async ({ segment, sealed, index }) =>
          walk.keep(sealed, index, await this.#block(segment, sealed, index)),
        ),
      )
      return
    }
    const next = walk.positions[place + 1]
    // Whoever reads on from one miss to the next is reading a long way, and wants more at a time.
    const goesOn = next !== undefined && Math.abs(next - (walk.positions[place] as Position)) < 4_096
    const readAhead = goesOn ? (isBackwards ? -rawBlocksAhead : rawBlocksAhead) : 0
    await this.#loadRaw(segment, walk.positions[place] as Position, readAhead)
  }

  /** Begins to read what positions lie in that will be asked for soon. */
  #loadAhead(positions: readonly Position[]): void {
    try {
      for (const { segment, sealed, index } of this.#sealedBlocks(positions, 0))
        this.#block(segment, sealed, index).catch(() => undefined)
    } catch {
      // Whoever asks for them is told.
    }
  }

  /** The blocks of sealed segments that the next positions lie in and that are not in memory. */
  #sealedBlocks(
    positions: readonly Position[],
    place: number,
  ): readonly { readonly segment: Segment; readonly sealed: SealedSegment; readonly index: number }[] {
    const blocks: { segment: Segment; sealed: SealedSegment; index: number }[] = []
    let from = Infinity
    let to = -Infinity
    for (let next = place; next < positions.length && blocks.length < sealedBlocksAhead; next++) {
      const position = positions[next] as Position
      if (position >= from && position < to) continue
      const segment = this.#segmentAt(position)
      const { sealed } = segment
      if (!sealed) break
      const index = namingFile(segment.path, () => sealed.blockAt(position))
      from = sealed.table.firstPositions[index] as number
      to = sealed.blockEnd(index)
      if (!sealed.cachedBlock(index)) blocks.push({ segment, sealed, index })
    }
    return blocks
  }

  async #block(segment: Segment, sealed: SealedSegment, index: number): Promise<Block> {
    return this.#holdingFiles(
      namingFile(segment.path, () => sealed.block(index)),
      segment,
    )
  }

  async #loadAlone(
    position: Position,
    { isAnyWanted = false }: { readonly isAnyWanted?: boolean } = {},
  ): Promise<ReadEvent | undefined> {
    const segment = this.#segmentAt(position)
    const { events } = this.#options.index
    const { sealed } = segment
    if (!sealed) {
      if (!isAnyWanted && !events.isVisible(position)) return undefined
      return this.#cachedRaw(segment, position) ?? (await this.#loadRaw(segment, position, 0))
    }
    const index = namingFile(segment.path, () => sealed.blockAt(position))
    const block = await this.#block(segment, sealed, index)
    const event = block.eventAt(position)
    if (event === undefined) return undefined
    if (!isAnyWanted && events.hides(block.stream(event), block.revision(event), block.recordedAtMs(event)))
      return undefined
    return new SealedEvent(new BlockRead(block, event, event + 1), event, position, this.#origin)
  }

  #loadRaw(segment: Segment, position: Position, readAhead: number): Promise<LogEvent> {
    return this.#holdingFiles(this.#readRaw(segment, position, readAhead), segment)
  }

  async #readRaw(segment: Segment, position: Position, readAhead: number): Promise<LogEvent> {
    const offset = segment.offsets.at(position - segment.firstPosition)
    const durableEnd = this.#durableEnd(segment)
    const place = this.#placeOf(position)
    const load = (length: number): Promise<Found> =>
      this.raw.load(segment, offset, length, durableEnd, readAhead)
    const header = await load(recordHeaderBytes)
    const { bytes, at } = header
    const length = at + recordHeaderBytes <= bytes.length ? recordLength(bytes, at) : 0
    if (length < recordHeaderBytes || offset + length > durableEnd)
      throw damaged(segment.path, offset, `the event at position ${position} has an impossible length`)
    const whole = at + length <= bytes.length ? header : await load(length)
    if (whole.at + length > whole.bytes.length)
      throw damaged(segment.path, offset, `the file ends within the event at position ${position}`)
    return new LogEvent(place, whole.bytes, whole.at, length, this.#origin)
  }

  // The files are not closed before this has ended.
  async #holdingFiles<Result>(working: Promise<Result>, { path }: Segment): Promise<Result> {
    this.#working.add(working)
    try {
      return await namingFileLater(path, working)
    } finally {
      this.#working.delete(working)
    }
  }

  #durableEnd(segment: Segment): number {
    const end = this.#options.durableEnd()
    return segmentOf(end) === segment.ordinal ? offsetOf(end) : segmentEnd(segment)
  }

  #segmentAt(position: Position): Segment {
    return segmentAt(this.#options.segments, position) as Segment
  }

  #placeOf(position: Position): EventPlace {
    const part = this.#options.index.events.memoryPartAt(position)
    invariant(part, `the event at position ${position} is not sealed, and not in the index in memory`)
    return {
      position,
      stream: part.streamAt(position),
      revision: part.revisionAt(position),
      recordedAtMs: part.recordedAtMs(position),
    }
  }
}

const unread = Symbol('not in memory')

/** Goes along positions, and keeps what was loaded for them. */
class Walk {
  readonly positions: readonly Position[]
  readonly #loaded = new Map<SealedSegment, Map<number, Block>>()
  #read: BlockRead | undefined
  #from = 0
  #to = 0
  #blocks = 0

  constructor(positions: readonly Position[]) {
    this.positions = positions
  }

  /** The block that is being read, if a position lies in it. */
  readAt(position: Position): BlockRead | undefined {
    return position >= this.#from && position < this.#to ? this.#read : undefined
  }

  /** Begins to read a block, which holds the positions from one to before another. */
  begin(block: Block, place: number, from: Position, to: Position): void {
    this.#from = from
    this.#to = to
    this.#blocks++
    let last = place
    const isInside = (position: Position | undefined) =>
      position !== undefined && position >= from && position < to
    while (isInside(this.positions[last + 1])) last++
    const events = [this.positions[place] as Position, this.positions[last] as Position]
      .map((position) => block.eventAt(position))
      .filter((event) => event !== undefined)
    const first = Math.min(...events)
    const end = Math.max(...events) + 1
    // Events between them that nobody asked for would be parsed for nothing.
    const isDense = events.length === 2 && end - first <= (last - place + 1) * 2
    this.#read = isDense ? new BlockRead(block, first, end) : new BlockRead(block, 0, 0)
  }

  /** How many blocks were begun since this was asked. */
  takeBlocks(): number {
    const blocks = this.#blocks
    this.#blocks = 0
    return blocks
  }

  /** Gives up what was loaded. */
  forget(): void {
    this.#loaded.clear()
  }

  keep(sealed: SealedSegment, index: number, block: Block): void {
    const blocks = this.#loaded.get(sealed)
    if (blocks) blocks.set(index, block)
    else this.#loaded.set(sealed, new Map([[index, block]]))
  }

  loaded(sealed: SealedSegment, index: number): Block | undefined {
    return this.#loaded.get(sealed)?.get(index)
  }
}

function gather(candidate: () => Position | undefined, max: number): readonly Position[] {
  const positions: Position[] = []
  while (positions.length < Math.min(max, batchEventsMax)) {
    const position = candidate()
    if (position === undefined) break
    positions.push(position)
  }
  return positions
}
