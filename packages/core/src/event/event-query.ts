import { AnnalsError } from '../errors.ts'
import { describe } from '../json.ts'
import { limits } from '../limits.ts'
import { invalidName, nameError } from '../name.ts'

/** One alternative of an event query: an event matches if its type is one of `types` and it carries all of `tags`. */
export interface EventQueryItem {
  /** Left out: any type. */
  readonly types?: readonly string[] | undefined
  /** Left out: whatever its tags. */
  readonly tags?: readonly string[] | undefined
}

/** Selects events across streams: an event matches if it matches any of the items. At least one item. */
export type EventQuery = readonly EventQueryItem[]

/** Whether an event of this type, with these tags, matches the query. */
export function matchesEventQuery(
  query: EventQuery,
  event: { readonly type: string; readonly tags: readonly string[] },
): boolean {
  return query.some(
    ({ types, tags }) =>
      (types === undefined || types.includes(event.type)) &&
      (tags === undefined || tags.every((tag) => event.tags.includes(tag))),
  )
}

/**
 * Stops unless `query` is an event query: 1 to 1,000 items, each with types or tags or both, none of them empty.
 *
 * @throws AnnalsError `invalid-argument`, `limit-exceeded`
 */
export function assertEventQuery(query: EventQuery): void {
  if (!Array.isArray(query) || query.length === 0) throw queryError('a list with at least one item', query)
  assertCount('items', query.length)
  for (const item of query as EventQuery) {
    if (typeof item !== 'object' || item === null || (item.types === undefined && item.tags === undefined)) {
      throw queryError("items that name types, tags or both; to select every event use 'everything'", item)
    }
    assertNames('event type', item.types, limits.eventTypeLengthMax)
    assertNames('tag', item.tags, limits.tagLengthMax)
  }
}

function assertNames(argument: string, names: readonly string[] | undefined, lengthMax: number): void {
  if (names === undefined) return
  if (!Array.isArray(names) || names.length === 0)
    throw queryError(`a list of at least one ${argument}, or none at all`, names)
  assertCount(`${argument}s of one item`, names.length)
  for (const name of names) {
    const problem = invalidName(name, lengthMax)
    if (problem) throw nameError(argument, problem, name)
  }
}

function assertCount(of: string, actual: number): void {
  const max = limits.queryItemsMax
  if (actual > max)
    throw new AnnalsError('limit-exceeded', `An event query has at most ${max} ${of}, but got ${actual}.`, {
      limit: 'queryItemsMax',
      max,
      actual,
    })
}

function queryError(expected: string, received: unknown): AnnalsError<'invalid-argument'> {
  return new AnnalsError(
    'invalid-argument',
    `The event query cannot be used: expected ${expected}, but got ${describe(received)}.`,
    { argument: 'query', expected, received },
  )
}
