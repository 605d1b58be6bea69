import { join, resolve } from 'node:path'
import type { Clock, EventStore, Position } from '@annals/core'
import { AnnalsError } from '@annals/core'
import { addressOf } from './address.ts'
import { BlockCache } from './block-cache.ts'
import { zstdAtOnce, zstdOnThreads } from './compression.ts'
import { type Disk, diskError, realDisk } from './disk.ts'
import { Follower } from './follower.ts'
import { HeadFile, readHead } from './head-file.ts'
import { LogIndex } from './log-index.ts'
import { LogEventStore, type OpenedLog } from './log-store.ts'
import { recover } from './recover.ts'
import type { SealingStatus } from './sealer.ts'
import { createSegment, type Segment, segmentHeaderBytes } from './segment.ts'
import { createMarker, inspectDirectory, readMarker, storeNotFound } from './store-directory.ts'
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
  /**
   * Whether segments that are full are sealed in the background: checked, compressed to a fraction, and replaced in one
   * step. Default: true.
   */
  readonly seal?: boolean | undefined
  /**
   * Makes the same calls have the same effects in the same order each time, as simulations need it: no other threads, and no
   * choice by how long something took. Slower. Default: false.
   */
  readonly deterministic?: boolean | undefined
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
  /** How many of them are sealed. */
  readonly sealedSegments: number
  /** How sealing is doing; `undefined` if this store does not seal. */
  readonly sealing: SealingStatus | undefined
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

type Settings = Pick<
  OpenedLog,
  'directory' | 'disk' | 'clock' | 'segmentBytesMax' | 'compression' | 'seals' | 'syncsOnThreads'
> & {
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
    seal = true,
    deterministic = false,
  } = options
  assertAtLeast('segmentBytesMax', segmentBytesMax, 4096)
  assertAtLeast('cacheBytesMax', cacheBytesMax, 1024 * 1024)
  assertAtLeast('pollIntervalMs', pollIntervalMs, 1)
  const compression = deterministic ? zstdAtOnce : zstdOnThreads
  return {
    directory: resolve(directory),
    disk,
    clock,
    segmentBytesMax,
    cacheBytesMax,
    pollIntervalMs,
    compression,
    seals: seal,
    syncsOnThreads: deterministic,
  }
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
    const recovered = recover({ ...settings, storeId: marker.storeId, index, opened })
    const { segments, recovery } = recovered
    const { storeId } = marker
    const found = segments.at(-1)
    if (!found || found.sealed) {
      const ordinal = segments.length
      const firstPosition = index.events.last + 1
      const next = createSegment(disk, directory, { ordinal, firstPosition, storeId, nowMs: clock() })
      opened.push(next.file)
      segments.push(next)
    }
    const last = segments.at(-1) as Segment
    const end = last === found ? recovered.end : segmentHeaderBytes
    const head = new HeadFile(disk, directory, storeId)
    opened.push(head)
    head.write({ durable: addressOf(last.ordinal, end), position: index.events.last, processId: process.pid })
    index.events.publish(index.events.last)
    const cache = new BlockCache(settings.cacheBytesMax)
    cache.seed(last, end)
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

function assertAtLeast(argument: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return
  const expected = `a whole number from ${min} up`
  throw new AnnalsError(
    'invalid-argument',
    `The option ${argument} cannot be used: expected ${expected}, but got ${value}.`,
    { argument, expected, received: value },
  )
}
