import {
  AnnalsError,
  type AppendCondition,
  type EventReader,
  type EventStore,
  type StreamAppend,
  type Subscription,
} from '@annals/core'
import { appendConditionFailed, checkExpectedRevision } from '@annals/core/store'
import { Random } from './random.ts'
import { nextTurn } from './test-clock.ts'

/** What goes wrong with a store, and how often: each fault has a probability from 0, which is the default, to 1. */
export interface StoreFaults {
  /** The same seed gives the same faults to the same calls, counted in the order in which they are made. */
  readonly seed: number
  /** For an append that expects a revision or has a condition: that another writer was faster, so it is refused. */
  readonly conflicts?: number | undefined
  /**
   * What the other writer records just before an append that is to meet a conflict; then the store itself refuses what no
   * longer holds. `undefined`: nothing this time. Default: nothing is recorded, the append is only refused.
   */
  readonly otherWriter?: ((appends: readonly StreamAppend[]) => StreamAppend | undefined) | undefined
  /** For a call: that its answer takes up to 20 turns of the event loop longer. */
  readonly delays?: number | undefined
  /** For an append: that it is recorded, but fails with `store-failed`, as when the connection broke before the answer. */
  readonly lostAnswers?: number | undefined
  /** For a batch of a subscription: that it fails with `store-failed` in place of giving the batch. */
  readonly brokenSubscriptions?: number | undefined
  /**
   * For a call: that the process is gone. An append may be recorded before or not. From then on every call, reader and
   * subscription fails with `store-failed`; open the store beneath again to go on.
   */
  readonly crashes?: number | undefined
  /** The call, from 1, at which the process is gone for certain. */
  readonly crashAtCall?: number | undefined
}

/** A store whose faults can be counted. */
export interface FaultyStore extends EventStore {
  /** How many calls have been made: appends, reads of a batch, batches of subscriptions and all else. */
  readonly calls: number
  /** Whether it has crashed. */
  readonly crashed: boolean
  /** How often each fault has been met. */
  readonly met: { readonly [Fault in FaultName]: number }
}

/** The faults that are met by chance. */
export type FaultName = 'conflicts' | 'delays' | 'lostAnswers' | 'brokenSubscriptions' | 'crashes'

/**
 * A store that answers as another does, but for the faults that it is told to have. With none, it keeps every promise of
 * the port. The store beneath stays whole: what it holds after a crash is what a new process would find.
 *
 * @throws AnnalsError `invalid-argument` for a probability that is none
 */
export function createFaultyStore(store: EventStore, faults: StoreFaults): FaultyStore {
  for (const name of faultNames) assertProbability(name, faults[name] ?? 0)
  return new Faulty(store, faults)
}

const faultNames: readonly FaultName[] = [
  'conflicts',
  'delays',
  'lostAnswers',
  'brokenSubscriptions',
  'crashes',
]

class Faulty implements FaultyStore {
  readonly met = { conflicts: 0, delays: 0, lostAnswers: 0, brokenSubscriptions: 0, crashes: 0 }
  readonly #store: EventStore
  readonly #faults: StoreFaults
  readonly #subscriptions = new Set<Subscription>()
  #calls = 0

  constructor(store: EventStore, faults: StoreFaults) {
    this.#store = store
    this.#faults = faults
  }

  get calls(): number {
    return this.#calls
  }

  get crashed(): boolean {
    return this.met.crashes > 0
  }

  append(appends: StreamAppend | readonly StreamAppend[], condition?: AppendCondition) {
    return this.#call(async (chance) => {
      const list = Array.isArray(appends) ? (appends as readonly StreamAppend[]) : [appends as StreamAppend]
      const isConditional = condition !== undefined || list.some((append) => expectsRevision(append))
      if (isConditional && chance('conflicts')) await this.#conflict(list, condition)
      const answer = this.#store.append(appends, condition)
      if (!chance('lostAnswers')) return answer
      await answer
      throw storeFailed('its answer was lost, so whether the events are recorded is not known')
    })
  }

  read(...given: Parameters<EventStore['read']>): EventReader {
    const reader = this.#store.read(...given)
    return readerOver(() => this.#reading(reader))
  }

  subscribe(...given: Parameters<EventStore['subscribe']>): Subscription {
    this.#assertAlive()
    const subscription = this.#store.subscribe(...given)
    const batches = () => this.#following(subscription)
    return {
      batches,
      close: () => subscription.close(),
      async *[Symbol.asyncIterator]() {
        for await (const { events } of batches()) yield* events
      },
    }
  }

  stream(name: string) {
    return this.#call(() => this.#store.stream(name))
  }

  async *streams(...given: Parameters<EventStore['streams']>) {
    for await (const info of this.#store.streams(...given)) yield await this.#call(async () => info)
  }

  head() {
    return this.#call(() => this.#store.head())
  }

  retain(...given: Parameters<EventStore['retain']>) {
    return this.#call(() => this.#store.retain(...given))
  }

  truncate(...given: Parameters<EventStore['truncate']>) {
    return this.#call(() => this.#store.truncate(...given))
  }

  tombstone(...given: Parameters<EventStore['tombstone']>) {
    return this.#call(() => this.#store.tombstone(...given))
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  // What happens to a call depends on its number alone, so that a run can be repeated.
  async #call<Result>(run: (chance: (fault: FaultName) => boolean) => Promise<Result>): Promise<Result> {
    this.#assertAlive()
    const { seed, crashAtCall } = this.#faults
    const call = ++this.#calls
    const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(call, 0x85ebca6b))
    const chance = (fault: FaultName) => {
      const isMet = random.chance(this.#faults[fault] ?? 0)
      if (isMet) this.met[fault]++
      return isMet
    }
    const crashes = chance('crashes') || call === crashAtCall
    if (crashes) this.met.crashes = 1
    const isDone = !crashes || random.chance(0.5)
    // The answer is what is late, since appends have to take effect in the order in which they are made.
    const result = isDone ? run(chance) : undefined
    if (crashes) {
      await result?.catch(() => undefined)
      for (const subscription of this.#subscriptions) subscription.close()
    }
    if (chance('delays')) await turns(1 + random.below(20), result)
    this.#assertAlive()
    return result as Promise<Result>
  }

  async #conflict(appends: readonly StreamAppend[], condition: AppendCondition | undefined): Promise<void> {
    const { otherWriter } = this.#faults
    if (otherWriter) {
      const append = otherWriter(appends)
      if (append) await this.#store.append(append)
      return
    }
    for (const append of appends)
      if (expectsRevision(append)) {
        const { stream, expectedRevision } = append
        checkExpectedRevision(
          stream,
          expectedRevision,
          expectedRevision === 'no-stream' ? 0 : expectedRevision + 1,
        )
      }
    if (condition) throw appendConditionFailed(condition, (await this.#store.head()) + 1)
  }

  async *#reading(reader: EventReader) {
    const reading = reader.batches()[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await this.#call(() => reading.next())
        if (next.done) return
        yield next.value
      }
    } finally {
      await reading.return?.()
    }
  }

  async *#following(subscription: Subscription) {
    this.#subscriptions.add(subscription)
    try {
      for await (const batch of subscription.batches()) {
        await this.#call(async (chance) => {
          if (chance('brokenSubscriptions')) throw storeFailed('the subscription was broken off')
        })
        yield batch
      }
      this.#assertAlive()
    } finally {
      this.#subscriptions.delete(subscription)
    }
  }

  #assertAlive(): void {
    if (this.crashed) throw storeFailed('the process is gone')
  }
}

type Expecting = StreamAppend & { readonly expectedRevision: number | 'no-stream' }

function expectsRevision(append: StreamAppend): append is Expecting {
  const expected = append?.expectedRevision
  return typeof expected === 'number' || expected === 'no-stream'
}

async function turns(count: number, result: Promise<unknown> | undefined): Promise<void> {
  // Whoever waits is told of its error later; until then it is not one that nobody looks at.
  result?.catch(() => undefined)
  for (let turn = 0; turn < count; turn++) await nextTurn()
}

function readerOver(batches: EventReader['batches']): EventReader {
  return {
    batches,
    async *[Symbol.asyncIterator]() {
      for await (const events of batches()) yield* events
    },
  }
}

function storeFailed(reason: string): AnnalsError<'store-failed'> {
  return new AnnalsError('store-failed', `The store was made to fail for a test: ${reason}.`, { reason })
}

function assertProbability(argument: string, received: number): void {
  if (received >= 0 && received <= 1) return
  const expected = 'a probability from 0 to 1'
  throw new AnnalsError(
    'invalid-argument',
    `The probability of ${argument} cannot be used: expected ${expected}, but got ${received}.`,
    { argument, expected, received },
  )
}
