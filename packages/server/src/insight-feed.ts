import { AnnalsError, type App, type EventStore, type Position, type Selection } from '@annals/core'
import { type CaseOptions, caseEventsOf, LiveInsight, type LiveOptions } from '@annals/insight'
import { FedEvent, hiddenCases } from './fed-event.ts'

/** What insight is to be had into, and how its cases are told. */
export interface InsightOptions extends LiveOptions, CaseOptions {
  /** Which events. Default: everything. Streams that Annals keeps for itself have to be named. */
  readonly select?: Selection | undefined
  /** The least time between two findings that are sent as they change, in milliseconds. Default: 1,000. */
  readonly pauseMs?: number | undefined
  /**
   * For how long findings may go on telling of events that were hidden by a tombstone, a truncation or retention, in
   * milliseconds. It is looked at when something is asked, and costs a look at each stream of which events are kept; 0:
   * each time. Default: 10,000.
   */
  readonly hiddenMsMax?: number | undefined
  /**
   * Of how many tenants the findings are kept at once, 1 or more. Those that were not asked for longest give way, and
   * are found anew from the log when they are asked again; of those that are being watched none does. Default: 8.
   */
  readonly tenantsMax?: number | undefined
}

/** The findings of an application, which follow its log from the start once somebody asks for them. */
export class InsightFeed {
  readonly live: LiveInsight
  /** Resolves when it follows the log no longer. */
  readonly ended: Promise<void>
  readonly #store: EventStore
  readonly #pauseMs: number
  readonly #hiddenMsMax: number
  readonly #ending = new AbortController()
  readonly #caughtUp = Promise.withResolvers<void>()
  #watchers = 0
  #looked: { readonly atMs: number; readonly done: Promise<void> } | undefined
  /** Everything selected up to this position has been taken in. */
  position: Position = 0
  isCaughtUp = false
  #error: unknown

  constructor(store: EventStore, options: InsightOptions) {
    this.live = new LiveInsight(options)
    this.#store = store
    this.#pauseMs = options.pauseMs ?? 1_000
    this.#hiddenMsMax = options.hiddenMsMax ?? 10_000
    this.ended = this.#follow(store, options)
      .catch((error: unknown) => {
        this.#error = error
        this.#caughtUp.resolve()
      })
      .finally(() => this.#ending.abort())
  }

  /** Whether somebody is sent its findings as they change. */
  get isWatched(): boolean {
    return this.#watchers > 0
  }

  /**
   * Waits until it has seen what is recorded, for a moment at most: a long history is told as far as it has been read.
   *
   * @throws whatever stopped it, such as an error of a function that tells the cases of an event
   */
  async ready(): Promise<void> {
    await Promise.race([this.#caughtUp.promise, delay(catchUpMsMax)])
    if (this.#error !== undefined) throw this.#error
  }

  /** What is found now, without what is hidden. @throws as `ready` */
  async ask<Found>(find: (live: LiveInsight) => Found | Promise<Found>): Promise<Found> {
    await this.ready()
    await this.#forgetHidden()
    return find(this.live)
  }

  /**
   * The same, and again whenever something came, until `signal` aborts, which it has to, or the feed ends. It is watched
   * from when this is called.
   */
  watch<Found>(
    find: (live: LiveInsight) => Found | Promise<Found>,
    signal: AbortSignal,
  ): AsyncGenerator<Found, void, void> {
    this.#watchers++
    signal.addEventListener('abort', () => this.#watchers--, { once: true })
    return this.live.watch(() => this.ask(find), {
      pauseMs: this.#pauseMs,
      signal: AbortSignal.any([signal, this.#ending.signal]),
    })
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.ended
  }

  async #follow(store: EventStore, options: InsightOptions): Promise<void> {
    const { select = 'everything' } = options
    const { signal } = this.#ending
    const takesSystemStreams = namesSystemStreams(select)
    for await (const { events, position, live } of store.subscribe(select, { signal }).batches()) {
      for (const event of events)
        if (takesSystemStreams || !isSystemStream(event.stream))
          this.live.observe(caseEventsOf(event, options).map((each) => new FedEvent(each, event)))
      this.position = position
      this.isCaughtUp = live
      if (live) this.#caughtUp.resolve()
      // So that others are answered while a long history is read.
      else await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #forgetHidden(): Promise<void> {
    if (!this.#looked || performance.now() - this.#looked.atMs >= this.#hiddenMsMax) {
      const done = this.#lookForHidden().catch((error: unknown) => {
        this.#looked = undefined
        throw error
      })
      this.#looked = { atMs: performance.now(), done }
    }
    return this.#looked.done
  }

  async #lookForHidden(): Promise<void> {
    // As they are now, since they change while streams are looked up.
    const kept = [...this.live.keptEvents()] as (readonly FedEvent[])[]
    for (const name of await hiddenCases(kept, this.#store)) this.live.forget(name)
  }
}

/** The feed of each application that is asked about. */
export class InsightFeeds {
  readonly #options: InsightOptions | undefined
  readonly #max: number
  /** The one that was not asked for longest first. */
  readonly #feeds = new Map<App, InsightFeed>()
  /** Those that gave way and have not ended yet. */
  readonly #leaving = new Set<InsightFeed>()
  #isClosed = false

  /** @throws AnnalsError `invalid-argument` for options out of their range */
  constructor(options: InsightOptions | undefined) {
    this.#options = options
    this.#max = options?.tenantsMax ?? 8
    if (!options) return
    assertFrom('tenantsMax', this.#max, 1)
    if (options.hiddenMsMax !== undefined) assertFrom('hiddenMsMax', options.hiddenMsMax, 0)
    // What is wrong with the others is told at start, not to who asks first.
    new LiveInsight(options)
  }

  /**
   * `undefined` where no insight is to be had.
   *
   * @throws AnnalsError `store-closed` once closed, `limit-exceeded` while as many as may be are watched
   */
  of(app: App): InsightFeed | undefined {
    if (!this.#options) return undefined
    if (this.#isClosed) throw new AnnalsError('store-closed', 'The server is closing. Try again soon.', {})
    const known = this.#feeds.get(app)
    if (!known && this.#feeds.size >= this.#max) this.#makeRoom()
    const feed = known ?? this.#begin(app, this.#options)
    this.#feeds.delete(app)
    this.#feeds.set(app, feed)
    return feed
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#feeds.values(), ...this.#leaving].map((feed) => feed.close()))
  }

  #begin(app: App, options: InsightOptions): InsightFeed {
    const feed = new InsightFeed(app.store, options)
    // Its store was closed, or it failed: whoever asks next begins anew.
    void feed.ended.then(() => {
      this.#leaving.delete(feed)
      if (this.#feeds.get(app) === feed) this.#feeds.delete(app)
    })
    return feed
  }

  #makeRoom(): void {
    const leaving = [...this.#feeds].find(([, feed]) => !feed.isWatched)
    if (!leaving)
      throw new AnnalsError(
        'limit-exceeded',
        `The findings of ${this.#max} tenants are being watched, as many as are kept at once. Ask again when one of them is watched no longer, or raise tenantsMax.`,
        { limit: 'tenantsMax', max: this.#max, actual: this.#max + 1 },
      )
    const [app, feed] = leaving
    this.#feeds.delete(app)
    this.#leaving.add(feed)
    void feed.close()
  }
}

const catchUpMsMax = 2_000

// Of streams that Annals keeps for itself only those are looked at that somebody asks for by name.
function namesSystemStreams(select: Selection): boolean {
  if (typeof select !== 'object') return false
  if ('stream' in select) return isSystemStream(select.stream)
  return 'category' in select && isSystemStream(select.category)
}

const isSystemStream = (stream: string): boolean => stream.startsWith('$')

const delay = (delayMs: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, delayMs).unref()
  })

function assertFrom(argument: string, received: number, min: number): void {
  if (Number.isSafeInteger(received) && received >= min) return
  const expected = `a whole number, ${min} or more`
  throw new AnnalsError(
    'invalid-argument',
    `The option "${argument}" of insight cannot be used: expected ${expected}, but got ${String(received)}.`,
    { argument, expected, received },
  )
}
