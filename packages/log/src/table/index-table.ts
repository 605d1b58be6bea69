import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { categoryOf, type Position, type RetentionPolicy, type Revision } from '@annals/core'
import {
  type IndexPart,
  listPostings,
  lowerBound,
  type NameKind,
  type Postings,
  type StreamChange,
  type StreamPart,
} from '@annals/core/store'
import type { PieceCache } from '../cache.ts'
import { type DiskFile, readFully } from '../disk.ts'
import { namingFile } from '../file-errors.ts'
import { ByteReader } from '../varint.ts'
import { mayHold, pageOf } from './filter.ts'
import { type Hashes, hashesOf } from './hash.ts'
import { decodeName, encodeKey, type KeyKind, keyKinds } from './key.ts'
import { type Entry, entryAt, entryCount, entryValue, firstAtOrAfter, isSoundPage } from './page.ts'
import { type ChunkPlace, decodeChunk, type Positions, readPositions } from './positions.ts'
import { checkTableHeader, readTableFooter, type TableFooter, type TableRange } from './table-format.ts'

/** What an index table is opened with. */
export interface IndexTableOptions {
  readonly file: DiskFile
  readonly range: TableRange
  readonly storeId: string
  readonly cache: PieceCache
  /** The error for bytes of it that are not what was written. */
  readonly damagedAt: (offset: number, problem: string) => Error
}

/**
 * The index of some sealed segments that follow one another, on disk. Only its end is held in memory; what is asked of it is
 * answered from pages that are read, without letting anything else have its turn, and kept in the cache.
 */
export class IndexTable implements IndexPart {
  readonly range: TableRange
  readonly footer: TableFooter
  readonly file: DiskFile
  readonly categoryPolicies: ReadonlyMap<string, RetentionPolicy | null>
  readonly #cache: PieceCache
  readonly #number: number
  readonly #damagedAt: (offset: number, problem: string) => Error

  /** @throws SealedDamage if its header or its end is not sound */
  constructor({ file, range, storeId, cache, damagedAt }: IndexTableOptions) {
    checkTableHeader(file, range, storeId)
    this.footer = readTableFooter(file)
    this.range = range
    this.file = file
    this.#cache = cache
    this.#number = cache.addFile()
    this.#damagedAt = damagedAt
    this.categoryPolicies = this.#readPolicies()
  }

  get first(): Position {
    return this.footer.firstPosition
  }

  get last(): Position {
    return this.footer.lastPosition
  }

  get streamsBegun(): number {
    return this.footer.streamsBegun
  }

  get hasChanges(): boolean {
    return this.footer.changeCount > 0 || this.footer.policyCount > 0
  }

  stream(name: string): StreamPart | undefined {
    const value = this.#find(keyKinds.stream, name)
    if (!value) return undefined
    const reader = new ByteReader(value)
    const lastRevision = reader.number()
    return new TableStream(this, lastRevision, readPositions(reader, this.first))
  }

  change(stream: string): StreamChange | undefined {
    if (this.footer.changeCount === 0) return undefined
    const value = this.#find(keyKinds.change, stream)
    return value && (JSON.parse(value.toString()) as StreamChange)
  }

  postings(kind: NameKind, name: string): Postings | undefined {
    const value = this.#find(keyKinds[kind], name)
    return value && this.postingsOf(readPositions(new ByteReader(value), this.first))
  }

  positionsOfId(id: string): readonly Position[] {
    const value = this.#findKey(idKey(id))
    if (!value) return []
    const { inline, chunks } = readPositions(new ByteReader(value), this.first)
    return inline ?? chunks.flatMap((place) => [...this.positionsIn(place)])
  }

  *streamNames(after: string | undefined, category: string | undefined): Iterable<string> {
    const from = after !== undefined && (category === undefined || after > category) ? after : category
    const start = encodeKey(keyKinds.stream, from ?? '')
    for (const { key } of this.entries(start)) {
      if (key[0] !== keyKinds.stream) return
      const name = decodeName(key)
      // "." comes just behind "-", with which the names of a category go on.
      if (category !== undefined && name >= `${category}.`) return
      if ((after === undefined || name > after) && (category === undefined || categoryOf(name) === category))
        yield name
    }
  }

  /** All entries in the order of their keys, from a key on. */
  *entries(from: Buffer): Iterable<Entry> {
    const { rootOffset, rootLength, levels } = this.footer
    yield* this.#entriesOf(rootOffset, rootLength, levels, from)
  }

  /** The positions of an entry. */
  postingsOf(positions: Positions): Postings {
    return positions.inline
      ? listPostings(positions.inline)
      : chunkPostings(positions.chunks, (place) => this.positionsIn(place))
  }

  /** The position with a number from 0 among those of an entry. */
  positionOf(positions: Positions, index: number): Position {
    if (positions.inline) return positions.inline[index] as Position
    let before = 0
    for (const place of positions.chunks) {
      if (index < before + place.count) return this.positionsIn(place)[index - before] as Position
      before += place.count
    }
    return Infinity
  }

  /** The positions in a chunk. */
  positionsIn(place: ChunkPlace): Float64Array {
    const known = this.#cache.get<Float64Array>(this.#number, place.offset)
    if (known) return known
    try {
      const positions = decodeChunk(this.chunk(place), place)
      this.#cache.put(this.#number, place.offset, positions, positions.length * 8)
      return positions
    } catch (error) {
      if (error instanceof RangeError) throw this.#damagedAt(place.offset, error.message)
      throw error
    }
  }

  /** The bytes of a chunk. */
  chunk({ offset, length }: ChunkPlace): Buffer {
    return this.#read(offset, length)
  }

  /** Whether a key may be in the table; `false` is certain. */
  mayHold(hashes: Hashes): boolean {
    const { filterOffset, filterPageBytes, filterPages } = this.footer
    return mayHold(this.#filterPage(filterOffset + pageOf(hashes, filterPages) * filterPageBytes), hashes)
  }

  /** Reads all of the filter. */
  checkFilter(): void {
    const { filterOffset, filterPageBytes, filterPages } = this.footer
    for (let page = 0; page < filterPages; page++) this.#filterPage(filterOffset + page * filterPageBytes)
  }

  *#entriesOf(offset: number, length: number, levels: number, from: Buffer): Iterable<Entry> {
    const page = this.#page(offset, length)
    const count = entryCount(page)
    if (levels === 1) {
      for (let index = firstAtOrAfter(page, from); index < count; index++) yield entryAt(page, index)
      return
    }
    // What is looked for may be in the page before the one that begins at or behind it.
    for (let index = Math.max(0, firstAtOrAfter(page, from) - 1); index < count; index++) {
      const { value } = entryAt(page, index)
      yield* this.#entriesOf(value.readDoubleLE(0), value.readUInt32LE(8), levels - 1, from)
    }
  }

  #find(kind: KeyKind, name: string): Buffer | undefined {
    return this.#findKey(keyOf(kind, name))
  }

  #findKey({ key, hashes }: HashedKey): Buffer | undefined {
    if (!this.mayHold(hashes)) return undefined
    const { rootOffset, rootLength, levels } = this.footer
    let page = this.#page(rootOffset, rootLength)
    for (let level = levels; level > 1; level--) {
      const index = firstAtOrAfter(page, key)
      const isFirst = index < entryCount(page) && entryAt(page, index).key.equals(key)
      const { value } = entryAt(page, isFirst ? index : Math.max(0, index - 1))
      page = this.#page(value.readDoubleLE(0), value.readUInt32LE(8))
    }
    return entryValue(page, key)
  }

  #filterPage(offset: number): Buffer {
    const known = this.#cache.get<Buffer>(this.#number, offset)
    if (known) return known
    const { filterPageBytes } = this.footer
    const page = this.#read(offset, filterPageBytes)
    if (page.length < filterPageBytes || crc32(page.subarray(4)) !== page.readUInt32LE(0))
      throw this.#damagedAt(offset, 'the checksum of a page of its filter does not hold')
    const bits = page.subarray(4)
    this.#cache.put(this.#number, offset, bits, filterPageBytes)
    return bits
  }

  #page(offset: number, length: number): Buffer {
    const known = this.#cache.get<Buffer>(this.#number, offset)
    if (known) return known
    const page = this.#read(offset, length)
    if (page.length < length || !isSoundPage(page))
      throw this.#damagedAt(offset, 'the checksum of a page does not hold')
    this.#cache.put(this.#number, offset, page, length)
    return page
  }

  #read(offset: number, length: number): Buffer {
    const { file } = this
    return namingFile(file.path, () => readFully(file, Buffer.allocUnsafeSlow(length), offset))
  }

  #readPolicies(): ReadonlyMap<string, RetentionPolicy | null> {
    const policies = new Map<string, RetentionPolicy | null>()
    if (this.footer.policyCount === 0) return policies
    for (const { key, value } of this.entries(encodeKey(keyKinds.policy, '')))
      policies.set(decodeName(key), JSON.parse(value.toString()) as RetentionPolicy | null)
    return policies
  }
}

/** The events of a stream in a table. */
class TableStream implements StreamPart {
  readonly lastRevision: Revision
  readonly #table: IndexTable
  readonly #positions: Positions

  constructor(table: IndexTable, lastRevision: Revision, positions: Positions) {
    this.#table = table
    this.lastRevision = lastRevision
    this.#positions = positions
  }

  get firstRevision(): Revision {
    return this.lastRevision - this.#positions.count + 1
  }

  get postings(): Postings {
    return this.#table.postingsOf(this.#positions)
  }

  positionAt(revision: Revision): Position {
    return this.#table.positionOf(this.#positions, revision - this.firstRevision)
  }
}

/** The positions of chunks that follow one another; the one that was looked into last is remembered. */
function chunkPostings(chunks: readonly ChunkPlace[], read: (place: ChunkPlace) => Float64Array): Postings {
  let current = -1
  let positions: Float64Array = new Float64Array(0)
  let place = 0
  const open = (index: number) => {
    if (index === current) return
    positions = read(chunks[index] as ChunkPlace)
    current = index
    place = 0
  }
  // The last chunk that begins at or before a position.
  const chunkAt = (position: Position): number => {
    const isHere = (index: number) =>
      (chunks[index]?.first ?? 0) <= position && position < (chunks[index + 1]?.first ?? Infinity)
    if (current >= 0 && isHere(current)) return current
    let low = 0
    let high = chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((chunks[middle] as ChunkPlace).first <= position) low = middle
      else high = middle - 1
    }
    return low
  }
  return {
    next: (position) => {
      const index = chunkAt(position)
      open(index)
      // Whoever walks mostly asks for the one behind the last answer.
      if (place > 0 && (positions[place - 1] as number) >= position) place = 0
      for (
        let step = 0;
        step < 4 && place < positions.length && (positions[place] as number) < position;
        step++
      )
        place++
      if (place < positions.length && (positions[place] as number) < position)
        place = lowerBound(positions, position)
      return positions[place] ?? chunks[index + 1]?.first ?? Infinity
    },
    previous: (position) => {
      const first = chunks[0]?.first ?? Infinity
      if (position < first) return 0
      open(chunkAt(position))
      return positions[lowerBound(positions, position + 1) - 1] ?? 0
    },
  }
}

/** A key with its hashes. */
export interface HashedKey {
  readonly key: Buffer
  readonly hashes: Hashes
}

// All parts are asked for the same name, one after the other.
let recentKind: KeyKind | undefined
let recentName: string | undefined
let recentKey: HashedKey | undefined

function keyOf(kind: KeyKind, name: string): HashedKey {
  if (recentKey && kind === recentKind && name === recentName) return recentKey
  const key = encodeKey(kind, name)
  recentKey = { key, hashes: hashesOf(key) }
  recentKind = kind
  recentName = name
  return recentKey
}

let recentId: string | undefined
let recentIdKey: HashedKey | undefined

/**
 * The key of an id: the first 8 bytes of its SHA-256 stand for it, so that events with other ids may have the same key, though
 * not many, even if someone wanted them to.
 */
export function idKey(id: string): HashedKey {
  if (recentIdKey && id === recentId) return recentIdKey
  const key = Buffer.concat([Buffer.of(keyKinds.id), hash('sha256', id, 'buffer').subarray(0, 8)])
  recentIdKey = { key, hashes: hashesOf(key) }
  recentId = id
  return recentIdKey
}
