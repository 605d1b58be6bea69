import type { Appended, Clock, Position } from '@annals/core'
import { AnnalsError, isAnnalsError } from '@annals/core'
import type { AppendRequest } from '@annals/core/store'
import { type Address, addressOf } from './address.ts'
import { commitAlignment, commitHeaderBytes, commitKinds, sealCommit } from './commit.ts'
import { type Disk, type DiskFile, diskError, writeFully } from './disk.ts'
import { encodeRecord, recordBytesMax } from './event-record.ts'
import type { LogIndex, RetentionChange } from './log-index.ts'
import { createSegment, type Segment, segmentHeaderBytes } from './segment.ts'

/** What a writer is made with. */
export interface WriterOptions {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly clock: Clock
  readonly index: LogIndex
  /** All segments; the last one is written to, and new ones are added. */
  readonly segments: Segment[]
  /** Where the log ends. */
  readonly end: number
  readonly segmentBytesMax: number
  /** Whether syncs are always left to a thread, however fast the disk is. */
  readonly isDeterministic: boolean
  /** Is told of everything that has become durable, before anyone who waits for it. */
  readonly onDurable: (group: DurableGroup) => void
  /** Is told that a segment is full and another one has been begun. */
  readonly onFull: () => void
  /** Resolves when there may be one more segment that is not sealed. */
  readonly room: () => Promise<void> | undefined
}

/** A group of commits that has become durable. */
export interface DurableGroup {
  readonly segment: Segment
  readonly offset: number
  /** To be copied by whoever needs them later. */
  readonly bytes: Buffer
  /** The position of the last event of the log. */
  readonly position: Position
}

/** Counts of what a writer has done since the store was opened. */
export interface WriterCounts {
  readonly groups: number
  readonly syncs: number
  readonly bytesWritten: number
}

/** Makes the answer to an append from the positions of its events. */
export type Answer = (positions: readonly Position[]) => Appended | Promise<Appended>

type Task = AppendTask | ChangeTask

interface AppendTask {
  readonly kind: 'append'
  readonly request: AppendRequest
  readonly answer: Answer
  readonly resolve: (appended: Appended | Promise<Appended>) => void
  readonly reject: (error: unknown) => void
  /** Set when its conditions have been checked: the positions of its events, or why there are none. */
  outcome?: readonly Position[] | AnnalsError
}

interface ChangeTask {
  readonly kind: 'change'
  readonly change: RetentionChange
  readonly json: Buffer
  /** Throws if the change cannot be made as things are. */
  readonly check: () => void
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** Why the change cannot be made. */
  outcome?: AnnalsError
}

const groupBytesMax = 8 * 1024 * 1024
// While zeros are written the next group waits; more at a time means longer waits, not fewer syncs.
const preallocatedBytesMax = 1024 * 1024
const preallocatedBytesMin = 256 * 1024
const blockingSyncMsMax = 1

/**
 * Writes the log. Everything that waits is checked, encoded, written and synced as one group; while the disk works the
 * next group gathers. Whoever is in a group is answered when it is durable, the refused too: what they were refused
 * for may be in the same group, and to read it they must be able to see it.
 */
export class Writer {
  readonly #options: WriterOptions
  #queue: Task[] = []
  #working: Promise<void> | undefined
  #scratch = Buffer.allocUnsafeSlow(256 * 1024)
  #used = 0
  #segment: Segment
  #offset: number
  #allocated: number
  #allocation: Promise<void> | undefined
  #failure: AnnalsError | undefined
  #groups = 0
  #syncs = 0
  #bytesWritten = 0
  #lastSyncMs = Infinity

  constructor(options: WriterOptions) {
    this.#options = options
    this.#segment = options.segments.at(-1) as Segment
    this.#offset = options.end
    this.#allocated = options.end
  }

  get counts(): WriterCounts {
    return { groups: this.#groups, syncs: this.#syncs, bytesWritten: this.#bytesWritten }
  }

  /** Where the log ends. Everything before it is durable, and nothing behind it may be read. */
  get end(): Address {
    return addressOf(this.#segment.ordinal, this.#offset)
  }

  append(request: AppendRequest, answer: Answer): Promise<Appended> {
    return new Promise((resolve, reject) =>
      this.#enqueue({ kind: 'append', request, answer, resolve, reject }),
    )
  }

  change(change: RetentionChange, check: () => void): Promise<void> {
    const json = Buffer.from(JSON.stringify(change))
    return new Promise((resolve, reject) =>
      this.#enqueue({ kind: 'change', change, json, check, resolve, reject }),
    )
  }

  /** Waits for everything that was asked for, and gives back what was allocated ahead. */
  async close(): Promise<void> {
    while (this.#working) await this.#working
    await this.#cutTail()
  }

  #enqueue(task: Task): void {
    if (this.#failure) {
      task.reject(storeFailed(this.#failure))
      return
    }
    this.#queue.push(task)
    this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      // Callers that were answered together call again within the same turn; let all of them in.
      await new Promise(setImmediate)
      await this.#nextGroup()
    }
    this.#working = undefined
  }

  async #nextGroup(): Promise<void> {
    let tasks = this.#queue.slice(0, 1)
    try {
      this.#used = 0
      // A group lies in one segment.
      if (this.#mustRoll(tasks[0] as Task)) await this.#roll()
      tasks = this.#take()
      if (this.#used > 0) await this.#makeDurable(tasks.length === 1 && this.#queue.length === 0)
      for (const task of tasks) this.#settle(task)
    } catch (error) {
      this.#fail(error, tasks)
    }
  }

  /** The tasks of the next group, checked and encoded. */
  #take(): Task[] {
    const [first] = this.#queue as [Task]
    let count = 0
    if (first.kind === 'change') {
      // A change of retention is seen by what comes after it, so it has a group of its own.
      this.#encodeChange(first)
      count = 1
    } else {
      for (const task of this.#queue) {
        if (task.kind === 'change' || this.#used >= groupBytesMax || this.#mustRoll(task)) break
        this.#encodeAppend(task)
        count++
      }
    }
    return this.#queue.splice(0, count)
  }

  #settle(task: Task): void {
    const { outcome } = task
    if (outcome instanceof AnnalsError) {
      task.reject(outcome)
    } else if (task.kind === 'change') {
      this.#options.index.change(task.change)
      task.resolve()
    } else {
      try {
        task.resolve(task.answer(outcome as readonly Position[]))
      } catch (error) {
        task.reject(error)
      }
    }
  }

  #encodeAppend(task: AppendTask): void {
    const { index, clock } = this.#options
    const { streams, condition } = task.request
    try {
      task.outcome =
        index.events.check(streams, condition) ??
        this.#encodeCommit(task.request, Math.floor(Math.max(clock(), index.events.lastRecordedAtMs)))
    } catch (error) {
      if (!isAnnalsError(error)) throw error
      task.outcome = error
    }
  }

  #encodeCommit(request: AppendRequest, recordedAtMs: number): readonly Position[] {
    const { index } = this.#options
    const { events } = index
    const { offsets } = this.#segment
    this.#reserve(appendBytesMax(request))
    const at = this.#used
    const position = events.last + 1
    const positions: Position[] = []
    let end = at + commitHeaderBytes
    for (const { stream, events: requests } of request.streams) {
      for (const event of requests) {
        offsets.push(this.#offset + end)
        const staged = events.stage(stream, event, recordedAtMs)
        positions.push(staged)
        end = encodeRecord(this.#scratch, end, stream, events.revisionAt(staged), event)
      }
    }
    this.#used = sealCommit(this.#scratch, at, end, {
      kind: commitKinds.append,
      position,
      recordedAtMs,
      durableUpTo: this.end,
      eventCount: request.eventCount,
    })
    return positions
  }

  #encodeChange(task: ChangeTask): void {
    const { index, clock } = this.#options
    const { change, json } = task
    try {
      task.check()
    } catch (error) {
      if (!isAnnalsError(error)) throw error
      task.outcome = error
      return
    }
    this.#reserve(changeBytesMax(json))
    const end = commitHeaderBytes + json.copy(this.#scratch, commitHeaderBytes)
    const recordedAtMs = Math.floor(Math.max(clock(), index.events.lastRecordedAtMs))
    this.#used = sealCommit(this.#scratch, 0, end, {
      kind: commitKinds[change.kind],
      position: index.events.last,
      recordedAtMs,
      durableUpTo: this.end,
      eventCount: 0,
    })
  }

  async #makeDurable(alone: boolean): Promise<void> {
    const { index, onDurable } = this.#options
    const segment = this.#segment
    const offset = this.#offset
    // Nothing is encoded before this group is durable, so that it stays what it is.
    const bytes = this.#scratch.subarray(0, this.#used)
    // Zeros on their way to the same place would overwrite what is written now.
    if (offset + bytes.length > this.#allocated) await this.#allocation
    writeFully(segment.file, bytes, offset)
    await this.#sync(segment.file, alone)
    this.#offset += bytes.length
    this.#allocated = Math.max(this.#allocated, this.#offset)
    this.#groups++
    this.#syncs++
    this.#bytesWritten += bytes.length
    index.events.publish(index.events.last)
    onDurable({ segment, offset, bytes, position: index.events.last })
    this.#allocateAhead(segment.file)
  }

  // On a fast disk, handing over to a thread and back takes about half as long as the sync itself; while nobody else waits
  // for this writer that is time lost. A slow disk would hold up everything else in this process.
  async #sync(file: DiskFile, alone: boolean): Promise<void> {
    const startedMs = performance.now()
    const waits = alone && !this.#options.isDeterministic && this.#lastSyncMs < blockingSyncMsMax
    if (waits) file.syncNow()
    else await file.sync()
    this.#lastSyncMs = performance.now() - startedMs
  }

  // Blocks that exist already are synced about twice as fast as ones that the file has to grow by.
  #allocateAhead(file: DiskFile): void {
    const { segmentBytesMax } = this.#options
    if (this.#allocation || this.#allocated - this.#offset >= preallocatedBytesMin / 2) return
    const from = this.#allocated
    const length = Math.min(
      segmentBytesMax - from,
      Math.max(preallocatedBytesMin, Math.min(preallocatedBytesMax, this.#offset)),
    )
    if (length <= 0) return
    this.#allocation = file
      .write(Buffer.alloc(length), from)
      .then((written) => {
        this.#allocated = Math.max(this.#allocated, from + written)
      })
      // Only an optimisation: if there is no room, the next append will say so.
      .catch(() => undefined)
      .finally(() => {
        this.#allocation = undefined
      })
  }

  #mustRoll(task: Task): boolean {
    return (
      this.#offset + this.#used > segmentHeaderBytes &&
      this.#offset + this.#used + bytesMaxOf(task) > this.#options.segmentBytesMax
    )
  }

  async #roll(): Promise<void> {
    await this.#allocation
    await this.#options.room()
    const { disk, directory, storeId, clock, index, segments } = this.#options
    // A segment that is followed by another has no room behind its last commit, so that any is damage.
    this.#segment.file.truncate(this.#offset)
    this.#segment = createSegment(disk, directory, {
      ordinal: this.#segment.ordinal + 1,
      firstPosition: index.events.last + 1,
      storeId,
      nowMs: clock(),
    })
    segments.push(this.#segment)
    index.events.beginPart()
    this.#offset = segmentHeaderBytes
    this.#allocated = segmentHeaderBytes
    this.#options.onFull()
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#scratch.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#scratch.length * 2, this.#used + bytes))
    this.#scratch.copy(larger, 0, 0, this.#used)
    this.#scratch = larger
  }

  // What the disk holds of the failed group is not known, so nothing may be written behind it.
  #fail(error: unknown, tasks: readonly Task[]): void {
    this.#failure ??= diskError(error, this.#segment.path)
    refuse(tasks, this.#failure)
    refuse(this.#queue.splice(0), storeFailed(this.#failure))
    void this.#cutTail()
  }

  async #cutTail(): Promise<void> {
    await this.#allocation
    try {
      if (this.#segment.file.size() > this.#offset) this.#segment.file.truncate(this.#offset)
    } catch {
      // It was worth a try; opening the store anew cuts the tail off as well.
    }
  }
}

function refuse(tasks: readonly Task[], error: AnnalsError): void {
  for (const task of tasks) task.reject(error)
}

function bytesMaxOf(task: Task): number {
  return task.kind === 'append' ? appendBytesMax(task.request) : changeBytesMax(task.json)
}

function changeBytesMax(json: Buffer): number {
  return commitHeaderBytes + json.length + commitAlignment
}

function appendBytesMax({ streams }: AppendRequest): number {
  let bytes = commitHeaderBytes + commitAlignment
  for (const { stream, events } of streams) for (const event of events) bytes += recordBytesMax(stream, event)
  return bytes
}

function storeFailed(cause: AnnalsError): AnnalsError<'store-failed'> {
  return new AnnalsError(
    'store-failed',
    `The store takes no appends, since an earlier write failed: ${cause.message} What was recorded can still be read.`,
    { reason: cause.message },
    { cause },
  )
}
