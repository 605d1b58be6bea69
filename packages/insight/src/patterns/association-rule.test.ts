import { isAnnalsError } from '@annals/core'
import { expect, test } from 'vitest'
import { discoverAssociationRules } from './association-rule.ts'
import { discoverItemSets } from './item-set.ts'

const baskets = [['tea', 'milk', 'cake'], ['milk', 'tea', 'tea'], ['tea', 'milk'], ['cake']]

test('item sets are counted by transaction, whatever the order and however often in one', () => {
  expect(discoverItemSets(baskets, { supportMin: 0.5 })).toEqual([
    { items: ['milk'], transactions: 3, support: 0.75 },
    { items: ['milk', 'tea'], transactions: 3, support: 0.75 },
    { items: ['tea'], transactions: 3, support: 0.75 },
    { items: ['cake'], transactions: 2, support: 0.5 },
  ])
  expect(discoverItemSets(baskets, { supportMin: 0.5, itemsMax: 1 }).map(({ items }) => items)).toEqual([
    ['milk'],
    ['tea'],
    ['cake'],
  ])
  expect(discoverItemSets([])).toEqual([])
})

test('a rule says how often it holds, how much oftener than by chance, and how rarely it fails', () => {
  const rules = discoverAssociationRules(baskets, { supportMin: 0.25, confidenceMin: 0.5 })
  expect(rules.find(({ given, implies }) => given.join() === 'tea' && implies === 'milk')).toEqual({
    given: ['tea'],
    implies: 'milk',
    transactions: 3,
    support: 0.75,
    confidence: 1,
    lift: 1 / 0.75,
    conviction: Number.POSITIVE_INFINITY,
  })
  const half = rules.find(({ given, implies }) => given.join() === 'cake' && implies === 'milk')
  expect(half).toMatchObject({ confidence: 0.5, lift: 0.5 / 0.75, conviction: 0.5 })
})

test('a longer rule is redundant where a shorter one is at least as sure', () => {
  const rulesOf = (kind: 'all' | 'non-redundant') =>
    discoverAssociationRules(baskets, { supportMin: 0.25, confidenceMin: 0.9, kind }).map(
      ({ given, implies }) => `${given.join('+')} > ${implies}`,
    )
  expect(rulesOf('all')).toEqual(
    ['cake+milk > tea', 'cake+tea > milk', 'milk > tea', 'tea > milk'].sort(byStrength),
  )
  expect(rulesOf('non-redundant')).toEqual(['milk > tea', 'tea > milk'])
})

// All have the same lift; those with more support come first.
const byStrength = (one: string, other: string): number => one.length - other.length || (one < other ? -1 : 1)

test('options out of range are refused by name', () => {
  for (const options of [{ supportMin: 2 }, { confidenceMin: 0 }, { itemsMax: 0 }]) {
    try {
      discoverAssociationRules(baskets, options)
      expect.unreachable()
    } catch (error) {
      expect(isAnnalsError(error, 'invalid-argument') && error.details.argument).toBe(Object.keys(options)[0])
    }
  }
})

test('more sets than may be are refused, with what to do', () => {
  const transactions = Array.from({ length: 3 }, () => Array.from({ length: 40 }, (_, i) => `item ${i}`))
  try {
    discoverAssociationRules(transactions, { itemSetsMax: 1_000 })
    expect.unreachable()
  } catch (error) {
    expect(isAnnalsError(error, 'limit-exceeded') && error.details).toEqual({
      limit: 'itemSetsMax',
      max: 1_000,
      actual: 1_001,
    })
    expect(`${error}`).toContain('supportMin')
  }
  expect(() => discoverItemSets([], { itemSetsMax: 0 })).toThrow('itemSetsMax')
})
