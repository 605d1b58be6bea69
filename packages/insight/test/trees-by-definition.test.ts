import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  activitiesOf,
  alignLog,
  automatonOf,
  discoverProcessTree,
  EventLog,
  type ProcessTree,
} from '../src/index.ts'
import { casesOf, randomEvents } from './random-log.ts'

/** Whether a tree allows a sequence, by what its blocks mean and nothing else. */
function allows(tree: ProcessTree, word: readonly string[]): boolean {
  const cuts = [...Array(word.length + 1).keys()]
  if (tree.kind === 'silent') return word.length === 0
  if (tree.kind === 'activity') return word.length === 1 && word[0] === tree.activity
  if (tree.kind === 'exclusive') return tree.children.some((child) => allows(child, word))
  if (tree.kind === 'parallel') {
    // Each activity stands in the tree once, so it is clear which part an event is of.
    const parts = tree.children.map((child) => new Set(activitiesOf(child)))
    return (
      word.every((each) => parts.some((part) => part.has(each))) &&
      tree.children.every((child, i) =>
        allows(
          child,
          word.filter((each) => parts[i]?.has(each)),
        ),
      )
    )
  }
  if (tree.kind === 'sequence') {
    const [first, ...rest] = tree.children
    if (!first) return word.length === 0
    return cuts.some(
      (cut) =>
        allows(first, word.slice(0, cut)) && allows({ kind: 'sequence', children: rest }, word.slice(cut)),
    )
  }
  const [body, redo] = tree.children
  // The places that can be reached by a body, and by each redo and body after it.
  const reached = new Set(cuts.filter((cut) => allows(body, word.slice(0, cut))))
  for (const from of reached)
    for (const middle of cuts.slice(from))
      if (allows(redo, word.slice(from, middle)))
        for (const to of cuts.slice(middle)) if (allows(body, word.slice(middle, to))) reached.add(to)
  return reached.has(word.length)
}

// Cases that mostly go one way: left out, done again, done in another order, or all of it at random.
const words = fc.array(
  fc.oneof(
    fc.array(fc.constantFrom(...'abcdef'), { minLength: 1, maxLength: 7 }),
    fc.shuffledSubarray([...'abcdef'], { minLength: 1 }),
    fc.subarray([...'abcdef'], { minLength: 1 }),
    fc
      .tuple(fc.subarray([...'abcdef'], { minLength: 1 }), fc.integer({ min: 0, max: 3 }))
      .map(([word, again]) => [...word, ...word.slice(again)]),
  ),
  { minLength: 1, maxLength: 8 },
)
const logOf = (cases: readonly (readonly string[])[]) =>
  EventLog.from(cases.flatMap((word, i) => word.map((activity, atMs) => ({ case: `${i}`, activity, atMs }))))

test('a tree mined without noise allows every case, and has every activity once', () => {
  fc.assert(
    fc.property(words, (cases) => {
      const log = logOf(cases)
      const tree = discoverProcessTree(log)
      for (const word of cases) expect(allows(tree, word), word.join('')).toBe(true)
      expect(activitiesOf(tree).toSorted()).toEqual([...log.activities].sort())
      expect(alignLog(log, tree).fittingCases).toBe(cases.length)
    }),
    { numRuns: 500, seed: 11 },
  )
})

test('so it does of logs with any names, equal times and cases of one event', () => {
  fc.assert(
    fc.property(randomEvents({ eventsMax: 20 }), (events) => {
      const tree = discoverProcessTree(EventLog.from(events))
      for (const own of casesOf(events))
        expect(
          allows(
            tree,
            own.map(({ activity }) => activity),
          ),
        ).toBe(true)
    }),
    { numRuns: 200, seed: 12 },
  )
})

test('with noise a tree has each activity once at most, and none that the log has not', () => {
  fc.assert(
    fc.property(words, fc.constantFrom(0.1, 0.2, 0.5, 1), (cases, noise) => {
      const log = logOf(cases)
      const activities = activitiesOf(discoverProcessTree(log, { noise }))
      expect(new Set(activities).size).toBe(activities.length)
      expect(log.activities).toEqual(expect.arrayContaining([...activities]))
    }),
    { numRuns: 500, seed: 13 },
  )
})

test('the automaton of a tree allows exactly what its blocks mean', () => {
  const letters = [...'abcd']
  fc.assert(
    fc.property(words, fc.array(fc.constantFrom(...letters), { maxLength: 6 }), (cases, word) => {
      const tree = discoverProcessTree(logOf(cases))
      const automaton = automatonOf(tree)
      let state: number | undefined = automaton.start
      for (const activity of word) state = state === undefined ? undefined : automaton.step(state, activity)
      expect(state !== undefined && automaton.accepts(state)).toBe(allows(tree, word))
    }),
    { numRuns: 1500, seed: 14 },
  )
})
