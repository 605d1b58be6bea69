import { AnnalsError } from '@annals/core'
import type { RecordedLine } from './recorded-line.ts'

/** An error as one about a line, saying what was imported before. What is no error of ours stays as it is. */
export function atLine(error: unknown, name: string, line: number): unknown {
  if (!(error instanceof AnnalsError)) return error
  const before =
    line > 1
      ? `What is in lines 1 to ${line - 1} is imported, and is passed over when it is imported again.`
      : 'Nothing is imported.'
  return new AnnalsError(error.code, `${name}, line ${line}: ${error.message} ${before}`, error.details, {
    cause: error,
  })
}

/** The error for an event whose time lies before that of the line above. */
export function earlierThanBefore(line: RecordedLine, previous: RecordedLine): AnnalsError<'invalid-event'> {
  return outOfTime(
    line,
    `expected a time of recording from ${timeOf(previous.recordedAtMs)} up, that of line ${previous.line}, but got ${timeOf(line.recordedAtMs)}`,
    'Put the lines back into the order in which they were exported.',
  )
}

/** The error for an event whose time has passed for the store, since it holds a later event. */
export function timePassed(line: RecordedLine, lastMs: number): AnnalsError<'invalid-event'> {
  const since = Number.isFinite(lastMs)
    ? `at ${timeOf(lastMs)}, the time of the last event in the store, or later`
    : 'behind the last event in the store, whose time cannot be told, since it is hidden'
  return outOfTime(
    line,
    `expected an event that was recorded ${since}, but got ${timeOf(line.recordedAtMs)}`,
    'Times of recording never run backwards: import it into a new data directory with --data.',
  )
}

/** The error for an event that is recorded already, but before the one of the line above. */
export function outOfOrder({ event }: RecordedLine): AnnalsError<'event-ids-reused'> {
  return new AnnalsError(
    'event-ids-reused',
    `The event ${event.id} is recorded already, before the one of the line above, or is in the file twice. Import each event once, in the order of the export.`,
    { ids: [event.id] },
  )
}

/** The error for an event that is recorded already, but is another one. */
export function otherwiseRecorded({ event }: RecordedLine): AnnalsError<'event-ids-reused'> {
  return new AnnalsError(
    'event-ids-reused',
    `The event ${event.id} is recorded already, but with other data, metadata, tags or time. An event that is recorded stays as it is: import it into a new data directory with --data.`,
    { ids: [event.id] },
  )
}

/** The error for an event of this very store that would have another place, and so another id. */
export function ownIdElsewhere(
  { event }: RecordedLine,
  { own, here }: { readonly own: number; readonly here: number },
): AnnalsError<'invalid-event'> {
  const problem = `expected the event at position ${here} of this store, but got the one that had position ${own}`
  return new AnnalsError(
    'invalid-event',
    `It would be recorded out of place: ${problem}; what is between is not in the file, or was hidden. Restore a later backup, or import it into a new data directory with --data.`,
    { type: event.type, issues: [{ path: ['id'], message: problem }] },
  )
}

/** The error for an event whose stream is elsewhere in the store. */
export function streamTaken(
  { details }: AnnalsError<'wrong-expected-revision'>,
  { revision }: RecordedLine,
): AnnalsError<'wrong-expected-revision'> {
  const { stream, expected, actual } = details
  const wanted = expected === 'no-stream' ? 'no events' : `revision ${expected} as its last`
  const found = actual === 'no-stream' ? 'there is no such stream' : `its last is revision ${actual}`
  return new AnnalsError(
    'wrong-expected-revision',
    `It would be recorded out of place: for its revision ${revision}, stream "${stream}" was expected to have ${wanted}, but ${found} and holds other events. Import it into a new data directory with --data.`,
    details,
  )
}

function outOfTime({ event }: RecordedLine, problem: string, remedy: string): AnnalsError<'invalid-event'> {
  return new AnnalsError('invalid-event', `It would be recorded out of place: ${problem}. ${remedy}`, {
    type: event.type,
    issues: [{ path: ['recordedAt'], message: problem }],
  })
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
