import { isAnnalsError } from '@annals/core'
import { expect, test } from 'vitest'
import { NetAligner } from '../conformance/net-alignment.ts'
import { EventLog } from '../event-log/event-log.ts'
import { petriNetOfHeuristicsNet } from '../petri-net/petri-net-of-heuristics-net.ts'
import { discoverHeuristicsNet, type HeuristicsMinerOptions } from './heuristics-miner.ts'

// Each case is a word, each letter an activity.
const logOf = (words: readonly string[]) =>
  EventLog.from(
    words.flatMap((word, i) => [...word].map((activity, atMs) => ({ case: `${i}`, activity, atMs }))),
  )
const times = (count: number, word: string): string[] => Array.from({ length: count }, () => word)

const mined = (words: readonly string[], options?: HeuristicsMinerOptions) =>
  discoverHeuristicsNet(logOf(words), options)
const waysOf = (net: ReturnType<typeof mined>) =>
  Object.fromEntries(
    net.activities.map(({ activity, inputs, outputs }) => [
      activity,
      `${inputs.map((set) => set.join('')).join('|')} > ${outputs.map((set) => set.join('')).join('|')}`,
    ]),
  )
const fits = (words: readonly string[], word: string, options?: HeuristicsMinerOptions) =>
  new NetAligner(petriNetOfHeuristicsNet(mined(words, options))).align([...word]).cost === 0

test('what comes in any order after an activity goes on from it together, what comes instead of each other does not', () => {
  expect(waysOf(mined([...times(5, 'abcd'), ...times(5, 'acbd')]))).toEqual({
    a: ' > bc',
    b: 'a > d',
    c: 'a > d',
    d: 'bc > ',
  })
  expect(waysOf(mined([...times(5, 'abd'), ...times(5, 'acd')]))).toEqual({
    a: ' > b|c',
    b: 'a > d',
    c: 'a > d',
    d: 'b|c > ',
  })
})

test('of three activities of which two exclude each other, each with the third is a set', () => {
  const words = ['abxd', 'axbd', 'acxd', 'axcd'].flatMap((word) => times(5, word))
  const options = { andMin: 0.6 }
  expect(waysOf(mined(words, options)).a).toBe(' > bx|cx')
  expect(waysOf(mined(words, options)).d).toBe('bx|cx > ')
  for (const word of ['abxd', 'axbd', 'acxd', 'axcd']) expect(fits(words, word, options), word).toBe(true)
  for (const word of ['abd', 'abcd', 'axd']) expect(fits(words, word, options), word).toBe(false)
})

test('a rare mistake is left out, and an activity that nothing surely leads to is named', () => {
  const words = [...times(40, 'abc'), 'acb', 'xbc']
  const net = mined(words, { dependencyMin: 0.6 })
  expect(net.dependencies.map(({ from, to }) => from + to)).toEqual(['bc', 'ab'])
  expect(net.unconnected).toEqual(['x'])
  expect(mined(words, { dependencyMin: 0.99 })).toMatchObject({
    activities: [],
    unconnected: ['a', 'b', 'c', 'x'],
  })
})

test('activities that take turns lead to each other, though neither surely leads to the other', () => {
  const net = mined(times(4, 'abcbcbd'))
  expect(net.dependencies.map(({ from, to }) => from + to).sort()).toEqual(['ab', 'bc', 'bd', 'cb'])
  expect(
    mined(times(4, 'abcbcbd'), { loopTwoMin: 1 })
      .dependencies.map(({ from, to }) => from + to)
      .sort(),
  ).toEqual(['ab', 'bd'])
  expect(fits(times(4, 'abcbcbd'), 'abcbcbcbd')).toBe(true)
})

test('an activity that follows itself may be done again, and is not one of a set with others', () => {
  const words = ['ab', 'aab', 'aaab'].flatMap((word) => times(3, word))
  expect(waysOf(mined(words, { andMin: 0.01 })).a).toBe('a > a|b')
  expect(fits(words, 'aaaaab')).toBe(true)
})

test('a case of one event is a way through the net', () => {
  expect(fits(['a'], 'a')).toBe(true)
  expect(mined(['a']).unconnected).toEqual([])
  expect(mined([])).toEqual({ activities: [], dependencies: [], unconnected: [] })
})

test('the net is the same whatever the order of the cases', () => {
  const words = [...times(3, 'abcd'), ...times(2, 'acbd'), 'aed', 'abbd']
  expect(mined(words.toReversed())).toEqual(mined(words))
})

test('options out of range are refused by name', () => {
  for (const option of ['dependencyMin', 'andMin', 'loopTwoMin', 'noise'] as const)
    for (const value of [-0.1, Number.NaN])
      try {
        mined(['ab'], { [option]: value })
        expect.unreachable()
      } catch (error) {
        expect(isAnnalsError(error, 'invalid-argument') && error.details.argument).toBe(option)
      }
})

test('more sets than anybody could look at are refused', () => {
  // Ten groups of three that exclude each other, of which each runs beside all of the others: 3 ^ 10 sets.
  const groups = Array.from({ length: 10 }, (_, group) =>
    [0, 1, 2].map((i) => String.fromCharCode(65 + 3 * group + i)),
  )
  const words = groups.flatMap((group, i) =>
    groups
      .slice(i + 1)
      .flatMap((others) =>
        group.flatMap((one) => others.flatMap((other) => [`s${one}${other}e`, `s${other}${one}e`])),
      ),
  )
  try {
    mined(words, { andMin: 0.01, noise: 0 })
    expect.unreachable()
  } catch (error) {
    expect(isAnnalsError(error, 'limit-exceeded') && error.details.max).toBe(10_000)
  }
})
