import { AnnalsError, type App, type EventStore, type Position, type Selection } from '@annals/core'
import { type CaseOptions, caseEventsOf, LiveInsight, type LiveOptions } from '@annals/insight'

/** What insight is to be had into, and how its cases are told. */
export interface InsightOptions extends LiveOptions, CaseOptions {
  /** Which events. Default: everything. Streams that Annals keeps for itself have to be named. */
  readonly select?: Selection | undefined
  /** The least time between two findings that are sent as they change, in milliseconds. Default: 1,000. */
  readonly pauseMs?: number | undefined
}

/** The findings of an application, which follow its log from the start once somebody asks for them. */
export class InsightFeed {
  readonly live: LiveInsight
  readonly pauseMs: number
  readonly #ending = new AbortController()
  readonly #following: Promise<void>
  readonly #caughtUp = Promise.withResolvers<void>()
  /** Everything selected up to this position has been taken in. */
  position: Position = 0
  isCaughtUp = false
  #error: unknown

  constructor(store: EventStore, options: InsightOptions) {
    this.live = new LiveInsight(options)
    this.pauseMs = options.pauseMs ?? 1_000
    this.#following = this.#follow(store, options).catch((error: unknown) => {
      this.#error = error
      this.#caughtUp.resolve()
    })
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

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#following
  }

  async #follow(store: EventStore, options: InsightOptions): Promise<void> {
    const { select = 'everything' } = options
    const { signal } = this.#ending
    const takesSystemStreams = namesSystemStreams(select)
    for await (const { events, position, live } of store.subscribe(select, { signal }).batches()) {
      for (const event of events)
        if (takesSystemStreams || !isSystemStream(event.stream))
          this.live.observe(caseEventsOf(event, options))
      this.position = position
      this.isCaughtUp = live
      if (live) this.#caughtUp.resolve()
      // So that others are answered while a long history is read.
      else await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** The feed of each application that is asked about. */
export class InsightFeeds {
  readonly #options: InsightOptions | undefined
  readonly #feeds = new Map<App, InsightFeed>()
  #isClosed = false

  constructor(options: InsightOptions | undefined) {
    this.#options = options
  }

  /** @throws AnnalsError `store-closed` once closed; `undefined` where no insight is to be had. */
  of(app: App): InsightFeed | undefined {
    if (!this.#options) return undefined
    if (this.#isClosed) throw new AnnalsError('store-closed', 'The server is closing. Try again soon.', {})
    const feed = this.#feeds.get(app) ?? new InsightFeed(app.store, this.#options)
    this.#feeds.set(app, feed)
    return feed
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#feeds.values()].map((feed) => feed.close()))
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
