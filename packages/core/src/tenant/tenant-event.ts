import { invariant } from '../errors.ts'
import type { RecordedEvent, RecordedEventObject } from '../event/event.ts'
import type { Position } from '../event/position.ts'
import type { Revision } from '../event/stream.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { eventObject } from '../store/json-event.ts'
import type { TenantNames } from './tenant-names.ts'

/** An event of the shared store with the names that its tenant gave. */
export class TenantEvent implements RecordedEvent {
  readonly #event: RecordedEvent
  readonly #names: TenantNames

  constructor(event: RecordedEvent, names: TenantNames) {
    // Should a store ever give an event of somebody else, nobody is to see it.
    invariant(event.stream.startsWith(names.prefix), 'a tenant was given an event of another')
    this.#event = event
    this.#names = names
  }

  get id(): string {
    return this.#names.own(this.#event.id)
  }

  get type(): string {
    return this.#event.type
  }

  get tags(): readonly string[] {
    return this.#names.ownTags(this.#event.tags)
  }

  get stream(): string {
    return this.#names.own(this.#event.stream)
  }

  get revision(): Revision {
    return this.#event.revision
  }

  get position(): Position {
    return this.#event.position
  }

  get recordedAt(): Date {
    return this.#event.recordedAt
  }

  get dataJson(): string {
    return this.#event.dataJson
  }

  get metadataJson(): string | undefined {
    return this.#event.metadataJson
  }

  get data(): JsonValue {
    return this.#event.data
  }

  get metadata(): JsonObject | undefined {
    return this.#event.metadata
  }

  toJSON(): RecordedEventObject {
    return eventObject(this)
  }
}
