import type { Clock } from '../clock.ts'
import { KeyedQueue } from '../command/keyed-queue.ts'
import type { ParkedKey, ParkedOptions } from '../consumer/consumer.ts'
import type { ParkingLot } from '../consumer/parking-lot.ts'
import { PositionWaiters } from '../consumer/position-waiters.ts'
import { Rate } from '../consumer/rate.ts'
import { asError, isAnnalsError } from '../errors.ts'
import { type CurrentEvents, currentEvents } from '../event/current-events.ts'
import type { RecordedEvent } from '../event/event.ts'
import type { Position } from '../event/position.ts'
import type { Selection } from '../event/selection.ts'
import type { JsonValue } from '../json.ts'
import type { EventStore, ReadOptions, Subscription } from '../store/event-store.ts'
import { Projector, type ProjectorOptions } from './projector.ts'

/** What a follower works with, and whom it tells. */
export interface FollowerOptions extends ProjectorOptions {
  readonly store: EventStore
  /** Is told whenever it has come further, and whether it wrote anything. */
  readonly onMove: (position: Position, wrote: boolean) => void
  /** Is told when it cannot go on. */
  readonly onFail: (error: Error) => void
}

/** `halted`: it can go on. `stopped`: its store has been closed. */
export type FollowerState = 'catching-up' | 'live' | 'halted' | 'failed' | 'stopped'

/** Follows the log into one read model. */
export class ProjectionFollower {
  readonly #options: FollowerOptions
  readonly #projector: Projector
  readonly #currentEvents: CurrentEvents
  readonly #waiters = new PositionWaiters()
  readonly #rate: Rate
  readonly #clock: Clock
  #subscription: Subscription | undefined
  #abort = new AbortController()
  #running: Promise<void> = Promise.resolve()
  // Batches and what was held back are written one after the other.
  #writing: Promise<unknown> = Promise.resolve()
  readonly #replays = new Set<Promise<void>>()
  readonly #keys = new KeyedQueue()
  #state: FollowerState = 'halted'
  #position: Position
  #error: Error | undefined
  #givenUp: Error | undefined

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#projector = new Projector(options)
    const { store, projection } = options
    this.#currentEvents = currentEvents(store, projection.events, projection.select, {
      unreadable: 'keep',
    })
    this.#clock = options.clock
    this.#rate = new Rate(this.#clock)
    this.#position = options.readModel.checkpoint()
  }

  get state(): FollowerState {
    return this.#state
  }

  /** Everything up to here is in the read model, or held back. */
  get position(): Position {
    return this.#position
  }

  get lot(): ParkingLot {
    return this.#options.lot
  }

  get eventsPerSecond(): number {
    return this.#rate.perSecond
  }

  /** What keeps it from going on, or what failed last. */
  get error(): Error | undefined {
    return this.#error ?? this.#projector.error
  }

  /** Goes on where it was. */
  begin(): void {
    const { store } = this.#options
    this.#error = undefined
    this.#state = 'catching-up'
    const subscription = store.subscribe(this.#currentEvents.selection, { after: this.#position })
    this.#subscription = subscription
    this.#running = this.#follow(subscription).catch((error: unknown) => this.#fail(error))
    // What was being handled again when the process ended.
    for (const { key, state } of this.lot.list())
      if (state === 'retrying') this.#replay(key).catch(() => undefined)
  }

  /** Takes no more events. Resolves when what was begun is written. */
  async halt(): Promise<void> {
    this.#interrupt()
    await this.#running
    await Promise.allSettled(this.#replays)
    if (this.#state !== 'failed' && this.#state !== 'stopped') this.#state = 'halted'
  }

  /** Resolves when it has come to a position; rejects if it fails before. */
  async reached(position: Position): Promise<void> {
    if (this.#position >= position) return
    const error = this.#error ?? this.#givenUp
    if (error) throw error
    await this.#waiters.wait(position, 2 ** 31 - 1, () => new Error('It took longer than anything may.'))
  }

  /** It will not come any further: whoever waits is told why. */
  giveUp(reason: Error): void {
    this.#givenUp = reason
    this.#waiters.fail(reason)
  }

  async retry(key: string, { caller }: ParkedOptions = {}): Promise<void> {
    await this.lot.retry(key, caller)
    await this.#replay(key)
  }

  async edit(key: string, data: JsonValue, { caller }: ParkedOptions = {}): Promise<void> {
    await this.lot.edit(key, data, caller)
    await this.#replay(key)
  }

  async discard(key: string, { caller }: ParkedOptions = {}): Promise<void> {
    await this.lot.discard(key, caller)
    await this.#replay(key)
  }

  async #follow(subscription: Subscription): Promise<void> {
    const { signal } = this.#abort
    let events: RecordedEvent[] = []
    for await (const batch of subscription.batches()) {
      // A transaction costs much more than an event. A batch that is not live has another one behind it.
      for (const event of await this.#currentEvents.current(batch.events)) events.push(event)
      if (!batch.live && events.length < batchEventsMax) continue
      const due = events
      events = []
      const { outcome, handled } = await this.#exclusively(() =>
        this.#projector.write(due, batch.position, signal),
      )
      if (outcome === 'stopped') return
      this.#rate.add(handled)
      this.#state = batch.live ? 'live' : 'catching-up'
      this.#moved(batch.position, handled > 0)
    }
  }

  #moved(position: Position, wrote: boolean): void {
    this.#position = position
    this.#waiters.reached(position)
    this.#options.onMove(position, wrote)
  }

  /** Handles the parked event of a key and those behind it. */
  #replay(key: string): Promise<void> {
    const replay = this.#keys.run(key, () => this.#replayed(key, this.#abort.signal))
    this.#replays.add(replay)
    // Whoever asked for it is told of its error; if nobody did, it is taken up by the next start.
    replay.catch(() => undefined).then(() => this.#replays.delete(replay))
    return replay
  }

  async #replayed(key: string, signal: AbortSignal): Promise<void> {
    const { lot, readModel } = this.#options
    const parked = lot.get(key)
    if (!parked) return
    let after = readModel.keyCheckpoint(key) ?? 0
    for (;;) {
      const upTo = this.#position
      for await (const events of this.#heldBack(parked, after, upTo)) {
        const { outcome, handled } = await this.#exclusively(() =>
          this.#projector.writeHeldBack(key, events, signal),
        )
        this.#rate.add(handled)
        if (handled > 0) this.#options.onMove(this.#position, true)
        if (outcome !== 'written') return
      }
      after = Math.max(after, upTo)
      const isDone = await this.#exclusively(async () => {
        // While it was at work more may have been held back.
        if (this.#position > upTo) return false
        await lot.release(key)
        return true
      })
      if (isDone) return
    }
  }

  async *#heldBack(
    { position, stream, revision }: ParkedKey,
    after: Position,
    upTo: Position,
  ): AsyncGenerator<readonly RecordedEvent[]> {
    const { projection } = this.#options
    // It may have been parked without the read model having come to it.
    if (upTo < position) return
    if (after < position) yield* this.#read({ stream, fromRevision: revision, toRevision: revision })
    const { key } = projection
    const all = this.#currentEvents.selection
    // The events of one stream are found without going through all others, if they are all selected.
    const select = !key && (all === 'everything' || 'category' in all) ? { stream } : all
    const from = Math.max(after, position)
    if (from < upTo) yield* this.#read(select, { after: from, upTo })
  }

  /** Reads events as they are today. */
  async *#read(selection: Selection, bounds?: ReadOptions): AsyncGenerator<readonly RecordedEvent[]> {
    for await (const events of this.#options.store.read(selection, bounds).batches())
      yield await this.#currentEvents.current(events)
  }

  #interrupt(): void {
    this.#subscription?.close()
    this.#abort.abort()
    // What is asked for from now on is not meant.
    this.#abort = new AbortController()
  }

  #exclusively<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#writing.then(task)
    this.#writing = result.catch(() => undefined)
    return result
  }

  #fail(error: unknown): void {
    const reason = asError(error)
    // A store that is closed under its projections has ended them; that is no failure of theirs.
    this.#state = isAnnalsError(error, 'store-closed') ? 'stopped' : 'failed'
    this.#error = this.#state === 'failed' ? reason : undefined
    this.#interrupt()
    this.#waiters.fail(reason)
    this.#options.onFail(reason)
  }
}

// How many events are written at once at the most, in one transaction and one turn of the event loop: some ten milliseconds.
const batchEventsMax = 4_000
