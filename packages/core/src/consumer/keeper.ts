import { systemStream } from '../event/stream.ts'
import type { JsonObject } from '../json.ts'
import type { EventStore } from '../store/event-store.ts'
import { Checkpoint } from './checkpoint.ts'

/** Where it is kept how far a consumer has come, and which keys it has parked. */
export interface ConsumerKeeper {
  checkpoint(): Promise<Pick<Checkpoint, 'position' | 'save'>>
  readonly journal: ParkingJournal
}

/** What happened to the keys of a consumer, record by record. */
export interface ParkingJournal {
  /** Resolves when they are durable. */
  append(records: readonly ParkingRecord[]): Promise<void>
  /** Those from a number on, in order. Their numbers grow, and may leave some out. */
  read(from: number): AsyncIterable<KeptParkingRecord>
}

/** Something that happened to a key, and who did it. */
export interface ParkingRecord {
  readonly type: string
  readonly data: JsonObject
  readonly metadata?: JsonObject
}

/** A record as it was kept. */
export interface KeptParkingRecord {
  readonly number: number
  readonly type: string
  readonly data: unknown
  readonly recordedAt: Date
}

/** Keeps it in the store that the consumer follows. */
export function storeKeeper(store: EventStore, consumer: string): ConsumerKeeper {
  return { checkpoint: () => Checkpoint.open(store, consumer), journal: storeJournal(store, consumer) }
}

/** A journal in the stream `$parking-<consumer>`. The number of a record is its revision. */
export function storeJournal(store: EventStore, consumer: string): ParkingJournal {
  const stream = systemStream('parking', consumer)
  return {
    append: async (events) => void (await store.append({ stream, events })),
    async *read(from) {
      for await (const { revision: number, type, data, recordedAt } of store.read({
        stream,
        fromRevision: from,
      }))
        yield { number, type, data, recordedAt }
    },
  }
}
