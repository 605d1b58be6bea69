import { crc32, zstdDecompressSync } from 'node:zlib'
import { expect } from 'vitest'
import { Cursor } from './cursor.ts'
import { hashesOf, kinds, mayHold, pairHash } from './table-keys.ts'

/** An index table, of which every byte has been checked. */
export interface Table {
  readonly firstPosition: number
  readonly lastPosition: number
  readonly lastRecordedAtMs: number
  readonly generation: number
  readonly streamsBegun: number
  /** What its entries say, by their keys in hexadecimal. */
  readonly entries: ReadonlyMap<string, TableEntry>
  readonly levels: number
  readonly chunks: number
  readonly compressedChunks: number
  /** The pages of its filter, without their checksums. */
  readonly filter: readonly Buffer[]
}

/** Where the events are that have something in common, or what was changed. */
export interface TableEntry {
  readonly positions?: readonly number[]
  readonly lastRevision?: number
  readonly json?: unknown
}

/** Reads an index table from the first byte to the last. */
export function readTable(
  file: Buffer,
  expected: { readonly firstOrdinal: number; readonly lastOrdinal: number; readonly storeId: string },
): Table {
  expectHeader(file, expected)
  const end = readEnd(file.subarray(file.length - 128))
  const filter = readFilter(file, end)
  const reader = new TableReader(file, end.firstPosition)
  const entries = [...reader.entriesIn(end.rootOffset, end.rootLength, end.levels)]
  reader.expectNoGaps(end.filterOffset)

  const found = new Map<string, TableEntry>()
  let digest = 0n
  for (const [index, { key, entry }] of entries.entries()) {
    if (index > 0 && (entries[index - 1]?.key.compare(key) ?? 0) >= 0)
      throw new Error('entries are not in order')
    const hashes = hashesOf(key)
    if (!mayHold(filter, hashes)) throw new Error(`the filter says no to ${key.toString('hex')}`)
    for (const position of entry.positions ?? []) digest += pairHash(hashes, position)
    found.set(key.toString('hex'), entry)
  }
  const count = (kind: number) => entries.filter(({ key }) => key[0] === kind).length
  expect([entries.length, count(kinds.change), count(kinds.policy)]).toEqual(end.counts)
  expect(Number(digest % 2n ** 32n)).toBe(end.digest)
  const { firstPosition, lastPosition, lastRecordedAtMs, generation, streamsBegun, levels } = end
  const { chunks, compressedChunks } = reader
  return {
    firstPosition,
    lastPosition,
    lastRecordedAtMs,
    generation,
    streamsBegun,
    entries: found,
    levels,
    chunks,
    compressedChunks,
    filter,
  }
}

class TableReader {
  chunks = 0
  compressedChunks = 0
  readonly #file: Buffer
  readonly #firstPosition: number
  readonly #pieces: { readonly offset: number; readonly length: number }[] = []

  constructor(file: Buffer, firstPosition: number) {
    this.#file = file
    this.#firstPosition = firstPosition
  }

  *entriesIn(offset: number, length: number, levels: number): Iterable<{ key: Buffer; entry: TableEntry }> {
    const page = this.#piece(offset, length)
    const count = page.readUInt32LE(4)
    const starts = Array.from({ length: count }, (_, index) => page.readUInt32LE(8 + 4 * index))
    expect(starts[0] ?? page.length).toBe(8 + 4 * count)
    for (const [index, start] of starts.entries()) {
      const keyEnd = start + 2 + page.readUInt16LE(start)
      const key = page.subarray(start + 2, keyEnd)
      const value = page.subarray(keyEnd, starts[index + 1] ?? page.length)
      if (levels === 1) {
        yield { key, entry: this.#entryOf(key[0] as number, value) }
        continue
      }
      expect(value.length).toBe(12)
      const below = [...this.entriesIn(value.readDoubleLE(0), value.readUInt32LE(8), levels - 1)]
      expect(below[0]?.key.toString('hex')).toBe(key.toString('hex'))
      yield* below
    }
  }

  /** Pages and chunks have to lie side by side between the header and the filter. */
  expectNoGaps(end: number): void {
    let at = 64
    for (const { offset, length } of this.#pieces.sort((a, b) => a.offset - b.offset)) {
      if (offset !== at) throw new Error(`nothing says what lies at ${at}`)
      at += length
    }
    expect(at).toBe(end)
  }

  #entryOf(kind: number, value: Buffer): TableEntry {
    if (kind === kinds.change || kind === kinds.policy)
      return { json: JSON.parse(value.toString()) as unknown }
    const cursor = new Cursor(value)
    const stream = kind === kinds.stream ? { lastRevision: cursor.number() } : {}
    const positions = this.#positions(cursor)
    if (!cursor.isAtEnd) throw new Error('an entry goes on behind its positions')
    return { ...stream, positions }
  }

  #positions(cursor: Cursor): readonly number[] {
    const count = cursor.number()
    const positions: number[] = []
    if (count <= 64) {
      let position = this.#firstPosition
      for (const more of cursor.numbers(count)) {
        position += more
        positions.push(position)
      }
      return positions
    }
    let first = this.#firstPosition
    for (let left = cursor.number(); left > 0; left--) {
      first += cursor.number()
      const [chunkCount, offset, length] = cursor.numbers(3) as [number, number, number]
      if (chunkCount === 0 || chunkCount > 4096) throw new Error(`a chunk has ${chunkCount} positions`)
      const chunk = this.#piece(offset, length)
      this.chunks++
      if (chunk[4] === 1) this.compressedChunks++
      const body = new Cursor(chunk[4] === 1 ? zstdDecompressSync(chunk.subarray(5)) : chunk.subarray(5))
      let position = first
      positions.push(position)
      for (const more of body.numbers(chunkCount - 1)) {
        position += more
        positions.push(position)
      }
      if (!body.isAtEnd) throw new Error('a chunk goes on behind its positions')
    }
    expect(positions.length).toBe(count)
    return positions
  }

  #piece(offset: number, length: number): Buffer {
    this.#pieces.push({ offset, length })
    const bytes = this.#file.subarray(offset, offset + length)
    if (crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0))
      throw new Error(`the checksum at ${offset} does not hold`)
    return bytes
  }
}

function expectHeader(
  file: Buffer,
  expected: { readonly firstOrdinal: number; readonly lastOrdinal: number; readonly storeId: string },
): void {
  expect([file.toString('latin1', 0, 8), file.readUInt32LE(8)]).toEqual(['ANNALSIX', 1])
  expect({
    firstOrdinal: file.readUInt32LE(12),
    lastOrdinal: file.readUInt32LE(16),
    storeId: file.toString('hex', 20, 36),
  }).toEqual(expected)
  expect(file.toString('hex', 36, 60)).toBe('00'.repeat(24))
  expect(file.readUInt32LE(60)).toBe(crc32(file.subarray(0, 60)))
}

function readEnd(bytes: Buffer) {
  expect(bytes.toString('latin1', 0, 8)).toBe('ANNALSIE')
  expect(bytes.toString('hex', 96, 124)).toBe('00'.repeat(28))
  expect(bytes.readUInt32LE(124)).toBe(crc32(bytes.subarray(0, 124)))
  return {
    rootOffset: bytes.readDoubleLE(8),
    rootLength: bytes.readUInt32LE(16),
    levels: bytes.readUInt32LE(20),
    filterOffset: bytes.readDoubleLE(24),
    filterPageBytes: bytes.readUInt32LE(32),
    filterPages: bytes.readUInt32LE(36),
    firstPosition: bytes.readDoubleLE(40),
    lastPosition: bytes.readDoubleLE(48),
    /** Of all entries, those about changes and those about policies. */
    counts: [bytes.readDoubleLE(56), bytes.readUInt32LE(64), bytes.readUInt32LE(68)],
    digest: bytes.readUInt32LE(72),
    generation: bytes.readUInt32LE(76),
    lastRecordedAtMs: bytes.readDoubleLE(80),
    streamsBegun: bytes.readDoubleLE(88),
  }
}

function readFilter(file: Buffer, end: ReturnType<typeof readEnd>): readonly Buffer[] {
  expect(end.filterOffset + end.filterPages * end.filterPageBytes).toBe(file.length - 128)
  return Array.from({ length: end.filterPages }, (_, index) => {
    const at = end.filterOffset + index * end.filterPageBytes
    const page = file.subarray(at, at + end.filterPageBytes)
    expect(page.readUInt32LE(0)).toBe(crc32(page.subarray(4)))
    return page.subarray(4)
  })
}
