import { hash } from 'node:crypto'
import type { Position } from '@annals/core'

const hashBytes = 32
/** What goes before the record of an event in what is hashed. */
const leafPrefixBytes = 17

/**
 * The hash of an event as it is stored, SHA-256 of a zero byte, its position, the time of its recording, and its record
 * with a checksum of zero. So events are leaves of a tree as in RFC 9162, section 2.1.1.
 */
export function leafHash(position: Position, recordedAtMs: number, record: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(leafPrefixBytes + record.length)
  record.copy(bytes, leafPrefixBytes)
  return leafHashInPlace(position, recordedAtMs, bytes, leafPrefixBytes, bytes.length)
}

/** The same of a record between `at` and `end`, without a copy: what lies in the `leafPrefixBytes` before it is overwritten. */
export function leafHashInPlace(
  position: Position,
  recordedAtMs: number,
  bytes: Buffer,
  at: number,
  end: number,
): Buffer {
  const start = at - leafPrefixBytes
  bytes[start] = 0
  bytes.writeDoubleLE(position, start + 1)
  bytes.writeDoubleLE(recordedAtMs, start + 9)
  return hash('sha256', bytes.subarray(start, end), 'buffer')
}

/** The root of a tree over leaves, RFC 9162, section 2.1.1. */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return emptyRoot
  let level = [...leaves]
  while (level.length > 1) {
    const above: Buffer[] = []
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at] as Buffer, level[at + 1]]
      // What has no neighbour goes up as it is, which gives the same tree as splitting at the largest power of two.
      above.push(right ? nodeHash(left, right) : left)
    }
    level = above
  }
  return level[0] as Buffer
}

/** A tree of which some leaves are gone. */
export interface PrunedTree {
  readonly leafCount: number
  /** The hash of a leaf; nothing if it is gone. */
  readonly leaf: (index: number) => Buffer | undefined
  /** What was kept when they went: one hash for each largest subtree of which nothing is left, one after the other. */
  readonly hashes: Buffer
}

/**
 * The root of a tree of which some leaves are gone, and the hashes that have to be kept of it when more of them go.
 *
 * @param stays whether a leaf that is there stays. Default: all do
 * @returns nothing if there are not as many hashes as are needed
 */
export function prune(
  { leafCount, leaf, hashes }: PrunedTree,
  stays: (index: number) => boolean = () => true,
): { readonly root: Buffer; readonly kept: readonly Buffer[] } | undefined {
  const leaves = Array.from({ length: leafCount }, (_, index) => leaf(index))
  const kept: Buffer[] = []
  let used = 0
  const visit = (from: number, to: number): { readonly hash: Buffer; readonly stays: boolean } => {
    if (isGone(leaves, from, to)) {
      used++
      return { hash: hashes.subarray((used - 1) * hashBytes, used * hashBytes), stays: false }
    }
    if (to - from === 1) return { hash: leaves[from] as Buffer, stays: stays(from) }
    const middle = from + largestPowerBelow(to - from)
    const left = visit(from, middle)
    const before = kept.length
    const right = visit(middle, to)
    // What stands for the left comes before what is kept of the right.
    if (!left.stays && right.stays) kept.splice(before, 0, left.hash)
    if (left.stays && !right.stays) kept.push(right.hash)
    return { hash: nodeHash(left.hash, right.hash), stays: left.stays || right.stays }
  }
  if (leafCount === 0) return hashes.length === 0 ? { root: emptyRoot, kept } : undefined
  const root = visit(0, leafCount)
  if (!root.stays) kept.push(root.hash)
  return used * hashBytes === hashes.length ? { root: root.hash, kept } : undefined
}

function isGone(leaves: readonly (Buffer | undefined)[], from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (leaves[index]) return false
  return true
}

function largestPowerBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  left.copy(node, 1)
  right.copy(node, 1 + hashBytes)
  return hash('sha256', node, 'buffer')
}

// Used again and again, since there is one for nearly every event.
const node = Buffer.from([1, ...Buffer.alloc(2 * hashBytes)])
const emptyRoot = hash('sha256', Buffer.alloc(0), 'buffer')
