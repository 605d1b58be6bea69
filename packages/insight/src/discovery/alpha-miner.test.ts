import { isAnnalsError } from '@annals/core'
import { expect, test } from 'vitest'
import { alignLog } from '../conformance/align-log.ts'
import { precisionOf } from '../conformance/precision.ts'
import { EventLog } from '../event-log/event-log.ts'
import { discoverProcessMap } from '../process-map/process-map.ts'
import { alphaNetOf } from './alpha-miner.ts'

// Each case is a word, each letter an activity.
const logOf = (...words: string[]) =>
  EventLog.from(
    words.flatMap((word, i) => [...word].map((activity, atMs) => ({ case: `${i}`, activity, atMs }))),
  )
const netOf = (log: EventLog) => alphaNetOf(discoverProcessMap(log).map)

test('a process of choices, and of things in any order, is found as it is', () => {
  for (const log of [logOf('abcd', 'acbd', 'aed'), logOf('abd', 'acd'), logOf('abce', 'abcxbce')]) {
    const net = netOf(log)
    expect(alignLog(log, net).fitness).toBe(1)
    expect(precisionOf(log, net)).toBeGreaterThan(0.8)
  }
})

test('the places of the net are between the largest sets that exclude each other', () => {
  expect(netOf(logOf('abcd', 'acbd', 'aed'))).toEqual({
    placeCount: 6,
    transitions: [
      { activity: 'a', from: [0], to: [2, 3] },
      { activity: 'b', from: [2], to: [4] },
      { activity: 'c', from: [3], to: [5] },
      { activity: 'd', from: [4, 5], to: [1] },
      { activity: 'e', from: [2, 3], to: [4, 5] },
    ],
    initialPlaces: [0],
    finalPlaces: [1],
  })
})

test('an activity that follows itself is held back by nothing, as the algorithm has it', () => {
  const net = netOf(logOf('abc', 'abbc'))
  expect(net.transitions.find(({ activity }) => activity === 'b')).toEqual({
    activity: 'b',
    from: [],
    to: [],
  })
})

test('a map of which too many sets follow is refused', () => {
  // Fifteen pairs that follow each other both ways, and nothing else: 2 ^ 15 sets exclude each other.
  const words = Array.from({ length: 15 }, (_, i) => {
    const [one, other] = [String.fromCharCode(65 + 2 * i), String.fromCharCode(66 + 2 * i)]
    return one + other + one
  })
  try {
    netOf(logOf(...words))
    expect.unreachable()
  } catch (error) {
    expect(isAnnalsError(error, 'limit-exceeded') && error.details.max).toBe(10_000)
  }
})
