import { AnnalsError } from '../errors.ts'
import { describe } from '../json.ts'
import { assertCategoryName, assertStreamName } from './stream.ts'

/** How long events are kept. An event is hidden from every read as soon as either bound says so. */
export interface RetentionPolicy {
  /** Hides events recorded longer ago than this, in milliseconds. At least 1. */
  readonly maxAgeMs?: number | undefined
  /** Hides all but the newest events of a stream. At least 1. */
  readonly maxCount?: number | undefined
}

/** What a retention policy is set for: one stream, or each stream of a category that has none of its own. */
export type RetentionScope = { readonly stream: string } | { readonly category: string }

/** Stops unless both are of their form. `null` removes a policy. @throws AnnalsError `invalid-argument` */
export function assertRetention(scope: RetentionScope, policy: RetentionPolicy | null): void {
  if (typeof scope !== 'object' || scope === null) throw scopeError(scope)
  if ('stream' in scope) assertStreamName(scope.stream)
  else assertCategoryName(scope.category)
  if (policy === null) return
  if (typeof policy !== 'object') throw policyError('{ maxAgeMs, maxCount } or null', policy)
  const { maxAgeMs, maxCount } = policy
  if (maxAgeMs === undefined && maxCount === undefined)
    throw policyError('maxAgeMs, maxCount or both; null removes a policy', policy)
  for (const bound of [maxAgeMs, maxCount]) {
    if (bound !== undefined && !(Number.isSafeInteger(bound) && bound >= 1))
      throw policyError('whole numbers from 1 up', bound)
  }
}

function scopeError(received: unknown): AnnalsError<'invalid-argument'> {
  const expected = '{ stream } or { category }'
  return new AnnalsError(
    'invalid-argument',
    `The retention scope cannot be used: expected ${expected}, but got ${describe(received)}.`,
    { argument: 'scope', expected, received },
  )
}

function policyError(expected: string, received: unknown): AnnalsError<'invalid-argument'> {
  return new AnnalsError(
    'invalid-argument',
    `The retention policy cannot be used: expected ${expected}, but got ${describe(received)}.`,
    { argument: 'policy', expected, received },
  )
}
