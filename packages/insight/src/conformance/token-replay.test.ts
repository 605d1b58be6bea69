import { expect, test } from 'vitest'
import { petriNetOfTree } from '../petri-net/petri-net-of-tree.ts'
import { parseProcessTree } from '../process-tree/notation.ts'
import { replayTokens } from './token-replay.ts'

const replayed = (tree: string, word: string) =>
  replayTokens(petriNetOfTree(parseProcessTree(tree)), [...word])

test('a case that fits misses no token and leaves none, through whatever silent steps', () => {
  for (const [tree, word] of [
    ["->( 'a', 'b' )", 'ab'],
    ["->( 'a', X( tau, 'b' ), +( X( tau, 'c' ), 'd' ) )", 'ad'],
    ["*( ->( 'a', X( tau, 'b' ) ), 'r' )", 'abrara'],
    ["+( X( tau, *( 'a', tau ) ), ->( 'b', +( 'c', X( tau, 'd' ) ) ) )", 'abaca'],
  ] as const)
    expect(replayed(tree, word), word).toMatchObject({ missing: 0, remaining: 0, fitness: 1 })
})

test('tokens that are missing and that are left are counted', () => {
  // Place 0, a, place 2, b, place 1: without a, the token for b is missing and that for a is left.
  expect(replayed("->( 'a', 'b' )", 'b')).toEqual({
    produced: 2,
    consumed: 2,
    missing: 1,
    remaining: 1,
    unknownEvents: 0,
    fitness: 0.5,
  })
  expect(replayed("->( 'a', 'b' )", 'axb').unknownEvents).toBe(1)
})

test('a place may have several tokens at first and at the end', () => {
  const net = {
    placeCount: 2,
    initialPlaces: [0, 0],
    finalPlaces: [1, 1],
    transitions: [{ activity: 'a', from: [0], to: [1] }],
  }
  expect(replayTokens(net, ['a', 'a'])).toMatchObject({ missing: 0, remaining: 0, fitness: 1 })
  expect(replayTokens(net, ['a'])).toMatchObject({ missing: 1, remaining: 1 })
  expect(() => replayTokens({ ...net, placeCount: 1 }, ['a'])).toThrow('below its placeCount, 1')
})
