import { AnnalsError } from '../errors.ts'
import { currentEvents } from '../event/current-events.ts'
import type { RecordedEvent } from '../event/event.ts'
import { evolveOne } from '../event/fold.ts'
import { type Position, startOfLog } from '../event/position.ts'
import type { Revision } from '../event/stream.ts'
import type { EventStore } from '../store/event-store.ts'
import type { Decider } from './decider.ts'

/** The state of a stream, and how far it goes. */
export interface LoadedState {
  readonly state: unknown
  readonly revision: Revision | 'no-stream'
  readonly position: Position
}

/**
 * The state of a stream as its decider folds it.
 *
 * @throws AnnalsError `unknown-event-type`, `unsupported-event-version`, `upcaster-failed`, `stream-tombstoned`
 */
export async function loadState(store: EventStore, decider: Decider, stream: string): Promise<LoadedState> {
  let state = decider.initialState()
  let last: RecordedEvent | undefined
  const { selection, current } = currentEvents(store, decider.events, { stream })
  for await (const events of store.read(selection).batches()) {
    for (const event of await current(events)) {
      if (decider.retired.includes(event.type)) continue
      assertKnownType(decider, event)
      state = evolveOne(decider, state, event)
    }
    last = events.at(-1)
  }
  if (last) return { state, revision: last.revision, position: last.position }
  // A stream without visible events may be new, but also truncated or ended, and those are not the same to an append.
  const info = await store.stream(stream)
  if (info?.tombstoned) {
    throw new AnnalsError(
      'stream-tombstoned',
      `Stream "${stream}" has been ended for ever and takes no more commands. Use another stream.`,
      { stream },
    )
  }
  return { state, revision: info?.revision ?? 'no-stream', position: startOfLog }
}

function assertKnownType(decider: Decider, event: RecordedEvent): void {
  if (Object.hasOwn(decider.events, event.type)) return
  // To decide without it would be to decide on a state that never was.
  throw new AnnalsError(
    'unknown-event-type',
    `Stream "${event.stream}" holds an event of type ${event.type} at revision ${event.revision}, which the decider ${decider.category} does not declare. Declare it under events, or under retired if it no longer means anything.`,
    { type: event.type, known: Object.keys(decider.events) },
  )
}
