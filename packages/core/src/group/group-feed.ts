import type { CurrentEvents } from '../event/current-events.ts'
import type { RecordedEvent } from '../event/event.ts'
import type { Position } from '../event/position.ts'
import type { EventStore, Subscription, SubscriptionBatch } from '../store/event-store.ts'

/** Settings of a feed. */
export interface GroupFeedOptions {
  readonly store: EventStore
  readonly events: CurrentEvents
  /** Of which partition an event is; `undefined`: of none. */
  readonly partitionOf: (event: RecordedEvent) => number | undefined
}

/** What one partition follows. */
export type PartitionSubscription = Pick<Subscription, 'batches' | 'close'>

/**
 * The events of a consumer group by partition, as they are today, read once for all partitions of a worker that are at
 * about the same place: they share a subscription, and whoever is slower finds what the fastest has read a moment ago. One
 * that is farther behind, or ahead, has a subscription of its own until they meet. So none waits for another.
 */
export class GroupFeed {
  readonly #options: GroupFeedOptions
  readonly #sources = new Set<Source>()

  constructor(options: GroupFeedOptions) {
    this.#options = options
  }

  /** Follows the events of one partition from a position on, as `EventStore.subscribe` does all. */
  follow(partition: number, after: Position): PartitionSubscription {
    const stop = new AbortController()
    return { batches: () => this.#batches(partition, after, stop.signal), close: () => stop.abort() }
  }

  /** How many subscriptions it has just now. */
  get subscriptions(): number {
    return this.#sources.size
  }

  async *#batches(
    partition: number,
    after: Position,
    signal: AbortSignal,
  ): AsyncGenerator<SubscriptionBatch> {
    let position = after
    let isLive = false
    let source = this.#sourceAt(position)
    try {
      while (!signal.aborted) {
        let chunk = source.after(position)
        if (!chunk && position < source.position) {
          // It is too slow for what is kept; another source goes at its pace.
          this.#release(source)
          source = this.#sourceAt(position)
          continue
        }
        if (!chunk && source.isLive && !isLive) chunk = { ...nothing, after: position, position, live: true }
        chunk ??= await unlessAborted(source.next(), signal)
        if (!chunk) return
        const from = position
        const events = chunk.byPartition.get(partition) ?? []
        position = chunk.position
        isLive = chunk.live
        // Where it joined, a part of the chunk may lie behind it.
        yield {
          events: chunk.after < from ? events.filter((event) => event.position > from) : events,
          position,
          live: isLive,
        }
        if (this.#sources.size > 1) source = this.#joined(source, position)
      }
    } finally {
      this.#release(source)
    }
  }

  #sourceAt(position: Position): Source {
    const found = [...this.#sources].find((source) => source.covers(position))
    const source = found ?? new Source(this.#options, position)
    this.#sources.add(source)
    source.users++
    return source
  }

  /** The same, or one that has been met: the one that is farther ahead, or else the older one. */
  #joined(source: Source, position: Position): Source {
    let isOlder = true
    for (const each of this.#sources) {
      if (each === source) isOlder = false
      else if (each.covers(position) && each.position >= source.position + (isOlder ? 0 : 1)) {
        each.users++
        this.#release(source)
        return each
      }
    }
    return source
  }

  #release(source: Source): void {
    if (--source.users > 0) return
    source.close()
    this.#sources.delete(source)
  }
}

/** What lies between two positions. */
interface Chunk {
  readonly after: Position
  readonly position: Position
  readonly live: boolean
  readonly byPartition: ReadonlyMap<number, readonly RecordedEvent[]>
}

/** A subscription of several partitions, with what it has read last. */
class Source {
  readonly #options: GroupFeedOptions
  readonly #subscription: Subscription
  readonly #batches: AsyncIterator<SubscriptionBatch>
  // Without a gap, up to its position.
  readonly #kept: Chunk[] = []
  #position: Position
  #next: Promise<Chunk | undefined> | undefined
  #chunks = 0
  users = 0

  constructor(options: GroupFeedOptions, after: Position) {
    this.#options = options
    this.#position = after
    this.#subscription = options.store.subscribe(options.events.selection, { after })
    this.#batches = this.#subscription.batches()[Symbol.asyncIterator]()
  }

  /** How far it has come. */
  get position(): Position {
    return this.#position
  }

  /** Whether it has caught up with the log. */
  get isLive(): boolean {
    return this.#kept.at(-1)?.live ?? false
  }

  /** Whether it can give everything after a position. */
  covers(position: Position): boolean {
    return position <= this.#position && position >= (this.#kept[0]?.after ?? this.#position)
  }

  /** What it has read beyond a position, if it has come farther and still knows. */
  after(position: Position): Chunk | undefined {
    return this.#kept.find((chunk) => chunk.after <= position && chunk.position > position)
  }

  /** What comes next, the same for all who ask meanwhile; `undefined` if it has been closed. */
  next(): Promise<Chunk | undefined> {
    this.#next ??= this.#read().finally(() => {
      this.#next = undefined
    })
    return this.#next
  }

  close(): void {
    this.#subscription.close()
  }

  async #read(): Promise<Chunk | undefined> {
    const { events, partitionOf } = this.#options
    // A store that answers at once would keep timers waiting while much is read, and heartbeats are among them.
    if (!this.isLive && ++this.#chunks % chunksPerTurn === 0)
      await new Promise((resolve) => setTimeout(resolve))
    const { value, done } = await this.#batches.next()
    if (done) return undefined
    const byPartition = new Map<number, RecordedEvent[]>()
    for (const event of await events.current(value.events)) {
      const partition = partitionOf(event)
      if (partition === undefined) continue
      const list = byPartition.get(partition)
      if (list) list.push(event)
      else byPartition.set(partition, [event])
    }
    const chunk = { after: this.#position, position: value.position, live: value.live, byPartition }
    this.#kept.push(chunk)
    if (this.#kept.length > keptMax) this.#kept.shift()
    this.#position = chunk.position
    return chunk
  }
}

const nothing = { byPartition: new Map<number, never>() }
// Of about a thousand events each.
const keptMax = 8
const chunksPerTurn = 4

/** The same, or nothing as soon as the signal aborts. */
async function unlessAborted<Result>(
  promise: Promise<Result>,
  signal: AbortSignal,
): Promise<Result | undefined> {
  const aborted = Promise.withResolvers<undefined>()
  const abort = () => aborted.resolve(undefined)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
