import type {
  AppendCondition,
  Appended,
  EventReader,
  EventStore,
  NewEvent,
  ReadOptions,
  RecordedEvent,
  Selection,
  StreamAppend,
  Subscription,
  SubscriptionBatch,
} from '@annals/core'

/** A store that answers as another does, but for some methods. */
export function withChanges(store: EventStore, changes: Partial<EventStore>): EventStore {
  return {
    append: (appends, condition) => store.append(appends, condition),
    read: (selection, options) => store.read(selection, options),
    subscribe: (selection, options) => store.subscribe(selection, options),
    stream: (name) => store.stream(name),
    streams: (options) => store.streams(options),
    head: () => store.head(),
    retain: (scope, policy) => store.retain(scope, policy),
    truncate: (stream, options) => store.truncate(stream, options),
    tombstone: (stream, options) => store.tombstone(stream, options),
    close: () => store.close(),
    ...changes,
  }
}

/** Changes what is appended before it reaches the store. */
export function changingAppends(
  store: EventStore,
  change: (append: StreamAppend, condition: AppendCondition | undefined) => StreamAppend,
): EventStore {
  return withChanges(store, {
    append: (appends, condition) =>
      store.append(
        Array.isArray(appends)
          ? (appends as readonly StreamAppend[]).map((append) =>
              isAppend(append) ? change(append, condition) : append,
            )
          : isAppend(appends as StreamAppend)
            ? change(appends as StreamAppend, condition)
            : appends,
        condition,
      ),
  })
}

/** Changes new events before they reach the store. */
export function changingEvents(store: EventStore, change: (event: NewEvent) => NewEvent): EventStore {
  return changingAppends(store, (append) => ({
    ...append,
    events: append.events.map((event) =>
      typeof event === 'object' && event !== null ? change(event) : event,
    ),
  }))
}

/** Changes how the store is read; not by subscriptions. */
export function changingReads(
  store: EventStore,
  change: (selection: Selection, options: ReadOptions) => EventReader,
): EventStore {
  return withChanges(store, { read: (selection, options = {}) => change(selection, options) })
}

/** Changes every recorded event that the store gives. */
export function changingRecorded(
  store: EventStore,
  change: (event: RecordedEvent) => RecordedEvent,
): EventStore {
  return withChanges(store, {
    append: async (appends, condition): Promise<Appended> => {
      const appended = await store.append(appends, condition)
      return { ...appended, events: appended.events.map(change) }
    },
    read: (selection, options) =>
      readerOver(async function* () {
        for await (const events of store.read(selection, options).batches()) yield events.map(change)
      }),
    subscribe: (selection, options) =>
      changedSubscription(store.subscribe(selection, options), async function* (batches) {
        for await (const batch of batches) yield { ...batch, events: batch.events.map(change) }
      }),
  })
}

/** Changes the batches of every subscription. */
export function changingBatches(
  store: EventStore,
  change: (batches: AsyncIterable<SubscriptionBatch>, store: EventStore) => AsyncIterable<SubscriptionBatch>,
): EventStore {
  return withChanges(store, {
    subscribe: (selection, options) =>
      changedSubscription(store.subscribe(selection, options), (batches) => change(batches, store)),
  })
}

/** A copy of a recorded event, with some of it changed. */
export function copyOf(event: RecordedEvent, changes: Partial<RecordedEvent> = {}): RecordedEvent {
  const { id, type, tags, stream, revision, position, recordedAt, dataJson, metadataJson } = event
  const copy = {
    ...{ id, type, tags, stream, revision, position, recordedAt, dataJson, metadataJson },
    data: event.data,
    metadata: event.metadata,
    ...changes,
  }
  return {
    ...copy,
    toJSON: () => ({
      ...event.toJSON(),
      recordedAt: copy.recordedAt.toISOString(),
      data: copy.data,
      ...(copy.metadata && { metadata: copy.metadata }),
    }),
  }
}

/** A reader over batches made when they are asked for. */
export function readerOver(batches: () => AsyncIterable<readonly RecordedEvent[]>): EventReader {
  return {
    batches,
    async *[Symbol.asyncIterator]() {
      for await (const events of batches()) yield* events
    },
  }
}

/** A reader over events that are fetched all at once, when the first is asked for. */
export function readerOf(fetch: () => Promise<readonly RecordedEvent[]>): EventReader {
  return readerOver(async function* () {
    const events = await fetch()
    for (let at = 0; at < events.length; at += 1_000) yield events.slice(at, at + 1_000)
  })
}

function changedSubscription(
  subscription: Subscription,
  change: (batches: AsyncIterable<SubscriptionBatch>) => AsyncIterable<SubscriptionBatch>,
): Subscription {
  const batches = () => change(subscription.batches())
  return {
    batches,
    close: () => subscription.close(),
    async *[Symbol.asyncIterator]() {
      for await (const { events } of batches()) yield* events
    },
  }
}

function isAppend(append: unknown): append is StreamAppend {
  return typeof append === 'object' && append !== null && Array.isArray((append as StreamAppend).events)
}
