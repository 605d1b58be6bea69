import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DerivedEventIds, randomStoreId } from './event-id.ts'

const storeId = fc.stringMatching(/^[0-9a-f]{32}$/)
const position = fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 2 ** 48 - 1 }))
const ids = new DerivedEventIds('0123456789abcdef0123456789abcdef')

test('a derived id is a UUID of version 8 that holds the position and the store, the same in every version of Annals', () => {
  // Ids are not stored, so another scheme would rename every event that was ever recorded.
  expect([1, 0xabcdef, 2 ** 48 - 1].map((at) => ids.idAt(at))).toEqual([
    '00000000-0001-8012-b456-789abcdef012',
    '000000ab-cdef-8012-b456-789abcdef012',
    'ffffffff-ffff-8012-b456-789abcdef012',
  ])
})

test('any position gives a valid UUID, which gives the position back', () => {
  fc.assert(
    fc.property(storeId, position, (store, at) => {
      const derived = new DerivedEventIds(store)
      const id = derived.idAt(at)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(derived.positionOf(id)).toBe(at)
    }),
  )
})

test('the id of another store names no position of this one', () => {
  fc.assert(
    fc.property(storeId, storeId, position, (one, other, at) => {
      // The 74 bits that an id has room for.
      const bits = (store: string) =>
        store.slice(0, 3) + (Number.parseInt(store.charAt(3), 16) & 3) + store.slice(4, 19)
      fc.pre(bits(one) !== bits(other))
      expect(new DerivedEventIds(one).positionOf(new DerivedEventIds(other).idAt(at))).toBeUndefined()
    }),
  )
})

test.each([
  ['upper case', ids.idAt(0xabc).toUpperCase()],
  ['upper case in the position alone', '0000ABCD-0001-8012-b456-789abcdef012'],
  ['another dash', '00000000_0001-8012-b456-789abcdef012'],
  ['no hexadecimal digit', '0000000g-0001-8012-b456-789abcdef012'],
  ['a sign', '-0000000-0001-8012-b456-789abcdef012'],
  ['a digit less', '0000000-0001-8012-b456-789abcdef012'],
  ['a digit more', '000000000-0001-8012-b456-789abcdef012'],
  ['nothing', ''],
])('an id with %s is none that a store makes', (_, id) => {
  expect(ids.positionOf(id)).toBeUndefined()
})

test('a store is named by 32 hexadecimal digits, never the same', () => {
  const names = Array.from({ length: 1_000 }, randomStoreId)
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{32}$/)
  expect(new Set(names).size).toBe(1_000)
})
