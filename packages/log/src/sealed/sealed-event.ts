import type {
  JsonObject,
  JsonValue,
  Position,
  RecordedEvent,
  RecordedEventObject,
  Revision,
} from '@annals/core'
import { eventObject } from '@annals/core/store'
import type { EventOrigin } from '../log-event.ts'
import type { Block } from './block.ts'

/** Events of a block that follow one another and are read together: their data is parsed together too. */
export class BlockRead {
  readonly block: Block
  readonly #from: number
  readonly #to: number
  #asked = 0
  #values: JsonValue[] | undefined

  /** From an event of the block to before another; other events are parsed alone. */
  constructor(block: Block, from: number, to: number) {
    this.block = block
    this.#from = from
    this.#to = to
  }

  data(event: number): JsonValue {
    const isAlone = event < this.#from || event >= this.#to
    // One text for many is parsed faster; but who looks at few pays for all.
    if (isAlone || (!this.#values && ++this.#asked <= parsedAloneMax))
      return JSON.parse(this.block.dataJson(event)) as JsonValue
    this.#values ??= JSON.parse(this.block.dataJsonOf(this.#from, this.#to)) as JsonValue[]
    return this.#values[event - this.#from] as JsonValue
  }
}

const parsedAloneMax = 2

/** A recorded event in a sealed segment, over a block whose checksum was checked. Nothing is decoded until it is asked for. */
export class SealedEvent implements RecordedEvent {
  readonly position: Position
  readonly #read: BlockRead
  readonly #event: number
  readonly #origin: EventOrigin
  #data: JsonValue | undefined
  #metadata: JsonObject | undefined

  constructor(read: BlockRead, event: number, position: Position, origin: EventOrigin) {
    this.position = position
    this.#read = read
    this.#event = event
    this.#origin = origin
  }

  /** What its texts take, in bytes. */
  get bytes(): number {
    return this.#block.bytesOf(this.#event)
  }

  get stream(): string {
    return this.#block.stream(this.#event)
  }

  get revision(): Revision {
    return this.#block.revision(this.#event)
  }

  get recordedAt(): Date {
    return new Date(this.#block.recordedAtMs(this.#event))
  }

  get type(): string {
    return this.#block.type(this.#event)
  }

  get id(): string {
    return this.#block.givenId(this.#event) ?? this.#origin.derivedIds.idAt(this.position)
  }

  get tags(): readonly string[] {
    return this.#block.tags(this.#event)
  }

  get dataJson(): string {
    return this.#block.dataJson(this.#event)
  }

  get metadataJson(): string | undefined {
    return this.#block.metadataJson(this.#event)
  }

  get data(): JsonValue {
    if (this.#data === undefined) this.#data = this.#parse(() => this.#read.data(this.#event))
    return this.#data
  }

  get metadata(): JsonObject | undefined {
    if (this.#metadata === undefined) {
      const json = this.metadataJson
      if (json !== undefined) this.#metadata = this.#parse(() => JSON.parse(json) as JsonObject)
    }
    return this.#metadata
  }

  toJSON(): RecordedEventObject {
    return eventObject(this)
  }

  get #block(): Block {
    return this.#read.block
  }

  #parse<Value>(parse: () => Value): Value {
    try {
      return parse()
    } catch (error) {
      throw this.#origin.damagedAt(
        this.position,
        `the event at position ${this.position} holds text that is not JSON: ${(error as Error).message}`,
      )
    }
  }
}
