import { expect, test } from 'vitest'
import { unrecordedPart } from './unrecorded-part.ts'

test.each<[unknown, unknown, string | undefined]>([
  [{ a: 1 }, { a: 1 }, undefined],
  [{ a: 1 }, { a: 1, b: 2 }, undefined],
  [{ a: 1, b: undefined }, { a: 1 }, undefined],
  [{ a: 1, b: 2 }, { a: 1 }, 'b'],
  [{ a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 1 }, {}] }, 'a.1.b'],
  [{ a: 1 }, { a: '1' }, 'a'],
  [{ a: { b: 1 } }, { a: null }, 'a'],
  [{ a: null }, { a: null }, undefined],
  [[1, 2], [1], '1'],
  [1, 2, 'the data itself'],
  [{}, null, 'the data itself'],
  [{ toString: 1 }, {}, 'toString'],
])('of %j given %j the part %s was never recorded', (given, data, part) => {
  expect(unrecordedPart(given, data)).toBe(part)
})
