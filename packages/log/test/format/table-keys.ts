import { createHash } from 'node:crypto'
import { finished, low32, murmur, rotated } from './murmur.ts'

/** What an entry of an index table is about. */
export const kinds = { stream: 1, change: 2, category: 3, type: 4, tag: 5, id: 6, policy: 7 } as const

/** The key of a name: the kind, then each UTF-16 code unit as if it were a character. */
export function keyOf(kind: number, name: string): Buffer {
  const bytes = [kind]
  for (let index = 0; index < name.length; index++) {
    const unit = name.charCodeAt(index)
    if (unit < 0x80) bytes.push(unit)
    else if (unit < 0x800) bytes.push(0xc0 + (unit >> 6), 0x80 + (unit % 64))
    else bytes.push(0xe0 + (unit >> 12), 0x80 + ((unit >> 6) % 64), 0x80 + (unit % 64))
  }
  return Buffer.from(bytes)
}

/** The key of an id that was given. */
export function keyOfId(id: string): Buffer {
  return Buffer.concat([Buffer.of(kinds.id), createHash('sha256').update(id).digest().subarray(0, 8)])
}

/** The two hashes of a key. */
export function hashesOf(key: Buffer): Hashes {
  return { one: murmur(key, 0x2f0b4a27n), other: murmur(key, 0x9747b28cn) }
}

export interface Hashes {
  readonly one: bigint
  readonly other: bigint
}

/** The hash of a pair of a key and a position. */
export function pairHash({ one, other }: Hashes, position: number): bigint {
  const low = BigInt(position) & low32
  return finished((((one ^ low) * 0x85ebca6bn) & low32) ^ other ^ (BigInt(position) >> 32n))
}

/** Whether the pages of a filter, without their checksums, say that a key may be in the table. */
export function mayHold(pages: readonly Buffer[], { one, other }: Hashes): boolean {
  const page = pages[Number(one % BigInt(pages.length))] as Buffer
  const step = rotated(one, 17n) | 1n
  for (let n = 0n; n < 7n; n++) {
    const bit = Number(((other + n * step) & low32) % BigInt(page.length * 8))
    if ((page.readUInt8(bit >> 3) & (1 << (bit % 8))) === 0) return false
  }
  return true
}
