import { Random } from '@annals/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventLog } from '../event-log/event-log.ts'
import { discoverRules } from './discover-rules.ts'
import { discoverLogSkeleton } from './log-skeleton.ts'
import type { BinaryTemplate, Rule } from './rule-templates.ts'
import { RuleWatcher } from './rule-watcher.ts'
import { discoverTemporalProfile, temporalDeviations } from './temporal-profile.ts'

// Each case is a word, each letter an activity, one second apart.
const logOf = (...words: string[]) =>
  EventLog.from(
    words.flatMap((word, i) =>
      [...word].map((activity, at) => ({ case: `${i}`, activity, atMs: at * 1000 })),
    ),
  )

test('a violation is told with the event that made it certain, and once', () => {
  const rule: Rule = { template: 'chain-response', a: 'a', b: 'b' }
  const watcher = new RuleWatcher([rule])
  const violations = [...'axax'].map((activity, atMs) => watcher.add({ case: '1', activity, atMs }))
  expect(violations.map((each) => each.length)).toEqual([0, 1, 0, 0])
  expect(violations[1]).toEqual([{ rule, case: '1', event: { case: '1', activity: 'x', atMs: 1 } }])
  expect(watcher.end('1')).toEqual([])
})

test('a rule that may still be kept is pending, and broken only when the case ends', () => {
  const rule: Rule = { template: 'response', a: 'a', b: 'b' }
  const watcher = new RuleWatcher([rule])
  expect(watcher.add({ case: '1', activity: 'a', atMs: 0 })).toEqual([])
  expect(watcher.pending('1')).toEqual([rule])
  expect(watcher.pending('unknown')).toEqual([])
  expect(watcher.end('1')).toEqual([{ rule, case: '1', event: undefined }])
  expect(watcher.end('1')).toEqual([])
})

test('a rule of two activities that are the same is refused', () => {
  expect(() => new RuleWatcher([{ template: 'response', a: 'a', b: 'a' }])).toThrow(
    'two activities that differ',
  )
})

test('rules are found by how many cases activate them and in how many of those they hold', () => {
  const rules = discoverRules(logOf('ab', 'ab', 'ac', 'd'), { supportMin: 0.7, confidenceMin: 0.6 })
  const found = rules.find(({ rule }) => rule.template === 'response')
  expect(found).toEqual({
    rule: { template: 'response', a: 'a', b: 'b' },
    activated: 3,
    satisfied: 2,
    support: 3 / 4,
    confidence: 2 / 3,
  })
  expect(rules.every(({ support, confidence }) => support >= 0.7 && confidence >= 0.6)).toBe(true)
  expect(discoverRules(logOf())).toEqual([])
})

test('a rule that was planted among activities at random is found, with how often it was broken', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed)
    const words = Array.from({ length: 300 }, (_, index) => {
      const letters = Array.from({ length: 6 }, () => 'uvwxyz'[random.below(6)] as string)
      if (index % 2 === 0) {
        const at = random.below(5)
        // Whoever asks is answered right after, but for one of fifty.
        letters.splice(at, 0, 'a', ...(index % 100 === 0 ? [] : ['b']))
      }
      return letters.join('')
    })
    const found = discoverRules(logOf(...words), { supportMin: 0.4, confidenceMin: 0.95 })
    const planted = found.filter(({ rule }) => rule.template === 'chain-response')
    expect(planted.map(({ rule, activated, satisfied }) => [rule, activated, satisfied])).toEqual([
      [{ template: 'chain-response', a: 'a', b: 'b' }, 150, 147],
    ])
  }
})

// What the rules say, in the words of their definitions, of a case as a word.
const definitions: { readonly [template in BinaryTemplate]: (word: string) => boolean } = {
  'responded-existence': (word) => !word.includes('a') || word.includes('b'),
  'co-existence': (word) => word.includes('a') === word.includes('b'),
  response: (word) => word.lastIndexOf('a') <= word.lastIndexOf('b'),
  precedence: (word) => !/^[^a]*b/.test(word),
  succession: (word) => definitions.response(word) && definitions.precedence(word),
  'alternate-response': (word) => !/a[^b]*(a|$)/.test(word),
  'alternate-precedence': (word) => !/(^|b)[^a]*b/.test(word),
  'alternate-succession': (word) =>
    definitions['alternate-response'](word) && definitions['alternate-precedence'](word),
  'chain-response': (word) => !/a($|[^b])/.test(word),
  'chain-precedence': (word) => !/(^|[^a])b/.test(word),
  'chain-succession': (word) => definitions['chain-response'](word) && definitions['chain-precedence'](word),
  'not-co-existence': (word) => !(word.includes('a') && word.includes('b')),
  'not-succession': (word) => !/a.*b/.test(word),
  'not-chain-succession': (word) => !word.includes('ab'),
}

test('a watched case breaks a rule exactly if its definition says so', () => {
  const rules = (Object.keys(definitions) as BinaryTemplate[]).map(
    (template): Rule => ({ template, a: 'a', b: 'b' }),
  )
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'x'), { maxLength: 8 }), (letters) => {
      const watcher = new RuleWatcher(rules)
      const broken = letters.flatMap((activity, atMs) => watcher.add({ case: '1', activity, atMs }))
      const names = [...broken, ...watcher.end('1')].map(({ rule }) => rule.template)
      const word = letters.join('')
      const expected = Object.entries(definitions).filter(([, holds]) => !holds(word))
      expect(names.sort()).toEqual(expected.map(([template]) => template as string).sort())
    }),
    { numRuns: 1000, seed: 3 },
  )
})

test('a skeleton says what holds in every case, or with noise in nearly every case', () => {
  const words = [...Array.from({ length: 9 }, () => 'abc'), 'ac']
  const exact = discoverLogSkeleton(logOf(...words))
  expect(exact.equivalence).toEqual([['a', 'c']])
  expect(exact.alwaysAfter).toEqual([
    ['a', 'c'],
    ['b', 'c'],
  ])
  expect(exact.directlyFollows).toEqual([['b', 'c']])
  expect(exact.occurrences.get('b')).toEqual([0, 1])
  const noisy = discoverLogSkeleton(logOf(...words), { noise: 0.1 })
  expect(noisy.alwaysAfter).toContainEqual(['a', 'b'])
  expect(noisy.equivalence).toContainEqual(['a', 'b'])
  expect(discoverLogSkeleton(logOf('ab', 'c')).neverTogether).toEqual([
    ['a', 'c'],
    ['b', 'c'],
  ])
})

test('a duration far from the usual is a deviation, and a single one is usual in itself', () => {
  const events = [10, 11, 9, 10, 11, 9, 10, 100].flatMap((atMs, i) => [
    { case: `${i}`, activity: 'a', atMs: 0 },
    { case: `${i}`, activity: 'b', atMs },
  ])
  const log = EventLog.from(events)
  const profile = discoverTemporalProfile(log)
  expect(profile).toMatchObject([{ from: 'a', to: 'b', pairs: 8, meanMs: 21.25 }])
  expect(temporalDeviations(log, profile, { zeta: 2 }).map((each) => [each.case, each.durationMs])).toEqual([
    ['7', 100],
  ])
  const single = logOf('xy')
  expect(temporalDeviations(single, discoverTemporalProfile(single), { zeta: 0 })).toEqual([])
})
