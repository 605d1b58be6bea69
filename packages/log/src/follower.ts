import { join } from 'node:path'
import { type Address, addressOf, OffsetList, offsetOf, segmentOf } from './address.ts'
import type { PieceCache } from './cache.ts'
import { type Disk, type DiskFile, diskError } from './disk.ts'
import { namingFile } from './file-errors.ts'
import { HeadReader } from './head-file.ts'
import { LogIndex } from './log-index.ts'
import { takeSealed } from './recover.ts'
import { scanCommits } from './scan.ts'
import type { Compression } from './sealed/compression.ts'
import { identityIn } from './sealed/identity.ts'
import { SealedSegment } from './sealed/sealed-segment.ts'
import {
  damaged,
  type Segment,
  sealedName,
  segmentEnd,
  segmentHeaderBytes,
  segmentName,
  segmentProblem,
} from './segment.ts'
import { coveringTables, lastRecordedIn } from './table/coverage.ts'
import type { IndexTable } from './table/index-table.ts'

/** What a follower is made with. */
export interface FollowerOptions {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly clock: () => number
  readonly compression: Compression
  readonly cache: PieceCache
  readonly pollIntervalMs: number
}

/** Reads what another process writes, up to what that one has said to be durable. */
export class Follower {
  readonly index: LogIndex
  readonly segments: Segment[]
  readonly tables: IndexTable[]
  readonly #options: FollowerOptions
  readonly #head: HeadReader
  // Files that others have taken the place of; whoever reads from them has to have ended first.
  #retired: DiskFile[] = []
  #end: Address
  #closed = false

  /** Opens what is there. @throws AnnalsError `store-damaged`, `disk-error` */
  static open(options: FollowerOptions): Follower {
    for (let attempt = 1; ; attempt++) {
      const segments: Segment[] = []
      const tables: IndexTable[] = []
      try {
        const follower = new Follower(options, segments, tables)
        follower.refresh()
        return follower
      } catch (error) {
        for (const { file } of [...segments, ...tables]) file.close()
        // The writer puts files in the place of others while they are looked for.
        if (!isGone(error) || attempt === attemptsMax) throw error
      }
    }
  }

  private constructor(options: FollowerOptions, segments: Segment[], tables: IndexTable[]) {
    const { disk, directory, storeId, clock } = options
    this.#options = options
    this.segments = segments
    this.tables = tables
    while (this.#openSealed(segments.length));
    tables.push(...this.#coveringTables())
    // Beyond what tables cover, segments are opened when they are read.
    const covered = (tables.at(-1)?.range.lastOrdinal ?? -1) + 1
    for (const { file } of segments.splice(covered)) file.close()
    this.index = new LogIndex({
      storeId,
      now: clock,
      older: [...tables],
      lastRecordedAtMs: lastRecordedIn(tables),
      identityAt: identityIn(segments),
    })
    this.#end = addressOf(covered, segmentHeaderBytes)
    this.#head = new HeadReader(disk, directory, storeId)
  }

  /** Where it has read to. */
  get end(): Address {
    return this.#end
  }

  /** Takes in what has become durable since. @throws AnnalsError `store-damaged`, `disk-error` */
  refresh(): void {
    try {
      this.#takeIn()
    } catch (error) {
      throw diskError(
        error,
        error instanceof Error && 'path' in error ? String(error.path) : this.#options.directory,
      )
    }
  }

  #takeIn(): void {
    const durable = this.#head.read()?.durable
    const { index, segments } = this
    while (durable !== undefined && durable > this.#end) {
      const ordinal = segmentOf(this.#end)
      const segment = segments[ordinal] ?? this.#open(ordinal)
      // A segment that another one follows ends where its file ends.
      const size = segmentEnd(segment)
      const to = segmentOf(durable) === ordinal ? offsetOf(durable) : size
      if (to > size) throw damaged(segment.path, size, 'the file ends here, but more of it had been durable')
      if (segment.sealed) {
        // One that is sealed already when it is opened is taken in as a whole, though the head may say less for a while.
        if (offsetOf(this.#end) < segment.sealed.rawEnd) takeSealed(segment, segment.sealed, index)
      } else {
        const { offset, problem } = scanCommits(
          segment.file,
          offsetOf(this.#end),
          to,
          (bytes, at, end, from) => index.take(segment, bytes, at, end, from),
        )
        if (problem) throw damaged(segment.path, offset, problem)
      }
      // Of a sealed segment all is durable, although the head of an interrupted backup may not know.
      const end = segment.sealed ? addressOf(ordinal, segment.sealed.rawEnd) : durable
      this.#end = segmentOf(durable) === ordinal ? end : addressOf(ordinal + 1, segmentHeaderBytes)
      index.events.publish(index.events.last)
    }
  }

  /**
   * Puts what the writer has sealed, and indexed on disk, in the place of what this follower read, so that its memory does not
   * grow with the log. Answers with the files that nobody needs any more, once those who read from them have ended.
   */
  adopt(): readonly DiskFile[] {
    const { index, tables } = this
    // What is open already is looked into again only when something is in the way to be replaced.
    if (index.events.memoryParts.length > partsMax) {
      try {
        for (let ordinal = 0; this.#openSealed(ordinal); ) ordinal++
        const found = this.#coveringTables()
        if (found.length > 0) {
          for (const table of tables) if (!found.includes(table)) this.#retired.push(table.file)
          tables.splice(0, tables.length, ...found)
          index.events.replaceOlder([...found])
        }
      } catch {
        // The writer was quicker, or the disk refused: what was read serves as well, and next time is soon.
      }
    }
    const retired = this.#retired
    this.#retired = []
    return retired
  }

  /** Resolves after a while, or when `signal` aborts, and has refreshed. */
  async moved(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, this.#options.pollIntervalMs)
      signal.addEventListener('abort', done, { once: true })
    })
    if (!this.#closed) this.refresh()
  }

  close(): void {
    this.#closed = true
    this.#head.close()
    for (const file of this.#retired) file.close()
  }

  #coveringTables(): readonly IndexTable[] {
    const { disk, directory } = this.#options
    return coveringTables({
      ...this.#options,
      names: disk.list(directory),
      sealedAt: (ordinal) => this.segments[ordinal]?.sealed,
      known: this.tables,
    })
  }

  // The sealed form of a segment; of one that is followed as it was written, it takes the place.
  readonly #openSealed = (ordinal: number): SealedSegment | undefined => {
    const known = this.segments[ordinal]
    if (known?.sealed) return known.sealed
    // Only what has been read to its end may be replaced.
    const isNew = known === undefined
    if (isNew ? ordinal !== this.segments.length : ordinal >= segmentOf(this.#end)) return undefined
    const { disk, directory, storeId, compression, cache } = this.#options
    const path = join(directory, sealedName(ordinal))
    if (!disk.exists(path)) return undefined
    const file = disk.open(path, 'read')
    try {
      const firstPosition = known?.firstPosition ?? (this.segments.at(-1)?.sealed?.lastPosition ?? 0) + 1
      const sealed = namingFile(
        path,
        () => new SealedSegment(file, { ordinal, storeId, firstPosition }, compression, cache),
      )
      this.segments[ordinal] = { ordinal, firstPosition, path, file, sealed, offsets: new OffsetList() }
      if (known) this.#retired.push(known.file)
      return sealed
    } catch (error) {
      file.close()
      throw error
    }
  }

  #open(ordinal: number): Segment {
    const { disk, directory, storeId, compression, cache } = this.#options
    const { index, segments } = this
    const firstPosition = index.events.last + 1
    if (segments.length > 0 && index.events.last >= (index.events.memoryParts.at(-1)?.first ?? 0))
      index.events.beginPart()
    const sealedPath = join(directory, sealedName(ordinal))
    // The writer may be replacing one by the other: it makes the new one before it removes the old one.
    let isSealed = disk.exists(sealedPath)
    let path = isSealed ? sealedPath : join(directory, segmentName(ordinal))
    if (!isSealed && !disk.exists(path)) {
      isSealed = disk.exists(sealedPath)
      path = isSealed ? sealedPath : path
    }
    // What the head says to be durable has to be there.
    if (!disk.exists(path)) throw damaged(path, 0, 'the file is missing')
    const file = disk.open(path, 'read')
    try {
      const expected = { ordinal, storeId, firstPosition }
      const sealed = isSealed
        ? namingFile(path, () => new SealedSegment(file, expected, compression, cache))
        : undefined
      const problem = isSealed ? undefined : segmentProblem(file, expected)
      if (problem) throw damaged(path, 0, problem)
      const segment = { ordinal, firstPosition, path, file, sealed, offsets: new OffsetList() }
      segments.push(segment)
      return segment
    } catch (error) {
      file.close()
      throw error
    }
  }
}

const attemptsMax = 100
// The one that is followed, the one before it, and one that the writer is busy with.
const partsMax = 3

function isGone(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && cause.code === 'ENOENT') return true
  return false
}
