import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maximalCliques } from './maximal-cliques.ts'

test('of all sets exactly those are found that no other contains, whatever the graph', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 8 }),
      fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }),
      (count, joined) => {
        const isJoined = (one: number, other: number) => joined[one * 8 + other] === true
        const sets = Array.from({ length: 2 ** count }, (_, bits) =>
          Array.from({ length: count }, (__, vertex) => vertex).filter((vertex) => bits & (1 << vertex)),
        ).filter((set) => set.every((one, i) => set.slice(i + 1).every((other) => isJoined(one, other))))
        const largest = sets.filter(
          (set) =>
            set.length > 0 &&
            !sets.some((other) => other.length > set.length && set.every((each) => other.includes(each))),
        )
        const found = maximalCliques(count, isJoined, 1000)
        expect(new Set((found as number[][]).map(String))).toEqual(new Set(largest.map(String)))
        expect(found).toHaveLength(largest.length)
      },
    ),
    { numRuns: 300, seed: 9 },
  )
})

test('sets stand in the order of their members, and more than were asked for are told', () => {
  // Three pairs, of which the members exclude each other.
  const isJoined = (one: number, other: number) => Math.floor(one / 2) !== Math.floor(other / 2)
  expect(maximalCliques(4, isJoined, 4)).toEqual([
    [0, 2],
    [0, 3],
    [1, 2],
    [1, 3],
  ])
  expect(maximalCliques(6, isJoined, 7)).toBe('too-many')
})
