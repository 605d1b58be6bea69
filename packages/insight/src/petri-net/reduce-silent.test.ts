import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseProcessTree } from '../process-tree/notation.ts'
import type { PetriNet } from './petri-net.ts'
import { petriNetOfTree } from './petri-net-of-tree.ts'
import { reduceSilent } from './reduce-silent.ts'

/** All words up to a length that a net allows, by trying everything, as long as no place holds too many tokens. */
function wordsOf({ placeCount, transitions, initialPlaces, finalPlaces }: PetriNet, lengthMax: number) {
  const marked = (places: readonly number[]) => {
    const tokens = Array.from({ length: placeCount }, () => 0)
    for (const place of places) tokens[place] = (tokens[place] as number) + 1
    return tokens
  }
  const words = new Set<string>()
  const seen = new Set<string>()
  const open = [{ tokens: marked(initialPlaces), word: '' }]
  for (let at = open.pop(); at; at = open.pop()) {
    const { tokens, word } = at
    const name = `${tokens}|${word}`
    if (seen.has(name)) continue
    seen.add(name)
    if (`${tokens}` === `${marked(finalPlaces)}`) words.add(word)
    for (const { activity = '', from, to } of transitions) {
      const next = [...tokens]
      for (const place of from) next[place] = (next[place] as number) - 1
      if (next.some((count) => count < 0) || word.length + activity.length > lengthMax) continue
      for (const place of to) next[place] = (next[place] as number) + 1
      if (next.some((count) => count > tokensMax)) return 'too-many-tokens'
      open.push({ tokens: next, word: word + activity })
    }
  }
  return [...words].sort()
}

const tokensMax = 4

const silentOf = ({ transitions }: PetriNet) =>
  transitions.filter(({ activity }) => activity === undefined).length

test('silent transitions that only pass tokens on are no more', () => {
  const net = petriNetOfTree(parseProcessTree("->( 'a', +( 'b', ->( 'c', 'd' ) ), 'e' )"))
  expect(silentOf(net)).toBe(2)
  const reduced = reduceSilent(net)
  expect([silentOf(reduced), reduced.transitions.length, reduced.placeCount]).toEqual([0, 5, 7])
  expect(wordsOf(reduced, 9)).toEqual(['abcde', 'acbde', 'acdbe'])
})

test('what is on no way to the end is no more', () => {
  const reduced = reduceSilent({
    placeCount: 5,
    initialPlaces: [0],
    finalPlaces: [1],
    transitions: [
      { activity: 'a', from: [0], to: [1] },
      { activity: 'b', from: [0], to: [1, 2] },
      { activity: 'c', from: [3], to: [4] },
      { activity: 'd', from: [4], to: [1] },
    ],
  })
  expect(reduced).toEqual({
    placeCount: 2,
    initialPlaces: [0],
    finalPlaces: [1],
    transitions: [{ activity: 'a', from: [0], to: [1] }],
  })
})

test('silent transitions that go in a circle come to an end', () => {
  for (const places of [
    [[1, 2] as const, [2, 1] as const],
    [[1, 2] as const, [2, 3] as const, [3, 1] as const],
  ]) {
    const net: PetriNet = {
      placeCount: 6,
      initialPlaces: [0, 4, 4],
      finalPlaces: [5],
      transitions: [
        { from: [0], to: [1] },
        { activity: 'x', from: [0, 4, 4], to: [5] },
        ...places.map(([from, to]) => ({ from: [from], to: [to] })),
        { from: [2, 4], to: [1] },
      ],
    }
    expect(wordsOf(reduceSilent(net), 3)).toEqual(['x'])
  }
})

// Any arcs at all, several to the same place among them, silent more often than not.
const place = fc.nat({ max: 5 })
const places = (minLength: number) => fc.array(place, { minLength, maxLength: 2 })
const activity = fc.constantFrom('a', 'b', undefined, undefined, undefined)
const netArbitrary: fc.Arbitrary<PetriNet> = fc.record({
  placeCount: fc.constant(6),
  initialPlaces: fc.oneof(fc.constant([0]), fc.array(place, { minLength: 1, maxLength: 2 })),
  finalPlaces: fc.oneof(fc.constant([5]), fc.array(place, { minLength: 1, maxLength: 2 })),
  transitions: fc
    .tuple(
      fc.array(fc.record({ activity, from: places(0), to: places(0) }), { maxLength: 8 }),
      fc.record({ activity, from: fc.constant([0]), to: places(1) }),
      fc.record({ activity, from: places(1), to: fc.constant([5]) }),
    )
    .map(([others, first, last]) => [first, ...others, last]),
})

test('a reduced net allows the same words, has no more transitions and places, whatever the net', () => {
  let [fewer, withWords] = [0, 0]
  fc.assert(
    fc.property(netArbitrary, (net) => {
      const reduced = reduceSilent(net)
      expect(reduced.transitions.length).toBeLessThanOrEqual(net.transitions.length)
      expect(reduced.placeCount).toBeLessThanOrEqual(net.placeCount)
      const words = wordsOf(net, 4)
      if (words === 'too-many-tokens') return
      const ofReduced = wordsOf(reduced, 4)
      if (ofReduced === 'too-many-tokens') return
      expect(ofReduced).toEqual(words)
      if (silentOf(reduced) < silentOf(net)) fewer++
      if (words.length > 0) withWords++
    }),
    { numRuns: 5000, seed: 8 },
  )
  expect(fewer).toBeGreaterThan(500)
  expect(withWords).toBeGreaterThan(300)
})

test('nets of trees allow the same words when they are reduced', () => {
  for (const text of [
    "->( 'a', X( tau, 'b' ), +( 'c', *( 'd', tau ) ) )",
    "*( ->( X( tau, 'a' ), 'b' ), X( tau, 'c' ) )",
    "+( *( 'a', tau ), X( 'b', ->( 'c', 'd' ) ), 'e' )",
    "X( *( tau, 'a' ), *( 'b', tau ) )",
  ]) {
    const net = petriNetOfTree(parseProcessTree(text))
    expect(wordsOf(reduceSilent(net), 6)).toEqual(wordsOf(net, 6))
    expect(silentOf(reduceSilent(net))).toBeLessThan(silentOf(net))
  }
})
