import { type OnProgress, ProgressMeter } from '../progress.ts'
import type { OutputOf } from '../schema.ts'
import type { EventStore } from '../store/event-store.ts'
import { currentEvents } from './current-events.ts'
import type { RecordedEvent } from './event.ts'
import { type EventSchemas, invalidDefinition } from './fold.ts'
import { type Position, startOfLog } from './position.ts'
import type { Selection } from './selection.ts'

/** What is replayed, and into what. */
export interface ReplayOptions<Events extends EventSchemas> {
  /** Default: everything. */
  readonly select?: Selection
  /** Only events after this position, exclusive. Default: from the start. */
  readonly after?: Position
  /** Only events up to this position, inclusive. Default: up to the head. */
  readonly upTo?: Position
  /** The event types with their schemas, for the types of the handlers; usually those of a decider, `Cart.events`. */
  readonly events: Events
  /** A handler for each event type of interest; the next event waits for a handler that returns a promise. */
  readonly on: {
    readonly [Type in keyof Events & string]?: (
      event: RecordedEvent<Type, OutputOf<Events[Type]>>,
    ) => void | Promise<void>
  }
  /** Counts positions. */
  readonly onProgress?: OnProgress
  /** Stops the replay before the next batch, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** What a replay went through. */
export interface Replayed {
  /** Events selected, as they were recorded. */
  readonly read: number
  /** Events that had a handler, as they are today. */
  readonly handled: number
  /** Everything selected up to this position has been handed over: where the next replay may go on. */
  readonly position: Position
}

/**
 * Hands each selected event, as it is today, to the handler of its type, in order, from any position on. What is recorded meanwhile is
 * not replayed. An error of a handler ends the replay and is passed on.
 */
export async function replay<Events extends EventSchemas>(
  store: EventStore,
  options: ReplayOptions<Events>,
): Promise<Replayed> {
  const { select = 'everything', after = startOfLog, events, on, onProgress, signal } = options
  for (const type of Object.keys(on)) {
    if (!Object.hasOwn(events, type))
      throw invalidDefinition(
        'a replay',
        `it handles ${type}, which is not among its events; declare it or remove the handler`,
      )
  }
  const head = await store.head()
  const upTo = Math.min(options.upTo ?? head, head)
  const meter = new ProgressMeter(onProgress)
  const handlers = on as {
    readonly [type: string]: ((event: RecordedEvent) => void | Promise<void>) | undefined
  }
  let read = 0
  let handled = 0
  const { selection, current } = currentEvents(store, events, select)
  for await (const batch of store.read(selection, { after, upTo }).batches()) {
    signal?.throwIfAborted()
    read += batch.length
    for (const event of await current(batch)) {
      const handler = Object.hasOwn(handlers, event.type) ? handlers[event.type] : undefined
      if (!handler) continue
      // Awaiting what is no promise would halve the speed.
      const waiting = handler(event)
      if (waiting) await waiting
      handled++
    }
    meter.update((batch.at(-1)?.position ?? after) - after, upTo - after)
  }
  meter.update(Math.max(0, upTo - after), Math.max(0, upTo - after))
  return { read, handled, position: Math.max(after, upTo) }
}
