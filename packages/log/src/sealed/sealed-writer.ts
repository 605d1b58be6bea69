import { crc32 } from 'node:zlib'
import type { Position } from '@annals/core'
import { type DiskFile, writeFullyLater } from '../disk.ts'
import type { BlockBuilder } from './block-builder.ts'
import type { Compression } from './compression.ts'
import {
  encodeFooter,
  encodeHeader,
  encodeTable,
  footerBytes,
  type SealedHeader,
  sealedHeaderBytes,
} from './sealed-format.ts'

interface BlockEntry {
  readonly offset: number
  readonly firstPosition: Position
  readonly firstRecordedAtMs: number
  readonly length: number
  readonly rawLength: number
  readonly checksum: number
  readonly eventCount: number
  readonly hashCount: number
}

/** Writes the file of a sealed segment, block by block. Nothing of it is durable before it is synced. */
export class SealedWriter {
  readonly #file: DiskFile
  readonly #header: SealedHeader
  readonly #compression: Compression
  readonly #dictionary: Buffer
  readonly #blocks: BlockEntry[] = []
  readonly #roots: Buffer[] = []
  readonly #hashes: Buffer[] = []
  readonly #waiting: Buffer[] = []
  #waitingBytes = 0
  #written = 0
  #offset: number
  #eventCount = 0

  constructor(file: DiskFile, header: SealedHeader, compression: Compression, dictionary: Buffer) {
    this.#file = file
    this.#header = header
    this.#compression = compression
    this.#dictionary = dictionary
    this.#offset = sealedHeaderBytes + dictionary.length
    this.#push(encodeHeader(header))
    this.#push(dictionary)
  }

  /** `root` is that of the tree over the hashes of all its events, removed ones included, for which `hashes` stand. */
  async addBlock(builder: BlockBuilder, root: Buffer, hashes: readonly Buffer[] = []): Promise<void> {
    const raw = builder.build()
    const compressed = await this.#compression.compress(raw, this.#dictionary)
    this.#blocks.push({
      offset: this.#offset,
      firstPosition: builder.firstPosition,
      firstRecordedAtMs: builder.firstRecordedAtMs,
      length: compressed.length,
      rawLength: raw.length,
      checksum: crc32(compressed),
      eventCount: builder.eventCount,
      hashCount: hashes.length,
    })
    this.#roots.push(root)
    this.#hashes.push(...hashes)
    this.#offset += compressed.length
    this.#eventCount += builder.eventCount
    this.#push(compressed)
    if (this.#waitingBytes >= writeBytes) await this.#flush()
  }

  /** Writes the tables and the end. Resolves to the length of the file. */
  async finish(end: {
    readonly lastPosition: Position
    readonly lastRecordedAtMs: number
    readonly generation: number
    readonly streamsBegun: number
  }): Promise<number> {
    const table = encodeTable({
      offsets: Float64Array.from(this.#blocks, ({ offset }) => offset),
      firstPositions: Float64Array.from(this.#blocks, ({ firstPosition }) => firstPosition),
      firstRecordedAtMs: Float64Array.from(this.#blocks, ({ firstRecordedAtMs }) => firstRecordedAtMs),
      lengths: Uint32Array.from(this.#blocks, ({ length }) => length),
      rawLengths: Uint32Array.from(this.#blocks, ({ rawLength }) => rawLength),
      checksums: Uint32Array.from(this.#blocks, ({ checksum }) => checksum),
      eventCounts: Uint32Array.from(this.#blocks, ({ eventCount }) => eventCount),
      hashCounts: Uint32Array.from(this.#blocks, ({ hashCount }) => hashCount),
    })
    // Without it no block can be read, so it is there twice.
    this.#push(this.#dictionary)
    this.#offset += this.#dictionary.length
    const roots = Buffer.concat(this.#roots)
    const hashes = Buffer.concat(this.#hashes)
    for (const part of [table, roots, hashes]) this.#push(part)
    this.#push(
      encodeFooter({
        ...end,
        tableOffset: this.#offset,
        blockCount: this.#blocks.length,
        tableChecksum: crc32(table),
        eventCount: this.#eventCount,
        rootsOffset: this.#offset + table.length,
        rootsChecksum: crc32(roots),
        hashCount: this.#hashes.length,
        hashesChecksum: crc32(hashes),
        dictionaryBytes: this.#dictionary.length,
        dictionaryChecksum: crc32(this.#dictionary),
      }),
    )
    await this.#flush()
    return this.#offset + table.length + roots.length + hashes.length + footerBytes
  }

  get header(): SealedHeader {
    return this.#header
  }

  #push(bytes: Buffer): void {
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting)
    this.#waiting.length = 0
    this.#waitingBytes = 0
    await writeFullyLater(this.#file, bytes, this.#written)
    this.#written += bytes.length
  }
}

const writeBytes = 1024 * 1024
