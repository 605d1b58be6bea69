import type { CaseEvent } from '../event-log/case-event.ts'

/** Reads the text of a file of events piece by piece, however it is cut, and keeps no more of it than it must. */
export interface EventLogReader {
  /** The events that are whole with this piece. @throws AnnalsError `invalid-input` for what the format does not allow */
  push(text: string): readonly CaseEvent[]
  /** The last events. @throws AnnalsError `invalid-input` for a file that is cut off, or empty */
  end(): readonly CaseEvent[]
  /** What of the file has no place in events and was left out so far, in sentences. */
  readonly notes: readonly string[]
}

/** The events of a file whose text comes in pieces, in parts as they come. */
export async function* readEventLog(
  pieces: AsyncIterable<string> | Iterable<string>,
  reader: EventLogReader,
): AsyncGenerator<readonly CaseEvent[]> {
  for await (const piece of pieces) {
    const events = reader.push(piece)
    if (events.length > 0) yield events
  }
  const rest = reader.end()
  if (rest.length > 0) yield rest
}

/** Sentences for what there is any of. */
export function notesOf(counts: readonly (readonly [count: number, one: string, many: string])[]): string[] {
  return counts.flatMap(([count, one, many]) =>
    count === 0 ? [] : [count === 1 ? `1 ${one}.` : `${count} ${many}.`],
  )
}
