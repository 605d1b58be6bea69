import { readFully, readFullyLater } from './disk.ts'
import { type Segment, segmentHeaderBytes } from './segment.ts'

const blockBytes = 64 * 1024
// So large a piece would push everything else out, and is hardly read twice.
const cachedPieceBytesMax = 1024 * 1024
const blocksPerSegment = 2 ** 20

interface Block {
  readonly bytes: Buffer
  /** How much of it is there; the block at the end of the log grows. */
  filled: number
}

/**
 * The blocks of the log that were read or written last, up to a number of bytes. Bytes once written never change, so a
 * block may be shared with whoever still decodes from it.
 */
export class BlockCache {
  readonly #blocks = new Map<number, Block>()
  readonly #blocksMax: number
  #recentKey = -1
  #recent: Block | undefined

  constructor(cacheBytesMax: number) {
    this.#blocksMax = Math.max(16, Math.floor(cacheBytesMax / blockBytes))
  }

  /** The bytes, if they are here; a view into a block, or a copy where they lie in several. */
  get(
    ordinal: number,
    offset: number,
    length: number,
  ): { readonly bytes: Buffer; readonly at: number } | undefined {
    const first = Math.floor(offset / blockBytes)
    const last = Math.floor((offset + length - 1) / blockBytes)
    const at = offset - first * blockBytes
    if (first === last) {
      const block = this.#touch(ordinal * blocksPerSegment + first)
      return block && block.filled >= at + length ? { bytes: block.bytes, at } : undefined
    }
    if (length > cachedPieceBytesMax) return undefined
    const bytes = Buffer.allocUnsafe(length)
    for (let index = first, done = 0; index <= last; index++) {
      const block = this.#touch(ordinal * blocksPerSegment + index)
      const from = index === first ? at : 0
      const count = Math.min(blockBytes - from, length - done)
      if (!block || block.filled < from + count) return undefined
      done += block.bytes.copy(bytes, done, from, from + count)
    }
    return { bytes, at: 0 }
  }

  /** Reads the bytes from the disk, and keeps the blocks they lie in, with `readAheadBlocks` more after them. */
  async load(
    segment: Segment,
    offset: number,
    length: number,
    durableEnd: number,
    readAheadBlocks: number,
  ): Promise<{ readonly bytes: Buffer; readonly at: number }> {
    if (length > cachedPieceBytesMax)
      return { bytes: await readFullyLater(segment.file, Buffer.allocUnsafe(length), offset), at: 0 }
    const first = Math.floor(offset / blockBytes)
    const last = Math.floor((offset + length - 1) / blockBytes) + readAheadBlocks
    const start = first * blockBytes
    // What lies beyond is not yet durable, or not yet there; to keep it would be to keep what may change.
    const end = Math.min((last + 1) * blockBytes, durableEnd)
    const bytes = await readFullyLater(segment.file, Buffer.allocUnsafe(end - start), start)
    for (let index = first; index <= last; index++) {
      const from = (index - first) * blockBytes
      const piece = bytes.subarray(from, from + blockBytes)
      if (piece.length > 0)
        this.#put(segment.ordinal * blocksPerSegment + index, { bytes: piece, filled: piece.length })
    }
    return { bytes, at: offset - start }
  }

  /** Takes in the block in which the log ends, so that it can be extended. */
  seed({ ordinal, file }: Segment, end: number): void {
    const index = Math.floor(end / blockBytes)
    const start = index * blockBytes
    const bytes = Buffer.allocUnsafeSlow(blockBytes)
    const { length } = readFully(file, bytes.subarray(0, end - start), start)
    this.#put(ordinal * blocksPerSegment + index, { bytes, filled: length })
  }

  /** Takes in what was just written, so that what is new need not be read from the disk. */
  extend(ordinal: number, offset: number, bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const index = Math.floor((offset + done) / blockBytes)
      const from = offset + done - index * blockBytes
      const count = Math.min(blockBytes - from, bytes.length - done)
      // Of the header of the segment, which comes before its first commit, nothing is ever asked here.
      const isFirst = offset + done === segmentHeaderBytes
      this.#extendBlock(ordinal * blocksPerSegment + index, from, bytes.subarray(done, done + count), isFirst)
      done += count
    }
  }

  #extendBlock(key: number, from: number, piece: Buffer, isFirst: boolean): void {
    const block = this.#blocks.get(key)
    if (block && block.filled === from && block.bytes.length === blockBytes) {
      block.filled += piece.copy(block.bytes, from)
    } else if (from === 0 || block?.filled === from || isFirst) {
      const bytes = Buffer.allocUnsafeSlow(blockBytes)
      block?.bytes.copy(bytes, 0, 0, from)
      this.#put(key, { bytes, filled: from + piece.copy(bytes, from) })
    }
  }

  #touch(key: number): Block | undefined {
    // One event after the other mostly lies in the same block.
    if (key === this.#recentKey) return this.#recent
    const block = this.#blocks.get(key)
    if (block && this.#blocks.size > this.#blocksMax / 2) {
      // A map keeps the order of insertion, so the first is the one not used for longest.
      this.#blocks.delete(key)
      this.#blocks.set(key, block)
    }
    this.#recentKey = key
    this.#recent = block
    return block
  }

  #put(key: number, block: Block): void {
    this.#recentKey = -1
    this.#blocks.delete(key)
    this.#blocks.set(key, block)
    while (this.#blocks.size > this.#blocksMax) {
      const [oldest] = this.#blocks.keys()
      this.#blocks.delete(oldest as number)
    }
  }
}
