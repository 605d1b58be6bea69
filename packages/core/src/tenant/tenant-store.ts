import { AnnalsError } from '../errors.ts'
import type { AppendCondition, ExpectedRevision } from '../event/append-condition.ts'
import type { RecordedEvent } from '../event/event.ts'
import type { Position } from '../event/position.ts'
import type { RetentionPolicy, RetentionScope } from '../event/retention.ts'
import type { Selection } from '../event/selection.ts'
import type { Revision } from '../event/stream.ts'
import type {
  Appended,
  EventReader,
  EventStore,
  ReadOptions,
  StreamAppend,
  StreamInfo,
  StreamsOptions,
  SubscribeOptions,
  Subscription,
  SubscriptionBatch,
} from '../store/event-store.ts'
import { assertStreamsOptions } from '../store/read-options.ts'
import { readerOf } from '../store/subscription.ts'
import { TenantEvent } from './tenant-event.ts'
import { assertTenantName } from './tenant-name.ts'
import { TenantNames } from './tenant-names.ts'

/**
 * The part of a store that is one tenant's: it reads, changes and meets its own events alone, under names of its own, and
 * cannot tell whether there are others, but for gaps between positions, which it shares with them, and for the head.
 *
 * In the shared store its streams are named `<tenant>.<stream>`, ids that it gives are `<tenant>.<id>`, and each event has
 * the tag `$tenant:<tenant>`; so names and ids may be that much shorter than `limits` say, and an event has one tag fewer.
 * Closing it leaves the shared store open.
 *
 * @throws AnnalsError `invalid-argument` if the tenant has no name that can be
 */
export function tenantStore(store: EventStore, tenant: string): EventStore {
  assertTenantName(tenant)
  return new TenantStore(store, new TenantNames(tenant))
}

class TenantStore implements EventStore {
  readonly #store: EventStore
  readonly #names: TenantNames
  readonly #running = new Set<Promise<unknown>>()
  readonly #subscriptions = new Set<Subscription>()
  #closed = false

  constructor(store: EventStore, names: TenantNames) {
    this.#store = store
    this.#names = names
  }

  async append(
    appends: StreamAppend | readonly StreamAppend[],
    condition?: AppendCondition,
  ): Promise<Appended> {
    this.#assertOpen()
    const names = this.#names
    const list = Array.isArray(appends) ? (appends as readonly StreamAppend[]) : [appends as StreamAppend]
    const work = this.#store.append(
      Array.from(list, (append) => names.append(append)),
      condition && names.condition(condition),
    )
    const { events, position, streams } = await this.#run(work, condition)
    return {
      events: this.#own(events),
      position,
      streams: streams.map(({ stream, revision }) => ({ stream: names.own(stream), revision })),
    }
  }

  read(selection: Selection, options: ReadOptions = {}): EventReader {
    const reader = this.#store.read(this.#names.selection(selection), options)
    return readerOf(() => this.#batches(reader))
  }

  async *#batches(reader: EventReader): AsyncGenerator<readonly RecordedEvent[]> {
    this.#assertOpen()
    for await (const events of reader.batches()) {
      this.#assertOpen()
      yield this.#own(events)
    }
  }

  subscribe(selection: Selection, options: SubscribeOptions = {}): Subscription {
    this.#assertOpen()
    const subscription = this.#store.subscribe(this.#names.selection(selection), options)
    this.#subscriptions.add(subscription)
    let ended = false
    const end = () => {
      ended = true
      this.#subscriptions.delete(subscription)
      subscription.close()
    }
    const batches = () =>
      this.#subscriptionBatches(subscription, end, () => ended || options.signal?.aborted === true)
    return {
      batches,
      close: end,
      async *[Symbol.asyncIterator]() {
        for await (const { events } of batches()) yield* events
      },
    }
  }

  async *#subscriptionBatches(
    subscription: Subscription,
    end: () => void,
    hasEnded: () => boolean,
  ): AsyncGenerator<SubscriptionBatch> {
    try {
      for await (const batch of subscription.batches()) {
        if (!hasEnded()) this.#assertOpen()
        yield { ...batch, events: this.#own(batch.events) }
      }
      if (!hasEnded()) this.#assertOpen()
    } finally {
      end()
    }
  }

  async stream(name: string): Promise<StreamInfo | undefined> {
    this.#assertOpen()
    const info = await this.#run(this.#store.stream(this.#names.stream(name)))
    return info && this.#ownInfo(info)
  }

  async *streams(options: StreamsOptions = {}): AsyncGenerator<StreamInfo> {
    this.#assertOpen()
    assertStreamsOptions(options)
    const { category, after = '', limit } = options
    const { prefix } = this.#names
    const listed = this.#store.streams({
      category: category === undefined ? undefined : this.#names.category(category),
      after: prefix + after,
      limit,
    })
    for await (const info of listed) {
      // By name, those of one tenant stand together.
      if (!info.stream.startsWith(prefix)) return
      this.#assertOpen()
      yield this.#ownInfo(info)
    }
  }

  async head(): Promise<Position> {
    this.#assertOpen()
    return this.#store.head()
  }

  async retain(scope: RetentionScope, policy: RetentionPolicy | null): Promise<void> {
    this.#assertOpen()
    await this.#run(this.#store.retain(this.#names.scope(scope), policy))
  }

  async truncate(stream: string, options: { readonly beforeRevision: Revision }): Promise<void> {
    this.#assertOpen()
    await this.#run(this.#store.truncate(this.#names.stream(stream), options))
  }

  async tombstone(stream: string, options?: { readonly expectedRevision?: ExpectedRevision }): Promise<void> {
    this.#assertOpen()
    await this.#run(this.#store.tombstone(this.#names.stream(stream), options))
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const subscription of [...this.#subscriptions]) subscription.close()
    await Promise.allSettled(this.#running)
  }

  async #run<Result>(work: Promise<Result>, condition?: AppendCondition): Promise<Result> {
    this.#running.add(work)
    try {
      return await work
    } catch (error) {
      throw this.#names.error(error, condition)
    } finally {
      this.#running.delete(work)
    }
  }

  #own(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
    return events.map((event) => new TenantEvent(event, this.#names))
  }

  #ownInfo(info: StreamInfo): StreamInfo {
    return { ...info, stream: this.#names.own(info.stream), category: this.#names.own(info.category) }
  }

  #assertOpen(): void {
    if (this.#closed) throw new AnnalsError('store-closed', 'The store of the tenant has been closed.', {})
  }
}
