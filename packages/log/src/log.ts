import { join, resolve } from 'node:path'
import type { Clock, EventStore, Position } from '@annals/core'
import { AnnalsError } from '@annals/core'
import { addressOf, offsetOf, segmentOf } from './address.ts'
import { BlockCache } from './block-cache.ts'
import { type Disk, diskError, readFully, realDisk, writeFully } from './disk.ts'
import { Follower } from './follower.ts'
import { type Head, HeadFile, readHead } from './head-file.ts'
import { LogIndex } from './log-index.ts'
import { LogEventStore, type OpenedLog } from './log-store.ts'
import { inspectTail, scanCommits } from './scan.ts'
import {
  createSegment,
  damaged,
  isUnfinished,
  ordinalOfName,
  type Segment,
  segmentHeaderBytes,
  segmentName,
  segmentProblem,
} from './segment.ts'
import {
  createMarker,
  inspectDirectory,
  readMarker,
  type StoreMarker,
  storeNotFound,
} from './store-directory.ts'
import type { VerifyOptions, VerifyReport } from './verify.ts'

/** Settings of an embedded store. */
export interface LogOptions {
  /** Whether a store is made where there is none. Default: true; never when `readOnly`. */
  readonly create?: boolean | undefined
  /**
   * Opens the store beside its writer, in this process or another, to read and to follow it. Sees what is durable, a
   * moment later. Takes no lock and writes nothing. Default: false.
   */
  readonly readOnly?: boolean | undefined
  /** Tells the time of recording, and of expiry. Default: the system's clock. */
  readonly clock?: Clock | undefined
  /** When a segment is full, in bytes. At least 4,096. An append larger than this has a segment of its own. Default: 64 MiB. */
  readonly segmentBytesMax?: number | undefined
  /** The most bytes of blocks kept in memory, beside the index. At least 1 MiB. Default: 64 MiB. */
  readonly cacheBytesMax?: number | undefined
  /** How often a reader looks for what is new while someone waits for it, in milliseconds. At least 1. Default: 20. */
  readonly pollIntervalMs?: number | undefined
  /** What the store is kept on. Default: the disk of this machine. */
  readonly disk?: Disk | undefined
}

/** The embedded store: an `EventStore` in one directory. */
export interface LogStore extends EventStore {
  /** Its directory, absolute. */
  readonly directory: string
  /** What opening had to cut off, if anything: the end of a write that a crash interrupted, and that nobody was told had succeeded. */
  readonly recovery: Recovery | undefined
  /** Counts, of what is visible and of what was written since it was opened. */
  stats(): Promise<LogStats>
  /** Reads every byte again and checks all that can be checked. Damage is reported, not thrown. */
  verify(options?: VerifyOptions): Promise<VerifyReport>
}

/** What was cut off when the store was opened. */
export interface Recovery {
  readonly file: string
  /** Where the file ends now. */
  readonly offset: number
  readonly bytesCut: number
}

/** Counts of a store. */
export interface LogStats {
  readonly directory: string
  readonly storeId: string
  /** Events that were ever recorded, hidden ones included. */
  readonly events: number
  readonly streams: number
  readonly segments: number
  /** What the segments take on the disk, in bytes; up to 8 MiB of it may be allocated ahead. */
  readonly diskBytes: number
  readonly head: Position
  /** Since it was opened. */
  readonly written: { readonly groups: number; readonly syncs: number; readonly bytesWritten: number }
}

/**
 * Opens the store in a directory, or makes one there. Reads all of it once to make the index anew, about 60 bytes of
 * memory an event.
 *
 * An append is durable when its promise resolves: written and synced; appends that wait at the same time share one sync.
 * Only one writer at a time may have a store open; a process that ends, however it ends, gives it free.
 *
 * @throws AnnalsError `store-locked`, `store-not-found`, `not-a-store`, `store-format-unsupported`, `store-read-only`,
 *   `store-damaged` naming file and offset, `disk-full`, `disk-error`, `invalid-argument`
 */
export async function openLog(directory: string, options: LogOptions = {}): Promise<LogStore> {
  const settings = settingsOf(directory, options)
  try {
    return new LogEventStore(
      options.readOnly ? openReading(settings) : openWriting(settings, options.create ?? true),
    )
  } catch (error) {
    throw error instanceof AnnalsError || !(error instanceof Error && 'code' in error)
      ? error
      : diskError(error, 'path' in error ? String(error.path) : settings.directory)
  }
}

type Settings = Pick<OpenedLog, 'directory' | 'disk' | 'clock' | 'segmentBytesMax'> & {
  readonly cacheBytesMax: number
  readonly pollIntervalMs: number
}

function settingsOf(directory: string, options: LogOptions): Settings {
  const {
    disk = realDisk,
    clock = Date.now,
    segmentBytesMax = 64 * 1024 * 1024,
    cacheBytesMax = 64 * 1024 * 1024,
    pollIntervalMs = 20,
  } = options
  assertAtLeast('segmentBytesMax', segmentBytesMax, 4096)
  assertAtLeast('cacheBytesMax', cacheBytesMax, 1024 * 1024)
  assertAtLeast('pollIntervalMs', pollIntervalMs, 1)
  return { directory: resolve(directory), disk, clock, segmentBytesMax, cacheBytesMax, pollIntervalMs }
}

function openWriting(settings: Settings, create: boolean): OpenedLog {
  const { disk, directory, clock } = settings
  const state = inspectDirectory(disk, directory)
  if (state !== 'store' && !create) throw storeNotFound(directory)
  if (state === 'missing') disk.makeDirectory(directory)
  const lock = disk.lock(join(directory, 'lock'))
  if (!lock) throw storeLocked(directory, readHead(disk, directory)?.processId)
  const opened: { close(): void }[] = []
  try {
    // Looked at again now that nobody else can be making it.
    const marker =
      inspectDirectory(disk, directory) === 'store'
        ? readMarker(disk, directory)
        : createMarker(disk, directory, clock())
    const index = new LogIndex({ storeId: marker.storeId, now: clock })
    const segments = openSegments(disk, directory, opened)
    const { end, recovery } = recover(settings, marker, index, segments)
    if (segments.length === 0) {
      const { storeId } = marker
      const first = createSegment(disk, directory, { ordinal: 0, firstPosition: 1, storeId, nowMs: clock() })
      opened.push(first.file)
      segments.push(first)
    }
    const last = segments.at(-1) as Segment
    makeTailDurable(last, end, readHead(disk, directory, marker.storeId))
    const head = new HeadFile(disk, directory, marker.storeId)
    opened.push(head)
    head.write({ durable: addressOf(last.ordinal, end), position: index.events.last, processId: process.pid })
    index.events.publish(index.events.last)
    const cache = new BlockCache(settings.cacheBytesMax)
    cache.seed(last, end)
    const { storeId } = marker
    return {
      ...settings,
      storeId,
      index,
      cache,
      segments,
      end,
      recovery,
      writing: { lock, head },
      follower: undefined,
    }
  } catch (error) {
    for (const file of opened) file.close()
    lock.release()
    throw error
  }
}

function storeLocked(directory: string, processId: number | undefined): AnnalsError<'store-locked'> {
  const who = processId ? `process ${processId}` : 'another process'
  return new AnnalsError(
    'store-locked',
    `The store ${directory} is open for writing in ${who}. Close it there, or open it here with readOnly.`,
    { directory, processId },
  )
}

function openReading(settings: Settings): OpenedLog {
  const { disk, directory, clock } = settings
  if (inspectDirectory(disk, directory) !== 'store') throw storeNotFound(directory)
  const { storeId } = readMarker(disk, directory)
  const index = new LogIndex({ storeId, now: clock })
  const segments: Segment[] = []
  const end = addressOf(0, segmentHeaderBytes)
  const follower = new Follower({ ...settings, storeId, index, segments, end })
  try {
    follower.refresh()
  } catch (error) {
    for (const { file } of segments) file.close()
    follower.close()
    throw error
  }
  const cache = new BlockCache(settings.cacheBytesMax)
  return {
    ...settings,
    storeId,
    index,
    cache,
    segments,
    end,
    recovery: undefined,
    writing: undefined,
    follower,
  }
}

function openSegments(disk: Disk, directory: string, opened: { close(): void }[]): Segment[] {
  const ordinals = disk
    .list(directory)
    .flatMap((name) => ordinalOfName(name) ?? [])
    .sort((a, b) => a - b)
  return ordinals.map((named, ordinal) => {
    const path = join(directory, segmentName(named))
    const file = disk.open(path, 'write')
    opened.push(file)
    return { ordinal, firstPosition: 0, path, file }
  })
}

/** Reads all segments into the index, and cuts off what a crash left unfinished at the end of the last. */
function recover(
  settings: Settings,
  { storeId }: StoreMarker,
  index: LogIndex,
  segments: Segment[],
): { readonly end: number; readonly recovery: Recovery | undefined } {
  const head = readHead(settings.disk, settings.directory, storeId)
  let end = segmentHeaderBytes
  let recovery: Recovery | undefined
  // Only done when nothing is found to be damaged, since then nothing may be changed.
  let mend: (() => void) | undefined
  for (const segment of [...segments]) {
    const { ordinal, path, file } = segment
    const firstPosition = index.events.last + 1
    const isLast = ordinal === segments.length - 1
    const durable = head ? head.durable : 0
    // The next segment would be made in the place of one that has its name.
    const isMisnamed = path !== join(settings.directory, segmentName(ordinal))
    const header =
      segmentProblem(file, { ordinal, firstPosition, storeId }) ??
      (isMisnamed ? `its name is not that of segment ${ordinal}, which it is` : undefined)
    if (header) {
      if (!isLast || isMisnamed || !isUnfinished(file, ordinal, head?.durable)) throw damaged(path, 0, header)
      recovery = { file: path, offset: 0, bytesCut: file.size() }
      mend = () => {
        file.close()
        settings.disk.remove(path)
        settings.disk.syncDirectory(settings.directory)
      }
      segments.pop()
      break
    }
    segments[ordinal] = { ...segment, firstPosition }
    const size = file.size()
    let misfit: string | undefined
    const scan = scanCommits(file, segmentHeaderBytes, size, (bytes, at, contentEnd, offset) => {
      misfit = index.take(bytes, at, contentEnd, addressOf(ordinal, offset))
      return misfit
    })
    end = scan.offset
    if (scan.problem === undefined) continue
    const tail = inspectTail(file, ordinal, end)
    // A crash tears commits, but leaves none that is whole and does not fit.
    if (!isLast || misfit || tail.wasDurable || durable > addressOf(ordinal, end))
      throw damaged(path, end, scan.problem)
    if (tail.end > end) recovery = { file: path, offset: end, bytesCut: tail.end - end }
    mend = () => file.truncate(scan.offset)
  }
  const last = Math.max(0, segments.length - 1)
  if (head && head.durable > addressOf(last, segments.length > 0 ? end : 0)) {
    const path = segments[last]?.path ?? join(settings.directory, segmentName(0))
    throw damaged(path, end, 'the log ends here, but more of it had been durable')
  }
  mend?.()
  return { end, recovery }
}

/**
 * A writer that was killed may have written what it never synced; it counts from now on, so it has to be durable. It is
 * written again, since after a failed sync the system takes pages for clean that never reached the disk.
 */
function makeTailDurable({ ordinal, file }: Segment, end: number, head: Head | undefined): void {
  const durable = head && segmentOf(head.durable) === ordinal ? offsetOf(head.durable) : segmentHeaderBytes
  for (let offset = durable; offset < end; offset += rewrittenBytesMax) {
    const bytes = readFully(file, Buffer.alloc(Math.min(rewrittenBytesMax, end - offset)), offset)
    writeFully(file, bytes, offset)
  }
  file.syncNow()
}

const rewrittenBytesMax = 4 * 1024 * 1024

function assertAtLeast(argument: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return
  const expected = `a whole number from ${min} up`
  throw new AnnalsError(
    'invalid-argument',
    `The option ${argument} cannot be used: expected ${expected}, but got ${value}.`,
    { argument, expected, received: value },
  )
}
