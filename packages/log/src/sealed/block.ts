import type { Position, Revision } from '@annals/core'
import { lowerBound } from '@annals/core/store'
import { type CommitKind, commitKinds } from '../commit.ts'
import { noMetadata, recordHeaderBytes } from '../event-record.ts'
import { ByteReader } from '../varint.ts'

/** Some events of one commit that follow one another, or a change of retention. */
export interface Run {
  readonly kind: CommitKind
  /** Whether it belongs to the commit of the run before. */
  readonly continues: boolean
  /** Of its first event; of a change, that of the last event before it. */
  readonly position: Position
  readonly recordedAtMs: number
  /** The number of its first event in the block. */
  readonly firstEvent: number
  /** 0 if it is a change. */
  readonly eventCount: number
  /** Where the JSON of a change lies, and where it ends. */
  readonly json: readonly [from: number, to: number]
}

/**
 * The events of one block of a sealed segment. In the block everything of one kind stands together, which is what makes it
 * small: see docs/reference/log-format.md. Nothing of the texts is decoded before it is asked for.
 */
export class Block {
  readonly bytes: Buffer
  readonly eventCount: number
  /** The position behind its last event, or that of its first if it has none. */
  readonly nextPosition: Position
  readonly #firstPosition: Position
  readonly #firstRecordedAtMs: number
  readonly #runCount: number
  readonly #runsAt: number
  readonly #jsonAt: number
  // Only kept where some are missing between them.
  readonly #positions: Float64Array | undefined
  readonly #recordedAtMs: Float64Array
  readonly #textStarts: Uint32Array
  readonly #texts: (string | undefined)[]
  readonly #streams: Uint32Array
  readonly #types: Uint32Array
  readonly #revisions: Uint32Array
  readonly #idStarts: Uint32Array
  readonly #tagStarts: Uint32Array
  readonly #tags: Uint32Array
  readonly #dataStarts: Uint32Array
  readonly #metadataStarts: Uint32Array
  // One more than its length, and 0 if there are none.
  readonly #metadataLengths: Uint32Array

  /** @throws RangeError if the bytes are not those of a block */
  constructor(bytes: Buffer, firstPosition: Position, firstRecordedAtMs: number) {
    this.bytes = bytes
    this.#firstPosition = firstPosition
    this.#firstRecordedAtMs = firstRecordedAtMs
    const reader = new ByteReader(bytes)
    const textCount = countOf(reader, bytes)
    const textLengths = reader.numbers(textCount)
    this.#runCount = countOf(reader, bytes)
    this.#runsAt = reader.at
    let eventCount = 0
    let jsonBytes = 0
    let position = firstPosition
    let isMissingSome = false
    for (let run = 0; run < this.#runCount; run++) {
      const { kind, skipped, length } = readRun(reader)
      if (length > bytes.length) throw new RangeError('a block holds fewer bytes than its commits say')
      position += skipped
      if (skipped > 0) isMissingSome = true
      if (kind === commitKinds.append) {
        eventCount += length
        position += length
      } else jsonBytes += length
    }
    if (eventCount > bytes.length) throw new RangeError('a block holds fewer bytes than events')
    this.eventCount = eventCount
    this.nextPosition = position
    this.#recordedAtMs = new Float64Array(eventCount)
    this.#positions = isMissingSome ? new Float64Array(eventCount) : undefined
    this.#placeEvents()
    this.#streams = reader.numbers(eventCount, textCount)
    this.#types = reader.numbers(eventCount, textCount)
    this.#revisions = revisions(reader, this.#streams, textCount)
    const idLengths = reader.numbers(eventCount)
    this.#tagStarts = starts(reader.numbers(eventCount), 0, bytes.length)
    this.#tags = reader.numbers(this.#tagStarts[eventCount] as number, textCount)
    const dataLengths = reader.numbers(eventCount)
    this.#metadataLengths = reader.numbers(eventCount)
    this.#textStarts = starts(textLengths, reader.at, bytes.length)
    this.#texts = new Array<string | undefined>(textCount)
    this.#idStarts = starts(idLengths, this.#textStarts[textCount] as number, bytes.length)
    this.#jsonAt = this.#idStarts[eventCount] as number
    // Behind each text of data stands a comma, so that those of several events can be read at once.
    this.#dataStarts = starts(dataLengths, this.#jsonAt + jsonBytes, bytes.length, 1)
    this.#metadataStarts = starts(
      this.#metadataLengths,
      this.#dataStarts[eventCount] as number,
      bytes.length,
      -1,
    )
    if (this.#metadataStarts[eventCount] !== bytes.length)
      throw new RangeError('a block does not end where its events end')
  }

  /** What it holds of commits, in order. */
  get runs(): readonly Run[] {
    const runs: Run[] = []
    let firstEvent = 0
    let json = this.#jsonAt
    this.#eachRun(({ kind, continues, length }, position, recordedAtMs) => {
      const isAppend = kind === commitKinds.append
      const end = isAppend ? json : json + length
      runs.push({
        kind,
        continues,
        position: isAppend ? position : position - 1,
        recordedAtMs,
        firstEvent,
        eventCount: isAppend ? length : 0,
        json: [json, end],
      })
      firstEvent += isAppend ? length : 0
      json = end
    })
    return runs
  }

  /** What it takes in memory, about. */
  get memoryBytes(): number {
    return this.bytes.length + this.eventCount * 56 + this.#texts.length * 60 + 1500
  }

  /** The number of the event at a position, if it is there. */
  eventAt(position: Position): number | undefined {
    const positions = this.#positions
    if (!positions) {
      const event = position - this.#firstPosition
      return event >= 0 && event < this.eventCount ? event : undefined
    }
    const event = lowerBound(positions, position)
    return positions[event] === position ? event : undefined
  }

  position(event: number): Position {
    return this.#positions ? (this.#positions[event] as number) : this.#firstPosition + event
  }

  recordedAtMs(event: number): number {
    return this.#recordedAtMs[event] as number
  }

  stream(event: number): string {
    return this.#text(this.#streams[event] as number)
  }

  type(event: number): string {
    return this.#text(this.#types[event] as number)
  }

  revision(event: number): Revision {
    return this.#revisions[event] as number
  }

  /** `undefined` if the store derives it from the position. */
  givenId(event: number): string | undefined {
    const from = this.#idStarts[event] as number
    const to = this.#idStarts[event + 1] as number
    return from === to ? undefined : this.bytes.toString('utf8', from, to)
  }

  tags(event: number): readonly string[] {
    const tags: string[] = []
    const to = this.#tagStarts[event + 1] as number
    for (let tag = this.#tagStarts[event] as number; tag < to; tag++)
      tags.push(this.#text(this.#tags[tag] as number))
    return tags
  }

  dataJson(event: number): string {
    return this.bytes.toString(
      'utf8',
      this.#dataStarts[event] as number,
      (this.#dataStarts[event + 1] as number) - 1,
    )
  }

  /** The data of the events from one to before another, as one JSON text of an array. */
  dataJsonOf(from: number, to: number): string {
    return `[${this.bytes.toString('utf8', this.#dataStarts[from] as number, (this.#dataStarts[to] as number) - 1)}]`
  }

  metadataJson(event: number): string | undefined {
    return (this.#metadataLengths[event] as number) > 0
      ? this.bytes.toString(
          'utf8',
          this.#metadataStarts[event] as number,
          this.#metadataStarts[event + 1] as number,
        )
      : undefined
  }

  /** What the texts of an event take, in bytes. */
  bytesOf(event: number): number {
    return (
      (this.#dataStarts[event + 1] as number) -
      (this.#dataStarts[event] as number) +
      (this.#metadataStarts[event + 1] as number) -
      (this.#metadataStarts[event] as number) +
      recordHeaderBytes
    )
  }

  /** The record of an event as it was before it was sealed, with a checksum of zero. */
  record(event: number): Buffer {
    const bytes = this.bytes
    const part = (from: number | undefined, to: number | undefined) =>
      bytes.subarray(from as number, to as number)
    const text = (number: number | undefined) =>
      part(this.#textStarts[number as number], this.#textStarts[(number as number) + 1])
    const stream = text(this.#streams[event])
    const type = text(this.#types[event])
    const id = part(this.#idStarts[event], this.#idStarts[event + 1])
    const tags: Buffer[] = []
    const firstTag = this.#tagStarts[event] as number
    const lastTag = this.#tagStarts[event + 1] as number
    for (let tag = firstTag; tag < lastTag; tag++) {
      const name = text(this.#tags[tag])
      const length = Buffer.alloc(2)
      length.writeUInt16LE(name.length)
      tags.push(length, name)
    }
    const data = part(this.#dataStarts[event], (this.#dataStarts[event + 1] as number) - 1)
    const metadata = part(this.#metadataStarts[event], this.#metadataStarts[event + 1])
    const header = Buffer.alloc(recordHeaderBytes)
    const record = Buffer.concat([header, stream, type, id, ...tags, data, metadata])
    record.writeUInt32LE(record.length, 4)
    record.writeUInt32LE(data.length, 8)
    record.writeUInt32LE((this.#metadataLengths[event] as number) > 0 ? metadata.length : noMetadata, 12)
    record.writeUInt32LE(this.#revisions[event] as number, 16)
    record.writeUInt16LE(stream.length, 20)
    record.writeUInt16LE(type.length, 22)
    record.writeUInt16LE(id.length, 24)
    record.writeUInt16LE(lastTag - firstTag, 26)
    return record
  }

  #placeEvents(): void {
    let event = 0
    this.#eachRun(({ kind, length }, position, recordedAtMs) => {
      if (kind !== commitKinds.append) return
      for (let place = 0; place < length; place++, event++) {
        this.#recordedAtMs[event] = recordedAtMs
        if (this.#positions) this.#positions[event] = position + place
      }
    })
  }

  #eachRun(visit: (run: RunHead, position: Position, recordedAtMs: number) => void): void {
    const reader = new ByteReader(this.bytes, this.#runsAt)
    let position = this.#firstPosition
    let recordedAtMs = this.#firstRecordedAtMs
    for (let count = this.#runCount; count > 0; count--) {
      const run = readRun(reader)
      position += run.skipped
      recordedAtMs += run.laterMs
      visit(run, position, recordedAtMs)
      if (run.kind === commitKinds.append) position += run.length
    }
  }

  #text(number: number): string {
    this.#texts[number] ??= this.bytes.toString(
      'utf8',
      this.#textStarts[number],
      this.#textStarts[number + 1],
    )
    return this.#texts[number]
  }
}

interface RunHead {
  readonly kind: CommitKind
  readonly continues: boolean
  readonly skipped: number
  readonly laterMs: number
  /** How many events, or bytes of JSON if it is a change. */
  readonly length: number
}

function readRun(reader: ByteReader): RunHead {
  const what = reader.number()
  const kind = Math.floor(what / 2) as CommitKind
  if (kind < commitKinds.append || kind > commitKinds.removed)
    throw new RangeError(`a block holds a commit of kind ${kind}`)
  return {
    kind,
    continues: what % 2 === 1,
    skipped: reader.number(),
    laterMs: reader.signed(),
    length: reader.number(),
  }
}

function countOf(reader: ByteReader, bytes: Buffer): number {
  const count = reader.number()
  if (count > bytes.length) throw new RangeError('a block holds fewer bytes than entries')
  return count
}

/** The revision of each event: of a stream's first one in the block as it is, of the others against the one before. */
function revisions(reader: ByteReader, streams: Uint32Array, textCount: number): Uint32Array {
  const next = new Float64Array(textCount)
  const result = new Uint32Array(streams.length)
  for (let event = 0; event < streams.length; event++) {
    const stream = streams[event] as number
    const revision = (next[stream] as number) + reader.signed()
    if (revision < 0 || revision >= 2 ** 32) throw new RangeError('a revision of a block is out of its range')
    result[event] = revision
    next[stream] = revision + 1
  }
  return result
}

/** Where each of the pieces begins whose lengths are given, each with some more if it has any, and where the last ends. */
function starts(lengths: Uint32Array, from: number, max: number, more = 0): Uint32Array {
  const result = new Uint32Array(lengths.length + 1)
  let at = from
  for (let index = 0; index < lengths.length; index++) {
    result[index] = at
    const length = lengths[index] as number
    at += more < 0 && length === 0 ? 0 : length + more
  }
  if (at > max) throw new RangeError('the pieces of a block are longer than it is')
  result[lengths.length] = at
  return result
}
