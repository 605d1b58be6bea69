import { join } from 'node:path'
import { AnnalsError, isAnnalsError, ProgressMeter } from '@annals/core'
import { OffsetList } from '../address.ts'
import type { PieceCache } from '../cache.ts'
import { type Disk, diskError } from '../disk.ts'
import { namingFile, namingFileLater } from '../file-errors.ts'
import type { LogIndex } from '../log-index.ts'
import type { Compression } from '../sealed/compression.ts'
import { SealedSegment } from '../sealed/sealed-segment.ts'
import { type Segment, sealedName } from '../segment.ts'
import { openTable } from '../table/coverage.ts'
import type { IndexTable } from '../table/index-table.ts'
import { type TableRange, tableName } from '../table/table-format.ts'
import { hiddenEvents, type ScavengeOptions, type ScavengeReport } from './scavenge.ts'
import { StoppedError, TaskRunner } from './task-runner.ts'

/** What maintenance is made with. */
export interface MaintenanceOptions {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly compression: Compression
  readonly cache: PieceCache
  readonly index: LogIndex
  /** All segments; a sealed one takes the place of the full one. */
  readonly segments: Segment[]
  /** The index tables of the first of them, in order. */
  readonly tables: IndexTable[]
  readonly seals: boolean
  readonly unsealedSegmentsMax: number
  readonly scavengeIntervalMs: number | undefined
  readonly isDeterministic: boolean
  /** Resolves when nobody reads any more from files that have been replaced. */
  readonly released: () => Promise<void>
  /** Is told that a segment has been sealed. */
  readonly onSealed: (ordinal: number) => void
}

/** How sealing is doing. */
export interface MaintenanceStatus {
  /** Full segments that are not sealed yet. */
  readonly waiting: number
  /** How long appends have waited for segments to be sealed since the store was opened, in milliseconds. */
  readonly waitedMs: number
  /** Why the last thing to be done could not be; it is tried again when the next segment is full, or the store opened anew. */
  readonly problem: string | undefined
}

// So many tables of about the same size are merged into one. More mean that each entry is written less often, and that
// there are more tables to look into.
const mergedTables = 4
// A table takes its place as a whole, so that beyond this the room for two of them would be missed.
const mergedBytesMax = 4 * 1024 * 1024 * 1024

/**
 * Keeps a log in shape beside appends and readers: seals full segments, the oldest first, merges index tables, and removes
 * events that are hidden. One thing at a time; each is written beside what it will replace, and put in its place in one step.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions
  readonly #runner: TaskRunner
  #turn: Promise<unknown> = Promise.resolve()
  #isRunning = false
  #isClosing = false
  #problem: string | undefined
  #waitedMs = 0
  readonly #roomWaiters = new Set<() => void>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: MaintenanceOptions) {
    this.#options = options
    this.#runner = new TaskRunner(options)
    this.#schedule()
  }

  get status(): MaintenanceStatus {
    return { waiting: this.#waiting, waitedMs: this.#waitedMs, problem: this.#problem }
  }

  /** Begins, if there is something to do and nothing is being done. */
  wake(): void {
    if (this.#isClosing || this.#isRunning) return
    this.#isRunning = true
    void this.#run().finally(() => {
      this.#isRunning = false
    })
  }

  /** Resolves when there may be one more full segment: the index of what is not sealed is in memory, and has a limit. */
  room(): Promise<void> | undefined {
    if (!this.#hasToWait) return undefined
    this.wake()
    const startedMs = performance.now()
    return new Promise((resolve) => {
      const look = () => {
        if (this.#hasToWait) return
        this.#roomWaiters.delete(look)
        this.#waitedMs += performance.now() - startedMs
        resolve()
      }
      this.#roomWaiters.add(look)
    })
  }

  /** Removes what is hidden from sealed segments. @throws what `LogStore.scavenge` does */
  async scavenge(options: ScavengeOptions = {}): Promise<ScavengeReport> {
    try {
      return await this.#scavenge(options)
    } catch (error) {
      if (!(error instanceof StoppedError)) throw error
      throw new AnnalsError(
        'store-closed',
        'The store was closed while it was scavenged. What was removed is; open it and scavenge again for the rest.',
        {},
      )
    }
  }

  async #scavenge({ dryRun = false, onProgress, signal }: ScavengeOptions): Promise<ScavengeReport> {
    const { segments, index } = this.#options
    const sealed = segments.filter((segment) => segment.sealed).map(({ ordinal }) => ordinal)
    const sizeOf = (ordinal: number) => (segments[ordinal] as Segment).file.size()
    const total = sealed.reduce((sum, ordinal) => sum + sizeOf(ordinal), 0)
    const meter = new ProgressMeter(onProgress)
    const report = { segmentsRewritten: 0, eventsRemoved: 0, bytesFreed: 0 }
    let done = 0
    for (const ordinal of index.events.mayHide ? sealed : []) {
      signal?.throwIfAborted()
      const bytes = sizeOf(ordinal)
      const { events, freed } = await this.#inTurn(() => this.#scavengeSegment(ordinal, dryRun))
      if (events > 0) report.segmentsRewritten++
      report.eventsRemoved += events
      report.bytesFreed += freed
      done += bytes
      meter.update(Math.min(done, total - 1), total)
    }
    const tableBytes = () => this.#options.tables.reduce((sum, { file }) => sum + file.size(), 0)
    const before = tableBytes()
    if (!dryRun) while (await this.#inTurn(() => this.#pruneTable()));
    report.bytesFreed += before - tableBytes()
    meter.update(total, total)
    const bytesBefore = total + before
    return {
      dryRun,
      segments: sealed.length,
      ...report,
      bytesBefore,
      bytesAfter: bytesBefore - report.bytesFreed,
    }
  }

  /** Leaves what is being written unfinished; the next opening clears it up. */
  async close(): Promise<void> {
    this.#isClosing = true
    clearTimeout(this.#timer)
    this.#wakeAppends()
    await this.#runner.close()
    await this.#turn.catch(() => undefined)
  }

  get #waiting(): number {
    return this.#options.segments.slice(this.#covered, -1).filter(({ sealed }) => !sealed).length
  }

  // An append that waits for what cannot be done would wait for ever.
  get #hasToWait(): boolean {
    const { seals, unsealedSegmentsMax } = this.#options
    return seals && !this.#isClosing && this.#problem === undefined && this.#waiting >= unsealedSegmentsMax
  }

  /** How many segments have index tables. */
  get #covered(): number {
    return (this.#options.tables.at(-1)?.range.lastOrdinal ?? -1) + 1
  }

  async #run(): Promise<void> {
    this.#problem = undefined
    try {
      while (!this.#isClosing && (await this.#inTurn(() => this.#step())));
    } catch (error) {
      // What is there is as good as before, only larger.
      if (!(error instanceof StoppedError))
        this.#problem = isAnnalsError(error) ? error.message : String(error)
    }
    this.#wakeAppends()
  }

  #wakeAppends(): void {
    for (const look of [...this.#roomWaiters]) look()
  }

  /** Whether there was something to do. */
  async #step(): Promise<boolean> {
    if (this.#isClosing) return false
    return (await this.#coverNext()) || (await this.#mergeNext()) || (await this.#pruneTable())
  }

  /** Seals the next segment, or makes its index table if it is sealed already. */
  async #coverNext(): Promise<boolean> {
    const { segments, seals } = this.#options
    const ordinal = this.#covered
    const segment = segments[ordinal]
    if (!segment || !seals || ordinal === segments.length - 1) return false
    if (segment.sealed) await this.#runner.run({ kind: 'index', ordinal }, segment.file.size())
    else await this.#seal(segment)
    const range = { firstOrdinal: ordinal, lastOrdinal: ordinal }
    if (segment.sealed) this.#putInPlace([tableName(range)])
    this.#adopt([], range)
    this.#wakeAppends()
    return true
  }

  async #seal(segment: Segment): Promise<void> {
    const { disk, directory, segments, released } = this.#options
    const { ordinal, firstPosition } = segment
    await this.#runner.run({ kind: 'seal', ordinal, firstPosition }, segment.file.size())
    // The index first: without its segment it is only left over, and the segment does not lack it.
    this.#putInPlace([tableName({ firstOrdinal: ordinal, lastOrdinal: ordinal }), sealedName(ordinal)])
    segments[ordinal] = this.#openSealed(segment)
    this.#options.onSealed(ordinal)
    // Before the full one goes, its successor has to be there for ever.
    void released().then(() => segment.file.close())
    disk.remove(segment.path)
    disk.syncDirectory(directory)
  }

  #openSealed({ ordinal, firstPosition }: Segment): Segment {
    const { disk, directory, storeId, compression, cache } = this.#options
    const path = join(directory, sealedName(ordinal))
    const file = disk.open(path, 'read')
    try {
      const expected = { ordinal, storeId, firstPosition }
      const sealed = namingFile(path, () => new SealedSegment(file, expected, compression, cache))
      return { ordinal, firstPosition, path, file, sealed, offsets: new OffsetList() }
    } catch (error) {
      file.close()
      throw error
    }
  }

  /** Merges the oldest tables of about the same size, if there are enough of them. */
  async #mergeNext(): Promise<boolean> {
    const { tables } = this.#options
    for (let from = 0; from + mergedTables <= tables.length; from++) {
      const merged = tables.slice(from, from + mergedTables)
      const bytes = merged.reduce((sum, { file }) => sum + file.size(), 0)
      if (new Set(merged.map(levelOf)).size > 1 || bytes > mergedBytesMax) continue
      const ranges = merged.map(({ range }) => range)
      const range = rangeOver(ranges)
      await this.#runner.run({ kind: 'merge', ranges, isPruned: false }, bytes)
      this.#putInPlace([tableName(range)])
      this.#adopt(merged, range)
      this.#removeTables(merged)
      return true
    }
    return false
  }

  /** Removes from a table what is no longer in its segments. */
  async #pruneTable(): Promise<boolean> {
    const { tables, segments } = this.#options
    const stale = tables.find(({ range, footer }) => {
      let generation = 0
      for (let ordinal = range.firstOrdinal; ordinal <= range.lastOrdinal; ordinal++)
        generation += segments[ordinal]?.sealed?.footer.generation ?? 0
      return generation !== footer.generation
    })
    if (!stale) return false
    const { range } = stale
    await this.#runner.run({ kind: 'merge', ranges: [range], isPruned: true }, stale.file.size())
    this.#putInPlace([tableName(range)])
    this.#adopt([stale], range)
    stale.file.close()
    return true
  }

  async #scavengeSegment(
    ordinal: number,
    dryRun: boolean,
  ): Promise<{ readonly events: number; readonly freed: number }> {
    const { segments, index, released } = this.#options
    for (;;) {
      if (this.#isClosing) throw new StoppedError()
      const segment = segments[ordinal] as Segment
      const sealed = segment.sealed as SealedSegment
      const { policyChanges } = index.events
      const hidden = await namingFileLater(
        segment.path,
        hiddenEvents(sealed, index.events, () => this.#pause()),
      )
      const bytes = segment.file.size()
      if (hidden.size === 0) return { events: 0, freed: 0 }
      if (dryRun)
        return { events: hidden.size, freed: Math.floor((bytes * hidden.size) / sealed.footer.eventCount) }
      await this.#runner.run({ kind: 'rewrite', ordinal, removed: hidden.bits }, bytes)
      // What a removed policy hid is visible again, and must not go.
      if (policyChanges !== index.events.policyChanges) continue
      this.#putInPlace([sealedName(ordinal)])
      segments[ordinal] = this.#openSealed(segment)
      void released().then(() => segment.file.close())
      return { events: hidden.size, freed: bytes - (segments[ordinal] as Segment).file.size() }
    }
  }

  async #pause(): Promise<void> {
    await new Promise(setImmediate)
    if (this.#isClosing) throw new StoppedError()
  }

  /** Gives files that were written and synced their names, in this order. */
  #putInPlace(names: readonly string[]): void {
    const { disk, directory } = this.#options
    for (const name of names) disk.rename(join(directory, `${name}.new`), join(directory, name))
    disk.syncDirectory(directory)
  }

  /** Opens a new table and uses it in the place of others, or behind all of them. */
  #adopt(replaced: readonly IndexTable[], range: TableRange): void {
    const { tables, index } = this.#options
    const path = join(this.#options.directory, tableName(range))
    const table = namingFile(path, () => openTable(range, this.#options))
    const at = replaced[0] ? tables.indexOf(replaced[0]) : tables.length
    tables.splice(at, replaced.length, table)
    index.events.replaceOlder([...tables])
  }

  #removeTables(tables: readonly IndexTable[]): void {
    const { disk, directory } = this.#options
    for (const { file, range } of tables) {
      file.close()
      disk.remove(join(directory, tableName(range)))
    }
    disk.syncDirectory(directory)
  }

  async #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(act, act)
    this.#turn = turn.catch(() => undefined)
    try {
      return await turn
    } catch (error) {
      throw error instanceof StoppedError || !(error instanceof Error && 'code' in error)
        ? error
        : diskError(error, 'path' in error ? String(error.path) : this.#options.directory)
    }
  }

  #schedule(): void {
    const { scavengeIntervalMs } = this.#options
    if (scavengeIntervalMs === undefined || this.#isClosing) return
    this.#timer = setTimeout(() => {
      this.scavenge()
        .catch((error: unknown) => {
          if (!(error instanceof StoppedError))
            this.#problem = isAnnalsError(error) ? error.message : String(error)
        })
        .finally(() => this.#schedule())
    }, scavengeIntervalMs)
    // It is no reason for a program to go on.
    this.#timer.unref()
  }
}

// Tables of one level have been merged as often as each other.
function levelOf({ range: { firstOrdinal, lastOrdinal } }: IndexTable): number {
  return Math.floor(Math.log(lastOrdinal - firstOrdinal + 1) / Math.log(mergedTables) + 1e-9)
}

function rangeOver(ranges: readonly TableRange[]): TableRange {
  return {
    firstOrdinal: Math.min(...ranges.map(({ firstOrdinal }) => firstOrdinal)),
    lastOrdinal: Math.max(...ranges.map(({ lastOrdinal }) => lastOrdinal)),
  }
}
