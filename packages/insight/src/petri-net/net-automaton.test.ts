import { isAnnalsError } from '@annals/core'
import { expect, test } from 'vitest'
import { precisionOf } from '../conformance/precision.ts'
import { EventLog } from '../event-log/event-log.ts'
import { parseProcessTree } from '../process-tree/notation.ts'
import { automatonOf } from '../process-tree/tree-automaton.ts'
import { automatonOfNet } from './net-automaton.ts'
import { petriNetOfTree } from './petri-net-of-tree.ts'

test('the automaton of a net allows step by step what that of its tree allows', () => {
  for (const text of [
    "->( 'a', X( tau, 'b' ), +( 'c', *( 'd', 'e' ) ) )",
    "*( ->( X( tau, 'a' ), 'b' ), X( tau, 'c' ) )",
    "+( *( 'a', tau ), X( 'b', ->( 'c', 'd' ) ), 'e' )",
  ]) {
    const tree = parseProcessTree(text)
    const [ofTree, ofNet] = [automatonOf(tree), automatonOfNet(petriNetOfTree(tree))]
    const walk = (one: number, other: number, stepsLeft: number): void => {
      expect([...ofNet.enabled(other)].sort()).toEqual([...ofTree.enabled(one)].sort())
      expect(ofNet.accepts(other)).toBe(ofTree.accepts(one))
      expect(ofNet.step(other, 'x')).toBeUndefined()
      if (stepsLeft === 0) return
      for (const activity of ofTree.enabled(one))
        walk(ofTree.step(one, activity) as number, ofNet.step(other, activity) as number, stepsLeft - 1)
    }
    walk(ofTree.start, ofNet.start, 6)
  }
})

test('precision of a net is that of its tree, and activities may stand in it twice', () => {
  const log = EventLog.from(
    ['abc', 'acb', 'abb'].flatMap((word, i) =>
      [...word].map((activity, atMs) => ({ case: `${i}`, activity, atMs })),
    ),
  )
  const tree = parseProcessTree("->( 'a', +( 'b', 'c' ) )")
  expect(precisionOf(log, petriNetOfTree(tree))).toBe(precisionOf(log, tree))
  const twice = petriNetOfTree(parseProcessTree("->( 'a', X( ->( 'b', X( 'b', 'c' ) ), ->( 'c', 'b' ) ) )"))
  expect(precisionOf(log, twice)).toBe(1)
})

test('a net that grows without end, and silently, is refused at a limit', () => {
  const growing = {
    placeCount: 3,
    initialPlaces: [0],
    finalPlaces: [1],
    transitions: [
      { from: [0], to: [0, 2, 2] },
      { from: [0, 2], to: [0, 1] },
    ],
  }
  try {
    automatonOfNet(growing)
    expect.unreachable()
  } catch (error) {
    expect(isAnnalsError(error, 'limit-exceeded') && error.details.max).toBe(100_000)
  }
})
