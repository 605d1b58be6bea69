import { join, resolve } from 'node:path'
import type { Clock, EventStore, Position } from '@annals/core'
import { AnnalsError } from '@annals/core'
import { addressOf } from './address.ts'
import { PieceCache } from './cache.ts'
import { type Disk, diskError, realDisk } from './disk.ts'
import { Follower } from './follower.ts'
import { HeadFile, readHead } from './head-file.ts'
import { LogEventStore, type OpenedLog } from './log-store.ts'
import type { MaintenanceStatus } from './maintenance/maintenance.ts'
import type { ScavengeOptions, ScavengeReport } from './maintenance/scavenge.ts'
import { readTail } from './raw-blocks.ts'
import { recover } from './recover.ts'
import { zstdAtOnce, zstdOnThreads } from './sealed/compression.ts'
import { identityIn } from './sealed/identity.ts'
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
  /**
   * When a segment is full, in bytes. At least 4,096. An append larger than this has a segment of its own. The index of what is
   * not sealed yet is in memory, about 90 bytes an event. Default: 32 MiB.
   */
  readonly segmentBytesMax?: number | undefined
  /**
   * The most bytes of what is kept of the disk in memory, however many events and streams there are: blocks of events, pages of
   * the indexes of sealed segments, and the index of what is not sealed, which is never less than it needs. At least 1 MiB.
   * Default: 256 MiB.
   */
  readonly cacheBytesMax?: number | undefined
  /** How often a reader looks for what is new while someone waits for it, in milliseconds. At least 1. Default: 20. */
  readonly pollIntervalMs?: number | undefined
  /**
   * Whether segments that are full are sealed in the background: checked, compressed to a fraction, given an index on disk, and
   * replaced in one step. Without it the index of everything is in memory. Default: true.
   */
  readonly seal?: boolean | undefined
  /**
   * How many full segments may wait to be sealed before appends wait for one of them; `stats().sealing` says how long they
   * did. At least 1. Default: 4.
   */
  readonly unsealedSegmentsMax?: number | undefined
  /**
   * How long after the last time `scavenge` is called by the store itself, in milliseconds. At least 1,000. Default: never.
   */
  readonly scavengeIntervalMs?: number | undefined
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
  /**
   * Removes from the disk what is hidden: events that were truncated, have expired, or are in tombstoned streams, as far as they
   * are in sealed segments. Each segment is written anew without them, beside appends and readers, and replaced in one durable
   * step; so it may be interrupted at any moment, and the next call goes on. Positions and revisions of what remains never
   * change, nor do those that streams have come to. Of each removed event its hash remains, alone or in one for several; its id
   * is forgotten, so that an append that is repeated later is a new one.
   * Backups and open followers keep what they have.
   *
   * What hashes take can be more than what is freed, where events are small and what is hidden lies scattered.
   *
   * @throws AnnalsError `store-read-only`, `store-damaged`, `disk-full`, `disk-error`; the reason of `signal` if it aborts
   */
  scavenge(options?: ScavengeOptions): Promise<ScavengeReport>
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
  /** How many tables the index of the sealed segments is made of. */
  readonly indexTables: number
  /** How sealing is doing; `undefined` if this store does not seal. */
  readonly sealing: MaintenanceStatus | undefined
  /** What segments and indexes take on the disk, in bytes; up to 8 MiB of it may be allocated ahead. */
  readonly diskBytes: number
  /** What is kept of the disk in memory, in bytes. */
  readonly cacheBytes: number
  readonly head: Position
  /** Since it was opened. */
  readonly written: { readonly groups: number; readonly syncs: number; readonly bytesWritten: number }
}

/**
 * Opens the store in a directory, or makes one there. Of sealed segments only the ends are read, whose indexes are on disk;
 * what is not sealed yet is read once.
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
  | 'directory'
  | 'disk'
  | 'clock'
  | 'segmentBytesMax'
  | 'compression'
  | 'seals'
  | 'isDeterministic'
  | 'unsealedSegmentsMax'
  | 'scavengeIntervalMs'
  | 'cache'
> & {
  readonly pollIntervalMs: number
}

function settingsOf(directory: string, options: LogOptions): Settings {
  const {
    disk = realDisk,
    clock = Date.now,
    segmentBytesMax = 32 * 1024 * 1024,
    cacheBytesMax = 256 * 1024 * 1024,
    pollIntervalMs = 20,
    seal = true,
    unsealedSegmentsMax = 4,
    scavengeIntervalMs,
    deterministic = false,
  } = options
  assertAtLeast('segmentBytesMax', segmentBytesMax, 4096)
  assertAtLeast('cacheBytesMax', cacheBytesMax, 1024 * 1024)
  assertAtLeast('pollIntervalMs', pollIntervalMs, 1)
  assertAtLeast('unsealedSegmentsMax', unsealedSegmentsMax, 1)
  if (scavengeIntervalMs !== undefined) assertAtLeast('scavengeIntervalMs', scavengeIntervalMs, 1000)
  return {
    directory: resolve(directory),
    disk,
    clock,
    segmentBytesMax,
    pollIntervalMs,
    unsealedSegmentsMax,
    scavengeIntervalMs,
    cache: new PieceCache(cacheBytesMax),
    compression: deterministic ? zstdAtOnce : zstdOnThreads,
    seals: seal,
    isDeterministic: deterministic,
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
    const { storeId } =
      inspectDirectory(disk, directory) === 'store'
        ? readMarker(disk, directory)
        : createMarker(disk, directory, clock())
    const segments: Segment[] = []
    const identityAt = identityIn(segments)
    const recovered = recover({ ...settings, storeId, identityAt, segments, opened })
    const { index, tables, recovery } = recovered
    const found = segments.at(-1)
    if (!found || found.sealed) {
      const ordinal = segments.length
      const firstPosition = index.events.last + 1
      const next = createSegment(disk, directory, { ordinal, firstPosition, storeId, nowMs: clock() })
      opened.push(next.file)
      segments.push(next)
      index.events.publish(index.events.last)
      index.events.beginPart()
    }
    const last = segments.at(-1) as Segment
    const end = last === found ? recovered.end : segmentHeaderBytes
    const head = new HeadFile(disk, directory, storeId)
    opened.push(head)
    head.write({ durable: addressOf(last.ordinal, end), position: index.events.last, processId: process.pid })
    index.events.publish(index.events.last)
    return {
      ...settings,
      storeId,
      index,
      segments,
      tables: [...tables],
      end,
      tail: readTail(last, end),
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
  const { disk, directory } = settings
  if (inspectDirectory(disk, directory) !== 'store') throw storeNotFound(directory)
  const { storeId } = readMarker(disk, directory)
  const follower = Follower.open({ ...settings, storeId })
  const { index, segments, tables } = follower
  const end = segmentHeaderBytes
  return {
    ...settings,
    storeId,
    index,
    segments,
    tables,
    end,
    tail: Buffer.alloc(0),
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
