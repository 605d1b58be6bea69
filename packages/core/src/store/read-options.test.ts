import { expect, test } from 'vitest'
import { isAnnalsError } from '../errors.ts'
import { assertReadOptions, assertStreamsOptions } from './read-options.ts'

function refused(act: () => void): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (!isAnnalsError(error, 'invalid-argument')) throw error
    return error.details.argument
  }
}

test.each([
  [{}, undefined],
  [{ direction: 'backwards', limit: 0, after: 0, upTo: 0 }, undefined],
  [{ direction: 'forwards', limit: undefined, after: 9, upTo: 3 }, undefined],
  [{ direction: 'back' }, 'direction'],
  [{ direction: null }, 'direction'],
  [{ limit: -1 }, 'limit'],
  [{ limit: Infinity }, 'limit'],
  [{ after: 0.5 }, 'after'],
  [{ upTo: '3' }, 'upTo'],
])('of the bounds %j of a read is refused: %s', (options, argument) => {
  expect(refused(() => assertReadOptions(options as never))).toBe(argument)
})

test.each([
  [{}, undefined],
  [{ category: 'cart', after: 'cart-1', limit: 10 }, undefined],
  [{ category: 'cart-1' }, 'category'],
  [{ limit: -1 }, 'limit'],
  [{ after: '' }, undefined],
  // It was passed over, and nothing was listed.
  [{ after: 5 }, 'after'],
  [{ after: null }, 'after'],
])('of the bounds %j of a listing is refused: %s', (options, argument) => {
  expect(refused(() => assertStreamsOptions(options as never))).toBe(argument)
})
