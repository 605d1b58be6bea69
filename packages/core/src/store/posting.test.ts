import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allPostings,
  listPostings,
  lowerBound,
  type Postings,
  queryPostings,
  rangePostings,
} from './posting.ts'

const ascending = fc.uniqueArray(fc.integer({ min: 1, max: 60 })).map((list) => list.sort((a, b) => a - b))
const names = ['a', 'b', 'c', 'd']
const lists = fc.record(Object.fromEntries(names.map((name) => [name, ascending])))
const someNames = fc.option(fc.array(fc.constantFrom(...names, 'unknown'), { minLength: 1, maxLength: 3 }), {
  nil: undefined,
})
const query = fc.array(
  fc.record({ types: someNames, tags: someNames }).filter(({ types, tags }) => Boolean(types ?? tags)),
  { minLength: 1, maxLength: 3 },
)
// Jumps as well as single steps, since a list remembers where it was asked last.
const questions = fc.array(fc.record({ at: fc.nat(64), back: fc.boolean() }), { minLength: 1, maxLength: 40 })

function expectAnswers(postings: Postings, list: readonly number[], asked: { at: number; back: boolean }[]) {
  for (const { at, back } of asked) {
    if (back) expect(postings.previous(at)).toBe(list.findLast((position) => position <= at) ?? 0)
    else expect(postings.next(at)).toBe(list.find((position) => position >= at) ?? Infinity)
  }
}

describe('a list of positions', () => {
  test('gives the neighbours of any position, wherever it was asked before', () => {
    fc.assert(
      fc.property(ascending, questions, (list, asked) => {
        expectAnswers(listPostings(list), list, asked)
      }),
    )
  })

  test('sees what is added to its end', () => {
    const list = [2, 4]
    const postings = listPostings(list)
    expect(postings.next(5)).toBe(Infinity)
    list.push(7)
    expect([postings.next(5), postings.previous(9), postings.next(8)]).toEqual([7, 7, Infinity])
  })

  test('is walked at a constant cost for each position, and a jump costs its logarithm', () => {
    let looks = 0
    const numbers = Array.from({ length: 100_000 }, (_, index) => 2 * index + 1)
    const list = new Proxy(numbers, {
      get(target, key, receiver) {
        if (typeof key === 'string' && /^[0-9]+$/.test(key)) looks++
        return Reflect.get(target, key, receiver)
      },
    })
    const postings = listPostings(list)
    for (let position = postings.next(1); position < 2_000; position = postings.next(position + 1));
    expect(looks).toBeLessThan(1_000 * 10)
    looks = 0
    expect(postings.previous(180_000)).toBe(179_999)
    expect(looks).toBeLessThan(40)
  })
})

test('all positions are those from 1 to a last one that may grow', () => {
  let last = 3
  const all = allPostings(() => last)
  expectAnswers(
    all,
    [1, 2, 3],
    [0, 1, 3, 4].flatMap((at) => [
      { at, back: false },
      { at, back: true },
    ]),
  )
  last = 4
  expect([all.next(4), all.previous(9)]).toEqual([4, 4])
})

test('the positions of a query are those that are in any item: in one of its types, and in all of its tags', () => {
  fc.assert(
    fc.property(lists, lists, query, questions, (types, tags, query, asked) => {
      const postings = queryPostings(query, (kind, name) =>
        listPostings((kind === 'type' ? types : tags)[name] ?? []),
      )
      const has = (of: typeof types, position: number) => (name: string) =>
        of[name]?.includes(position) === true
      const expected = Array.from({ length: 60 }, (_, index) => index + 1).filter((position) =>
        query.some(
          (item) =>
            (item.types?.some(has(types, position)) ?? true) &&
            (item.tags?.every(has(tags, position)) ?? true),
        ),
      )
      expectAnswers(postings, expected, asked)
    }),
    { numRuns: 500 },
  )
})

test('the lower bound is the first index whose number is not below', () => {
  fc.assert(
    fc.property(ascending, fc.nat(64), (list, position) => {
      expect(lowerBound(list, position)).toBe(list.filter((number) => number < position).length)
    }),
  )
})

describe('positions in ranges', () => {
  test('are those of one list, wherever it is cut', () => {
    fc.assert(
      fc.property(
        ascending,
        fc.uniqueArray(fc.integer({ min: 1, max: 59 })),
        questions,
        (list, cuts, asked) => {
          const ends = [...cuts.sort((a, b) => a - b), 60]
          const ranges = ends.map((last, index) => {
            const first = (ends[index - 1] ?? 0) + 1
            const inside = list.filter((position) => position >= first && position <= last)
            return { first, last, open: () => (inside.length > 0 ? listPostings(inside) : undefined) }
          })
          expectAnswers(rangePostings(ranges), list, asked)
        },
      ),
    )
  })

  test('are looked up when they are first asked for, and once', () => {
    const opened: number[] = []
    const range = (first: number) => ({
      first,
      last: first + 9,
      open: () => {
        opened.push(first)
        return listPostings([first, first + 5])
      },
    })
    const postings = rangePostings([range(1), range(11), range(21)])
    expect([postings.next(12), postings.next(16), postings.previous(18)]).toEqual([16, 16, 16])
    expect(opened).toEqual([11])
    expect(postings.next(17)).toBe(21)
    expect(opened).toEqual([11, 21])
  })

  test('see what is added to the last of them', () => {
    const list: number[] = []
    const postings = rangePostings([
      { first: 1, last: 3, open: () => listPostings([2]) },
      {
        first: 4,
        get last() {
          return 3 + list.length
        },
        open: () => (list.length > 0 ? listPostings(list) : undefined),
      },
    ])
    expect(postings.next(3)).toBe(Infinity)
    list.push(4)
    expect([postings.next(3), postings.previous(9)]).toEqual([4, 4])
  })
})
