import { createHash } from 'node:crypto'

/** The leaves of a tree, and nothing where one is gone. */
export type Leaves = readonly (Buffer | undefined)[]

/** The root as RFC 9162 defines it, by recursion; of a largest subtree without leaves, `nextHash` is the root. */
export function rootOf(leaves: Leaves, nextHash: () => Buffer): Buffer {
  if (leaves.length === 0) return sha256(Buffer.alloc(0))
  if (leaves.every((leaf) => leaf === undefined)) return nextHash()
  if (leaves.length === 1) return leaves[0] as Buffer
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  const left = rootOf(leaves.slice(0, split), nextHash)
  return sha256(Buffer.concat([Buffer.of(1), left, rootOf(leaves.slice(split), nextHash)]))
}

/** The hash of an event. */
export function leafOf(position: number, recordedAtMs: number, record: Buffer): Buffer {
  const head = Buffer.alloc(17)
  head.writeDoubleLE(position, 1)
  head.writeDoubleLE(recordedAtMs, 9)
  return sha256(Buffer.concat([head, record]))
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
