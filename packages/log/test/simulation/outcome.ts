import { type EventReader, isAnnalsError, type RecordedEvent } from '@annals/core'
import { isExpected } from './broken.ts'

/** What came of a call: the same from every store with the same history. */
export interface Outcome {
  /** The events it is about, in the order of the answer. */
  readonly events: readonly RecordedEvent[]
  /** Everything else, as text. */
  readonly rest: string
}

/** What a call answers with: what is to be compared. */
export interface Answer {
  readonly events?: readonly RecordedEvent[]
  readonly [name: string]: unknown
}

/** Makes a call, and takes a refusal that follows from the history for an outcome. Throws all other errors. */
export async function outcomeOf(call: () => Promise<Answer>): Promise<Outcome> {
  try {
    const { events = [], ...rest } = await call()
    return { events, rest: JSON.stringify(rest) }
  } catch (error) {
    if (!isAnnalsError(error) || isExpected(error) || error.code === 'store-damaged') throw error
    return { events: [], rest: JSON.stringify(error) }
  }
}

/** In what an outcome differs from the expected one, as a part of a sentence; `undefined` if in nothing. */
export function differenceBetween(found: Outcome, expected: Outcome): string | undefined {
  for (const [index, event] of found.events.entries()) {
    const other = expected.events[index]
    if (!other) return `${nameOf(event)} is there and should not be`
    if (textOf(event) !== textOf(other)) return `${nameOf(event)} is there, expected ${nameOf(other)}`
  }
  const missing = expected.events[found.events.length]
  if (missing) return `${nameOf(missing)} is missing`
  return found.rest === expected.rest ? undefined : `it says ${found.rest}, expected ${expected.rest}`
}

/** All that is recorded of an event, as text. */
export function textOf(event: RecordedEvent): string {
  const { position, stream, revision, type, tags, id, recordedAt, dataJson, metadataJson } = event
  return [position, stream, revision, type, tags, id, recordedAt.getTime(), dataJson, metadataJson].join(' ')
}

// Without its id, which is another one each time where the store has made it.
function nameOf({ position, stream, revision, type, dataJson }: RecordedEvent): string {
  return `position ${position} (${stream}, revision ${revision}, ${type} ${dataJson.slice(0, 12)})`
}

/** All events of a reader. */
export async function eventsOf(reader: EventReader): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const batch of reader.batches()) events.push(...batch)
  return events
}
