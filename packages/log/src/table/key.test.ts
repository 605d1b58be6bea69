import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareKey, decodeName, encodeKey, keyKinds } from './key.ts'

// On both sides of where UTF-8 and UTF-16 disagree, with surrogates that have no partner.
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom(
      'a',
      '\u007f',
      '\u0080',
      '\u07ff',
      '\u0800',
      '\ud7ff',
      '\ud800',
      '\udbff',
      '\udc00',
      '\udfff',
      '\ue000',
      '\uffff',
      '😀',
      '\u{10ffff}',
    ),
    maxLength: 6,
  }),
)
const kind = fc.constantFrom(...Object.values(keyKinds))

test('any name is in its key as it is, lone surrogates too', () => {
  fc.assert(
    fc.property(kind, name, (kind, name) => {
      const key = encodeKey(kind, name)
      expect(key[0]).toBe(kind)
      expect(decodeName(key)).toBe(name)
    }),
    { numRuns: 1_000 },
  )
})

test('keys of one kind are in the order of their names in UTF-16 code units, as strings are', () => {
  fc.assert(
    fc.property(kind, name, name, (kind, one, other) => {
      const order = one < other ? -1 : one > other ? 1 : 0
      expect(encodeKey(kind, one).compare(encodeKey(kind, other))).toBe(order)
    }),
    { numRuns: 1_000 },
  )
})

test('keys of different kinds are in the order of the kinds', () => {
  fc.assert(
    fc.property(kind, kind, name, name, (one, other, name, otherName) => {
      fc.pre(one !== other)
      expect(encodeKey(one, name).compare(encodeKey(other, otherName))).toBe(Math.sign(one - other))
    }),
  )
})

test('without surrogates the name is in UTF-8', () => {
  expect(encodeKey(keyKinds.tag, 'aä€\uffff')).toEqual(
    Buffer.concat([Buffer.from([keyKinds.tag]), Buffer.from('aä€\uffff')]),
  )
})

test('a key within other bytes is compared as it is alone', () => {
  fc.assert(
    fc.property(name, name, fc.uint8Array(), fc.uint8Array(), (one, other, before, after) => {
      const [key, otherKey] = [encodeKey(keyKinds.type, one), encodeKey(keyKinds.type, other)]
      const bytes = Buffer.concat([before, key, after])
      const order = compareKey(bytes, before.length, before.length + key.length, otherKey)
      expect(Math.sign(order)).toBe(key.compare(otherKey))
    }),
  )
})
