import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PieceCache } from './cache.ts'

const bytesMax = 10_000

const step = fc.record({
  file: fc.nat(2),
  offset: fc.nat(15),
  bytes: fc.oneof(fc.nat(2_000), fc.constantFrom(bytesMax, bytesMax * 3)),
  puts: fc.boolean(),
})

test('it never takes more than its bytes, but for the one piece that came last', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const cache = new PieceCache(bytesMax)
      const files = [cache.addFile(), cache.addFile(), cache.addFile()]
      for (const { file, offset, bytes, puts } of steps) {
        if (!puts) cache.get(files[file] as number, offset)
        else {
          cache.put(files[file] as number, offset, 'value', bytes)
          // What it costs to keep a piece is counted too.
          const isOnly = cache.bytes >= bytes && cache.bytes <= bytes + 1_000
          expect(cache.bytes <= bytesMax || isOnly).toBe(true)
        }
      }
    }),
  )
})

test('what is kept is what was put there last, and what came last is always kept', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const cache = new PieceCache(bytesMax)
      const files = [cache.addFile(), cache.addFile(), cache.addFile()]
      const latest = new Map<string, number>()
      for (const [value, { file, offset, bytes, puts }] of steps.entries()) {
        if (puts) {
          cache.put(files[file] as number, offset, value, bytes)
          latest.set(`${file} ${offset}`, value)
          expect(cache.get(files[file] as number, offset)).toBe(value)
        } else {
          const found = cache.get<number>(files[file] as number, offset)
          if (found !== undefined) expect(found).toBe(latest.get(`${file} ${offset}`))
        }
      }
    }),
  )
})

test('pieces of different files are apart, though they begin at the same place', () => {
  const cache = new PieceCache(bytesMax)
  const [one, other] = [cache.addFile(), cache.addFile()]
  cache.put(one, 64, 'of one', 10)
  expect(cache.get(other, 64)).toBeUndefined()
  cache.put(other, 64, 'of the other', 10)
  expect([cache.get(one, 64), cache.get(other, 64)]).toEqual(['of one', 'of the other'])
})

test('as long as there is room nothing goes', () => {
  const cache = new PieceCache(1_000_000)
  const file = cache.addFile()
  for (let offset = 0; offset < 100; offset++) cache.put(file, offset, offset, 1_000)
  for (let offset = 0; offset < 100; offset++) expect(cache.get(file, offset)).toBe(offset)
})

test('what is used stays while what is not goes', () => {
  const cache = new PieceCache(100_000)
  const file = cache.addFile()
  const often = [0, 1, 2, 3, 4]
  for (const offset of often) cache.put(file, offset, offset, 1_000)
  for (let offset = 100; offset < 2_000; offset++) {
    cache.put(file, offset, offset, 1_000)
    for (const used of often) expect(cache.get(file, used)).toBe(used)
  }
  const left = Array.from({ length: 1_900 }, (_, index) => index + 100).filter(
    (offset) => cache.get(file, offset) !== undefined,
  )
  expect(left.length).toBeGreaterThan(50)
  expect(left.length).toBeLessThan(100)
})

test('a piece that is put there anew counts once', () => {
  const cache = new PieceCache(bytesMax)
  const file = cache.addFile()
  cache.put(file, 0, 'old', 1_000)
  const { bytes } = cache
  cache.put(file, 0, 'new', 1_000)
  expect(cache.bytes).toBe(bytes)
  expect(cache.get(file, 0)).toBe('new')
})

test('what was not used for long goes before what came later, and what was used once goes too', () => {
  const cache = new PieceCache(10_000)
  const file = cache.addFile()
  cache.put(file, 0, 'once', 700)
  cache.get(file, 0)
  for (let offset = 1; offset < 100; offset++) cache.put(file, offset, offset, 700)
  const kept = Array.from({ length: 100 }, (_, offset) => offset).filter(
    (offset) => cache.get(file, offset) !== undefined,
  )
  expect(kept).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99])
})
