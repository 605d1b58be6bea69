import { expect, test } from 'vitest'
import { EventLog } from '../event-log/event-log.ts'
import { discoverProcessMap } from '../process-map/process-map.ts'
import { footprintsOf } from './footprints.ts'
import { discoverSelfDistances } from './self-distances.ts'

// Each case is a word, each letter an activity.
const logOf = (...words: string[]) =>
  EventLog.from(
    words.flatMap((word, i) => [...word].map((activity, atMs) => ({ case: `${i}`, activity, atMs }))),
  )

test('footprints say what comes in one order only, and what comes in both', () => {
  const { map } = discoverProcessMap(logOf('abcd', 'acbd', 'aed', 'add'))
  expect(footprintsOf(map)).toEqual({
    sequence: [
      ['a', 'b'],
      ['a', 'c'],
      ['a', 'd'],
      ['a', 'e'],
      ['b', 'd'],
      ['c', 'd'],
      ['e', 'd'],
    ],
    parallel: [
      ['b', 'c'],
      ['c', 'b'],
      ['d', 'd'],
    ],
    starts: ['a'],
    ends: ['d'],
  })
})

test('footprints are the same whatever the order of the cases', () => {
  const footprints = (...words: string[]) => footprintsOf(discoverProcessMap(logOf(...words)).map)
  expect(footprints('abcd', 'zed', 'acbd')).toEqual(footprints('acbd', 'zed', 'abcd'))
  expect(footprints()).toEqual({ sequence: [], parallel: [], starts: [], ends: [] })
})

test('an activity comes back after the fewest events that ever lay between, and those are told', () => {
  expect(discoverSelfDistances(logOf('abcab', 'axya', 'aab', 'bxyb', 'cyyyyc'))).toEqual([
    { activity: 'a', distance: 0, between: [] },
    { activity: 'y', distance: 0, between: [] },
    { activity: 'b', distance: 2, between: ['a', 'c', 'x', 'y'] },
    { activity: 'c', distance: 4, between: ['y'] },
  ])
})

test('what a later case repeats sooner replaces what lay between before', () => {
  expect(discoverSelfDistances(logOf('abca', 'ada'))).toEqual([
    { activity: 'a', distance: 1, between: ['d'] },
  ])
  expect(discoverSelfDistances(logOf('abc', 'abc'))).toEqual([])
})
