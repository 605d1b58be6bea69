import type { Caller } from '../caller.ts'
import { AnnalsError } from '../errors.ts'
import type { RecordedEvent } from '../event/event.ts'
import type { Position } from '../event/position.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { ParkedKey } from './consumer.ts'
import type { KeptParkingRecord, ParkingJournal, ParkingRecord } from './keeper.ts'

/** What takes the place of an event that could not be handled as it was recorded. */
export type Correction =
  | { readonly discarded: true }
  | { readonly discarded: false; readonly data: JsonValue }

/**
 * The keys of one consumer that are held back, and what was decided about the events that held them up. Kept in a
 * journal: every action is a record with its time and who did it, and the state is folded from them.
 *
 * A read model that is made anew beside the one in use is another *build*, counted from 0. What is parked is so for one
 * build; what was decided about an event holds for all of them.
 */
export class ParkingLot {
  readonly #journal: ParkingJournal
  readonly #consumer: string
  readonly #builds = new Map<number, Map<string, ParkedKey>>()
  readonly #corrections = new Map<Position, Correction>()
  #build = 0
  #lastUsed = 0
  #isInUse = false
  #nextNumber = 0
  #refreshing: Promise<void> = Promise.resolve()

  private constructor(journal: ParkingJournal, consumer: string) {
    this.#journal = journal
    this.#consumer = consumer
  }

  /** The lot as it was left. Default for `build`: the one that was last said to be in use. */
  static async open(
    journal: ParkingJournal,
    consumer: string,
    { build }: { readonly build?: number } = {},
  ): Promise<ParkingLot> {
    const lot = new ParkingLot(journal, consumer)
    await lot.refresh()
    lot.#build = build ?? lot.#lastUsed
    return lot
  }

  /** Which build it tells of. */
  get build(): number {
    return this.#build
  }

  /** Whether events may be seen otherwise than they were recorded. */
  get hasCorrections(): boolean {
    return this.#corrections.size > 0
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

  /** Says that this build is the one in use from now on. Recorded as soon as it makes a difference. */
  async useBuild(): Promise<void> {
    this.#isInUse = true
    if ([...this.#builds.values()].some(({ size }) => size > 0)) await this.#append([this.#buildUsed()])
  }

  get #parked(): Map<string, ParkedKey> {
    return this.#parkedOf(this.#build)
  }

  #parkedOf(build: number): Map<string, ParkedKey> {
    const parked = this.#builds.get(build) ?? new Map<string, ParkedKey>()
    this.#builds.set(build, parked)
    return parked
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

  #record({ type, data }: ParkingRecord, caller?: Caller): Promise<void> {
    const event = { type, data: this.#ofBuild(data), ...(caller && { metadata: { $callerId: caller.id } }) }
    return this.#append(
      this.#isInUse && this.#lastUsed !== this.#build ? [this.#buildUsed(), event] : [event],
    )
  }

  async #append(records: readonly ParkingRecord[]): Promise<void> {
    await this.#journal.append(records)
    await this.refresh()
  }

  #buildUsed(): ParkingRecord {
    return { type: 'BuildUsed', data: this.#ofBuild({}) }
  }

  #ofBuild(data: JsonObject): JsonObject {
    return this.#build > 0 ? { ...data, build: this.#build } : data
  }

  async #read(): Promise<void> {
    for await (const record of this.#journal.read(this.#nextNumber)) {
      this.#apply(record)
      this.#nextNumber = record.number + 1
    }
  }

  #apply({ type, data, recordedAt }: KeptParkingRecord): void {
    const facts = data as unknown as ParkingFacts
    const { build = 0 } = facts
    const keys = this.#parkedOf(build)
    const parked = keys.get(facts.key)
    switch (type) {
      case 'EventParked': {
        const { key, position, stream, revision, eventId, eventType, error, attempts } = facts
        // Tried in all: the attempts of the same event add up over its retries.
        const before = parked?.position === position ? parked.attempts : 0
        keys.set(key, {
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
        keys.delete(facts.key)
        return
      case 'ConsumerReset':
        keys.clear()
        return
      case 'BuildUsed':
        this.#lastUsed = build
        return
    }
    if (parked) keys.set(facts.key, { ...parked, state: 'retrying' })
  }
}

// Every fact that one of the records can have; which it has its type says.
interface ParkingFacts {
  /** Left out for the first. */
  readonly build?: number
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
