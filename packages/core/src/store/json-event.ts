import type { RecordedEvent, RecordedEventObject } from '../event/event.ts'
import type { Position } from '../event/position.ts'
import type { Revision } from '../event/stream.ts'
import type { JsonObject, JsonValue } from '../json.ts'

/** What a recorded event is made from. */
export interface JsonEventParts {
  readonly id: string
  readonly type: string
  readonly tags: readonly string[]
  readonly stream: string
  readonly revision: Revision
  readonly position: Position
  readonly recordedAtMs: number
  readonly dataJson: string
  readonly metadataJson: string | undefined
}

/** A recorded event over JSON text, parsed when first looked at. */
export class JsonEvent implements RecordedEvent {
  readonly #parts: JsonEventParts
  #data: JsonValue | undefined
  #metadata: JsonObject | undefined

  constructor(parts: JsonEventParts) {
    this.#parts = parts
  }

  get id(): string {
    return this.#parts.id
  }

  get type(): string {
    return this.#parts.type
  }

  get tags(): readonly string[] {
    return this.#parts.tags
  }

  get stream(): string {
    return this.#parts.stream
  }

  get revision(): Revision {
    return this.#parts.revision
  }

  get position(): Position {
    return this.#parts.position
  }

  get recordedAt(): Date {
    return new Date(this.#parts.recordedAtMs)
  }

  get dataJson(): string {
    return this.#parts.dataJson
  }

  get metadataJson(): string | undefined {
    return this.#parts.metadataJson
  }

  get data(): JsonValue {
    if (this.#data === undefined) this.#data = JSON.parse(this.#parts.dataJson) as JsonValue
    return this.#data
  }

  get metadata(): JsonObject | undefined {
    if (this.#metadata === undefined && this.#parts.metadataJson !== undefined)
      this.#metadata = JSON.parse(this.#parts.metadataJson) as JsonObject
    return this.#metadata
  }

  toJSON(): RecordedEventObject {
    return eventObject(this)
  }
}

/** The plain form of a recorded event. */
export function eventObject(event: RecordedEvent): RecordedEventObject {
  const { id, type, data, metadata, tags, stream, revision, position, recordedAt } = event
  return {
    position,
    stream,
    revision,
    type,
    data,
    ...(metadata && { metadata }),
    tags,
    id,
    recordedAt: recordedAt.toISOString(),
  }
}
