import type {
  JsonObject,
  JsonValue,
  Position,
  RecordedEvent,
  RecordedEventObject,
  Revision,
} from '@annals/core'
import { type EventIndex, eventObject } from '@annals/core/store'
import { decodeTags, type RecordLayout, recordLayout } from './event-record.ts'
import { damaged } from './segment.ts'

/** A recorded event over the bytes of the log. Nothing is decoded until it is asked for, and then once. */
export class LogEvent implements RecordedEvent {
  readonly position: Position
  /** What it takes in the log, in bytes. */
  readonly bytes: number
  readonly #bytes: Buffer
  readonly #at: number
  readonly #index: EventIndex
  #layout: RecordLayout | undefined
  #type: string | undefined
  #id: string | undefined
  #tags: readonly string[] | undefined
  #data: JsonValue | undefined
  #metadata: JsonObject | undefined

  constructor(position: Position, bytes: Buffer, at: number, length: number, index: EventIndex) {
    this.position = position
    this.bytes = length
    this.#bytes = bytes
    this.#at = at
    this.#index = index
  }

  get stream(): string {
    return this.#index.streamAt(this.position)
  }

  get revision(): Revision {
    return this.#index.revisionAt(this.position)
  }

  get recordedAt(): Date {
    return new Date(this.#index.recordedAtMs(this.position))
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
        id === tags ? this.#index.derivedIds.idAt(this.position) : this.#bytes.toString('utf8', id, tags)
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
    if (this.#data === undefined) this.#data = JSON.parse(this.dataJson) as JsonValue
    return this.#data
  }

  get metadata(): JsonObject | undefined {
    if (this.#metadata === undefined) {
      const json = this.metadataJson
      if (json !== undefined) this.#metadata = JSON.parse(json) as JsonObject
    }
    return this.#metadata
  }

  toJSON(): RecordedEventObject {
    return eventObject(this)
  }

  #parts(): RecordLayout {
    if (this.#layout === undefined) {
      this.#layout = recordLayout(this.#bytes, this.#at)
      // The checksum was checked when the store was opened; the disk may have changed its mind since.
      if (!this.#layout)
        throw damaged(
          'the log',
          this.#at,
          `the lengths of the event at position ${this.position} do not fit together`,
        )
    }
    return this.#layout
  }
}
