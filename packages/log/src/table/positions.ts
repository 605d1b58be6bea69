import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Position } from '@annals/core'
import { ByteReader, ByteWriter } from '../varint.ts'

// Positions in ascending order, as the value of an entry:
//   number    how many
//   if there are up to 64: the first minus the first position of the table, then each minus the one before
//   if there are more, they are in chunks elsewhere in the file:
//     number  how many chunks
//     each    its first position minus that of the chunk before, or that of the table; how many positions; its offset; its length
// A chunk:
//   0 u32     CRC-32 of the rest
//   4 u8      1 if what follows is a Zstandard frame, otherwise 0
//   5         each position but the first minus the one before
const inlineMax = 64
/** The most positions in a chunk. */
export const chunkPositionsMax = 4096
// What comes from small lists is put together until it is worth a chunk of its own.
const chunkPositionsMin = 512
const chunkHeadBytes = 5

/** Where a chunk of positions is. */
export interface ChunkPlace {
  readonly first: Position
  readonly count: number
  readonly offset: number
  readonly length: number
}

/** The positions of an entry: either all of them, or where they are. */
export type Positions =
  | { readonly count: number; readonly inline: readonly Position[]; readonly chunks?: undefined }
  | { readonly count: number; readonly inline?: undefined; readonly chunks: readonly ChunkPlace[] }

/** Puts a chunk into the file, and answers with its offset. */
export type ChunkSink = (chunk: Buffer) => number

/** Collects the positions of one entry in order, and writes them. */
export class PositionsBuilder {
  readonly #base: Position
  readonly #put: ChunkSink
  #waiting: Position[] = []
  readonly #chunks: ChunkPlace[] = []
  #count = 0

  /** `base` is the first position of the table. */
  constructor(base: Position, put: ChunkSink) {
    this.#base = base
    this.#put = put
  }

  add(position: Position): void {
    this.#waiting.push(position)
    this.#count++
    if (this.#waiting.length >= chunkPositionsMax) this.#flush()
  }

  /** Adds a whole chunk as it is; it may come from another file. */
  addChunk({ first, count, length }: ChunkPlace, chunk: Buffer, decode: () => ArrayLike<Position>): void {
    if (count < chunkPositionsMin || (this.#waiting.length > 0 && this.#waiting.length < chunkPositionsMin)) {
      const positions = decode()
      for (let index = 0; index < positions.length; index++) this.add(positions[index] as Position)
      return
    }
    this.#flush()
    this.#chunks.push({ first, count, offset: this.#put(chunk), length })
    this.#count += count
  }

  /** Writes the value of the entry. */
  writeTo(into: ByteWriter): void {
    into.number(this.#count)
    if (this.#chunks.length === 0 && this.#waiting.length <= inlineMax) {
      let before = this.#base
      for (const position of this.#waiting) {
        into.number(position - before)
        before = position
      }
      return
    }
    this.#flush()
    into.number(this.#chunks.length)
    let before = this.#base
    for (const { first, count, offset, length } of this.#chunks) {
      into.number(first - before)
      into.number(count)
      into.number(offset)
      into.number(length)
      before = first
    }
  }

  #flush(): void {
    const [first] = this.#waiting
    if (first === undefined) return
    const chunk = encodeChunk(this.#waiting)
    this.#chunks.push({ first, count: this.#waiting.length, offset: this.#put(chunk), length: chunk.length })
    this.#waiting = []
  }
}

/** Reads the positions of an entry, or where they are. */
export function readPositions(reader: ByteReader, base: Position): Positions {
  const count = reader.number()
  if (count <= inlineMax) {
    const inline: Position[] = []
    let position = base
    for (let index = 0; index < count; index++) {
      position += reader.number()
      inline.push(position)
    }
    return { count, inline }
  }
  const chunks: ChunkPlace[] = []
  let first = base
  for (let left = reader.number(); left > 0; left--) {
    first += reader.number()
    chunks.push({ first, count: reader.number(), offset: reader.number(), length: reader.number() })
  }
  return { count, chunks }
}

function encodeChunk(positions: readonly Position[]): Buffer {
  const deltas = new ByteWriter()
  for (let index = 1; index < positions.length; index++)
    deltas.number((positions[index] as Position) - (positions[index - 1] as Position))
  const plain = deltas.toBuffer()
  const compressed = zstdCompressSync(plain)
  const isSmaller = compressed.length < plain.length * 0.8
  const chunk = Buffer.concat([Buffer.alloc(chunkHeadBytes), isSmaller ? compressed : plain])
  chunk[4] = isSmaller ? 1 : 0
  chunk.writeUInt32LE(crc32(chunk.subarray(4)), 0)
  return chunk
}

/** The positions in a chunk. @throws RangeError if it is not as it was written */
export function decodeChunk(chunk: Buffer, { first, count }: ChunkPlace): Float64Array {
  if (chunk.length < chunkHeadBytes || crc32(chunk.subarray(4)) !== chunk.readUInt32LE(0))
    throw new RangeError('the checksum of a chunk of positions does not hold')
  const body = chunk.subarray(chunkHeadBytes)
  const reader = new ByteReader(
    chunk[4] === 1 ? zstdDecompressSync(body, { maxOutputLength: chunkPositionsMax * 8 }) : body,
  )
  const positions = new Float64Array(count)
  let position = first
  for (let index = 0; index < count; index++) {
    if (index > 0) position += reader.number()
    positions[index] = position
  }
  return positions
}
