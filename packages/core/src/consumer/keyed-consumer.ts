import { type Clock, pause, type Timer } from '../clock.ts'
import { KeyedQueue } from '../command/keyed-queue.ts'
import { AnnalsError, asError, isAnnalsError } from '../errors.ts'
import type { RecordedEvent } from '../event/event.ts'
import { type Position, startOfLog } from '../event/position.ts'
import { type Selection, selectsSystemStreams } from '../event/selection.ts'
import { isSystemStream } from '../event/stream.ts'
import { assertReadable, UnreadableEvent } from '../event/upcast-event.ts'
import { describe, type JsonValue } from '../json.ts'
import type { EventStore, Subscription } from '../store/event-store.ts'
import type { ConsumerControl, ConsumerStatus, ParkedKey, ParkedOptions } from './consumer.ts'
import { correctedEvent } from './corrected-event.ts'
import { type ConsumerKeeper, storeKeeper } from './keeper.ts'
import { lagOf } from './lag.ts'
import { LowWaterMark } from './low-water-mark.ts'
import { ParkingLot } from './parking-lot.ts'
import { PositionWaiters } from './position-waiters.ts'
import { Rate } from './rate.ts'
import { type Retries, retryDelayMs } from './retry-policy.ts'
import { Slots } from './slots.ts'

/** What a handler is told beside the event. */
export interface HandlerContext {
  readonly key: string
  /** The same for every delivery of the same event to this consumer, and for nothing else: lets a target recognise repeats. */
  readonly token: string
  /** Counts from 1; begins anew after a restart and when a parked event is retried. */
  readonly attempt: number
  /** Aborts when the consumer is to stop; what the handler throws then counts as not tried. */
  readonly signal: AbortSignal
}

/** Settings of a keyed consumer. */
export interface KeyedConsumerOptions {
  /** Names its streams of parked keys and of its checkpoint. */
  readonly consumer: string
  readonly store: EventStore
  readonly select: Selection
  /** Events of the same key are handled one after the other; `undefined`: the event is none of its business. */
  readonly key: (event: RecordedEvent) => string | undefined
  readonly handle: (event: RecordedEvent, context: HandlerContext) => Promise<void>
  readonly retries: Retries
  /** How many events are handled at once. */
  readonly parallelMax: number
  /** Whether an error will not go away by trying again, so that the key is parked at once. Default: never. */
  readonly isFinal?: ((error: unknown) => boolean) | undefined
  /** How long an error asks to wait before the next attempt, if longer than the retry policy says. Default: it does not. */
  readonly delayMsOf?: ((error: unknown) => number | undefined) | undefined
  /** Makes recorded events into those of today, as their upcasters say. Default: as they are. */
  readonly current?:
    | ((events: readonly RecordedEvent[]) => Promise<readonly RecordedEvent[]> | readonly RecordedEvent[])
    | undefined
  /** What it follows from a position on: events of the selection, as they are today. Default: the store. */
  readonly follow?: ((after: Position) => Pick<Subscription, 'batches' | 'close'>) | undefined
  /** Default: the store. */
  readonly keeper?: ConsumerKeeper | undefined
  readonly clock: Clock
  readonly timer: Timer
  /** Is told whenever it may have come further, and when it cannot. */
  readonly onMove?: (() => void) | undefined
}

/**
 * Follows the log in the background and hands each event to an asynchronous handler, at least once: events of one key in
 * their order, those of different keys side by side. A handler that fails is called again with growing pauses, and then
 * its key is parked: the event and those of its key behind it are held back, everything else goes on.
 *
 * How far it has come is saved at most once a second and when it stops, so after a crash the events of the last second
 * are delivered again. Events of streams that Annals keeps for itself are passed over unless they are what is selected.
 */
export class KeyedConsumer implements ConsumerControl {
  readonly #options: KeyedConsumerOptions
  readonly #mark = new LowWaterMark()
  readonly #waiters = new PositionWaiters()
  readonly #queue = new KeyedQueue()
  readonly #slots: Slots
  readonly #rate: Rate
  #lot: ParkingLot | undefined
  #checkpoint: Awaited<ReturnType<ConsumerKeeper['checkpoint']>> | undefined
  #subscription: Pick<Subscription, 'batches' | 'close'> | undefined
  #running: Promise<void> = Promise.resolve()
  #abort = new AbortController()
  #state: ConsumerStatus['state'] = 'starting'
  #error: Error | undefined
  // The last event that was put into the queue of its key.
  #dispatched: Position = startOfLog
  readonly #inWork = new Set<Promise<void>>()
  #isUnsaved = false
  #saving: Promise<void> | undefined
  #cancelSave: (() => void) | undefined
  #roomWanted: (() => void) | undefined

  constructor(options: KeyedConsumerOptions) {
    this.#options = options
    this.#slots = new Slots(options.parallelMax)
    this.#rate = new Rate(options.clock)
  }

  /** Begins to follow the log, where it was left. Resolves when it does, caught up or not. */
  async start(): Promise<void> {
    const { store, consumer, keeper = storeKeeper(store, consumer) } = this.#options
    this.#lot = await ParkingLot.open(keeper.journal, consumer)
    this.#checkpoint = await keeper.checkpoint()
    this.#begin(this.#checkpoint.position)
  }

  /** Takes no more events, and resolves when those in work are done and the checkpoint is saved. */
  async stop(): Promise<void> {
    await this.#halt()
    if (this.#state !== 'failed') this.#state = 'stopped'
    this.#waiters.fail(
      new AnnalsError(
        'store-closed',
        'The application was closed while something waited for a consumer.',
        {},
      ),
    )
  }

  async pause(): Promise<void> {
    await this.#halt()
    if (this.#state !== 'failed') this.#state = 'paused'
  }

  async resume(): Promise<void> {
    if (this.#state === 'catching-up' || this.#state === 'live') return
    await this.#halt()
    this.#begin(this.#mark.position)
  }

  async reset(): Promise<void> {
    await this.#halt()
    await this.#opened().lot.reset()
    await this.#opened().checkpoint.save(startOfLog)
    this.#begin(startOfLog)
  }

  async status(): Promise<ConsumerStatus> {
    const { store, select, clock } = this.#options
    const position = this.#mark.position
    return {
      state: this.#state,
      position,
      ...(this.#state === 'starting' ? noLag : await lagOf(store, select, position, clock)),
      eventsPerSecond: this.#rate.perSecond,
      parkedKeys: this.#lot?.size ?? 0,
      error: this.#error,
    }
  }

  /** Everything up to here has been handled, or is held back. */
  get position(): Position {
    return this.#mark.position
  }

  get state(): ConsumerStatus['state'] {
    return this.#state
  }

  /** What failed last, if nothing has succeeded since; or what it failed of. */
  get error(): Error | undefined {
    return this.#error
  }

  /** Whether it works, or waits for work: neither paused, nor stopped, nor failed. */
  get isRunning(): boolean {
    return this.#state === 'catching-up' || this.#state === 'live' || this.#state === 'starting'
  }

  /** Whether something other than an event keeps it from going on. */
  get hasFailed(): boolean {
    return this.#state === 'failed'
  }

  /** Resolves when everything up to a position has been handled or held back; rejects with what `timedOut` gives. */
  async waitFor(position: Position, timeoutMs: number, timedOut: () => Error): Promise<void> {
    if (this.#mark.position >= position) return
    if (this.#state === 'failed' && this.#error) throw this.#error
    await this.#waiters.wait(position, timeoutMs, timedOut)
  }

  parked(): readonly ParkedKey[] {
    return this.#lot?.list() ?? []
  }

  async retry(key: string, { caller }: ParkedOptions = {}): Promise<void> {
    await this.#opened().lot.retry(key, caller)
    await this.#replay(key)
  }

  async edit(key: string, data: JsonValue, { caller }: ParkedOptions = {}): Promise<void> {
    await this.#opened().lot.edit(key, data, caller)
    await this.#replay(key)
  }

  async discard(key: string, { caller }: ParkedOptions = {}): Promise<void> {
    await this.#opened().lot.discard(key, caller)
    await this.#replay(key)
  }

  /** Handles again what others have recorded to be. */
  async takeUp(): Promise<void> {
    await this.#opened().lot.refresh()
    if (this.isRunning) this.#replayRetried()
  }

  #opened() {
    if (this.#lot && this.#checkpoint) return { lot: this.#lot, checkpoint: this.#checkpoint }
    throw new AnnalsError(
      'store-closed',
      `The consumer ${this.#options.consumer} has not been started. Wait until the application is ready.`,
      {},
    )
  }

  #begin(position: Position): void {
    const { store, select, follow } = this.#options
    this.#abort = new AbortController()
    this.#error = undefined
    this.#state = 'catching-up'
    this.#mark.reset(position)
    this.#dispatched = position
    const subscription = follow?.(position) ?? store.subscribe(select, { after: position })
    this.#subscription = subscription
    this.#running = this.#follow(subscription).catch((error: unknown) => this.#fail(error))
    // What was being handled again when the process ended.
    this.#replayRetried()
  }

  #replayRetried(): void {
    // Its failure is told of as that of the consumer.
    for (const { key, state } of this.parked())
      if (state === 'retrying') this.#replay(key).catch(() => undefined)
  }

  async #halt(): Promise<void> {
    this.#subscription?.close()
    this.#abort.abort()
    this.#roomWanted?.()
    await this.#running
    while (this.#inWork.size > 0) await Promise.all(this.#inWork)
    this.#cancelSave?.()
    this.#cancelSave = undefined
    await this.#saving
    if (this.#isUnsaved && this.#state !== 'failed') await this.#saveNow()
  }

  async #follow(subscription: Pick<Subscription, 'batches'>): Promise<void> {
    const { signal } = this.#abort
    const { follow, current } = this.#options
    for await (const { events, position, live } of subscription.batches()) {
      for (const event of current && !follow ? await current(events) : events) {
        if (this.#mark.outstanding >= outstandingMax) await this.#room()
        if (signal.aborted) return
        this.#dispatch(event)
      }
      this.#mark.seen(position)
      this.#moved()
      this.#state = live ? 'live' : 'catching-up'
    }
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#roomWanted = () => {
        this.#roomWanted = undefined
        resolve()
      }
    })
  }

  #dispatch(event: RecordedEvent): void {
    this.#dispatched = event.position
    if (isSystemStream(event.stream) && !selectsSystemStreams(this.#options.select)) return
    const [key, error] = this.#keyOf(event)
    if (key === undefined) return
    const entry = this.#mark.begin(event.position)
    this.#work(
      this.#queue
        .run(key, () => this.#process(key, event, error))
        .then((done) => {
          if (!done) return
          this.#mark.done(entry)
          this.#isUnsaved = true
          if (this.#mark.outstanding < outstandingMax) this.#roomWanted?.()
          this.#moved()
        }),
    )
  }

  /** Keeps account of what is in work, so that stopping can wait for it. Its failure is that of the consumer. */
  #work(task: Promise<void>): void {
    const work = task
      .catch((error: unknown) => this.#fail(error))
      .then(() => {
        this.#inWork.delete(work)
      })
    this.#inWork.add(work)
  }

  #keyOf(event: RecordedEvent): [key: string | undefined, error?: Error] {
    try {
      const key: unknown = this.#options.key(event)
      if (key === undefined || (typeof key === 'string' && key !== '')) return [key]
      return [
        event.stream,
        new Error(`its key was expected to be a string that is not empty, but is ${describe(key)}`),
      ]
    } catch (error) {
      // An event whose key is not known holds up its stream, which is where its key most likely comes from.
      return [event.stream, asError(error)]
    }
  }

  /** Whether the event is handled or held back, rather than left for the next start. */
  async #process(key: string, event: RecordedEvent, keyError?: Error): Promise<boolean> {
    if (this.#opened().lot.get(key)) return true
    return (await this.#try(key, event, keyError)) !== 'stopped'
  }

  async #try(key: string, event: RecordedEvent, keyError?: Error): Promise<'handled' | 'parked' | 'stopped'> {
    const { lot } = this.#opened()
    const { handle, retries, consumer, isFinal, delayMsOf, clock, timer } = this.#options
    const { signal } = this.#abort
    const corrected = correctedEvent(event, lot.correctionOf(event.position))
    if (!corrected) return 'handled'
    for (let attempt = 1; ; attempt++) {
      if (signal.aborted) return 'stopped'
      try {
        assertReadable(corrected)
        if (keyError) throw keyError
        const context = { key, token: `${consumer}:${event.id}`, attempt, signal }
        await this.#slots.run(() => handle(corrected, context))
        this.#rate.add(1)
        this.#error = undefined
        return 'handled'
      } catch (error) {
        // What the store of this consumer suffers from is no fault of the event.
        if (signal.aborted) return 'stopped'
        if (isOfStore(error)) throw error
        this.#error = asError(error)
        if (
          keyError ||
          corrected instanceof UnreadableEvent ||
          isFinal?.(error) ||
          attempt >= retries.attemptsMax
        ) {
          await lot.park(key, event, error, attempt)
          return 'parked'
        }
        const delayMs = Math.max(retryDelayMs(retries, attempt), delayMsOf?.(error) ?? 0)
        await pause(delayMs, { clock, timer, signal })
      }
    }
  }

  /** Handles the parked event of a key and those behind it. Those that come meanwhile wait behind this in the key's queue. */
  #replay(key: string): Promise<void> {
    const upTo = this.#dispatched
    const replay = this.#queue.run(key, async () => {
      const { lot } = this.#opened()
      const parked = lot.get(key)
      // Whoever asked for it too may have been served by the one before.
      if (parked?.state !== 'retrying') return
      for await (const events of this.#heldBack(parked, upTo)) {
        for (const event of events) {
          const [eventKey, error] = this.#keyOf(event)
          if (eventKey !== key) continue
          // Parked again at this event, or left as it is for the next start to take it up.
          if ((await this.#try(key, event, error)) !== 'handled') return
        }
      }
      await lot.release(key)
    })
    this.#work(replay)
    return replay
  }

  async *#heldBack(parked: ParkedKey, upTo: Position): AsyncGenerator<readonly RecordedEvent[]> {
    const { store, select, current = (events) => events } = this.#options
    const { stream, revision, position } = parked
    const itself = { stream, fromRevision: revision, toRevision: revision }
    for await (const events of store.read(itself).batches()) yield await current(events)
    if (upTo <= position) return
    for await (const events of store.read(select, { after: position, upTo }).batches())
      yield await current(events)
  }

  #moved(): void {
    this.#waiters.reached(this.#mark.position)
    this.#options.onMove?.()
    this.#save()
  }

  #save(): void {
    // Its own checkpoint moves the head too, so only what was done is a reason to save.
    if (!this.#isUnsaved || this.#saving || this.#cancelSave || this.#abort.signal.aborted) return
    this.#saving = this.#saveNow().then(() => {
      this.#saving = undefined
      const { clock, timer } = this.#options
      this.#cancelSave = timer(clock() + checkpointIntervalMs, () => {
        this.#cancelSave = undefined
        this.#save()
      })
    })
  }

  async #saveNow(): Promise<void> {
    this.#isUnsaved = false
    try {
      await this.#opened().checkpoint.save(this.#mark.position)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    const reason = asError(error)
    // A store that is closed under its consumers has ended them; that is no failure of theirs.
    this.#state = isAnnalsError(error, 'store-closed') ? 'stopped' : 'failed'
    this.#error = this.#state === 'failed' ? reason : undefined
    this.#subscription?.close()
    this.#abort.abort()
    this.#roomWanted?.()
    this.#waiters.fail(reason)
    this.#options.onMove?.()
  }
}

// Where it begins is not known before it has been started.
const noLag = { lagEvents: 0, lagSeconds: 0 }

const checkpointIntervalMs = 1_000

// How many events are in work or wait for their turn; beyond that the log is not read on.
const outstandingMax = 1_000

function isOfStore(error: unknown): boolean {
  return isAnnalsError(error) && /^(?:store|disk|lease)-/.test(error.code)
}
