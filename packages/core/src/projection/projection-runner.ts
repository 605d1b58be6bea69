import type { Clock } from '../clock.ts'
import { AnnalsError, isAnnalsError } from '../errors.ts'
import type { RecordedEvent } from '../event/event.ts'
import { type Position, startOfLog } from '../event/position.ts'
import { type OnProgress, ProgressMeter } from '../progress.ts'
import type { EventStore, Subscription } from '../store/event-store.ts'
import type { Projection } from './projection.ts'
import type { OpenReadModel, ReadModelStore } from './read-model.ts'

/** How a projection is doing. */
export interface ProjectionStatus {
  readonly name: string
  readonly version: number
  /** `failed`: a handler or the read model failed; it stands where it was until it is rebuilt or the application restarts. */
  readonly state: 'starting' | 'catching-up' | 'live' | 'failed' | 'stopped'
  /** Everything up to here is in the read model. */
  readonly position: Position
  /** Why it failed. */
  readonly error: Error | undefined
}

/** Keeps one read model up to date in the background. */
export class ProjectionRunner {
  readonly projection: Projection
  readonly #store: EventStore
  readonly #readModels: ReadModelStore
  readonly #clock: Clock
  readonly #waiting = new Set<Waiting>()
  #readModel: OpenReadModel | undefined
  #subscription: Subscription | undefined
  #running: Promise<void> = Promise.resolve()
  #state: ProjectionStatus['state'] = 'starting'
  #position: Position = startOfLog
  #error: Error | undefined
  #onMove: ((position: Position) => void) | undefined

  constructor(options: {
    readonly projection: Projection
    readonly store: EventStore
    readonly readModels: ReadModelStore
    readonly clock: Clock
  }) {
    this.projection = options.projection
    this.#store = options.store
    this.#readModels = options.readModels
    this.#clock = options.clock
  }

  get status(): ProjectionStatus {
    const { name, version } = this.projection
    return { name, version, state: this.#state, position: this.#position, error: this.#error }
  }

  /** Opens the read model and begins to follow the log. Resolves when queries can be answered, caught up or not. */
  async start(): Promise<void> {
    this.#readModel = await this.#readModels.open(this.projection)
    // A log that was restored from an older copy goes on differently from there.
    if (this.#readModel.checkpoint() > (await this.#store.head())) await this.#readModel.reset()
    this.#begin(this.#readModel)
  }

  /** Ends the work. The read model stays as it is. */
  async stop(): Promise<void> {
    this.#subscription?.close()
    await this.#running
    if (this.#state !== 'failed') this.#state = 'stopped'
    for (const waiting of [...this.#waiting])
      waiting.settle(
        new AnnalsError(
          'store-closed',
          'The application was closed while something waited for a read model.',
          {},
        ),
      )
  }

  /** What queries read from. @throws AnnalsError `projection-failed` */
  model(): unknown {
    this.#assertWorking()
    return this.#readModel?.model
  }

  /** Resolves when the read model has seen a position. @throws AnnalsError `read-model-behind`, `projection-failed` */
  waitFor(position: Position, timeoutMs: number): Promise<void> {
    if (this.#position >= position) return Promise.resolve()
    this.#assertWorking()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => waiting.settle(this.#behind(position, timeoutMs)), timeoutMs)
      const waiting: Waiting = {
        position,
        settle: (error) => {
          clearTimeout(timer)
          this.#waiting.delete(waiting)
          if (error) reject(error)
          else resolve()
        },
      }
      this.#waiting.add(waiting)
    })
  }

  /**
   * Empties the read model and makes it anew from the start of the log; resolves when it has caught up with the head
   * there was at the beginning. Queries meanwhile see it growing. Progress counts positions.
   */
  async rebuild(onProgress?: OnProgress): Promise<void> {
    this.#subscription?.close()
    await this.#running
    const readModel = this.#readModel ?? (await this.#readModels.open(this.projection))
    this.#readModel = readModel
    await readModel.reset()
    const head = await this.#store.head()
    const meter = new ProgressMeter(onProgress, this.#clock)
    this.#onMove = (position) => meter.update(Math.min(position, head), head)
    try {
      this.#begin(readModel)
      await this.waitFor(head, 2 ** 31 - 1)
    } finally {
      this.#onMove = undefined
    }
  }

  #begin(readModel: OpenReadModel): void {
    this.#error = undefined
    this.#state = 'catching-up'
    this.#position = readModel.checkpoint()
    const subscription = this.#store.subscribe(this.projection.select, { after: this.#position })
    this.#subscription = subscription
    this.#running = this.#follow(subscription, readModel).catch((error: unknown) => this.#fail(error))
  }

  async #follow(subscription: Subscription, readModel: OpenReadModel): Promise<void> {
    for await (const { events, position, live } of subscription.batches()) {
      // Batches without events only move the position; writing each of them down would cost a commit for nothing.
      if (events.length > 0) await readModel.write(position, (model) => this.#apply(model, events))
      this.#position = position
      this.#state = live ? 'live' : 'catching-up'
      this.#onMove?.(position)
      for (const waiting of [...this.#waiting]) if (waiting.position <= position) waiting.settle()
    }
  }

  #apply(model: unknown, events: readonly RecordedEvent[]): void {
    const { on, name } = this.projection
    for (const event of events) {
      const handler = Object.hasOwn(on, event.type) ? on[event.type] : undefined
      if (!handler) continue
      try {
        assertSynchronous(handler(model, event))
      } catch (cause) {
        if (isOfStorage(cause)) throw cause
        throw new AnnalsError(
          'projection-failed',
          `Projection ${name} stopped at position ${event.position}: its handler for ${event.type} failed with "${cause instanceof Error ? cause.message : String(cause)}". Mend the handler and start again.`,
          { projection: name, position: event.position },
          { cause },
        )
      }
    }
  }

  #fail(error: unknown): void {
    // A store that is closed under its projections has ended them; that is no failure of theirs.
    if (isAnnalsError(error, 'store-closed')) {
      this.#state = 'stopped'
    } else {
      this.#state = 'failed'
      this.#error = error instanceof Error ? error : new Error(String(error))
    }
    for (const waiting of [...this.#waiting])
      waiting.settle(error instanceof Error ? error : new Error(String(error)))
  }

  #assertWorking(): void {
    if (this.#state !== 'failed' || !this.#error) return
    if (isAnnalsError(this.#error, 'projection-failed')) throw this.#error
    const { name } = this.projection
    throw new AnnalsError(
      'projection-failed',
      `Projection ${name} stopped after position ${this.#position}: ${this.#error.message}`,
      { projection: name, position: this.#position },
      { cause: this.#error },
    )
  }

  #behind(position: Position, waitedMs: number): AnnalsError<'read-model-behind'> {
    const { name } = this.projection
    return new AnnalsError(
      'read-model-behind',
      `The read model of ${name} was awaited at position ${position}, but after ${waitedMs} ms it was at ${this.#position}. Wait longer or ask again.`,
      { projection: name, position: this.#position, waitedForPosition: position, waitedMs },
    )
  }
}

interface Waiting {
  readonly position: Position
  readonly settle: (error?: Error) => void
}

function assertSynchronous(returned: unknown): void {
  if (!(returned instanceof Promise)) return
  // It is this error that is told, not that of what it went on to do.
  returned.catch(() => undefined)
  throw new Error(
    'it returned a promise, but a handler has to be synchronous: what it does later is in no batch',
  )
}

// What the disk does to a read model is no fault of the handler that met it.
function isOfStorage(error: unknown): boolean {
  return isAnnalsError(error) && /^(?:store|disk)-/.test(error.code)
}
