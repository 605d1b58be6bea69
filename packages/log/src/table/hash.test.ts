import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashesOf, hashWith } from './hash.ts'

/** MurmurHash3_x86_32, written anew from its description, with numbers of any size. */
function murmur3(bytes: Uint8Array, seed: number): number {
  const word = (value: bigint) => value & 0xffffffffn
  const rotated = (value: bigint, bits: bigint) => word((value << bits) | (value >> (32n - bits)))
  const mixed = (block: bigint) => word(rotated(word(block * 0xcc9e2d51n), 15n) * 0x1b873593n)
  const blockOf = (piece: Uint8Array) =>
    piece.reduce((sum, byte, place) => sum + (BigInt(byte) << BigInt(8 * place)), 0n)
  let hash = BigInt(seed)
  const tail = bytes.length % 4
  for (let at = 0; at < bytes.length - tail; at += 4)
    hash = word(rotated(hash ^ mixed(blockOf(bytes.subarray(at, at + 4))), 13n) * 5n + 0xe6546b64n)
  if (tail > 0) hash ^= mixed(blockOf(bytes.subarray(bytes.length - tail)))
  hash ^= BigInt(bytes.length)
  hash = word((hash ^ (hash >> 16n)) * 0x85ebca6bn)
  hash = word((hash ^ (hash >> 13n)) * 0xc2b2ae35n)
  return Number(hash ^ (hash >> 16n))
}

const seeds = [0x2f0b4a27, 0x9747b28c] as const

test('the description that the hashes are compared with gives the known values', () => {
  const known = [
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ] as const
  for (const [text, seed, value] of known) expect(murmur3(Buffer.from(text), seed), text).toBe(value)
})

test('both hashes are MurmurHash3 of the same bytes, each with a seed of its own', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(hashesOf(Buffer.from(bytes))).toEqual({
        one: murmur3(bytes, seeds[0]),
        other: murmur3(bytes, seeds[1]),
      })
    }),
  )
})

test('bytes within others are hashed as they are alone', () => {
  const bytes = fc.uint8Array({ maxLength: 20 })
  fc.assert(
    fc.property(bytes, bytes, bytes, (before, bytes, after) => {
      const all = Buffer.concat([before, bytes, after])
      expect(hashesOf(all, before.length, before.length + bytes.length)).toEqual(hashesOf(Buffer.from(bytes)))
    }),
  )
})

/** How many of some numbers of 32 bits come twice, and the share of them that has each bit. */
function spreadOf(values: readonly number[]) {
  const shares = Array.from(
    { length: 32 },
    (_, bit) => values.filter((value) => (value >>> bit) & 1).length / values.length,
  )
  return { same: values.length - new Set(values).size, shares }
}

// What chance gives of 20,000 numbers: 0.05 pairs, and a half of each bit within 0.018 five times out of a million.
function expectSpread(values: readonly number[]): void {
  expect(values.every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32)).toBe(true)
  const { same, shares } = spreadOf(values)
  expect(same).toBeLessThan(4)
  for (const share of shares) expect(Math.abs(share - 0.5)).toBeLessThan(0.02)
}

test('one key with many positions gives numbers that look like chance', () => {
  const key = hashesOf(Buffer.from('stream'))
  for (const [from, step] of [
    [1, 1],
    [2 ** 31 - 10_000, 1],
    [2 ** 40, 64],
    [0, 2 ** 32],
  ] as const)
    expectSpread(Array.from({ length: 20_000 }, (_, index) => hashWith(key, from + index * step)))
})

test('many keys with one position give numbers that look like chance', () => {
  for (const position of [1, 2 ** 32 + 1])
    expectSpread(
      Array.from({ length: 20_000 }, (_, index) => hashWith(hashesOf(Buffer.from(`key-${index}`)), position)),
    )
})
