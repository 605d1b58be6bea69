import type { JsonObject, JsonValue } from '../json.ts'
import { eventObject } from '../store/json-event.ts'
import type { RecordedEvent, RecordedEventObject } from './event.ts'
import type { Position } from './position.ts'
import type { Revision } from './stream.ts'

/** A recorded event that is seen in another way, in the place where it is. */
abstract class SeenEvent implements RecordedEvent {
  readonly type: string
  protected readonly recorded: RecordedEvent

  constructor(recorded: RecordedEvent, type: string) {
    this.recorded = recorded
    this.type = type
  }

  abstract get data(): JsonValue
  abstract get dataJson(): string
  abstract get metadata(): JsonObject | undefined
  abstract get metadataJson(): string | undefined

  get id(): string {
    return this.recorded.id
  }

  get tags(): readonly string[] {
    return this.recorded.tags
  }

  get stream(): string {
    return this.recorded.stream
  }

  get revision(): Revision {
    return this.recorded.revision
  }

  get position(): Position {
    return this.recorded.position
  }

  get recordedAt(): Date {
    return this.recorded.recordedAt
  }

  toJSON(): RecordedEventObject {
    return eventObject(this)
  }
}

/** A recorded event as it would be recorded today: with the type, data and version of today. */
export class UpcastEvent extends SeenEvent {
  readonly #data: JsonValue
  readonly #version: number

  constructor(recorded: RecordedEvent, type: string, data: JsonValue, version: number) {
    super(recorded, type)
    this.#data = data
    this.#version = version
  }

  get data(): JsonValue {
    return this.#data
  }

  get dataJson(): string {
    return JSON.stringify(this.#data)
  }

  // It tells the version of the data beside it, so that upcasting it once more changes nothing.
  get metadata(): JsonObject | undefined {
    return withVersion(this.recorded.metadata, this.#version)
  }

  get metadataJson(): string | undefined {
    const { metadata } = this
    return metadata && JSON.stringify(metadata)
  }
}

/** A recorded event of which nobody can say what it would be today, but for its type: whoever asks for its data is told why. */
export class UnreadableEvent extends SeenEvent {
  readonly error: Error

  constructor(recorded: RecordedEvent, type: string, error: Error) {
    super(recorded, type)
    this.error = error
  }

  get data(): JsonValue {
    throw this.error
  }

  get dataJson(): string {
    throw this.error
  }

  get metadata(): JsonObject | undefined {
    return this.recorded.metadata
  }

  get metadataJson(): string | undefined {
    return this.recorded.metadataJson
  }
}

/** Stops at an event that cannot be read. @throws what keeps it from being read */
export function assertReadable(event: RecordedEvent): void {
  if (event instanceof UnreadableEvent) throw event.error
}

/** Metadata that tells a version. Version 1 is not told. */
export function withVersion(metadata: JsonObject | undefined, version: number): JsonObject | undefined {
  if (version > 1) return { ...metadata, $version: version }
  if (metadata?.$version === undefined) return metadata
  const { $version: _, ...rest } = metadata
  return Object.keys(rest).length > 0 ? rest : undefined
}

/** The version that an event was recorded with, which may be anything if others wrote it. */
export function recordedVersion(event: RecordedEvent): unknown {
  // Parsing the metadata of every event only to find no version there would cost much of the time of reading.
  return event.metadataJson?.includes('"$version"') ? (event.metadata?.$version ?? 1) : 1
}
