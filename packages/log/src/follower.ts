import { join } from 'node:path'
import { type Address, addressOf, offsetOf, segmentOf } from './address.ts'
import { type Disk, diskError } from './disk.ts'
import { HeadReader } from './head-file.ts'
import type { LogIndex } from './log-index.ts'
import { scanCommits } from './scan.ts'
import { damaged, type Segment, segmentHeaderBytes, segmentName, segmentProblem } from './segment.ts'

/** What a follower is made with. */
export interface FollowerOptions {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly index: LogIndex
  /** The segments opened so far; new ones are added. */
  readonly segments: Segment[]
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
      const size = segment.file.size()
      const to = segmentOf(durable) === ordinal ? offsetOf(durable) : size
      if (to > size) throw damaged(segment.path, size, 'the file ends here, but more of it had been durable')
      const { offset, problem } = scanCommits(segment.file, offsetOf(this.#end), to, (bytes, at, end, from) =>
        index.take(bytes, at, end, addressOf(ordinal, from)),
      )
      if (problem) throw damaged(segment.path, offset, problem)
      this.#end = segmentOf(durable) === ordinal ? durable : addressOf(ordinal + 1, segmentHeaderBytes)
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
    const { disk, directory, storeId, index, segments } = this.#options
    const firstPosition = index.events.last + 1
    const path = join(directory, segmentName(ordinal))
    // What the head says to be durable has to be there.
    if (!disk.exists(path)) throw damaged(path, 0, 'the file is missing')
    const segment = { ordinal, firstPosition, path, file: disk.open(path, 'read') }
    // Known from here on, so that it is closed with the others.
    segments.push(segment)
    const problem = segmentProblem(segment.file, { ordinal, firstPosition, storeId })
    if (problem) throw damaged(path, 0, problem)
    return segment
  }
}
