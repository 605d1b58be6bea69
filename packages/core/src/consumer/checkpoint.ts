import { type Position, startOfLog } from '../event/position.ts'
import { systemStream } from '../event/stream.ts'
import type { JsonObject } from '../json.ts'
import type { EventStore } from '../store/event-store.ts'

/**
 * How far a consumer has come, kept in the store that it reads: the stream `$checkpoint-<consumer>`, of which only the
 * newest event is kept. A store that is restored from an older copy so has the checkpoint that belongs to it.
 */
export class Checkpoint {
  readonly #store: EventStore
  readonly #stream: string
  #position: Position
  #isPruned: boolean

  private constructor(store: EventStore, stream: string, position: Position, isPruned: boolean) {
    this.#store = store
    this.#stream = stream
    this.#position = position
    this.#isPruned = isPruned
  }

  static async open(store: EventStore, consumer: string): Promise<Checkpoint> {
    const stream = systemStream('checkpoint', consumer)
    let position = startOfLog
    for await (const event of store.read({ stream }, { direction: 'backwards', limit: 1 }))
      position = (event.data as { readonly position: Position } & JsonObject).position
    const isPruned = (await store.stream(stream))?.retention !== undefined
    return new Checkpoint(store, stream, position, isPruned)
  }

  get position(): Position {
    return this.#position
  }

  /** Resolves when it is durable. Saving where it is already writes nothing. */
  async save(position: Position): Promise<void> {
    if (position === this.#position) return
    await this.#store.append({
      stream: this.#stream,
      events: [{ type: 'CheckpointMoved', data: { position } }],
    })
    this.#position = position
    if (this.#isPruned) return
    await this.#store.retain({ stream: this.#stream }, { maxCount: 1 })
    this.#isPruned = true
  }
}
