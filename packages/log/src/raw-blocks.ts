import type { PieceCache } from './cache.ts'
import { readFully, readFullyLater } from './disk.ts'
import { type Segment, segmentHeaderBytes } from './segment.ts'

const blockBytes = 64 * 1024
// So large a piece would push everything else out, and is hardly read twice.
const cachedPieceBytesMax = 1024 * 1024

/** Reads the beginning of the block in which the log ends. */
export function readTail({ file }: Segment, end: number): Buffer {
  const start = Math.floor(end / blockBytes) * blockBytes
  return readFully(file, Buffer.alloc(end - start), start)
}

interface Block {
  readonly bytes: Buffer
  /** How much of it is there; the block at the end of the log grows. */
  filled: number
}

/** Bytes of the log, in a buffer that may hold others too. */
export interface Found {
  readonly bytes: Buffer
  readonly at: number
}

/**
 * The bytes of segments that are not sealed, as far as they are in the cache, in blocks. Bytes once written never change, so a
 * block may be shared with whoever still decodes from it.
 */
export class RawBlocks {
  readonly #cache: PieceCache
  readonly #numbers = new Map<number, number>()
  #recentFile = -1
  #recentIndex = -1
  #recent: Block | undefined

  constructor(cache: PieceCache) {
    this.#cache = cache
  }

  /** The bytes, if they are here; a view into a block, or a copy where they lie in several. */
  get(segment: Segment, offset: number, length: number): Found | undefined {
    const number = this.#number(segment)
    const first = Math.floor(offset / blockBytes)
    const last = Math.floor((offset + length - 1) / blockBytes)
    const at = offset - first * blockBytes
    if (first === last) {
      const block = this.#block(number, first)
      return block && block.filled >= at + length ? { bytes: block.bytes, at } : undefined
    }
    if (length > cachedPieceBytesMax) return undefined
    const bytes = Buffer.allocUnsafe(length)
    for (let index = first, done = 0; index <= last; index++) {
      const block = this.#block(number, index)
      const from = index === first ? at : 0
      const count = Math.min(blockBytes - from, length - done)
      if (!block || block.filled < from + count) return undefined
      done += block.bytes.copy(bytes, done, from, from + count)
    }
    return { bytes, at: 0 }
  }

  /** Reads the bytes from the disk, and keeps the blocks they lie in, with as many more in the direction of `readAhead`. */
  async load(
    segment: Segment,
    offset: number,
    length: number,
    durableEnd: number,
    readAhead: number,
  ): Promise<Found> {
    if (length > cachedPieceBytesMax)
      return { bytes: await readFullyLater(segment.file, Buffer.allocUnsafe(length), offset), at: 0 }
    const first = Math.max(0, Math.floor(offset / blockBytes) + Math.min(0, readAhead))
    const last = Math.floor((offset + length - 1) / blockBytes) + Math.max(0, readAhead)
    const start = first * blockBytes
    // What lies beyond is not yet durable, or not yet there; to keep it would be to keep what may change.
    const end = Math.min((last + 1) * blockBytes, durableEnd)
    const bytes = await readFullyLater(segment.file, Buffer.allocUnsafe(end - start), start)
    for (let index = first; index <= last; index++) {
      const from = (index - first) * blockBytes
      const piece = bytes.subarray(from, from + blockBytes)
      if (piece.length > 0) this.#put(segment, index, { bytes: piece, filled: piece.length })
    }
    return { bytes, at: offset - start }
  }

  /** Takes in the block in which the log ends, as `readTail` read it, so that it can be extended. */
  seed(segment: Segment, end: number, tail: Buffer): void {
    const bytes = Buffer.allocUnsafeSlow(blockBytes)
    const filled = tail.copy(bytes)
    this.#put(segment, Math.floor(end / blockBytes), { bytes, filled })
  }

  /** Takes in what was just written, so that what is new need not be read from the disk. */
  extend(segment: Segment, offset: number, bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const index = Math.floor((offset + done) / blockBytes)
      const from = offset + done - index * blockBytes
      const count = Math.min(blockBytes - from, bytes.length - done)
      // Of the header of the segment, which comes before its first commit, nothing is ever asked here.
      const isFirst = offset + done === segmentHeaderBytes
      this.#extendBlock(segment, index, from, bytes.subarray(done, done + count), isFirst)
      done += count
    }
  }

  /** Forgets a segment that has been sealed. */
  forget(ordinal: number): void {
    const number = this.#numbers.get(ordinal)
    if (number === undefined) return
    this.#numbers.delete(ordinal)
    this.#recentFile = -1
    this.#cache.removeFile(number)
  }

  #extendBlock(segment: Segment, index: number, from: number, piece: Buffer, isFirst: boolean): void {
    const block = this.#block(this.#number(segment), index)
    if (block && block.filled === from && block.bytes.length === blockBytes) {
      block.filled += piece.copy(block.bytes, from)
    } else if (from === 0 || block?.filled === from || isFirst) {
      const bytes = Buffer.allocUnsafeSlow(blockBytes)
      block?.bytes.copy(bytes, 0, 0, from)
      this.#put(segment, index, { bytes, filled: from + piece.copy(bytes, from) })
    }
  }

  #block(number: number, index: number): Block | undefined {
    // One event after the other mostly lies in the same block.
    if (number === this.#recentFile && index === this.#recentIndex) return this.#recent
    const block = this.#cache.get<Block>(number, index * blockBytes)
    this.#recentFile = number
    this.#recentIndex = index
    this.#recent = block
    return block
  }

  #put(segment: Segment, index: number, block: Block): void {
    this.#recentFile = -1
    this.#cache.put(this.#number(segment), index * blockBytes, block, block.bytes.length)
  }

  #number({ ordinal }: Segment): number {
    let number = this.#numbers.get(ordinal)
    if (number === undefined) {
      number = this.#cache.addFile()
      this.#numbers.set(ordinal, number)
    }
    return number
  }
}
