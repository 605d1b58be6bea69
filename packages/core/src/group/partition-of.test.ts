import { expect, test } from 'vitest'
import { partitionOf } from './partition-of.ts'

test('a key is in the same partition for ever', () => {
  // Computed by another program. If one of these changes, the positions of all groups are those of other keys.
  expect(['', 'a', 'order-1', 'order-2', 'Zoë', '順番-7'].map((key) => partitionOf(key, 16))).toEqual([
    11, 7, 11, 10, 6, 3,
  ])
  expect(partitionOf('order-1', 1)).toBe(0)
})

test('keys of any kind are spread evenly', () => {
  for (const keyOf of [
    (n: number) => `order-${n}`,
    (n: number) => String(n),
    (n: number) => `${n}-順`,
    (n: number) => `customer-${String(n * 1000).padStart(12, '0')}`,
  ])
    for (const partitions of [2, 7, 16, 256]) {
      const counts = new Array<number>(partitions).fill(0)
      const expected = 400
      for (let n = 0; n < expected * partitions; n++) {
        const partition = partitionOf(keyOf(n), partitions)
        counts[partition] = (counts[partition] ?? 0) + 1
      }
      // The deviation of a count is about 20; of 256 the farthest is about 3.5 times that.
      for (const count of counts) expect(Math.abs(count - expected)).toBeLessThan(100)
    }
})
