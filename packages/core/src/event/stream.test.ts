import fc from 'fast-check'
import { expect, test } from 'vitest'
import { limits } from '../limits.ts'
import { invalidName } from '../name.ts'
import { assertCategoryName, assertStreamName, categoryOf } from './stream.ts'

const accepts = (assert: (name: string) => void, name: unknown) => {
  try {
    assert(name as string)
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid-argument', details: { received: name } })
    return false
  }
}

test.each([
  ['cart-42', 'cart'],
  ['cart', 'cart'],
  ['cart-42-b', 'cart'],
  ['cart-', 'cart'],
  ['größe-1', 'größe'],
])('the category of %s is %s', (stream, category) => {
  expect(categoryOf(stream)).toBe(category)
})

test.each([
  ['a', true],
  ['cart-42', true],
  ['cart-', true],
  [' ', true],
  ['🛒-1', true],
  ['x'.repeat(limits.streamNameLengthMax), true],
  ['x'.repeat(limits.streamNameLengthMax + 1), false],
  ['', false],
  ['-1', false],
  ['a\0', false],
  ['a\u001f', false],
  ['a\u007f', false],
  ['a\n-1', false],
  ['\ud83d-1', false],
  [undefined, false],
  [1, false],
  [['a'], false],
])('%j as the name of a stream: %s', (name, valid) => {
  expect(accepts(assertStreamName, name)).toBe(valid)
})

test.each([
  ['cart', true],
  ['', false],
  ['cart-', false],
  ['-', false],
  ['a\0', false],
  [null, false],
])('%j as the name of a category: %s', (name, valid) => {
  expect(accepts(assertCategoryName, name)).toBe(valid)
})

test('any name of a stream has a category that is one', () => {
  const name = fc.string({ unit: 'binary', minLength: 1 }).filter((name) => accepts(assertStreamName, name))
  fc.assert(
    fc.property(name, (stream) => {
      expect(accepts(assertCategoryName, categoryOf(stream))).toBe(true)
      expect(`${stream}-`.startsWith(`${categoryOf(stream)}-`)).toBe(true)
    }),
  )
})

test.each([
  [1, 'a string'],
  ['', 'a name that is not empty'],
  ['xxxx', 'a name of at most 3 characters, this one has 4'],
  ['ab\n', 'a name without control characters, there is one at index 2'],
  ['\udc00', 'well-formed Unicode, there is a lone surrogate'],
  ['abc', undefined],
])('what is wrong with the name %j is told: %s', (name, problem) => {
  expect(invalidName(name, 3)).toBe(problem)
})
