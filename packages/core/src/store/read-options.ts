import { AnnalsError } from '../errors.ts'
import { assertWholeNumber } from '../event/selection.ts'
import { assertCategoryName } from '../event/stream.ts'
import { describe } from '../json.ts'
import { nameError } from '../name.ts'
import type { ReadOptions, StreamsOptions } from './event-store.ts'

/** Stops unless `options` are bounds and a direction. @throws AnnalsError `invalid-argument` */
export function assertReadOptions({ direction, limit, after, upTo }: ReadOptions): void {
  if (limit !== undefined) assertWholeNumber('limit', limit)
  if (after !== undefined) assertWholeNumber('after', after)
  if (upTo !== undefined) assertWholeNumber('upTo', upTo)
  if (direction === undefined || direction === 'forwards' || direction === 'backwards') return
  const expected = "'forwards' or 'backwards'"
  throw new AnnalsError(
    'invalid-argument',
    `The direction cannot be used: expected ${expected}, but got ${describe(direction)}.`,
    { argument: 'direction', expected, received: direction },
  )
}

/** Stops unless `options` say which streams to list. @throws AnnalsError `invalid-argument` */
export function assertStreamsOptions({ category, after, limit }: StreamsOptions): void {
  if (category !== undefined) assertCategoryName(category)
  if (limit !== undefined) assertWholeNumber('limit', limit)
  // Any text: it is compared with names, and need not be one.
  if (after !== undefined && typeof after !== 'string') throw nameError('after', 'a string', after)
}
