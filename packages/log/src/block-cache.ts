import { readFully, readFullyLater } from './disk.ts'
import type { SealedBlock } from './sealed-segment.ts'
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

/** Bytes of the log, in a buffer that may hold others too. */
export interface Found {
  readonly bytes: Buffer
  readonly at: number
  /** Whether they have been checked since they were read from the disk. */
  readonly isChecked: boolean
}

/**
 * The blocks of the log that were read or written last, up to a number of bytes. Bytes once written never change, so a
 * block may be shared with whoever still decodes from it. Blocks of sealed segments are kept as they were before they were
 * compressed.
 */
export class BlockCache {
  readonly #blocks = new Map<number, Block>()
  readonly #bytesMax: number
  #bytes = 0
  #recentKey = Number.NaN
  #recent: Block | undefined
  #recentSealed: { readonly segment: Segment; readonly start: number; readonly bytes: Buffer } | undefined

  constructor(cacheBytesMax: number) {
    this.#bytesMax = cacheBytesMax
  }

  /** The bytes, if they are here; a view into a block, or a copy where they lie in several. */
  get(segment: Segment, offset: number, length: number): Found | undefined {
    const { ordinal, sealed } = segment
    if (sealed) return this.#getSealed(segment, sealed, offset, length)
    const first = Math.floor(offset / blockBytes)
    const last = Math.floor((offset + length - 1) / blockBytes)
    const at = offset - first * blockBytes
    if (first === last) {
      const block = this.#touch(ordinal * blocksPerSegment + first)
      return block && block.filled >= at + length ? { bytes: block.bytes, at, isChecked: false } : undefined
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
    return { bytes, at: 0, isChecked: false }
  }

  #getSealed(
    segment: Segment,
    sealed: NonNullable<Segment['sealed']>,
    offset: number,
    length: number,
  ): Found | undefined {
    const recent = this.#recentSealed
    if (recent?.segment === segment && offset >= recent.start) {
      const at = offset - recent.start
      if (at + length <= recent.bytes.length) return { bytes: recent.bytes, at, isChecked: true }
    }
    const index = sealed.indexAt(offset)
    const start = (sealed.blocks[index] as SealedBlock).rawOffset
    const bytes = this.#touch(sealedKey(segment.ordinal, index))?.bytes
    if (!bytes || bytes.length < offset - start + length) return undefined
    this.#recentSealed = { segment, start, bytes }
    return { bytes, at: offset - start, isChecked: true }
  }

  /**
   * Reads the bytes from the disk, and keeps the blocks they lie in, with as many more in the direction of `readAhead`.
   *
   * @throws SealedDamage
   */
  async load(
    segment: Segment,
    offset: number,
    length: number,
    durableEnd: number,
    readAhead: number,
  ): Promise<Found> {
    if (segment.sealed) return this.#loadSealed(segment, segment.sealed, offset, readAhead)
    if (length > cachedPieceBytesMax) {
      const bytes = await readFullyLater(segment.file, Buffer.allocUnsafe(length), offset)
      return { bytes, at: 0, isChecked: false }
    }
    const first = Math.max(0, Math.floor(offset / blockBytes) + Math.min(0, readAhead))
    const last = Math.floor((offset + length - 1) / blockBytes) + Math.max(0, readAhead)
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
    return { bytes, at: offset - start, isChecked: false }
  }

  async #loadSealed(
    { ordinal }: Segment,
    sealed: NonNullable<Segment['sealed']>,
    offset: number,
    readAhead: number,
  ): Promise<Found> {
    const wanted = sealed.indexAt(offset)
    // A block of a sealed segment holds about twice as much.
    const more = Math.trunc(readAhead / 2)
    const first = Math.max(0, wanted + Math.min(0, more))
    const last = Math.min(sealed.blocks.length - 1, wanted + Math.max(0, more))
    const loaded = await Promise.all(
      Array.from({ length: last - first + 1 }, async (_, n) => {
        const key = sealedKey(ordinal, first + n)
        const known = this.#blocks.get(key)
        if (known) return known.bytes
        const bytes = await sealed.read(first + n)
        this.#put(key, { bytes, filled: bytes.length })
        return bytes
      }),
    )
    const at = offset - (sealed.blocks[wanted] as SealedBlock).rawOffset
    return { bytes: loaded[wanted - first] as Buffer, at, isChecked: true }
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
  extend({ ordinal }: Segment, offset: number, bytes: Buffer): void {
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
    if (block && this.#bytes > this.#bytesMax / 2) {
      // A map keeps the order of insertion, so the first is the one not used for longest.
      this.#blocks.delete(key)
      this.#blocks.set(key, block)
    }
    this.#recentKey = key
    this.#recent = block
    return block
  }

  #put(key: number, block: Block): void {
    this.#recentKey = Number.NaN
    this.#drop(key)
    this.#blocks.set(key, block)
    this.#bytes += block.bytes.length
    while (this.#bytes > this.#bytesMax && this.#blocks.size > 1) {
      const [oldest] = this.#blocks.keys()
      this.#drop(oldest as number)
    }
  }

  #drop(key: number): void {
    const block = this.#blocks.get(key)
    if (!block) return
    this.#blocks.delete(key)
    this.#bytes -= block.bytes.length
  }
}

// Other numbers than those of the same segment before it was sealed.
function sealedKey(ordinal: number, index: number): number {
  return -1 - (ordinal * blocksPerSegment + index)
}
