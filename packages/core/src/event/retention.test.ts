import { expect, test } from 'vitest'
import { isAnnalsError } from '../errors.ts'
import { assertRetention } from './retention.ts'

function refused(scope: unknown, policy: unknown): string | undefined {
  try {
    assertRetention(scope as never, policy as never)
    return undefined
  } catch (error) {
    if (!isAnnalsError(error, 'invalid-argument')) throw error
    return error.details.argument
  }
}

test.each([
  [{ stream: 'cart-1' }, undefined],
  [{ category: 'cart' }, undefined],
  [{ stream: '-1' }, 'stream'],
  [{ category: 'cart-1' }, 'category'],
  [{}, 'category'],
  [null, 'scope'],
  ['cart', 'scope'],
])('for %j a policy can be set; refused is: %s', (scope, argument) => {
  expect(refused(scope, { maxCount: 1 })).toBe(argument)
  expect(refused(scope, null)).toBe(argument)
})

test.each([
  [null, true],
  [{ maxCount: 1 }, true],
  [{ maxAgeMs: 1 }, true],
  [{ maxCount: 5, maxAgeMs: 86_400_000 }, true],
  [{}, false],
  [{ maxCount: 0 }, false],
  [{ maxAgeMs: -1 }, false],
  [{ maxCount: 1, maxAgeMs: 0.5 }, false],
  [{ maxCount: Infinity }, false],
  [{ maxCount: '1' }, false],
  [[], false],
  ['1d', false],
  [undefined, false],
])('%j as a retention policy: %s', (policy, valid) => {
  expect(refused({ stream: 'cart-1' }, policy)).toBe(valid ? undefined : 'policy')
})
