import { AnnalsError } from '../errors.ts'
import { describe } from '../json.ts'
import type { EventQuery } from './event-query.ts'
import { assertEventQuery } from './event-query.ts'
import type { Position } from './position.ts'
import { assertWholeNumber } from './selection.ts'
import type { Revision } from './stream.ts'

/**
 * What an append expects of its stream: the revision of its last event, no stream of this name, a stream with at least
 * one event (hidden ones count), or nothing. A truncated stream keeps its revision; a tombstoned one takes no append.
 */
export type ExpectedRevision = Revision | 'no-stream' | 'stream-exists' | 'any'

/** The append takes place only if no visible event that matches the query has been recorded after a position. */
export interface AppendCondition {
  readonly failIfEventsMatch: EventQuery
  /** Exclusive; it may lie past the last matching event. Default: the start of the log, so that any match counts. */
  readonly after?: Position | undefined
}

/** Stops unless `expected` is an expected revision. @throws AnnalsError `invalid-argument` */
export function assertExpectedRevision(expected: ExpectedRevision): void {
  if (expected === 'any' || expected === 'no-stream' || expected === 'stream-exists') return
  if (Number.isSafeInteger(expected) && expected >= 0) return
  const form = "a revision from 0 up, 'no-stream', 'stream-exists' or 'any'"
  throw new AnnalsError(
    'invalid-argument',
    `The expected revision cannot be used: expected ${form}, but got ${describe(expected)}.`,
    {
      argument: 'expectedRevision',
      expected: form,
      received: expected,
    },
  )
}

/** Stops unless `condition` is an append condition. @throws AnnalsError `invalid-argument`, `limit-exceeded` */
export function assertAppendCondition(condition: AppendCondition): void {
  assertEventQuery(condition.failIfEventsMatch)
  if (condition.after !== undefined) assertWholeNumber('after', condition.after)
}

/**
 * Stops unless a stream is where the append expects it. `actual` is the revision of the stream's last event.
 *
 * @throws AnnalsError `wrong-expected-revision`
 */
export function checkExpectedRevision(
  stream: string,
  expected: ExpectedRevision,
  actual: Revision | 'no-stream',
): void {
  const holds =
    expected === 'any' || expected === actual || (expected === 'stream-exists' && actual !== 'no-stream')
  if (holds) return
  const found = actual === 'no-stream' ? 'there is no such stream' : `its last revision is ${actual}`
  throw new AnnalsError(
    'wrong-expected-revision',
    `Stream "${stream}" was expected at ${expectation(expected)}, but ${found}. Read it again and decide again.`,
    {
      stream,
      expected,
      actual,
    },
  )
}

function expectation(expected: ExpectedRevision): string {
  if (expected === 'no-stream') return 'no events yet (no-stream)'
  return expected === 'stream-exists' ? 'any revision (stream-exists)' : `revision ${expected}`
}

/** The error for an append condition that does not hold, since the event at `position` matches. */
export function appendConditionFailed(
  condition: AppendCondition,
  position: Position,
): AnnalsError<'append-condition-failed'> {
  return new AnnalsError(
    'append-condition-failed',
    `No event matching the append condition was expected after position ${condition.after ?? 0}, but there is one at position ${position}. Read again and decide again.`,
    { condition, position },
  )
}
