import fc from 'fast-check'
import { expect, test } from 'vitest'
import { categoryOf } from '../event/stream.ts'
import { MemoryPart } from './memory-part.ts'
import { newStreamState, type StreamState } from './stream-state.ts'

const names = [
  'cart',
  'cart-1',
  'cart-1-b',
  'cart.x',
  'cart!',
  'cart-\ud800',
  'cart-😀',
  'cart-\uffff',
  'note-1',
]

/** A part to which events of streams are added. */
function history(first = 1) {
  const part = new MemoryPart(first)
  const states = new Map<string, StreamState>()
  return {
    part,
    add(stream: string, event: { type?: string; tags?: readonly string[]; id?: string } = {}) {
      const state = states.get(stream) ?? newStreamState(-1, true)
      states.set(stream, state)
      state.lastRevision++
      const { type = 'A', tags = [], id } = event
      return part.add(stream, state, { type, tags, id }, 1_000 + part.last)
    },
  }
}

test('events have the positions from the first on, and are found by stream, category, type, tag and id', () => {
  const { part, add } = history(11)
  expect([part.first, part.last]).toEqual([11, 10])
  expect(add('cart-1', { tags: ['x:1', 'y:1'] })).toBe(11)
  expect(add('note', { type: 'B', id: 'given' })).toBe(12)
  expect(add('cart-1', { type: 'B', tags: ['y:1'] })).toBe(13)
  expect(part.last).toBe(13)
  expect(part.stream('cart-1')).toMatchObject({ firstRevision: 0, lastRevision: 1, positions: [11, 13] })
  expect(part.stream('cart-1')?.positionAt(1)).toBe(13)
  expect(part.stream('cart')).toBeUndefined()
  const found = [
    part.postings('category', 'cart'),
    part.postings('type', 'B'),
    part.postings('tag', 'y:1'),
  ].map((postings) => [postings?.next(12), postings?.previous(12)])
  expect(found).toEqual([
    [13, 11],
    [12, 12],
    [13, 11],
  ])
  expect(part.postings('tag', 'cart-1')).toBeUndefined()
  expect(part.positionsOfId('given')).toEqual([12])
  expect(part.positionsOfId('other')).toEqual([])
  expect([part.hasType(12, 'B'), part.hasType(11, 'B'), part.hasType(12, 'none')]).toEqual([
    true,
    false,
    false,
  ])
  expect([11, 12, 13].map((at) => [part.streamAt(at), part.revisionAt(at), part.hasGivenId(at)])).toEqual([
    ['cart-1', 0, false],
    ['note', 0, true],
    ['cart-1', 1, false],
  ])
})

test('positions that are skipped hold nothing, and what comes behind them has its place', () => {
  const { part, add } = history()
  add('cart-1')
  part.skip(4)
  expect(part.last).toBe(4)
  expect(add('cart-1', { id: 'given' })).toBe(5)
  part.skip(5)
  part.skip(2)
  expect(part.last).toBe(5)
  expect([0, 1, 2, 3, 4, 5, 6].map((position) => part.has(position))).toEqual([
    false,
    true,
    false,
    false,
    false,
    true,
    false,
  ])
  expect(part.stream('cart-1')?.positions).toEqual([1, 5])
  expect(part.postings('type', 'A')?.next(2)).toBe(5)
  expect(part.revisionAt(5)).toBe(1)
  // The time of what is gone is about that of the event before, so that times never run backwards.
  expect([1, 2, 4].map((position) => part.recordedAtMs(position))).toEqual([1_000, 1_000, 1_000])
  expect(() => part.streamAt(3)).toThrow('there is no event at position 3')
})

test('a stream all of whose events are gone keeps its name and the revision that it came to', () => {
  const { part, add } = history()
  add('note-1')
  const state = newStreamState(6, true)
  part.addRemoved('cart-1', state, 6)
  expect(part.stream('cart-1')).toMatchObject({ firstRevision: 7, lastRevision: 6, positions: [] })
  expect(part.stream('cart-1')?.postings.next(0)).toBe(Infinity)
  expect(part.stateOf('cart-1')).toBe(state)
  expect([...part.streamNames(undefined, 'cart')]).toEqual(['cart-1'])
  expect(part.postings('category', 'cart')?.next(0)).toBe(Infinity)
  // What is recorded later goes on from there.
  state.lastRevision = 7
  part.add('cart-1', state, { type: 'A', tags: [], id: undefined }, 0)
  expect(part.stream('cart-1')).toMatchObject({ firstRevision: 7, lastRevision: 7, positions: [2] })
})

test('of a stream that has events nothing changes when others of them are gone', () => {
  const { part, add } = history()
  add('cart-1')
  add('cart-1')
  part.addRemoved('cart-1', newStreamState(9, true), 9)
  expect(part.stream('cart-1')).toMatchObject({ firstRevision: 0, lastRevision: 1, positions: [1, 2] })
})

test('names of streams come in the order of their code units, from behind a name on, of one category or all', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...names), { maxLength: 12 }),
      fc.option(fc.constantFrom(...names, 'c', 'cart-', 'z', ''), { nil: undefined }),
      fc.option(fc.constantFrom('cart', 'note', 'none', 'cart.x'), { nil: undefined }),
      (streams, after, category) => {
        const { part, add } = history()
        for (const [index, stream] of streams.entries()) {
          add(stream)
          // Names are there as soon as their events are, whether or not anyone asked before.
          if (index % 3 === 0) expect([...part.streamNames(undefined, undefined)]).toContain(stream)
        }
        expect([...part.streamNames(after, category)]).toEqual(
          [...new Set(streams)]
            .sort()
            .filter(
              (name) =>
                (after === undefined || name > after) &&
                (category === undefined || categoryOf(name) === category),
            ),
        )
      },
    ),
  )
})

test('changes of one stream are kept as one', () => {
  const part = new MemoryPart(1)
  expect([part.hasChanges, part.change('cart-1')]).toEqual([false, undefined])
  part.addChange('cart-1', { truncatedBefore: 5 })
  part.addChange('cart-1', { truncatedBefore: 3, retention: { maxCount: 2 } })
  part.addChange('cart-1', { retention: null })
  expect(part.hasChanges).toBe(true)
  expect(part.change('cart-1')).toEqual({ truncatedBefore: 5, tombstoned: false, retention: null })
  part.addChange('cart-1', { tombstoned: true })
  part.addChange('cart-1', { truncatedBefore: 9 })
  expect(part.change('cart-1')).toEqual({ truncatedBefore: 9, tombstoned: true, retention: null })
  expect(part.change('cart-2')).toBeUndefined()
})

test('a policy of a category is a change', () => {
  const part = new MemoryPart(1)
  part.categoryPolicies.set('cart', { maxCount: 1 })
  expect(part.hasChanges).toBe(true)
})
