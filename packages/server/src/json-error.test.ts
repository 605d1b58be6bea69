import { expect, test } from 'vitest'
import { findJsonError } from './json-error.ts'

test.each([
  ['', 0],
  ['  ', 2],
  ['{', 1],
  ['[1,', 3],
  ['{"a":1,}', 7],
  ['[1,]', 3],
  ['[1 2]', 3],
  ['{"a" 1}', 5],
  ['{a:1}', 1],
  ['{"a":01}', 5],
  ['[tru]', 1],
  ['[trueish]', 1],
  ['"ab\ncd"', 3],
  ['"a\\x"', 2],
  ['[1]]', 3],
  ['[1}', 2],
  ['{]', 1],
  ['nul', 0],
  ["{'a':1}", 1],
  ['[NaN]', 1],
  ['[1.]', 1],
  ['\u00a0{}', 0],
])('%j stops being JSON at offset %d', (text, offset) => {
  expect(() => JSON.parse(text)).toThrow()
  expect(findJsonError(text)).toBe(offset)
})

test('JSON cut off anywhere before its end is found to end too early, or at the word that was cut', () => {
  const text = '{"a":[1.5,-2e-3,true,null,"x\\u00e9\\n"],"b":{"c":[]}}'
  for (let length = 1; length < text.length; length++) {
    const cut = text.slice(0, length)
    expect(() => JSON.parse(cut)).toThrow()
    const offset = findJsonError(cut)
    const rest = cut.slice(offset)
    expect(rest === '' || /^(?:"?[-\w.\\]+|-|"?\\.*)$/.test(rest), `${cut} at ${offset}`).toBe(true)
  }
})

test('a long and deeply nested text is gone through without running out of stack', () => {
  expect(findJsonError('['.repeat(1_000_000))).toBe(1_000_000)
  expect(findJsonError(`["${'é'.repeat(8_000_000)}" 1]`)).toBe(8_000_004)
  expect(findJsonError(`"${'x'.repeat(8_000_000)}`)).toBe(8_000_001)
})
