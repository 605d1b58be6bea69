import type {
  JsonObject,
  JsonValue,
  Position,
  RecordedEvent,
  RecordedEventObject,
  Revision,
} from '@annals/core'
import { type DerivedEventIds, eventObject } from '@annals/core/store'
import { checkRecord, decodeTags, type RecordLayout, recordLayout } from './event-record.ts'

/** What events know of the log that they are in. */
export interface EventOrigin {
  readonly derivedIds: DerivedEventIds
  /** The error for an event whose bytes are not what was written. */
  damagedAt(position: Position, problem: string): Error
}

/** What is known of an event without its bytes. */
export interface EventPlace {
  readonly position: Position
  readonly stream: string
  readonly revision: Revision
  readonly recordedAtMs: number
}

/**
 * A recorded event over the bytes of a segment that is not sealed. Nothing is decoded until it is asked for, and then once;
 * before that, the checksum is checked, since the disk may have changed its mind since the store was opened.
 */
export class LogEvent implements RecordedEvent {
  readonly position: Position
  readonly stream: string
  readonly revision: Revision
  /** What it takes in the log, in bytes. */
  readonly bytes: number
  readonly #recordedAtMs: number
  readonly #bytes: Buffer
  readonly #at: number
  readonly #origin: EventOrigin
  #layout: RecordLayout | undefined
  #type: string | undefined
  #id: string | undefined
  #tags: readonly string[] | undefined
  #data: JsonValue | undefined
  #metadata: JsonObject | undefined

  constructor(place: EventPlace, bytes: Buffer, at: number, length: number, origin: EventOrigin) {
    this.position = place.position
    this.stream = place.stream
    this.revision = place.revision
    this.bytes = length
    this.#recordedAtMs = place.recordedAtMs
    this.#bytes = bytes
    this.#at = at
    this.#origin = origin
  }

  get recordedAt(): Date {
    return new Date(this.#recordedAtMs)
  }

  get type(): string {
    if (this.#type === undefined) {
      const { type, id } = this.#parts()
      this.#type = this.#bytes.toString('utf8', type, id)
    }
    return this.#type
  }

  get id(): string {
    if (this.#id === undefined) {
      const { id, tags } = this.#parts()
      this.#id =
        id === tags ? this.#origin.derivedIds.idAt(this.position) : this.#bytes.toString('utf8', id, tags)
    }
    return this.#id
  }

  get tags(): readonly string[] {
    if (this.#tags === undefined) this.#tags = decodeTags(this.#bytes, this.#parts())
    return this.#tags
  }

  get dataJson(): string {
    const { data, metadata } = this.#parts()
    return this.#bytes.toString('utf8', data, metadata)
  }

  get metadataJson(): string | undefined {
    const { metadata, end, hasMetadata } = this.#parts()
    return hasMetadata ? this.#bytes.toString('utf8', metadata, end) : undefined
  }

  get data(): JsonValue {
    if (this.#data === undefined) this.#data = this.#parse(this.dataJson)
    return this.#data
  }

  get metadata(): JsonObject | undefined {
    if (this.#metadata === undefined) {
      const json = this.metadataJson
      if (json !== undefined) this.#metadata = this.#parse(json) as JsonObject
    }
    return this.#metadata
  }

  toJSON(): RecordedEventObject {
    return eventObject(this)
  }

  #parse(json: string): JsonValue {
    try {
      return JSON.parse(json) as JsonValue
    } catch (error) {
      throw this.#origin.damagedAt(
        this.position,
        `the event at position ${this.position} holds text that is not JSON: ${(error as Error).message}`,
      )
    }
  }

  #parts(): RecordLayout {
    if (this.#layout === undefined) {
      const end = this.#at + this.bytes
      const layout = recordLayout(this.#bytes, this.#at, end)
      if (!layout || layout.end !== end || !checkRecord(this.#bytes, this.#at, end))
        throw this.#origin.damagedAt(
          this.position,
          `the checksum of the event at position ${this.position} does not hold`,
        )
      this.#layout = layout
    }
    return this.#layout
  }
}
