import type { Clock, Timer } from '../clock.ts'
import { type Retries, retryDelayMs } from '../consumer/retry-policy.ts'
import { Slots } from '../consumer/slots.ts'
import { asError, isAnnalsError } from '../errors.ts'
import type { RecordedEvent } from '../event/event.ts'
import { startOfLog } from '../event/position.ts'
import type { EventStore, Subscription } from '../store/event-store.ts'
import { DueQueue } from './due-queue.ts'

/** When something is to be done, or, without a time, that it is not any more. */
export interface AgendaEntry {
  readonly id: string
  readonly atMs: number | undefined
}

/** Settings of an agenda. */
export interface AgendaOptions {
  readonly store: EventStore
  /** The category whose streams say what is to be done. */
  readonly category: string
  /** What an event changes in the agenda. */
  readonly note: (event: RecordedEvent) => readonly AgendaEntry[]
  /**
   * Does what is due, if it still is: another process may have been faster. What fails is tried again, with growing
   * pauses, for as long as it takes.
   */
  readonly act: (id: string) => Promise<void>
  readonly clock: Clock
  readonly timer: Timer
}

/**
 * What is to be done at a later time, as the streams of a category tell it. It is read from the start of the log, so
 * nothing has to be kept beside the events; what became due while nobody was there is done as soon as it is read.
 *
 * Costs the reading of the category at each start, and memory for what is still to be done.
 */
export class Agenda {
  readonly #options: AgendaOptions
  readonly #queue: DueQueue
  readonly #slots = new Slots(actsMax)
  readonly #acting = new Set<Promise<void>>()
  readonly #attempts = new Map<string, number>()
  #subscription: Subscription | undefined
  #running: Promise<void> = Promise.resolve()
  #error: Error | undefined
  #isStopped = false

  constructor(options: AgendaOptions) {
    this.#options = options
    const { clock, timer } = options
    this.#queue = new DueQueue({ clock, timer, onDue: (ids) => this.#due(ids) })
  }

  /** What failed last, if nothing has succeeded since. */
  get error(): Error | undefined {
    return this.#error
  }

  /** Begins to follow the category. What is due is done once all of it is read. */
  start(): void {
    const { store, category } = this.#options
    this.#subscription = store.subscribe({ category }, { after: startOfLog })
    this.#running = this.#follow(this.#subscription).catch((error: unknown) => this.#fail(error))
  }

  /** Resolves when what has been begun is done. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#subscription?.close()
    this.#queue.stop()
    await this.#running
    await Promise.all(this.#acting)
  }

  async #follow(subscription: Subscription): Promise<void> {
    for await (const { events, live } of subscription.batches()) {
      for (const event of events) {
        for (const { id, atMs } of this.#options.note(event)) {
          this.#attempts.delete(id)
          if (atMs === undefined) this.#queue.delete(id)
          else this.#queue.set(id, atMs)
        }
      }
      if (live && !this.#isStopped) this.#queue.start()
    }
  }

  #due(ids: readonly string[]): void {
    for (const id of ids) {
      const acting = this.#slots
        .run(async () => {
          if (!this.#isStopped) await this.#options.act(id)
        })
        .then(
          () => this.#succeeded(id),
          (error: unknown) => this.#failed(id, error),
        )
        .then(() => {
          this.#acting.delete(acting)
        })
      this.#acting.add(acting)
    }
  }

  #succeeded(id: string): void {
    this.#attempts.delete(id)
    this.#error = undefined
  }

  #failed(id: string, error: unknown): void {
    this.#fail(error)
    const attempt = (this.#attempts.get(id) ?? 0) + 1
    this.#attempts.set(id, attempt)
    // Unless it has been moved meanwhile, and waits for its new time.
    if (!this.#isStopped && !this.#queue.has(id))
      this.#queue.set(id, this.#options.clock() + retryDelayMs(retries, attempt))
  }

  #fail(error: unknown): void {
    // A store that is closed under it has ended it; that is no failure.
    if (isAnnalsError(error, 'store-closed')) {
      this.#isStopped = true
      this.#queue.stop()
    } else this.#error = asError(error)
  }
}

// How much that is due is done at once; after a long pause there may be a great deal.
const actsMax = 16

const retries: Retries = { attemptsMax: Infinity, firstDelayMs: 100, delayMsMax: 10_000 }
