import { hash } from 'node:crypto'
import type { Position } from '@annals/core'

export const hashBytes = 32
const leafPrefixBytes = 17

/**
 * The hash of an event as it is stored, SHA-256 of a zero byte, its position, the time of its recording, and its record
 * with a checksum of zero. So events are leaves of a tree as in RFC 9162, section 2.1.1.
 */
export function leafHash(position: Position, recordedAtMs: number, record: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(leafPrefixBytes + record.length)
  bytes[0] = 0
  bytes.writeDoubleLE(position, 1)
  bytes.writeDoubleLE(recordedAtMs, 9)
  record.copy(bytes, leafPrefixBytes)
  return hash('sha256', bytes, 'buffer')
}

/** The root of a tree over leaves, RFC 9162, section 2.1.1. */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return hash('sha256', Buffer.alloc(0), 'buffer')
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

function nodeHash(left: Buffer, right: Buffer): Buffer {
  return hash('sha256', Buffer.concat([nodePrefix, left, right]), 'buffer')
}

const nodePrefix = Buffer.from([1])
