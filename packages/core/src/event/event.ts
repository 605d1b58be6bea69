import type { JsonObject, JsonValue } from '../json.ts'
import type { Position } from './position.ts'
import type { Revision } from './stream.ts'

/**
 * A fact in the past tense that is to be recorded.
 *
 * `data` and `metadata` are JSON; `undefined` properties count as absent. `data` left out is recorded as `null`.
 */
export interface NewEvent<Type extends string = string, Data = JsonValue | undefined> {
  readonly type: Type
  readonly data: Data
  readonly metadata?: JsonObject | undefined
  /** What the event concerns, as `concept:id`, for event queries and append conditions. */
  readonly tags?: readonly string[] | undefined
  /**
   * Unique in the store. Give one to make the append repeatable: appended again, it answers as it did the first time.
   * Default: an id made by the store.
   */
  readonly id?: string | undefined
}

/**
 * A recorded event. `data` and `metadata` are decoded when first looked at, so a reader that looks at neither
 * parses nothing; each recorded event object has its own decoded copy.
 *
 * Its properties may be getters: to copy one as a plain object use `toJSON`, not the spread operator.
 */
export interface RecordedEvent<Type extends string = string, Data = JsonValue> {
  readonly id: string
  readonly type: Type
  readonly data: Data
  readonly metadata: JsonObject | undefined
  readonly tags: readonly string[]
  readonly stream: string
  /** 0-based place in its stream. */
  readonly revision: Revision
  /** Place in the whole log. */
  readonly position: Position
  /** When it was recorded, by the store's clock, which never runs backwards along the positions. */
  readonly recordedAt: Date
  /** `data` as the JSON text that is stored. */
  readonly dataJson: string
  /** `metadata` as the JSON text that is stored. */
  readonly metadataJson: string | undefined
  /** The event as a plain object, in the form in which it is sent over HTTP and exported. */
  toJSON(): RecordedEventObject<Type, Data>
}

/** A recorded event as a plain, JSON-compatible object. */
export interface RecordedEventObject<Type extends string = string, Data = JsonValue> {
  readonly id: string
  readonly type: Type
  readonly data: Data
  readonly metadata?: JsonObject
  readonly tags: readonly string[]
  readonly stream: string
  readonly revision: Revision
  readonly position: Position
  /** ISO 8601 in UTC with milliseconds. */
  readonly recordedAt: string
}
