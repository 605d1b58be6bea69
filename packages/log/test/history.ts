import type { EventStore, RecordedEvent } from '@annals/core'

/** All events of a store that are visible. */
export async function readAll(store: EventStore): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const batch of store.read('everything').batches()) events.push(...batch)
  return events
}

/** What is to be compared of events: all but the time. */
export function contentOf(events: readonly RecordedEvent[]): unknown[] {
  return events.map(({ position, stream, revision, type, data, metadata, tags }) => ({
    position,
    stream,
    revision,
    type,
    data,
    metadata,
    tags: [...tags],
  }))
}
