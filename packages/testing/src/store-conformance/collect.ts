import type {
  EventStore,
  NewEvent,
  Position,
  ReadOptions,
  RecordedEvent,
  Selection,
  StreamInfo,
  StreamsOptions,
  Subscription,
  SubscriptionBatch,
} from '@annals/core'

/** Every event of a read. */
export async function readAll(
  store: EventStore,
  selection: Selection,
  options?: ReadOptions,
): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const event of store.read(selection, options)) events.push(event)
  return events
}

/** The data of every event of a read, which is how most cases number their events. */
export async function readData(
  store: EventStore,
  selection: Selection,
  options?: ReadOptions,
): Promise<unknown[]> {
  return (await readAll(store, selection, options)).map(({ data }) => data)
}

/** Every stream listed. */
export async function listStreams(store: EventStore, options?: StreamsOptions): Promise<StreamInfo[]> {
  const infos: StreamInfo[] = []
  for await (const info of store.streams(options)) infos.push(info)
  return infos
}

/** Reads a subscription until it has delivered everything up to a position, and leaves it. */
export async function readUntil(
  subscription: Subscription,
  position: Position,
): Promise<SubscriptionBatch[]> {
  const batches: SubscriptionBatch[] = []
  for await (const batch of subscription.batches()) {
    batches.push(batch)
    if (batch.position >= position) break
  }
  return batches
}

/** The events of some batches. */
export function eventsOf(batches: readonly SubscriptionBatch[]): RecordedEvent[] {
  return batches.flatMap(({ events }) => events)
}

/** Events as plain objects, to be compared. */
export function plain(events: readonly RecordedEvent[]) {
  return events.map((event) => event.toJSON())
}

/** New events whose data are the numbers from `first` on. */
export function numbered(count: number, first = 0, type = 'Happened'): NewEvent[] {
  return Array.from({ length: count }, (_, n) => ({ type, data: first + n }))
}

/** The last of a list that is not empty. */
export function lastOf<T>(list: readonly T[]): T {
  const last = list.at(-1)
  if (last === undefined) throw new Error('Expected a list that is not empty.')
  return last
}
