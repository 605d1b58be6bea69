import { expect, test } from 'vitest'
import { differences } from './differences.ts'

test('equal values have no differences, whatever the order of their properties', () => {
  expect(differences({ a: 1, b: [1, { c: 'x' }] }, { b: [1, { c: 'x' }], a: 1 })).toBeUndefined()
  expect(differences(new Map([['a', { n: 1 }]]), new Map([['a', { n: 1 }]]))).toBeUndefined()
  expect(differences(new Set(['b', 'a']), new Set(['a', 'b']))).toBeUndefined()
  expect(differences([], [])).toBeUndefined()
  expect(differences(undefined, undefined)).toBeUndefined()
})

test('a property that is undefined counts as absent', () => {
  expect(differences({ a: 1, b: undefined }, { a: 1 })).toBeUndefined()
})

test.each([
  [{}, []],
  [{ a: {} }, { a: undefined }],
  [null, undefined],
  [0, '0'],
  [
    [1, 2],
    [2, 1],
  ],
  [[[]], [[], []]],
  [new Map([['a', 1]]), new Map([['a', 2]])],
  [new Map(), {}],
  [new Set([1]), new Set([2])],
  [new Date(0), new Date(1)],
  [{ 'a.b': 1 }, { a: { b: 1 } }],
  [Number.NaN, 0],
])('%o and %o differ', (one, other) => {
  expect(differences(one, other)).toContain('≠')
  expect(differences(other, one)).toContain('≠')
})

test('the table has a row for each part, and marks those that differ', () => {
  const expected = [{ type: 'ItemAdded', data: { item: 'tea', quantity: 3 } }]
  const actual = [{ type: 'ItemAdded', data: { item: 'tea', quantity: 2, unitPrice: '1.19' } }]
  expect(differences(expected, actual)).toBe(`\
                        expected     got
    [0].type            'ItemAdded'  'ItemAdded'
    [0].data.item       'tea'        'tea'
  ≠ [0].data.quantity   3            2
  ≠ [0].data.unitPrice  (nothing)    '1.19'`)
})

test('of long texts the table shows the place where they differ', () => {
  const same = 'x'.repeat(500)
  const table = differences(`${same}one${same}`, `${same}two${same}`) ?? ''
  expect(table).toContain('one')
  expect(table).toContain('two')
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThan(130)
})

test('of many parts the table shows those near a difference, and counts those it has no room for', () => {
  const numbers = Array.from({ length: 500 }, (_, index) => index)
  const one = differences(numbers, numbers.with(250, -1)) ?? ''
  expect(one.split('\n')).toHaveLength(8)
  expect(one).toContain('≠ [250]')
  expect(
    differences(
      numbers,
      numbers.map((number) => number + 1),
    ),
  ).toContain('and 440 more')
})

test('a value that contains itself is shown as far as it makes sense', () => {
  const loop: { name: string; self?: unknown } = { name: 'a' }
  loop.self = loop
  expect(differences(loop, { name: 'b' })).toContain('≠ name')
})
