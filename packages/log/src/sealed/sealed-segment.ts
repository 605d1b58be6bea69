import { crc32 } from 'node:zlib'
import type { Position } from '@annals/core'
import type { PieceCache } from '../cache.ts'
import { type DiskFile, readFully, readFullyLater } from '../disk.ts'
import { segmentHeaderBytes } from '../segment.ts'
import { Block } from './block.ts'
import type { Compression } from './compression.ts'
import {
  type BlockTable,
  type ExpectedSegment,
  readFooter,
  readHeader,
  readTable,
  SealedDamage,
  type SealedFooter,
  type SealedHeader,
  sealedHeaderBytes,
} from './sealed-format.ts'

/**
 * A sealed segment that is open. Only its header and its end are held in memory; its table, its dictionary and its blocks
 * are read when they are needed, and kept in the cache.
 */
export class SealedSegment {
  readonly header: SealedHeader
  readonly footer: SealedFooter
  readonly #file: DiskFile
  readonly #compression: Compression
  readonly #cache: PieceCache
  readonly #number: number
  readonly #loading = new Map<number, Promise<Block>>()

  /** @throws SealedDamage if its header or its end is not sound */
  constructor(file: DiskFile, expected: ExpectedSegment, compression: Compression, cache: PieceCache) {
    this.#file = file
    this.#compression = compression
    this.#cache = cache
    this.#number = cache.addFile()
    this.header = readHeader(file, expected)
    this.footer = readFooter(file)
    const { firstPosition, rawEnd } = this.header
    if (this.footer.lastPosition < firstPosition - 1 || rawEnd < segmentHeaderBytes)
      throw new SealedDamage(0, 'its header and its end do not fit together')
  }

  get firstPosition(): Position {
    return this.header.firstPosition
  }

  get lastPosition(): Position {
    return this.footer.lastPosition
  }

  get rawEnd(): number {
    return this.header.rawEnd
  }

  /** @throws SealedDamage */
  get table(): BlockTable {
    const known = this.#cache.get<BlockTable>(this.#number, this.footer.tableOffset)
    if (known) return known
    const table = readTable(this.#file, this.footer)
    this.#check(table)
    this.#cache.put(this.#number, this.footer.tableOffset, table, table.offsets.length * 48 + 600)
    return table
  }

  /** The text that its blocks have in common with; it is there twice, and read where it is sound. @throws SealedDamage */
  get dictionary(): Buffer {
    const known = this.#cache.get<Buffer>(this.#number, dictionaryKey)
    if (known) return known
    const [bytes] = this.#dictionaries().flatMap(({ bytes }) => bytes ?? [])
    if (!bytes)
      throw new SealedDamage(sealedHeaderBytes, 'the checksums of both of its dictionaries do not hold')
    this.#cache.put(this.#number, dictionaryKey, bytes, bytes.length)
    return bytes
  }

  /** Where a dictionary is that is not sound. */
  get damagedDictionaries(): readonly number[] {
    return this.#dictionaries().flatMap(({ offset, bytes }) => (bytes ? [] : [offset]))
  }

  #dictionaries(): readonly { readonly offset: number; readonly bytes: Buffer | undefined }[] {
    const { dictionaryBytes, dictionaryChecksum, tableOffset } = this.footer
    return [sealedHeaderBytes, tableOffset - dictionaryBytes].map((offset) => {
      const bytes = readFully(this.#file, Buffer.allocUnsafeSlow(dictionaryBytes), offset)
      return { offset, bytes: crc32(bytes) === dictionaryChecksum ? bytes : undefined }
    })
  }

  /** The number of the block that holds a position, or would if its event were still there. @throws SealedDamage */
  blockAt(position: Position): number {
    const { firstPositions } = this.table
    let low = 0
    let high = firstPositions.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((firstPositions[middle] as number) <= position) low = middle
      else high = middle - 1
    }
    return low
  }

  /** The position behind the last event of a block, removed ones counted. */
  blockEnd(index: number): Position {
    return this.table.firstPositions[index + 1] ?? this.lastPosition + 1
  }

  /** A block that is in the cache. */
  cachedBlock(index: number): Block | undefined {
    return this.#cache.get<Block>(this.#number, this.table.offsets[index] as number)
  }

  /** @throws SealedDamage */
  async block(index: number): Promise<Block> {
    const known = this.cachedBlock(index) ?? this.#loading.get(index)
    if (known) return known
    const loading = this.#load(index).finally(() => this.#loading.delete(index))
    this.#loading.set(index, loading)
    return loading
  }

  /** The same without letting anything else have its turn. @throws SealedDamage */
  blockNow(index: number): Block {
    const known = this.cachedBlock(index)
    if (known) return known
    const { table, dictionary } = this
    const bytes = readFully(this.#file, this.#room(index), table.offsets[index] as number)
    this.#checkBlock(index, bytes)
    try {
      const raw = this.#compression.decompressNow(bytes, dictionary, table.rawLengths[index] as number)
      return this.#keep(index, this.#decode(index, raw))
    } catch (error) {
      throw this.#undecodable(index, error)
    }
  }

  /** A block for whoever goes through all of them once, and is not to push out what others use. @throws SealedDamage */
  async blockAlone(index: number): Promise<Block> {
    return this.cachedBlock(index) ?? this.#read(index)
  }

  async #load(index: number): Promise<Block> {
    return this.#keep(index, await this.#read(index))
  }

  async #read(index: number): Promise<Block> {
    const { table, dictionary } = this
    const bytes = await readFullyLater(this.#file, this.#room(index), table.offsets[index] as number)
    this.#checkBlock(index, bytes)
    try {
      const raw = await this.#compression.decompress(bytes, dictionary, table.rawLengths[index] as number)
      return this.#decode(index, raw)
    } catch (error) {
      throw this.#undecodable(index, error)
    }
  }

  /** The hashes that stand for the events that were removed from a block. @throws SealedDamage */
  hashes(index: number): Buffer {
    const { hashCounts } = this.table
    const { rootsOffset, blockCount, hashCount, hashesChecksum } = this.footer
    const offset = rootsOffset + blockCount * hashBytes
    if (hashCount === 0) return Buffer.alloc(0)
    let all = this.#cache.get<Buffer>(this.#number, offset)
    if (!all) {
      all = readFully(this.#file, Buffer.allocUnsafeSlow(hashCount * hashBytes), offset)
      if (crc32(all) !== hashesChecksum)
        throw new SealedDamage(offset, 'the checksum of the hashes of removed events does not hold')
      this.#cache.put(this.#number, offset, all, all.length)
    }
    let from = 0
    for (let before = 0; before < index; before++) from += hashCounts[before] as number
    return all.subarray(from * hashBytes, (from + (hashCounts[index] as number)) * hashBytes)
  }

  /** The roots of the trees over the hashes of the events of each block. @throws SealedDamage */
  roots(): Buffer {
    const { rootsOffset, blockCount, rootsChecksum } = this.footer
    const bytes = readFully(this.#file, Buffer.allocUnsafe(blockCount * hashBytes), rootsOffset)
    if (crc32(bytes) !== rootsChecksum)
      throw new SealedDamage(rootsOffset, 'the checksum of its roots does not hold')
    return bytes
  }

  #room(index: number): Buffer {
    return Buffer.allocUnsafe(this.table.lengths[index] as number)
  }

  #checkBlock(index: number, bytes: Buffer): void {
    const { table } = this
    if (bytes.length < (table.lengths[index] as number))
      throw new SealedDamage(table.offsets[index] as number, 'it ends within a block')
    if (crc32(bytes) !== table.checksums[index])
      throw new SealedDamage(table.offsets[index] as number, 'the checksum of a block does not hold')
  }

  #decode(index: number, raw: Buffer): Block {
    const { table } = this
    const block = new Block(
      raw,
      table.firstPositions[index] as number,
      table.firstRecordedAtMs[index] as number,
    )
    if (block.eventCount !== table.eventCounts[index] || block.nextPosition > this.blockEnd(index))
      throw new RangeError('it does not hold the events that the table says')
    return block
  }

  #keep(index: number, block: Block): Block {
    this.#cache.put(this.#number, this.table.offsets[index] as number, block, block.memoryBytes)
    return block
  }

  #undecodable(index: number, error: unknown): Error {
    const offset = this.table.offsets[index] as number
    return error instanceof SealedDamage
      ? error
      : new SealedDamage(
          offset,
          `a block cannot be decoded: ${error instanceof Error ? error.message : String(error)}`,
        )
  }

  // What its checksum has been made for is what was written, so this finds a writer's mistake, and keeps readers in bounds.
  #check({ offsets, lengths, rawLengths, firstPositions, hashCounts }: BlockTable): void {
    const fail = (problem: string) => new SealedDamage(this.footer.tableOffset, problem)
    let offset = sealedHeaderBytes + this.footer.dictionaryBytes
    let position = this.firstPosition
    let hashes = 0
    for (let index = 0; index < offsets.length; index++) {
      if (offsets[index] !== offset) throw fail('its blocks do not follow one another')
      offset += lengths[index] as number
      if ((rawLengths[index] as number) > blockBytesMax) throw fail('one of its blocks is too large')
      if ((firstPositions[index] as number) < position)
        throw fail('the positions of its blocks run backwards')
      position = firstPositions[index] as number
      hashes += hashCounts[index] as number
    }
    if (offset + this.footer.dictionaryBytes !== this.footer.tableOffset)
      throw fail('its blocks do not end where its second dictionary begins')
    if (position > this.lastPosition + 1) throw fail('its blocks go on behind its last position')
    if (hashes !== this.footer.hashCount) throw fail('it does not have as many hashes as its table says')
  }
}

// In the cache; an empty one would have the offset of the first block.
const dictionaryKey = 0
export const hashBytes = 32
// One event of the largest size, in UTF-8, beside what a block has otherwise.
const blockBytesMax = 640 * 1024 * 1024
