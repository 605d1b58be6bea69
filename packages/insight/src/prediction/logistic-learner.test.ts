import { Random } from '@annals/testing'
import { expect, test } from 'vitest'
import { LogisticLearner } from './logistic-learner.ts'

test('what it answers when it learns is what it would have foretold just before', () => {
  const random = new Random(1)
  const learner = new LogisticLearner()
  expect([...learner.learn(['a'], 2)]).toEqual([])
  for (let i = 0; i < 300; i++) {
    // Of ever more features and labels, so that room is made again and again.
    const features = ['all', `kind ${random.below(5)}`, `${random.below(i + 1)}`]
    const before = learner.predict(features)
    expect(learner.learn(features, random.below(1 + i / 10))).toEqual(before)
    expect(before.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 9)
  }
})

test('of more features than there is room for those are forgotten that were not there for longest', () => {
  const learner = new LogisticLearner()
  // With 120 labels there is room for some 26,000.
  learner.learn(['first'], 119)
  for (let i = 0; i < 3_000; i++) learner.learn(['always', 'left'], 1)
  // Ten times as probable as without it, at least.
  expect(learner.predict(['left'])[1]).toBeGreaterThan(10 / 120)
  for (let i = 0; i < 60_000; i += 60)
    learner.learn(['always', ...Array.from({ length: 60 }, (_, at) => `once ${i + at}`)], 1)
  expect(learner.predict(['always'])[1]).toBeGreaterThan(10 / 120)
  const unknown = learner.predict(['never there'])
  expect(learner.predict(['left'])).toEqual(unknown)
  expect(learner.predict(['once 0'])).toEqual(unknown)
})

test('of more features at once than there is room for the first are taken', () => {
  const learner = new LogisticLearner()
  learner.learn(['one'], 120_000)
  const features = Array.from({ length: 200 }, (_, i) => `${i}`)
  for (let i = 0; i < 20; i++) learner.learn(features, 3)
  const all = learner.predict(features)
  expect(all.indexOf(Math.max(...all))).toBe(3)
})
