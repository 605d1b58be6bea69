import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSameAnswer } from './same-answer.ts'

test('answers that say the same are the same, whatever they are made of', () => {
  fc.assert(
    fc.property(fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true }), (answer) => {
      expect(isSameAnswer(answer, structuredClone(answer))).toBe(true)
    }),
  )
})

test('a date that is none is the same as another that is none', () => {
  expect(isSameAnswer(new Date(Number.NaN), new Date(Number.NaN))).toBe(true)
})

test.each([
  [0, 1],
  ['1', 1],
  [null, undefined],
  [{ a: 1 }, { a: 2 }],
  [{ a: undefined }, { b: undefined }],
  [{ a: 1 }, { a: 1, b: 1 }],
  [
    [1, 2],
    [2, 1],
  ],
  [[1], { 0: 1, length: 1 }],
  [new Date(1), new Date(2)],
  [new Map([['a', 1]]), new Map([['a', 2]])],
  [new Map([['a', [1]]]), new Map([['a', [2]]])],
  [new Set([1]), new Set([2])],
  [new Set([1, 2]), new Set([2, 1])],
  [new Uint8Array([1]), new Uint8Array([2])],
])('%o is not %o', (one, other) => {
  expect(isSameAnswer(one, other)).toBe(false)
  expect(isSameAnswer(other, one)).toBe(false)
})
