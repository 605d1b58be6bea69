import type { Decider } from './command/decider.ts'
import { validateEvent } from './command/event-data.ts'
import { AnnalsError } from './errors.ts'
import type { NewEvent } from './event/event.ts'
import { categoryOf, isSystemStream } from './event/stream.ts'
import type { ProcessManager } from './process/process-manager.ts'
import type { StreamAppend } from './store/event-store.ts'

/**
 * What is to be recorded past the deciders, as their schemas give it. Streams in which others keep their own account take
 * nothing.
 *
 * @throws AnnalsError `invalid-argument`, `unknown-event-type`, `invalid-event`
 */
export async function validateAppends(
  appends: StreamAppend | readonly StreamAppend[],
  {
    deciders,
    processManagers,
  }: {
    readonly deciders: ReadonlyMap<string, Decider>
    readonly processManagers: ReadonlyMap<string, ProcessManager>
  },
): Promise<readonly StreamAppend[]> {
  const list = Array.isArray(appends) ? (appends as readonly StreamAppend[]) : [appends as StreamAppend]
  const valid: StreamAppend[] = []
  for (const append of list) {
    assertOwnStream(append, processManagers)
    const decider = deciders.get(categoryOf(String(append.stream)))
    valid.push(
      decider && Array.isArray(append.events)
        ? { ...append, events: await validateEvents(decider, append.events) }
        : append,
    )
  }
  return valid
}

function assertOwnStream(append: StreamAppend, processManagers: ReadonlyMap<string, ProcessManager>): void {
  // What is no append is for the store to refuse.
  const stream: unknown = append?.stream
  if (typeof stream !== 'string') return
  if (processManagers.has(categoryOf(stream))) {
    const expected = 'a stream of no process manager'
    throw new AnnalsError(
      'invalid-argument',
      `Stream "${stream}" takes no events from applications, since it is the memory of the process manager ${categoryOf(stream)}, which records in it what it has done: expected ${expected}.`,
      { argument: 'stream', expected, received: stream },
    )
  }
  if (!isSystemStream(stream)) return
  const expected = 'a stream whose name does not begin with "$"'
  throw new AnnalsError(
    'invalid-argument',
    `Stream "${stream}" takes no events from applications, since it is one of Annals itself: expected ${expected}.`,
    { argument: 'stream', expected, received: stream },
  )
}

async function validateEvents(decider: Decider, events: readonly NewEvent[]): Promise<NewEvent[]> {
  const valid: NewEvent[] = []
  for (const event of events) {
    // What is no event is for the store to refuse.
    const isEvent = typeof event === 'object' && event !== null
    valid.push(isEvent ? await validateEvent(decider, event, 'An event was given') : event)
  }
  return valid
}
