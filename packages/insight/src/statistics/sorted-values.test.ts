import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rankTest, rankTestOfSorted } from './rank-test.ts'
import { SortedValues } from './sorted-values.ts'

test('whatever comes and goes, what is there stands in order', () => {
  const change = fc.record({ isAdded: fc.boolean(), value: fc.integer({ min: 0, max: 9 }) })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const sorted = new SortedValues()
      const expected: number[] = []
      for (const { isAdded, value } of changes) {
        if (isAdded) {
          sorted.add(value)
          expected.push(value)
        } else if (expected.includes(value)) {
          sorted.remove(value)
          expected.splice(expected.indexOf(value), 1)
        }
        expect(sorted.count).toBe(expected.length)
        expect([...sorted.values]).toEqual(expected.toSorted((one, other) => one - other))
      }
    }),
    { seed: 1 },
  )
})

test('a rank test says the same of samples in whatever order', () => {
  const values = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 20 })
  fc.assert(
    fc.property(values, values, (first, second) => {
      const sorted = (each: readonly number[]) => Float64Array.from(each).sort()
      expect(rankTestOfSorted(sorted(first), sorted(second))).toEqual(rankTest(first, second))
      const pairs = first.flatMap((one) => second.map((other) => (other > one ? 1 : other === one ? 0.5 : 0)))
      if (pairs.length > 0)
        expect(rankTest(first, second).secondLarger).toBeCloseTo(
          pairs.reduce<number>((sum, each) => sum + each, 0) / pairs.length,
          12,
        )
    }),
    { seed: 2 },
  )
})
