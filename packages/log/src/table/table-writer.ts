import { crc32 } from 'node:zlib'
import type { Position } from '@annals/core'
import { type DiskFile, writeFullyLater } from '../disk.ts'
import { ByteWriter } from '../varint.ts'
import { FilterBuilder } from './filter.ts'
import { type Hashes, hashesOf, hashWith } from './hash.ts'
import { keyKinds } from './key.ts'
import { type Entry, PageBuilder } from './page.ts'
import { PositionsBuilder } from './positions.ts'
import { encodeTableFooter, encodeTableHeader, type TableFooter, type TableRange } from './table-format.ts'

/** What a table is of. */
export interface TableSubject extends TableRange {
  readonly storeId: string
  readonly firstPosition: Position
  readonly lastPosition: Position
  readonly lastRecordedAtMs: number
  /** How many streams have had their first event in it. */
  readonly streamsBegun: number
  /** Sum of how often events were removed from each of its segments. */
  readonly generation: number
}

const flushBytes = 1024 * 1024

/**
 * Writes an index table, entry by entry in the order of their keys: the leaves of a tree of pages first, the pages above
 * them last, the filter behind. Nothing of it is durable before the file is synced.
 */
export class TableWriter {
  readonly #file: DiskFile
  readonly #subject: TableSubject
  readonly #leaf = new PageBuilder()
  readonly #filter = new FilterBuilder()
  readonly #value = new ByteWriter()
  // The pages of the level that is being written: their first keys, and where they are.
  #pages: Entry[] = []
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #written = 0
  #entryCount = 0
  #changeCount = 0
  #policyCount = 0
  #digest = 0

  constructor(file: DiskFile, subject: TableSubject) {
    this.#file = file
    this.#subject = subject
    this.#put(encodeTableHeader(subject, subject.storeId))
  }

  /** Whether it is time to call `flush`. */
  get isWaiting(): boolean {
    return this.#waitingBytes >= flushBytes
  }

  /** Adds an entry with positions; `lastRevision` is that of a stream. */
  addPositions(
    key: Buffer,
    lastRevision: number | undefined,
    fill: (positions: PositionsBuilder, hashes: Hashes) => void,
  ): void {
    const hashes = hashesOf(key)
    const positions = new PositionsBuilder(this.#subject.firstPosition, this.#put)
    fill(positions, hashes)
    this.#value.clear()
    if (lastRevision !== undefined) this.#value.number(lastRevision)
    positions.writeTo(this.#value)
    this.#add({ key, value: this.#value.toBuffer() }, hashes)
  }

  /** Adds an entry with JSON. */
  addJson(key: Buffer, value: unknown): void {
    this.#add({ key, value: Buffer.from(JSON.stringify(value)) }, hashesOf(key))
  }

  /** Counts a pair of a key and a position. */
  countPair(hashes: Hashes, position: Position): void {
    this.#digest = (this.#digest + hashWith(hashes, position)) >>> 0
  }

  /** Counts all pairs of another table. */
  countPairs(digest: number): void {
    this.#digest = (this.#digest + digest) >>> 0
  }

  /** Writes what has been collected. */
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    await writeFullyLater(this.#file, bytes, this.#written)
    this.#written += bytes.length
  }

  /** Writes the rest. */
  async finish(): Promise<void> {
    this.#endPage(this.#leaf)
    let levels = 1
    for (; this.#pages.length > 1; levels++) {
      const below = this.#pages
      this.#pages = []
      const page = new PageBuilder()
      for (const entry of below) {
        if (page.isFullFor(entry)) this.#endPage(page)
        page.add(entry)
      }
      this.#endPage(page)
    }
    const [root] = this.#pages
    const place = root ? root.value : this.#placeOf(new PageBuilder().build())
    const filterOffset = this.#written + this.#waitingBytes
    const filter = this.#filter.build().map(withChecksum)
    for (const page of filter) this.#put(page)
    const { firstPosition, lastPosition, generation, lastRecordedAtMs, streamsBegun } = this.#subject
    const footer: TableFooter = {
      rootOffset: place.readDoubleLE(0),
      rootLength: place.readUInt32LE(8),
      levels,
      filterOffset,
      filterPageBytes: filter[0]?.length ?? 0,
      filterPages: filter.length,
      firstPosition,
      lastPosition,
      entryCount: this.#entryCount,
      changeCount: this.#changeCount,
      policyCount: this.#policyCount,
      digest: this.#digest,
      generation,
      lastRecordedAtMs,
      streamsBegun,
    }
    this.#put(encodeTableFooter(footer))
    await this.flush()
  }

  #add(entry: Entry, hashes: Hashes): void {
    if (this.#leaf.isFullFor(entry)) this.#endPage(this.#leaf)
    this.#leaf.add(entry)
    this.#filter.add(hashes)
    this.#entryCount++
    if (entry.key[0] === keyKinds.change) this.#changeCount++
    if (entry.key[0] === keyKinds.policy) this.#policyCount++
  }

  #endPage(page: PageBuilder): void {
    if (page.isEmpty) return
    const { firstKey } = page
    this.#pages.push({ key: firstKey, value: this.#placeOf(page.build()) })
  }

  /** Writes a page, and answers with where it is. */
  #placeOf(page: Buffer): Buffer {
    const place = Buffer.alloc(12)
    place.writeDoubleLE(this.#put(page), 0)
    place.writeUInt32LE(page.length, 8)
    return place
  }

  readonly #put = (bytes: Buffer): number => {
    const offset = this.#written + this.#waitingBytes
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    return offset
  }
}

function withChecksum(page: Buffer): Buffer {
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32LE(crc32(page))
  return Buffer.concat([checksum, page])
}
