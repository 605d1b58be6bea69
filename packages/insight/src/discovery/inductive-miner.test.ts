import { expect, test } from 'vitest'
import { EventLog } from '../event-log/event-log.ts'
import { formatProcessTree } from '../process-tree/notation.ts'
import { discoverProcessTree } from './inductive-miner.ts'

// Each case is a word, each letter an activity.
const mined = (words: readonly string[], noise?: number) =>
  formatProcessTree(
    discoverProcessTree(
      EventLog.from(
        words.flatMap((word, i) => [...word].map((activity, atMs) => ({ case: `${i}`, activity, atMs }))),
      ),
      { noise },
    ),
  ).replaceAll(/[ ']/g, '')

const times = (count: number, word: string): string[] => Array.from({ length: count }, () => word)

test('a log of one activity is that activity, and an empty log is silent', () => {
  expect(mined(['a', 'a'])).toBe('a')
  expect(mined([])).toBe('tau')
})

test('what never comes together is a choice', () => {
  expect(mined(['a', 'b', 'c'])).toBe('X(a,b,c)')
})

test('what comes in one order is a sequence, with what may be skipped', () => {
  expect(mined(['abc', 'ac'])).toBe('->(a,X(tau,b),c)')
})

test('what is only ever skipped together is skipped together', () => {
  expect(mined(['abcd', 'ad'])).toBe('->(a,X(tau,->(b,c)),d)')
})

test('what comes in any order is parallel', () => {
  expect(mined(['abcd', 'acbd'])).toBe('->(a,+(b,c),d)')
})

test('what leads back is a loop', () => {
  expect(mined(['ab', 'abcab', 'abcabcab'])).toBe('*(->(a,b),c)')
  expect(mined(['a', 'aaa'])).toBe('*(a,tau)')
})

test('an activity once in each case, wherever, runs beside the rest', () => {
  expect(mined(['xabab', 'ababx'])).toBe('+(x,*(->(a,b),tau))')
})

test('a log of which nothing can be said is any of its activities any number of times', () => {
  expect(mined(['ad', 'ae', 'be', 'bf', 'cf', 'cd'])).toBe('*(X(a,b,c,d,e,f),tau)')
})

test('the tree is the same whatever the order of the cases', () => {
  const words = ['abcd', 'acbd', 'aed', 'abcfbcd']
  expect(mined(words.toReversed())).toBe(mined(words))
})

test('with noise, what is rare no longer stands in the way', () => {
  const words = [...times(50, 'abcd'), 'dabc']
  expect(mined(words, 0.2)).toBe('->(a,b,c,d)')
  expect(mined(words)).not.toBe('->(a,b,c,d)')
  expect(mined([...times(9, 'ab'), 'a'], 0.2)).toBe('->(a,b)')
  expect(() => mined(['a'], 2)).toThrow('Noise is a share from 0 to 1')
})
