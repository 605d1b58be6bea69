import { describe, expect, test } from 'vitest'
import { limits } from '../limits.ts'
import { assertEventQuery, type EventQuery, matchesEventQuery } from './event-query.ts'

const event = { type: 'A', tags: ['x:1', 'y:1'] }

test.each<[string, EventQuery, boolean]>([
  ['one of the types', [{ types: ['B', 'A'] }], true],
  ['none of the types', [{ types: ['B', 'a'] }], false],
  ['a tag', [{ tags: ['y:1'] }], true],
  ['all tags', [{ tags: ['y:1', 'x:1'] }], true],
  ['one tag of two', [{ tags: ['x:1', 'x:2'] }], false],
  ['type and tag', [{ types: ['A'], tags: ['x:1'] }], true],
  ['the tag but not the type', [{ types: ['B'], tags: ['x:1'] }], false],
  ['the type but not the tag', [{ types: ['A'], tags: ['x:2'] }], false],
  ['the second of two items', [{ types: ['B'] }, { tags: ['x:1'] }], true],
  ['neither of two items', [{ types: ['B'] }, { tags: ['x:2'] }], false],
  [
    'half of each of two items',
    [
      { types: ['A'], tags: ['x:2'] },
      { types: ['B'], tags: ['x:1'] },
    ],
    false,
  ],
])('an event that has %s', (_, query, matches) => {
  expect(matchesEventQuery(query, event)).toBe(matches)
})

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`)

describe('a query', () => {
  test('may have as many items, types and tags as the limit says', () => {
    const most = names(limits.queryItemsMax)
    expect(() => assertEventQuery(most.map((name) => ({ types: [name] })))).not.toThrow()
    expect(() => assertEventQuery([{ types: most, tags: most }])).not.toThrow()
  })

  test.each([
    ['items', names(limits.queryItemsMax + 1).map((name) => ({ types: [name] }))],
    ['types', [{ types: names(limits.queryItemsMax + 1) }]],
    ['tags', [{ tags: names(limits.queryItemsMax + 1) }]],
  ])('may have no more %s', (_, query) => {
    expect(() => assertEventQuery(query)).toThrow(
      expect.objectContaining({
        code: 'limit-exceeded',
        details: { limit: 'queryItemsMax', max: limits.queryItemsMax, actual: limits.queryItemsMax + 1 },
      }) as Error,
    )
  })

  test.each([
    ['nothing', undefined],
    ['no list', { types: ['A'] }],
    ['no items', []],
    ['an item that names nothing, and so would match everything', [{}]],
    ['an item that is null', [null]],
    ['a hole for an item', Array(1)],
    ['no types in its types', [{ types: [] }]],
    ['no tags in its tags', [{ types: ['A'], tags: [] }]],
    ['types that are no list', [{ types: 'A' }]],
    ['a type that is no name', [{ types: ['A', ''] }]],
    ['a hole for a type', [{ types: Array(1) }]],
    ['a tag that is too long', [{ tags: ['x'.repeat(limits.tagLengthMax + 1)] }]],
    ['a type that is too long', [{ types: ['x'.repeat(limits.eventTypeLengthMax + 1)] }]],
  ])('is refused with %s', (_, query) => {
    expect(() => assertEventQuery(query as EventQuery)).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }) as Error,
    )
  })
})
