import { AnnalsError } from '../errors.ts'
import { describe } from '../json.ts'
import type { RecordedEvent } from './event.ts'
import { assertEventQuery, type EventQuery, matchesEventQuery } from './event-query.ts'
import { assertCategoryName, assertStreamName, categoryOf, isSystemStream, type Revision } from './stream.ts'

/** The events of one stream, from `fromRevision` to `toRevision`, both inclusive; left out, from its first to its last. */
export interface StreamSelection {
  readonly stream: string
  readonly fromRevision?: Revision | undefined
  readonly toRevision?: Revision | undefined
}

/** The events of all streams of one category. */
export interface CategorySelection {
  readonly category: string
}

/** The events that match an event query. */
export interface QuerySelection {
  readonly query: EventQuery
}

/** Which events a read or a subscription is about. */
export type Selection = StreamSelection | CategorySelection | QuerySelection | 'everything'

/** Whether a selection names streams that Annals keeps for itself, which are passed over where they only happen to be in it. */
export function selectsSystemStreams(selection: Selection): boolean {
  if (typeof selection !== 'object') return false
  if ('stream' in selection) return isSystemStream(selection.stream)
  return 'category' in selection && isSystemStream(selection.category)
}

/** Whether an event is among the selected ones. */
export function isSelected(selection: Selection, event: RecordedEvent): boolean {
  if (selection === 'everything') return true
  if ('query' in selection) return matchesEventQuery(selection.query, event)
  if ('category' in selection) return categoryOf(event.stream) === selection.category
  const { stream, fromRevision = 0, toRevision = Infinity } = selection
  return event.stream === stream && event.revision >= fromRevision && event.revision <= toRevision
}

/**
 * A selection for whoever looks at some event types only: one that reads little else, where an index of types can help.
 * What it gives still has to be held against the selection itself.
 */
export function narrowedTo(types: readonly string[], selection: Selection): QuerySelection {
  return typeof selection === 'object' && 'query' in selection ? selection : { query: [{ types }] }
}

/** Stops unless `selection` is one. @throws AnnalsError `invalid-argument`, `limit-exceeded` */
export function assertSelection(selection: Selection): void {
  if (selection === 'everything') return
  if (typeof selection === 'object' && selection !== null) {
    if ('stream' in selection) {
      assertStreamName(selection.stream)
      assertRevision('fromRevision', selection.fromRevision)
      assertRevision('toRevision', selection.toRevision)
      return
    }
    if ('category' in selection) {
      assertCategoryName(selection.category)
      return
    }
    if ('query' in selection) {
      assertEventQuery(selection.query)
      return
    }
  }
  const expected = "{ stream }, { category }, { query } or 'everything'"
  throw new AnnalsError(
    'invalid-argument',
    `The selection cannot be used: expected ${expected}, but got ${describe(selection)}.`,
    { argument: 'selection', expected, received: selection },
  )
}

function assertRevision(argument: string, revision: Revision | undefined): void {
  if (revision !== undefined) assertWholeNumber(argument, revision)
}

/** Stops unless `value` is a whole number from 0 up. @throws AnnalsError `invalid-argument` */
export function assertWholeNumber(argument: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return
  const expected = 'a whole number from 0 up'
  throw new AnnalsError(
    'invalid-argument',
    `The ${argument} cannot be used: expected ${expected}, but got ${describe(value)}.`,
    { argument, expected, received: value },
  )
}
