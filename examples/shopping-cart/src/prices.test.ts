import { expect, test } from 'vitest'
import { centsOf, priceOf, priceText, shelf, totalOf } from './prices.ts'

test('every price on the shelf has two places, and no item is there twice', () => {
  for (const { item, price } of shelf) expect(price, item).toMatch(/^[1-9]?\d\.\d\d$/)
  expect(new Set(shelf.map(({ item }) => item)).size).toBe(shelf.length)
})

test('an item that is not on the shelf always has the same price, of a usual size', () => {
  expect(priceOf('kitchen towels')).toBe(priceOf('kitchen towels'))
  expect(priceOf('kitchen towels')).toBe('1.05')
  for (let index = 0; index < 1000; index++) {
    const price = priceOf(`item ${index}`)
    expect(price).toMatch(/^\d\.\d\d$/)
    expect(Number(price)).toBeGreaterThanOrEqual(0.49)
  }
})

test('a total does not drift as floating-point numbers do', () => {
  const lines = [
    { quantity: 1, unitPrice: '0.10' },
    { quantity: 1, unitPrice: '0.20' },
  ]
  expect(0.1 + 0.2).not.toBe(0.3)
  expect(totalOf(lines)).toBe('0.30')
  expect(totalOf(Array.from({ length: 1000 }, () => ({ quantity: 999, unitPrice: '0.29' })))).toBe(
    '289710.00',
  )
  expect(totalOf([])).toBe('0.00')
})

test('a price is the same after it was whole cents', () => {
  expect(1.15 * 100).not.toBe(115)
  expect(centsOf('1.15')).toBe(115)
  for (let cents = 0; cents < 2_000; cents++) expect(centsOf(priceText(cents))).toBe(cents)
})
