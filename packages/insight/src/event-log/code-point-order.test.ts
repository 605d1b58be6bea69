import { expect, test } from 'vitest'
import { byCodePoint } from './code-point-order.ts'

test('strings stand in the order of their code points, also beyond U+FFFF', () => {
  const strings = ['b', '😀', 'a', 'ab', '\uffee', '', '😁', 'Z']
  expect(strings.toSorted(byCodePoint)).toEqual(['', 'Z', 'a', 'ab', 'b', '\uffee', '😀', '😁'])
  expect('😀' < '\uffee').toBe(true)
})
