import { asError } from '../errors.ts'
import type { EventStore } from '../store/event-store.ts'
import type { RecordedEvent } from './event.ts'
import { matchesEventQuery } from './event-query.ts'
import { assertEvents, type EventSchemas } from './fold.ts'
import type { Selection } from './selection.ts'
import { UnreadableEvent } from './upcast-event.ts'
import { type MergeParts, type Otherwise, type Upcasting, upcastingOf } from './upcasting.ts'

/** The events of a selection as they are today. */
export interface CurrentEvents {
  /** What to read or subscribe to: the selection with the older types of those it names. */
  readonly selection: Selection
  /** A batch of what was read, as it is today: each event is itself, another, several, or none. */
  readonly current: (events: readonly RecordedEvent[]) => Promise<readonly RecordedEvent[]>
}

/**
 * Lets whoever knows these event types see a selection as if it had been recorded today. Whoever folds recorded events
 * reads through this: it reads `selection`, and folds what `current` makes of each batch. Positions and revisions to go
 * on from are those of the batch as it was read, since its last events may be none of today.
 *
 * @throws AnnalsError `invalid-definition`; `current` rejects with `unsupported-event-version` and `upcaster-failed`
 *   unless unreadable events are kept
 */
export function currentEvents(
  store: EventStore,
  events: EventSchemas,
  selection: Selection,
  { unreadable = 'fail' }: CurrentEventsOptions = {},
): CurrentEvents {
  assertEvents('what reads these events', events)
  const upcasting = upcastingOf(events)
  const query = typeof selection === 'object' && 'query' in selection ? selection.query : undefined
  // Several can come of one event, and not all of them have to be what was asked for.
  const isSelected = query && ((event: RecordedEvent) => matchesEventQuery(query, event))
  return {
    selection: query ? { query: upcasting.widen(query) } : selection,
    current: (batch) =>
      currentBatch(batch, {
        store,
        upcasting,
        isSelected,
        otherwise: unreadable === 'keep' ? keep : undefined,
      }),
  }
}

/** What else can be said of the events of a selection. */
export interface CurrentEventsOptions {
  /**
   * What becomes of an event of a version that is not known, or that an upcaster fails for. `'keep'`: it stays in its place
   * as an `UnreadableEvent`, for those who can go on without it. Default: `'fail'`.
   */
  readonly unreadable?: 'fail' | 'keep'
}

const keep: Otherwise = (event, type, error) => new UnreadableEvent(event, type, asError(error))

interface Reading {
  readonly store: EventStore
  readonly upcasting: Upcasting
  readonly isSelected: ((event: RecordedEvent) => boolean) | undefined
  readonly otherwise: Otherwise | undefined
}

async function currentBatch(
  batch: readonly RecordedEvent[],
  { store, upcasting, isSelected, otherwise }: Reading,
): Promise<readonly RecordedEvent[]> {
  // Nearly every batch is as it is today, and is handed on without a copy.
  let events: RecordedEvent[] | undefined
  for (const [index, event] of batch.entries()) {
    const others = upcasting.mergedWith(event)
    const parts = others.length > 0 ? await mergeParts(store, event, others) : undefined
    const current = upcasting.current(event, { parts, otherwise })
    if (current === event) {
      events?.push(event)
      continue
    }
    events ??= batch.slice(0, index)
    const made = Array.isArray(current) ? (current as readonly RecordedEvent[]) : [current as RecordedEvent]
    events.push(...(isSelected ? made.filter(isSelected) : made))
  }
  return events ?? batch
}

/** The newest event of each of the types since the last one that was merged. They may lie before what is being read. */
async function mergeParts(
  store: EventStore,
  { stream, revision, type }: RecordedEvent,
  others: readonly string[],
): Promise<MergeParts> {
  const parts: Record<string, RecordedEvent> = {}
  if (revision === 0) return parts
  const before = { stream, toRevision: revision - 1 }
  for await (const events of store.read(before, { direction: 'backwards' }).batches()) {
    for (const event of events) {
      if (event.type === type) return parts
      if (others.includes(event.type)) parts[event.type] ??= event
    }
    if (others.every((other) => parts[other])) return parts
  }
  return parts
}
