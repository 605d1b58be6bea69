import type { Caller } from '../caller.ts'
import { AnnalsError } from '../errors.ts'
import type { NewEvent, RecordedEvent } from '../event/event.ts'
import type { Position } from '../event/position.ts'
import { systemStream } from '../event/stream.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { EventStore } from '../store/event-store.ts'
import type { ParkedKey } from './consumer.ts'

/** What takes the place of an event that could not be handled as it was recorded. */
export type Correction =
  | { readonly discarded: true }
  | { readonly discarded: false; readonly data: JsonValue }

/**
 * The keys of one consumer that are held back, and what was decided about the events that held them up. Kept in the
 * stream `$parking-<consumer>`: every action is an event with its time and who did it, and the state is folded from them.
 */
export class ParkingLot {
  readonly #store: EventStore
  readonly #consumer: string
  readonly #stream: string
  readonly #parked = new Map<string, ParkedKey>()
  readonly #corrections = new Map<Position, Correction>()
  #nextRevision = 0
  #refreshing: Promise<void> = Promise.resolve()

  private constructor(store: EventStore, consumer: string) {
    this.#store = store
    this.#consumer = consumer
    this.#stream = systemStream('parking', consumer)
  }

  /** The lot as it was left. */
  static async open(store: EventStore, consumer: string): Promise<ParkingLot> {
    const lot = new ParkingLot(store, consumer)
    await lot.refresh()
    return lot
  }

  /** Takes in what other processes have recorded since. */
  refresh(): Promise<void> {
    // One after the other, or an event could be folded twice.
    this.#refreshing = this.#refreshing.catch(() => undefined).then(() => this.#read())
    return this.#refreshing
  }

  get size(): number {
    return this.#parked.size
  }

  get(key: string): ParkedKey | undefined {
    return this.#parked.get(key)
  }

  /** In the order in which they were parked. */
  list(): readonly ParkedKey[] {
    return [...this.#parked.values()]
  }

  /** What was decided about the event at a position, if anything. */
  correctionOf(position: Position): Correction | undefined {
    return this.#corrections.get(position)
  }

  /** Holds back a key from this event on. */
  park(key: string, event: RecordedEvent, error: unknown, attempts: number): Promise<void> {
    const { position, stream, revision, id, type } = event
    return this.#record({
      type: 'EventParked',
      data: { key, position, stream, revision, eventId: id, eventType: type, error: textOf(error), attempts },
    })
  }

  /** Says that the parked event and those behind it are to be handled again. @throws AnnalsError `key-not-parked` */
  async retry(key: string, caller?: Caller): Promise<void> {
    this.#expectParked(key)
    await this.#record({ type: 'KeyRetried', data: { key } }, caller)
  }

  /** Gives the parked event other data for this consumer. @throws AnnalsError `key-not-parked` */
  async edit(key: string, data: JsonValue, caller?: Caller): Promise<void> {
    const { position } = this.#expectParked(key)
    await this.#record({ type: 'EventEdited', data: { key, position, data } }, caller)
  }

  /** Has this consumer pass over the parked event for ever. @throws AnnalsError `key-not-parked` */
  async discard(key: string, caller?: Caller): Promise<void> {
    const { position } = this.#expectParked(key)
    await this.#record({ type: 'EventDiscarded', data: { key, position } }, caller)
  }

  /** Says that nothing of the key is held back any more. */
  release(key: string): Promise<void> {
    return this.#record({ type: 'KeyReleased', data: { key } })
  }

  /** Holds back nothing any more, since everything is handled again from the start. What was decided stays. */
  async reset(caller?: Caller): Promise<void> {
    if (this.#parked.size > 0) await this.#record({ type: 'ConsumerReset', data: {} }, caller)
  }

  #expectParked(key: string): ParkedKey {
    const parked = this.#parked.get(key)
    if (parked) return parked
    const known = [...this.#parked.keys()].slice(0, 10)
    throw new AnnalsError(
      'key-not-parked',
      `The key ${JSON.stringify(key)} of ${this.#consumer} is not parked; ${known.length > 0 ? `parked are ${known.join(', ')}` : 'nothing of it is parked'}. Check the key; it may have been dealt with already.`,
      { consumer: this.#consumer, key },
    )
  }

  async #record(event: NewEvent<string, JsonObject>, caller?: Caller): Promise<void> {
    await this.#store.append({
      stream: this.#stream,
      events: [{ ...event, ...(caller && { metadata: { $callerId: caller.id } }) }],
    })
    await this.refresh()
  }

  async #read(): Promise<void> {
    const selection = { stream: this.#stream, fromRevision: this.#nextRevision }
    for await (const event of this.#store.read(selection)) {
      this.#apply(event)
      this.#nextRevision = event.revision + 1
    }
  }

  #apply({ type, data, recordedAt }: RecordedEvent): void {
    const facts = data as unknown as ParkingFacts
    const parked = this.#parked.get(facts.key)
    switch (type) {
      case 'EventParked': {
        const { key, position, stream, revision, eventId, eventType, error, attempts } = facts
        // Tried in all: the attempts of the same event add up over its retries.
        const before = parked?.position === position ? parked.attempts : 0
        this.#parked.set(key, {
          key,
          position,
          stream,
          revision,
          eventId,
          type: eventType,
          error,
          attempts: before + attempts,
          parkedAt: recordedAt,
          state: 'parked',
        })
        return
      }
      case 'EventEdited':
        this.#corrections.set(facts.position, { discarded: false, data: facts.data })
        break
      case 'EventDiscarded':
        this.#corrections.set(facts.position, { discarded: true })
        break
      case 'KeyReleased':
        this.#parked.delete(facts.key)
        return
      case 'ConsumerReset':
        this.#parked.clear()
        return
    }
    if (parked) this.#parked.set(facts.key, { ...parked, state: 'retrying' })
  }
}

// Every fact that one of the events can have; which it has its type says.
interface ParkingFacts {
  readonly key: string
  readonly position: Position
  readonly stream: string
  readonly revision: number
  readonly eventId: string
  readonly eventType: string
  readonly error: string
  readonly attempts: number
  readonly data: JsonValue
}

// Long messages, such as a whole HTML page that a receiver answered with, help nobody.
const errorLengthMax = 2_000

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.slice(0, errorLengthMax).toWellFormed()
}
