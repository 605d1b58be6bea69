import type { RecordedEvent } from '@annals/core'
import { type EventLine, invalidLine, parseEventLine } from './event-line.ts'

/** An event read from a line of an export, with what was said of it when it was recorded. */
export interface RecordedLine extends EventLine {
  readonly event: EventLine['event'] & { readonly id: string }
  readonly revision: number
  readonly recordedAtMs: number
}

/**
 * An event from one line of an export in either format; `undefined` for an empty line.
 *
 * @throws AnnalsError `invalid-event` if it is none, or lacks what only a recorded event has
 */
export function parseRecordedLine(line: number, bytes: Uint8Array): RecordedLine | undefined {
  const parsed = parseEventLine(line, bytes)
  if (!parsed) return undefined
  const { event, recorded } = parsed
  const { id, type } = event
  const { revision, recordedAt } = recorded
  const refuse = (expected: string, received: unknown) =>
    invalidLine(
      type,
      `expected ${expected}, as annals export writes it, but got ${JSON.stringify(received) ?? 'none'}; annals append - records events that were never recorded`,
    )
  if (typeof id !== 'string') throw refuse('its id', id)
  if (typeof revision !== 'number' || !Number.isSafeInteger(revision) || revision < 0)
    throw refuse('its revision, a whole number from 0 up', revision)
  const recordedAtMs = typeof recordedAt === 'string' ? Date.parse(recordedAt) : Number.NaN
  // Any other form could mean a moment between two milliseconds, or another one elsewhere.
  if (Number.isNaN(recordedAtMs) || new Date(recordedAtMs).toISOString() !== recordedAt)
    throw refuse(
      'the time of recording in UTC with milliseconds, such as 2026-01-31T12:00:00.000Z',
      recordedAt,
    )
  if (recordedAtMs < 0)
    throw invalidLine(
      type,
      `expected a time from 1970 on, since a store knows none before, but got ${JSON.stringify(recordedAt)}`,
    )
  return { ...parsed, event: { ...event, id }, revision, recordedAtMs }
}

/** Whether a recorded event with the id, type and stream of a line is the event of that line. */
export function isOfLine(event: RecordedEvent, { event: expected, recordedAtMs }: RecordedLine): boolean {
  const { data, metadata, tags = [] } = expected
  return (
    event.recordedAt.getTime() === recordedAtMs &&
    event.dataJson === JSON.stringify(data) &&
    event.metadataJson === JSON.stringify(metadata) &&
    JSON.stringify(event.tags) === JSON.stringify([...new Set(tags)])
  )
}
