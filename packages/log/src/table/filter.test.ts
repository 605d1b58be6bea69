import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FilterBuilder, mayHold, pageOf } from './filter.ts'
import { type Hashes, hashesOf } from './hash.ts'

const hashesOfName = (name: string): Hashes => hashesOf(Buffer.from(name))

function filterOf(names: Iterable<string>): readonly Buffer[] {
  const builder = new FilterBuilder()
  for (const name of names) builder.add(hashesOfName(name))
  return builder.build()
}

function holds(pages: readonly Buffer[], name: string): boolean {
  const hashes = hashesOfName(name)
  return mayHold(pages[pageOf(hashes, pages.length)] as Buffer, hashes)
}

const namesOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

test('whatever was added may be there', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 300 }), (names) => {
      const pages = filterOf(names)
      for (const name of names) expect(holds(pages, name)).toBe(true)
    }),
  )
})

test('of many keys in many pages, all may be there too', () => {
  const names = namesOf('cart', 100_000)
  const pages = filterOf(names)
  expect(pages.length).toBeGreaterThan(3)
  expect(names.every((name) => holds(pages, name))).toBe(true)
})

test('of what was not added, less than two in a hundred may be there', () => {
  for (const count of [1, 10, 1_000, 30_000, 100_000]) {
    const pages = filterOf(namesOf('cart', count))
    const wrong = namesOf('order', 20_000).filter((name) => holds(pages, name)).length
    expect(wrong / 20_000, `of ${count} keys`).toBeLessThan(0.02)
  }
})

test('a key takes ten bits, and all pages are of one length', () => {
  for (const count of [1_000, 30_000, 100_000]) {
    const pages = filterOf(namesOf('cart', count))
    const lengths = new Set(pages.map(({ length }) => length))
    expect(lengths.size).toBe(1)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(32 * 1024)
    const bits = pages.reduce((sum, { length }) => sum + length * 8, 0)
    expect(bits / count, `of ${count} keys`).toBeGreaterThanOrEqual(10)
    expect(bits / count, `of ${count} keys`).toBeLessThan(10.1)
  }
})

test('nothing is in a filter of nothing', () => {
  const pages = filterOf([])
  expect(pages.length).toBe(1)
  expect(namesOf('cart', 1_000).some((name) => holds(pages, name))).toBe(false)
})
