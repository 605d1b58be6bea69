import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { leafHash, merkleRoot, prune } from './merkle.ts'

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest()

/** MTH of RFC 9162, section 2.1.1, as it is written there, but for leaves that are hashed already. */
function rootByDefinition(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return leaves[0] as Buffer
  const split = splitOf(leaves.length)
  return sha256(
    Buffer.from([1]),
    rootByDefinition(leaves.slice(0, split)),
    rootByDefinition(leaves.slice(split)),
  )
}

/** The largest power of two smaller than a number. */
function splitOf(count: number): number {
  return 2 ** (Math.ceil(Math.log2(count)) - 1)
}

/** The roots of the largest subtrees none of whose leaves stays, by definition. */
function keptByDefinition(leaves: readonly Buffer[], stays: readonly boolean[]): readonly Buffer[] {
  if (leaves.length === 0) return []
  if (!stays.includes(true)) return [rootByDefinition(leaves)]
  if (leaves.length === 1) return []
  const split = splitOf(leaves.length)
  return [
    ...keptByDefinition(leaves.slice(0, split), stays.slice(0, split)),
    ...keptByDefinition(leaves.slice(split), stays.slice(split)),
  ]
}

const leavesOf = (count: number) => Array.from({ length: count }, (_, index) => sha256(Buffer.from([index])))
const count = fc.integer({ min: 0, max: 40 })
// When each leaf goes: with the first step, the second and so on, or never.
const goingSteps = 4
const going = fc.array(fc.nat(goingSteps), { minLength: 40, maxLength: 40 })

test('the root is that of RFC 9162 for any number of leaves', () => {
  for (let count = 0; count <= 70; count++)
    expect(merkleRoot(leavesOf(count)), `of ${count} leaves`).toEqual(rootByDefinition(leavesOf(count)))
})

test('the root of no leaves is the hash of nothing, and that of one is the leaf', () => {
  expect(merkleRoot([]).toString('hex')).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
  const [leaf] = leavesOf(1) as [Buffer]
  expect(merkleRoot([leaf])).toEqual(leaf)
})

test('a leaf is the hash of a zero byte, the position, the time and the record', () => {
  const numbers = Buffer.alloc(16)
  numbers.writeDoubleLE(2 ** 40 + 1, 0)
  numbers.writeDoubleLE(1_700_000_000_123, 8)
  const record = Buffer.from('the record')
  expect(leafHash(2 ** 40 + 1, 1_700_000_000_123, record)).toEqual(sha256(Buffer.from([0]), numbers, record))
})

test('when leaves go, the root stays, and what is kept are the largest subtrees of which nothing is left', () => {
  fc.assert(
    fc.property(count, going, (count, going) => {
      const leaves = leavesOf(count)
      const stays = leaves.map((_, index) => (going[index] as number) > 0)
      const pruned = prune(
        { leafCount: count, leaf: (index) => leaves[index], hashes: Buffer.alloc(0) },
        (index) => stays[index] as boolean,
      )
      expect(pruned?.root).toEqual(rootByDefinition(leaves))
      expect(pruned?.kept).toEqual(keptByDefinition(leaves, stays))
    }),
  )
})

test('in how many steps leaves went makes no difference', () => {
  fc.assert(
    fc.property(count, going, (count, going) => {
      const leaves = leavesOf(count)
      let hashes: Buffer = Buffer.alloc(0)
      for (let step = 0; step < goingSteps; step++) {
        const isThere = (index: number) => (going[index] as number) >= step
        const stays = (index: number) => (going[index] as number) > step
        const pruned = prune(
          { leafCount: count, leaf: (index) => (isThere(index) ? leaves[index] : undefined), hashes },
          stays,
        )
        expect(pruned?.root).toEqual(rootByDefinition(leaves))
        expect(pruned?.kept).toEqual(
          keptByDefinition(
            leaves,
            leaves.map((_, index) => stays(index)),
          ),
        )
        hashes = Buffer.concat(pruned?.kept ?? [])
      }
    }),
  )
})

test('as long as nothing more goes, what was kept is kept', () => {
  fc.assert(
    fc.property(count, going, (count, going) => {
      const leaves = leavesOf(count)
      const stays = leaves.map((_, index) => (going[index] as number) > 1)
      const kept = keptByDefinition(leaves, stays)
      const again = prune({
        leafCount: count,
        leaf: (index) => (stays[index] ? leaves[index] : undefined),
        hashes: Buffer.concat(kept),
      })
      expect(again?.root).toEqual(rootByDefinition(leaves))
      expect(again?.kept).toEqual(kept)
    }),
  )
})

test('more or fewer hashes than are needed give nothing', () => {
  fc.assert(
    fc.property(count, going, fc.integer({ min: -40, max: 3 }), (count, going, more) => {
      const leaves = leavesOf(count)
      const stays = leaves.map((_, index) => (going[index] as number) > 1)
      const kept = keptByDefinition(leaves, stays)
      const given = more < 0 ? kept.slice(0, more) : [...kept, ...leavesOf(more)]
      if (given.length === kept.length) return
      expect(
        prune({
          leafCount: count,
          leaf: (index) => (stays[index] ? leaves[index] : undefined),
          hashes: Buffer.concat(given),
        }),
      ).toBeUndefined()
    }),
  )
})

test('a hash that is not the one that was kept gives another root', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), going, fc.nat(), (count, going, place) => {
      const leaves = leavesOf(count)
      const stays = leaves.map((_, index) => (going[index] as number) > 1)
      const hashes = Buffer.concat(keptByDefinition(leaves, stays))
      if (hashes.length === 0) return
      const at = place % hashes.length
      hashes[at] = (hashes[at] as number) ^ 1
      const pruned = prune({
        leafCount: count,
        leaf: (index) => (stays[index] ? leaves[index] : undefined),
        hashes,
      })
      expect(pruned?.root).not.toEqual(rootByDefinition(leaves))
      expect(pruned?.root.length).toBe(32)
    }),
  )
})
