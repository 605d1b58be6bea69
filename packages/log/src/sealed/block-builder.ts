import type { Position } from '@annals/core'
import { type CommitKind, commitKinds } from '../commit.ts'
import { type RecordLayout, recordLayout } from '../event-record.ts'
import { ByteWriter } from '../varint.ts'

interface BuiltRun {
  readonly kind: CommitKind
  readonly continues: boolean
  readonly position: Position
  readonly recordedAtMs: number
  length: number
}

/** Collects events, and makes a block of them. */
export class BlockBuilder {
  readonly #texts = new Map<string, number>()
  readonly #textBytes = new ByteWriter()
  readonly #textLengths = new ByteWriter()
  readonly #runs: BuiltRun[] = []
  readonly #streams = new ByteWriter()
  readonly #types = new ByteWriter()
  readonly #revisions = new ByteWriter()
  readonly #nextRevision: number[] = []
  readonly #idLengths = new ByteWriter()
  readonly #ids = new ByteWriter()
  readonly #tagCounts = new ByteWriter()
  readonly #tags = new ByteWriter()
  readonly #json = new ByteWriter()
  readonly #dataLengths = new ByteWriter()
  readonly #data = new ByteWriter()
  readonly #metadataLengths = new ByteWriter()
  readonly #metadata = new ByteWriter()
  #firstPosition: Position
  #nextPosition: Position
  #firstRecordedAtMs = 0
  #eventCount = 0

  /** `firstPosition` is that of its first event, or of the first that is missing from it. */
  constructor(firstPosition: Position) {
    this.#firstPosition = firstPosition
    this.#nextPosition = firstPosition
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0
  }

  /** What it has collected, in bytes, about. */
  get length(): number {
    return (
      this.#textBytes.length +
      this.#data.length +
      this.#metadata.length +
      this.#json.length +
      this.#eventCount * 8
    )
  }

  get eventCount(): number {
    return this.#eventCount
  }

  get firstPosition(): Position {
    return this.#firstPosition
  }

  get firstRecordedAtMs(): number {
    return this.#firstRecordedAtMs
  }

  /**
   * Adds an event, whose record begins at `at`. What lies between its position and that of the event before is missing.
   * `continues` says whether it belongs to the commit of the event before.
   */
  addEvent(position: Position, recordedAtMs: number, continues: boolean, bytes: Buffer, at: number): void {
    const run = this.#runs.at(-1)
    if (run?.kind === commitKinds.append && continues && position === this.#nextPosition) run.length++
    else this.#addRun(commitKinds.append, continues, position, recordedAtMs, 1)
    const layout = recordLayout(bytes, at) as RecordLayout
    const { stream, type, id, tags, tagCount, data, metadata, end, revision, hasMetadata } = layout
    const name = this.#text(bytes, stream, type)
    this.#streams.number(name)
    this.#revisions.signed(revision - (this.#nextRevision[name] ?? 0))
    this.#nextRevision[name] = revision + 1
    this.#types.number(this.#text(bytes, type, id))
    this.#idLengths.number(tags - id)
    this.#ids.bytes(bytes, id, tags)
    this.#tagCounts.number(tagCount)
    for (let tag = 0, next = tags; tag < tagCount; tag++) {
      const tagEnd = next + 2 + bytes.readUInt16LE(next)
      this.#tags.number(this.#text(bytes, next + 2, tagEnd))
      next = tagEnd
    }
    this.#dataLengths.number(metadata - data)
    this.#data.bytes(bytes, data, metadata)
    this.#data.byte(comma)
    this.#metadataLengths.number(hasMetadata ? end - metadata + 1 : 0)
    this.#metadata.bytes(bytes, metadata, end)
    this.#eventCount++
    this.#nextPosition = position + 1
  }

  /** Adds a change of retention; `position` is that of the last event before it. */
  addChange(kind: CommitKind, position: Position, recordedAtMs: number, json: Buffer): void {
    this.#addRun(kind, false, position + 1, recordedAtMs, json.length)
    this.#json.bytes(json)
    this.#nextPosition = position + 1
  }

  /** The block, not compressed. */
  build(): Buffer {
    const head = new ByteWriter()
    head.number(this.#texts.size)
    const runs = new ByteWriter()
    runs.number(this.#runs.length)
    let position = this.#firstPosition
    let recordedAtMs = this.#firstRecordedAtMs
    for (const run of this.#runs) {
      runs.number(run.kind * 2 + (run.continues ? 1 : 0))
      runs.number(run.position - position)
      runs.signed(run.recordedAtMs - recordedAtMs)
      runs.number(run.length)
      position = run.position + (run.kind === commitKinds.append ? run.length : 0)
      recordedAtMs = run.recordedAtMs
    }
    return Buffer.concat(
      [
        head,
        this.#textLengths,
        runs,
        this.#streams,
        this.#types,
        this.#revisions,
        this.#idLengths,
        this.#tagCounts,
        this.#tags,
        this.#dataLengths,
        this.#metadataLengths,
        this.#textBytes,
        this.#ids,
        this.#json,
        this.#data,
        this.#metadata,
      ].map((part) => part.toBuffer()),
    )
  }

  #addRun(
    kind: CommitKind,
    continues: boolean,
    position: Position,
    recordedAtMs: number,
    length: number,
  ): void {
    if (this.#runs.length === 0) this.#firstRecordedAtMs = recordedAtMs
    this.#runs.push({ kind, continues, position, recordedAtMs, length })
  }

  #text(bytes: Buffer, from: number, to: number): number {
    // Latin-1 tells any bytes apart, and is the cheapest to make.
    const text = bytes.toString('latin1', from, to)
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const number = this.#texts.size
    this.#texts.set(text, number)
    this.#textLengths.number(to - from)
    this.#textBytes.bytes(bytes, from, to)
    return number
  }
}

const comma = 0x2c
