import { isAnnalsError } from '@annals/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventLog } from '../event-log/event-log.ts'
import { petriNetOfTree } from '../petri-net/petri-net-of-tree.ts'
import { parseProcessTree } from '../process-tree/notation.ts'
import { activityTree, type ProcessTree, silent } from '../process-tree/process-tree.ts'
import { automatonOf } from '../process-tree/tree-automaton.ts'
import { alignLog } from './align-log.ts'
import { precisionOf } from './precision.ts'
import { TreeAligner } from './tree-alignment.ts'

const movesOf = (tree: string, word: string) =>
  new TreeAligner(parseProcessTree(tree))
    .align([...word])
    .moves.map(({ kind, activity }) => ({ both: '', log: '+', model: '-' })[kind] + activity)
    .join(' ')

test('an alignment says what was done out of place and what was left out', () => {
  expect(movesOf("->( 'a', 'b', 'c' )", 'abc')).toBe('a b c')
  expect(movesOf("->( 'a', 'b', 'c' )", 'axc')).toBe('a -b +x c')
  expect(movesOf("->( 'a', X( 'b', ->( 'c', 'd' ) ) )", 'ad')).toMatch(/^a (-c d|\+d -b|-b \+d)$/)
  expect(movesOf("*( ->( 'a', 'b' ), 'r' )", 'abrab')).toBe('a b r a b')
  expect(movesOf("*( ->( 'a', 'b' ), 'r' )", 'abab')).toBe('a b -r a b')
  expect(movesOf("+( ->( 'a', 'b' ), ->( 'c', 'd' ) )", 'cadb')).toBe('c a d b')
})

test('a loop whose body may be empty is redone again and again', () => {
  expect(movesOf("*( tau, 'a' )", 'aaa')).toBe('a a a')
  expect(movesOf("*( X( tau, 'b' ), 'a' )", 'aaba')).toBe('a a b a')
  expect(movesOf("*( *( tau, 'a' ), 'b' )", 'aabba')).toBe('a a b b a')
})

test('fitness is 1 for a case that fits and 0 for one of which nothing does', () => {
  const aligner = new TreeAligner(parseProcessTree("->( 'a', 'b' )"))
  expect(aligner.align(['a', 'b']).fitness).toBe(1)
  expect(aligner.align(['x', 'y']).fitness).toBe(0)
  expect(aligner.align([]).fitness).toBe(0)
  expect(new TreeAligner(silent).align([]).fitness).toBe(1)
})

test('a case that is too long, and a tree in which an activity stands twice, are refused', () => {
  expect(() => new TreeAligner(parseProcessTree("->( 'a', 'a' )"))).toThrow('"a" stands there twice')
  try {
    new TreeAligner(silent).align(Array.from({ length: 2001 }, () => 'a'))
    expect.unreachable()
  } catch (error) {
    expect(isAnnalsError(error, 'limit-exceeded') && error.details.max).toBe(2000)
  }
})

test('the deviations of a log are counted, in events and in cases', () => {
  const log = EventLog.from(
    ['abc', 'ac', 'axxc'].flatMap((word, i) =>
      [...word].map((activity, atMs) => ({ case: `${i}`, activity, atMs })),
    ),
  )
  const { fittingCases, deviations, fitness } = alignLog(log, parseProcessTree("->( 'a', 'b', 'c' )"))
  expect(fittingCases).toBe(1)
  expect(deviations).toEqual([
    { kind: 'model', activity: 'b', count: 2, cases: 2 },
    { kind: 'log', activity: 'x', count: 2, cases: 1 },
  ])
  expect(fitness).toBeCloseTo((1 + 4 / 5 + 4 / 7) / 3, 12)
})

test('precision is the share of what was allowed that was done', () => {
  const log = EventLog.from([...'ab'].map((activity, atMs) => ({ case: '1', activity, atMs })))
  expect(precisionOf(log, parseProcessTree("->( 'a', 'b' )"))).toBe(1)
  expect(precisionOf(log, parseProcessTree("->( 'a', X( 'b', 'c', 'd' ) )"))).toBe(1 - 2 / 4)
  expect(precisionOf(log, parseProcessTree("'x'"))).toBe(0)
})

/** The fewest deviations, by trying every way through the net of a tree. */
function costBySearch(tree: ProcessTree, word: string): number {
  const { initialPlaces, finalPlaces, transitions } = petriNetOfTree(tree)
  const best = new Map<string, number>()
  const open: { at: number; places: number[]; cost: number }[][] = [
    [{ at: 0, places: [...initialPlaces], cost: 0 }],
  ]
  for (let cost = 0; cost < open.length; cost++) {
    const level = open[cost] ?? []
    for (let state = level.pop(); state; state = level.pop()) {
      const { at, places } = state
      const key = `${at}|${places.toSorted((one, other) => one - other)}`
      if ((best.get(key) ?? Infinity) <= cost) continue
      best.set(key, cost)
      if (at === word.length && `${places}` === `${finalPlaces}`) return cost
      const push = (to: number, next: number[], extra: number) => {
        open[cost + extra] ??= []
        open[cost + extra]?.push({ at: to, places: next, cost: cost + extra })
      }
      if (at < word.length) push(at + 1, places, 1)
      for (const { activity, from, to } of transitions) {
        if (!from.every((place) => places.includes(place))) continue
        const next = [...places.filter((place) => !from.includes(place)), ...to]
        push(at, next, activity === undefined ? 0 : 1)
        if (activity !== undefined && activity === word[at]) push(at + 1, next, 0)
      }
    }
  }
  return Infinity
}

// Each leaf gets a letter of its own.
function named(tree: ProcessTree): ProcessTree {
  let leaf = 0
  const part = (of: ProcessTree): ProcessTree => {
    if (of.kind === 'silent') return of
    if (of.kind === 'activity') return activityTree(String.fromCharCode(97 + leaf++))
    return { ...of, children: of.children.map(part) } as ProcessTree
  }
  return part(tree)
}

const treeArbitrary = fc
  .letrec<{ tree: ProcessTree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, depthSize: 'medium' },
      { weight: 4, arbitrary: fc.constant(activityTree('')) },
      { weight: 1, arbitrary: fc.constant(silent) },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constantFrom('sequence' as const, 'exclusive' as const, 'parallel' as const),
          children: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('loop' as const),
          children: fc.tuple(tie('tree'), tie('tree')),
        }),
      },
    ),
  }))
  .tree.map(named)
const wordArbitrary = fc
  .array(fc.constantFrom(...'abcdef'), { maxLength: 7 })
  .map((letters) => letters.join(''))

test('an alignment is as good as the best that a search through every way can find, and is a way through the tree', () => {
  fc.assert(
    fc.property(treeArbitrary, wordArbitrary, (tree, word) => {
      const { cost, moves } = new TreeAligner(tree).align([...word])
      expect(cost).toBe(costBySearch(tree, word))
      expect(moves.filter(({ kind }) => kind !== 'both').length).toBe(cost)
      const told = (leftOut: string) =>
        moves.filter(({ kind }) => kind !== leftOut).map(({ activity }) => activity)
      expect(told('model').join('')).toBe(word)
      expect(costBySearch(tree, told('log').join(''))).toBe(0)
    }),
    { numRuns: 300, seed: 5 },
  )
})

test('the same holds of loops within loops of few activities, which come again and again', () => {
  const leaf = fc.constantFrom<ProcessTree>(silent, silent, activityTree(''))
  const small = fc.oneof(
    leaf,
    fc.tuple(leaf, leaf).map((children): ProcessTree => ({ kind: 'exclusive', children })),
    fc.tuple(leaf, leaf).map((children): ProcessTree => ({ kind: 'loop', children })),
  )
  const loops = fc.tuple(small, small).map((children) => named({ kind: 'loop', children }))
  const words = fc.array(fc.constantFrom(...'abcd'), { maxLength: 7 })
  fc.assert(
    fc.property(loops, words, (tree, word) => {
      const { cost, moves } = new TreeAligner(tree).align(word)
      expect(cost).toBe(costBySearch(tree, word.join('')))
      expect(moves.filter(({ kind }) => kind !== 'both').length).toBe(cost)
    }),
    { numRuns: 500, seed: 12 },
  )
})

test('an automaton allows the words that the net of the tree allows, and says at each step what comes next', () => {
  fc.assert(
    fc.property(treeArbitrary, wordArbitrary, (tree, word) => {
      const automaton = automatonOf(tree)
      let state: number | undefined = automaton.start
      for (const activity of word) {
        const isEnabled: boolean = state !== undefined && automaton.enabled(state).has(activity)
        state = state === undefined ? undefined : automaton.step(state, activity)
        expect(state !== undefined).toBe(isEnabled)
      }
      expect(state !== undefined && automaton.accepts(state)).toBe(costBySearch(tree, word) === 0)
    }),
    { numRuns: 300, seed: 6 },
  )
})
