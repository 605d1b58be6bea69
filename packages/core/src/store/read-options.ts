import { AnnalsError } from '../errors.ts'
import type { ReadOptions } from '../event-store.ts'
import { describe } from '../json.ts'
import { assertWholeNumber } from '../selection.ts'

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
