import { join } from 'node:path'
import { type Address, addressOf, offsetOf, segmentOf } from './address.ts'
import type { Compression } from './compression.ts'
import { type Disk, diskError } from './disk.ts'
import { HeadReader } from './head-file.ts'
import type { LogIndex } from './log-index.ts'
import { type CommitVisitor, scanCommits } from './scan.ts'
import { SealedBlocks, SealedDamage, scanSealed } from './sealed-segment.ts'
import {
  damaged,
  type Segment,
  sealedName,
  segmentEnd,
  segmentHeaderBytes,
  segmentName,
  segmentProblem,
} from './segment.ts'

/** What a follower is made with. */
export interface FollowerOptions {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly index: LogIndex
  /** The segments opened so far; new ones are added. */
  readonly segments: Segment[]
  readonly compression: Compression
  readonly pollIntervalMs: number
}

/** Reads what another process writes, up to what that one has said to be durable. */
export class Follower {
  readonly #options: FollowerOptions
  readonly #head: HeadReader
  #end: Address
  #closed = false

  constructor(options: FollowerOptions & { readonly end: Address }) {
    this.#options = options
    this.#end = options.end
    this.#head = new HeadReader(options.disk, options.directory, options.storeId)
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
    const { index, segments } = this.#options
    while (durable !== undefined && durable > this.#end) {
      const ordinal = segmentOf(this.#end)
      const segment = segments[ordinal] ?? this.#open(ordinal)
      // A segment that another one follows ends where its file ends.
      const size = segmentEnd(segment)
      const to = segmentOf(durable) === ordinal ? offsetOf(durable) : size
      if (to > size) throw damaged(segment.path, size, 'the file ends here, but more of it had been durable')
      const isSealed = segment.sealed !== undefined
      const visit: CommitVisitor = (bytes, at, end, from) =>
        index.take(bytes, at, end, addressOf(ordinal, from), { isSealed })
      // One that is sealed already when it is opened is taken in as a whole.
      const { offset, problem } = segment.sealed
        ? scanSealed(segment.sealed, visit)
        : scanCommits(segment.file, offsetOf(this.#end), to, visit)
      if (problem) throw damaged(segment.path, offset, problem)
      // Of a sealed segment all is durable, although the head of an interrupted backup may not know.
      const end = segment.sealed ? addressOf(ordinal, segment.sealed.rawEnd) : durable
      this.#end = segmentOf(durable) === ordinal ? end : addressOf(ordinal + 1, segmentHeaderBytes)
      index.events.publish(index.events.last)
    }
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
  }

  #open(ordinal: number): Segment {
    const { disk, directory, storeId, index, segments, compression } = this.#options
    const firstPosition = index.events.last + 1
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
    const segment = { ordinal, firstPosition, path, file: disk.open(path, 'read') }
    // Known from here on, so that it is closed with the others.
    segments.push(segment)
    if (isSealed) {
      try {
        const sealed = new SealedBlocks(segment.file, { ...segment, storeId }, compression)
        segments[ordinal] = { ...segment, sealed }
      } catch (error) {
        throw error instanceof SealedDamage ? damaged(path, error.offset, error.message) : error
      }
      return segments[ordinal] as Segment
    }
    const problem = segmentProblem(segment.file, { ordinal, firstPosition, storeId })
    if (problem) throw damaged(path, 0, problem)
    return segment
  }
}
