import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Entry,
  entryAt,
  entryCount,
  entryValue,
  firstAtOrAfter,
  isSoundPage,
  PageBuilder,
  pageBytesTarget,
} from './page.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes))
const key = fc.oneof(bytes(3), bytes(40))
const entries: fc.Arbitrary<readonly Entry[]> = fc
  .uniqueArray(fc.record({ key, value: bytes(20) }), {
    selector: ({ key }) => key.toString('latin1'),
    maxLength: 40,
  })
  .map((entries) => entries.sort((a, b) => a.key.compare(b.key)))

function pageOf(entries: readonly Entry[]): Buffer {
  const builder = new PageBuilder()
  for (const entry of entries) builder.add(entry)
  return builder.build()
}

test('a page gives back its entries in their order', () => {
  fc.assert(
    fc.property(entries, (entries) => {
      const page = pageOf(entries)
      expect(isSoundPage(page)).toBe(true)
      expect(Array.from({ length: entryCount(page) }, (_, index) => entryAt(page, index))).toEqual(entries)
    }),
  )
})

test('any key is found where it is, or where it would be', () => {
  fc.assert(
    fc.property(entries, key, (entries, other) => {
      const page = pageOf(entries)
      for (const asked of [...entries.map(({ key }) => key), other]) {
        const known = entries.find(({ key }) => key.equals(asked))
        expect(entryValue(page, asked)).toEqual(known?.value)
        expect(firstAtOrAfter(page, asked)).toBe(entries.filter(({ key }) => key.compare(asked) < 0).length)
      }
    }),
  )
})

test('a page with any bit changed, or cut anywhere, is not sound', () => {
  fc.assert(
    fc.property(entries, fc.nat(), (entries, place) => {
      const page = pageOf(entries)
      for (let length = 0; length < page.length; length++)
        expect(isSoundPage(page.subarray(0, length))).toBe(false)
      const spoilt = Buffer.from(page)
      const bit = place % (page.length * 8)
      spoilt[bit >> 3] = (spoilt[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(isSoundPage(spoilt)).toBe(false)
    }),
  )
})

test('a page is full before it is larger than it should be, but one entry always fits', () => {
  const large = { key: Buffer.from('a'), value: Buffer.alloc(pageBytesTarget * 2) }
  const builder = new PageBuilder()
  expect(builder.isFullFor(large)).toBe(false)
  builder.add(large)
  expect(entryAt(builder.build(), 0)).toEqual(large)

  const small = (index: number) => ({ key: Buffer.from(`key-${index}`), value: Buffer.alloc(100) })
  let added = 0
  for (; !builder.isFullFor(small(added)); added++) builder.add(small(added))
  const page = builder.build()
  expect(entryCount(page)).toBe(added)
  expect(page.length).toBeLessThanOrEqual(pageBytesTarget)
  expect(page.length).toBeGreaterThan(pageBytesTarget - 200)
})

test('after a page the next one is begun', () => {
  const builder = new PageBuilder()
  builder.add({ key: Buffer.from('a'), value: Buffer.from('1') })
  const first = builder.build()
  expect(builder.isEmpty).toBe(true)
  builder.add({ key: Buffer.from('b'), value: Buffer.from('2') })
  expect([builder.isEmpty, builder.firstKey.toString()]).toEqual([false, 'b'])
  const second = builder.build()
  expect([first, second].map((page) => [entryCount(page), entryAt(page, 0).key.toString()])).toEqual([
    [1, 'a'],
    [1, 'b'],
  ])
})
