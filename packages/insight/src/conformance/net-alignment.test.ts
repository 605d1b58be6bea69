import { isAnnalsError } from '@annals/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventLog } from '../event-log/event-log.ts'
import type { PetriNet } from '../petri-net/petri-net.ts'
import { petriNetOfTree } from '../petri-net/petri-net-of-tree.ts'
import { parseProcessTree } from '../process-tree/notation.ts'
import { alignLog } from './align-log.ts'
import { CaseBounds } from './case-bounds.ts'
import { NetAligner } from './net-alignment.ts'
import { searchNet } from './net-search.ts'
import { SearchedNet } from './searched-net.ts'
import { TreeAligner } from './tree-alignment.ts'

// Not a tree: c waits for a and b, and b may come again while a has not.
const net: PetriNet = {
  placeCount: 6,
  initialPlaces: [0],
  finalPlaces: [5],
  transitions: [
    { from: [0], to: [1, 2] },
    { activity: 'a', from: [1], to: [3] },
    { activity: 'b', from: [2], to: [4] },
    { from: [4, 1], to: [2, 1] },
    { activity: 'c', from: [3, 4], to: [5] },
  ],
}

const movesOf = (of: PetriNet, word: string) =>
  new NetAligner(of)
    .align([...word])
    .moves.map(({ kind, activity }) => ({ both: '', log: '+', model: '-' })[kind] + activity)
    .join(' ')

test('an alignment with a net says what was done out of place and what was left out', () => {
  expect(movesOf(net, 'bbac')).toBe('b b a c')
  expect(movesOf(net, 'abc')).toBe('a b c')
  expect(movesOf(net, 'abbc')).toMatch(/^a (b \+b|\+b b) c$/)
  expect(movesOf(net, 'bxc')).toMatch(/^(b \+x -a|b -a \+x|-a b \+x) c$/)
  expect(new NetAligner(net).align(['a', 'b', 'c'])).toMatchObject({ cost: 0, fitness: 1 })
  expect(new NetAligner(net).align(['x', 'y']).fitness).toBe(0)
})

test('an activity may stand in a net several times', () => {
  const twice = petriNetOfTree(parseProcessTree("->( 'a', X( 'b', 'c' ), 'a' )"))
  expect(movesOf(twice, 'aba')).toBe('a b a')
  expect(movesOf(twice, 'ac')).toBe('a c -a')
})

test('a case is aligned the same whatever was aligned before', () => {
  const letters = [...'abcdefgh']
  const wide = petriNetOfTree(
    parseProcessTree(`*( +( ${letters.map((letter) => `'${letter}'`).join(', ')} ), 'r' )`),
  )
  const words = ['hgfedcbarhgfed', 'rrhgfedcba', 'hgfedcbarabcdefgxh']
  const aligner = new NetAligner(wide)
  const moves = words.map((word) => aligner.align([...word]))
  expect(words.toReversed().map((word) => aligner.align([...word]))).toEqual(moves.toReversed())
})

test('a log is aligned with a net as with a tree', () => {
  const log = EventLog.from(
    ['abc', 'ac', 'axxc'].flatMap((word, i) =>
      [...word].map((activity, atMs) => ({ case: `${i}`, activity, atMs })),
    ),
  )
  const tree = parseProcessTree("->( 'a', 'b', 'c' )")
  const { alignments, ...found } = alignLog(log, petriNetOfTree(tree))
  expect(alignLog(log, tree)).toMatchObject(found)
  expect(alignments.map(({ cost }) => cost)).toEqual([0, 1, 3])
})

const errorOf = (make: () => unknown) => {
  try {
    make()
  } catch (error) {
    return error
  }
  return undefined
}

test('a net whose end cannot be reached is refused', () => {
  for (const transitions of [
    [],
    [{ activity: 'a', from: [0], to: [0] }],
    [{ activity: 'a', from: [0], to: [1, 1] }],
  ]) {
    const error = errorOf(
      () => new NetAligner({ placeCount: 2, initialPlaces: [0], finalPlaces: [1], transitions }),
    )
    expect(isAnnalsError(error, 'invalid-argument') && error.message).toContain('final places')
  }
})

test('a net that grows without end is aligned where its end can be reached, and else refused, not followed for ever', () => {
  const growing = (left: readonly number[]): PetriNet => ({
    placeCount: 4,
    initialPlaces: [0],
    finalPlaces: [1],
    transitions: [
      { from: [0], to: [0, 2] },
      { activity: 'a', from: [0], to: [3] },
      { activity: 'b', from: [3, ...left], to: [1] },
      { activity: 'c', from: [2, 3], to: [3] },
    ],
  })
  expect(movesOf(growing([]), 'acccb')).toBe('a c c c b')
  expect(movesOf(growing([2]), 'accb')).toBe('a c c b')
  const bag: PetriNet = {
    ...growing([]),
    transitions: [
      { from: [0], to: [0, 2] },
      { from: [0, 2], to: [0, 2, 3] },
    ],
  }
  expect(errorOf(() => new NetAligner(bag, { statesMax: 500 }))).toMatchObject({ code: 'invalid-argument' })
})

test('a net is refused at once that grows without end while what its end waits for never comes', () => {
  const growing = [2, 3, 4].flatMap((place) => [
    { activity: `more ${place}`, from: [0], to: [0, place] },
    { activity: `less ${place}`, from: [place], to: [] },
  ])
  // What puts a token on place 5 takes one from there, which the tokens of the whole do not show.
  const waiting = [
    { activity: 'end', from: [0, 5], to: [1] },
    { activity: 'double', from: [5], to: [5, 5] },
    { from: [5, 5], to: [5] },
  ]
  const error = errorOf(
    () =>
      new NetAligner({
        placeCount: 6,
        initialPlaces: [0],
        finalPlaces: [1],
        transitions: [...growing, ...waiting],
      }),
  )
  expect(isAnnalsError(error, 'invalid-argument') && error.message).toContain('final places')
})

test('the search stops at the limit that was set', () => {
  const letters = [...'abcdefghij']
  const wide = petriNetOfTree(parseProcessTree(`+( ${letters.map((letter) => `'${letter}'`).join(', ')} )`))
  const aligner = new NetAligner(wide, { statesMax: 60 })
  const error = errorOf(() => aligner.align(['j', 'j', 'a', 'i', 'h', 'x', 'c']))
  expect(isAnnalsError(error, 'limit-exceeded') && error.details).toMatchObject({ max: 60 })
  expect(new NetAligner(wide).align(['j', 'j', 'a', 'i', 'h', 'x', 'c']).cost).toBe(2 + 5)
  const long = Array.from({ length: 2001 }, () => 'a')
  expect(errorOf(() => new NetAligner(net).align(long))).toMatchObject({ code: 'limit-exceeded' })
})

test('a case of a log that cannot be aligned is named', () => {
  const long = Array.from({ length: 2001 }, (_, atMs) => ({ case: 'the long one', activity: 'a', atMs }))
  const log = EventLog.from([{ case: '1', activity: 'a', atMs: 0 }, ...long])
  for (const model of [net, parseProcessTree("'a'")]) {
    const error = errorOf(() => alignLog(log, model))
    expect(isAnnalsError(error, 'limit-exceeded') && error.message).toMatch(
      /^Case "the long one" cannot be aligned\. .* 2001\./,
    )
  }
})

test('a net that names places or activities it cannot have is refused by what is wrong', () => {
  for (const [change, told] of [
    [{ placeCount: 1.5 }, 'placeCount'],
    [{ initialPlaces: [9] }, 'its beginning'],
    [{ finalPlaces: [-1] }, 'its end'],
    [{ transitions: [{ from: [0], to: [99] }] }, 'transition 0'],
    [{ transitions: [{ activity: '', from: [0], to: [1] }] }, 'activity'],
  ] as const) {
    const error = errorOf(() => new NetAligner({ ...net, ...change }))
    expect(isAnnalsError(error, 'invalid-argument') && error.message).toContain(told)
  }
  expect(errorOf(() => new NetAligner(net, { statesMax: 0 }))).toMatchObject({ code: 'invalid-argument' })
})

/** The fewest deviations, by trying every way through a net of few tokens; Infinity if there is none. */
function costBySearch(
  { placeCount, transitions, initialPlaces, finalPlaces }: PetriNet,
  word: string,
): number {
  const marked = (places: readonly number[]) => {
    const tokens = Array.from({ length: placeCount }, () => 0)
    for (const place of places) tokens[place] = (tokens[place] as number) + 1
    return tokens
  }
  const goal = `${word.length}|${marked(finalPlaces)}`
  const best = new Map<string, number>()
  const open: [at: number, tokens: number[]][][] = [[[0, marked(initialPlaces)]]]
  for (let cost = 0; cost < open.length; cost++)
    for (let state = open[cost]?.pop(); state; state = open[cost]?.pop()) {
      const [at, tokens] = state
      const key = `${at}|${tokens}`
      if ((best.get(key) ?? Infinity) <= cost) continue
      best.set(key, cost)
      if (key === goal) return cost
      const push = (to: number, next: number[], extra: number) => {
        open[cost + extra] ??= []
        open[cost + extra]?.push([to, next])
      }
      if (at < word.length) push(at + 1, tokens, 1)
      for (const { activity, from, to } of transitions) {
        const next = [...tokens]
        for (const place of from) next[place] = (next[place] as number) - 1
        if (next.some((count) => count < 0)) continue
        for (const place of to) next[place] = (next[place] as number) + 1
        if (next.some((count) => count > 3)) continue
        push(at, next, activity === undefined ? 0 : 1)
        if (activity !== undefined && activity === word[at]) push(at + 1, next, 0)
      }
    }
  return Infinity
}

// Any arcs at all, two from or to the same place among them: most such nets are unsound, and many cannot come to their end.
const place = fc.nat({ max: 4 })
const places = (minLength: number) => fc.array(place, { minLength, maxLength: 2 })
const anyActivity = fc.constantFrom('a', 'b', 'c', undefined)
const netArbitrary: fc.Arbitrary<PetriNet> = fc.record({
  placeCount: fc.constant(5),
  initialPlaces: fc.constant([0]),
  finalPlaces: fc.constant([4]),
  transitions: fc
    .array(fc.record({ activity: anyActivity, from: places(1), to: places(0) }), { maxLength: 6 })
    .chain((others) =>
      fc
        .tuple(anyActivity, anyActivity)
        .map(([first, second]) => [
          { activity: first, from: [0], to: [1, 2] },
          ...others,
          { activity: second, from: [1, 3], to: [4] },
          { activity: 'c', from: [2], to: [3] },
        ]),
    ),
})
const wordArbitrary = fc
  .array(fc.constantFrom(...'abcx'), { maxLength: 6 })
  .map((letters) => letters.join(''))

// Nets whose places never hold more than three tokens, so that trying every way is trying every way.
const isSmall = ({ placeCount, transitions, initialPlaces }: PetriNet) => {
  const start = Array.from({ length: placeCount }, (_, at): number => (initialPlaces.includes(at) ? 1 : 0))
  const known = new Set<string>()
  const open = [start]
  for (let tokens = open.pop(); tokens; tokens = open.pop()) {
    if (known.has(`${tokens}`)) continue
    known.add(`${tokens}`)
    if (tokens.some((count) => count > 3)) return false
    for (const { from, to } of transitions) {
      const next = [...tokens]
      for (const each of from) next[each] = (next[each] as number) - 1
      if (next.some((count) => count < 0)) continue
      for (const each of to) next[each] = (next[each] as number) + 1
      open.push(next)
    }
  }
  return true
}

test('an alignment is as good as the best that trying every way can find, whatever the net', () => {
  let aligned = 0
  fc.assert(
    fc.property(netArbitrary.filter(isSmall), wordArbitrary, (any, word) => {
      if (costBySearch(any, '') === Infinity) {
        expect(() => new NetAligner(any)).toThrow('cannot be used')
        return
      }
      aligned++
      const { cost, moves } = new NetAligner(any).align([...word])
      expect(cost).toBe(costBySearch(any, word))
      expect(moves.filter(({ kind }) => kind !== 'both').length).toBe(cost)
      const told = (leftOut: string) =>
        moves.filter(({ kind }) => kind !== leftOut).map(({ activity }) => activity)
      expect(told('model').join('')).toBe(word)
      expect(costBySearch(any, told('log').join(''))).toBe(0)
    }),
    { numRuns: 600, seed: 4 },
  )
  expect(aligned).toBeGreaterThan(100)
})

test('a search that bounds guide finds as good a way, however often they are looked for', () => {
  fc.assert(
    fc.property(
      netArbitrary.filter(isSmall),
      wordArbitrary,
      fc.integer({ min: 1, max: 6 }),
      (any, word, statesPerLook) => {
        const searched = new SearchedNet(any)
        const options = { statesMax: 100_000, statesPerLook }
        const found = searchNet(searched, [...word], options)
        if (found === 'too-many-states') expect.unreachable()
        expect(found?.cost ?? Infinity).toBe(costBySearch(any, word))
        // What is known of the net by now changes nothing.
        expect(searchNet(searched, [...word], options)).toEqual(found)
        expect(searchNet(new SearchedNet(any), [...word], { statesMax: 100_000 })).toEqual(found)
      },
    ),
    { numRuns: 1000, seed: 6 },
  )
})

test('prices never say of any state that more is left to do than is, nor that there is no way where there is one', () => {
  let [looked, free] = [0, 0]
  fc.assert(
    fc.property(netArbitrary.filter(isSmall), wordArbitrary, place, (any, word, at) => {
      const { graph, prices, deadEnds } = new SearchedNet(any)
      const bounds = new CaseBounds(prices, deadEnds, [...word])
      const markings = [graph.start, ...graph.stepsOf(graph.start).map(({ to }) => to)]
      for (const marking of markings) bounds.look(marking, Math.min(at, word.length))
      looked += prices.size
      for (const marking of markings)
        for (let from = 0; from <= word.length; from++) {
          const start = [...marking.tokens].flatMap((count, number) =>
            Array.from({ length: count }, () => number),
          )
          const cost = costBySearch({ ...any, initialPlaces: start }, word.slice(from))
          const state = { marking, at: from, bound: 0, pricesSeen: 0 }
          bounds.raise(state, Infinity)
          const { bound } = state
          if (bound === Infinity) free++
          expect(bound).toBeLessThanOrEqual(cost)
        }
    }),
    { numRuns: 600, seed: 5 },
  )
  expect(looked).toBeGreaterThan(600)
  expect(free).toBeGreaterThan(100)
})

test('where there are many states, the search that the marking equation guides finds what the tree says', () => {
  const letters = [...'abcdefghijklmnopq']
  const tree = parseProcessTree(`->( '(', +( ${letters.map((letter) => `'${letter}'`).join(', ')} ), ')' )`)
  // Backwards, with one left out, one done twice and one that is unknown: 2 to the power of 17 states and more.
  const word = ['(', ...letters.toReversed().filter((letter) => letter !== 'c'), 'd', 'x', ')']
  const [ours, exact] = [new NetAligner(petriNetOfTree(tree)).align(word), new TreeAligner(tree).align(word)]
  expect([ours.cost, ours.fitness]).toEqual([exact.cost, exact.fitness])
})
