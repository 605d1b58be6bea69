import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PositionSet } from './position-set.ts'

const range = fc.record({
  first: fc.integer({ min: 1, max: 2 ** 40 }),
  count: fc.integer({ min: 1, max: 100 }),
})

test('it has what was added, and nothing else', () => {
  fc.assert(
    fc.property(range, fc.array(fc.nat(99)), ({ first, count }, places) => {
      const last = first + count - 1
      const added = new Set(places.filter((place) => place < count).map((place) => first + place))
      const set = PositionSet.upTo(first, last)
      for (const position of added) set.add(position)
      expect(set.size).toBe(added.size)
      for (let position = first - 70; position <= last + 70; position++)
        expect(set.has(position)).toBe(added.has(position))
      // As far before them as a number of 32 bits goes.
      expect(set.has(first - 2 ** 32)).toBe(false)
    }),
  )
})

test('it takes a bit for each position, and is the same over the same bits', () => {
  fc.assert(
    fc.property(range, fc.array(fc.nat(99)), ({ first, count }, places) => {
      const set = PositionSet.upTo(first, first + count - 1)
      for (const place of places) if (place < count) set.add(first + place)
      expect(set.bits.length).toBe(Math.ceil(count / 8))
      const copy = new PositionSet(set.first, Uint8Array.from(set.bits))
      for (let position = first; position < first + count; position++)
        expect(copy.has(position)).toBe(set.has(position))
    }),
  )
})

test('of no positions it has none', () => {
  const set = PositionSet.upTo(7, 6)
  expect([set.size, set.bits.length, set.has(6), set.has(7)]).toEqual([0, 0, false, false])
})
