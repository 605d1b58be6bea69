import { join } from 'node:path'
import type { JsonObject, JsonValue, NewEvent, StreamAppend } from '@annals/core'
import { DerivedEventIds } from '@annals/core/store'
import type { Address } from './address.ts'
import { commitHeaderBytes, commitKinds, isInPlace } from './commit.ts'
import type { Disk, DiskFile } from './disk.ts'
import { decodeTags, recordLayout } from './event-record.ts'
import { type LogStore, openLog } from './log.ts'
import type { RetentionChange } from './log-index.ts'
import type { Losses } from './losses.ts'
import type { SoundCommit } from './salvage.ts'

/** The new store that the commits of a damaged one are recorded in anew, one after the other. */
export class SalvagedStore {
  commits = 0
  events = 0
  /** Changes of retention that there is nothing left for. */
  readonly changesLost: RetentionChange[] = []
  readonly #store: LogStore
  readonly #disk: Disk
  readonly #derivedIds: DerivedEventIds
  readonly #clock: { nowMs: number }

  /** Makes it. `storeId` is that of the damaged store. */
  static async create(disk: Disk, directory: string, storeId: string): Promise<SalvagedStore> {
    const clock = { nowMs: Date.now() }
    const store = await openLog(directory, { disk: withoutSyncs(disk), clock: () => clock.nowMs })
    return new SalvagedStore(disk, store, clock, storeId)
  }

  private constructor(disk: Disk, store: LogStore, clock: { nowMs: number }, storeId: string) {
    this.#disk = disk
    this.#store = store
    this.#clock = clock
    this.#derivedIds = new DerivedEventIds(storeId)
  }

  /** Records the commit at an address, if that matters, anew, and tells `losses` of it. Resolves to why it cannot be, if so; then nothing of it is. */
  async take(commit: SoundCommit, address: Address | undefined, losses: Losses): Promise<string | undefined> {
    const { position, recordedAtMs, kind } = commit.header
    // Revisions begin anew in the new store, so that there is nothing to be said of what went before.
    if (kind === commitKinds.removed) return undefined
    const first = kind === commitKinds.append ? position : position + 1
    if (first < losses.next) return `a commit for position ${first}, expected ${losses.next}`
    // One that got there some other way might undo a later one. Appends are known by their positions.
    const isChange = kind !== commitKinds.append
    if (isChange && address !== undefined && !isInPlace(commit.header, address, undefined))
      return 'a change of retention that was written for another place'
    let content: readonly SalvagedEvent[] | RetentionChange
    try {
      content = kind === commitKinds.append ? this.#eventsOf(commit) : changeOf(commit)
    } catch (error) {
      return `a commit that cannot be read: ${error instanceof Error ? error.message : String(error)}`
    }
    losses.expect(first)
    // The store then gives its events the time that they were given once.
    this.#clock.nowMs = recordedAtMs
    if ('kind' in content) await this.#change(content, losses)
    else {
      for (const { stream, revision } of content) losses.seen(stream, revision)
      await this.#store.append(appendsOf(content))
      this.events += content.length
      this.commits++
    }
    return undefined
  }

  /** Closes the store, with everything in it durable. */
  async close(): Promise<void> {
    await this.#store.close()
    const { directory } = this.#store
    for (const name of this.#disk.list(directory)) {
      if (name === 'lock') continue
      const file = this.#disk.open(join(directory, name), 'write')
      try {
        await file.sync()
      } finally {
        file.close()
      }
    }
    this.#disk.syncDirectory(directory)
  }

  async #change(change: RetentionChange, losses: Losses): Promise<void> {
    if (change.kind !== 'retain' && losses.left(change.stream) === 0) {
      this.changesLost.push(change)
      return
    }
    if (change.kind === 'retain') await this.#store.retain(change.scope, change.policy)
    else if (change.kind === 'tombstone') await this.#store.tombstone(change.stream)
    else
      await this.#store.truncate(change.stream, {
        beforeRevision: losses.leftBefore(change.stream, change.beforeRevision),
      })
    this.commits++
  }

  #eventsOf({ header, bytes, at, end }: SoundCommit): readonly SalvagedEvent[] {
    const events: SalvagedEvent[] = []
    const text = (from: number, to: number) => bytes.toString('utf8', from, to)
    let next = at + commitHeaderBytes
    while (next < end) {
      const layout = recordLayout(bytes, next, end)
      if (!layout) throw new Error('the lengths of its events do not fit together')
      const { stream, type, id, tags, data, metadata, revision, hasMetadata } = layout
      events.push({
        stream: text(stream, type),
        revision,
        event: {
          type: text(type, id),
          // The id that the damaged store made of a position would be another one in the new store.
          id: id === tags ? this.#derivedIds.idAt(header.position + events.length) : text(id, tags),
          tags: decodeTags(bytes, layout),
          data: JSON.parse(text(data, metadata)) as JsonValue,
          metadata: hasMetadata ? (JSON.parse(text(metadata, layout.end)) as JsonObject) : undefined,
        },
      })
      next = layout.end
    }
    if (events.length !== header.eventCount) throw new Error('it holds another number of events than it says')
    return events
  }
}

interface SalvagedEvent {
  readonly stream: string
  readonly revision: number
  readonly event: NewEvent
}

function changeOf({ header, bytes, at, end }: SoundCommit): RetentionChange {
  const change = JSON.parse(bytes.toString('utf8', at + commitHeaderBytes, end)) as RetentionChange
  if (commitKinds[change.kind] !== header.kind) throw new Error('it is of one kind and says another')
  return change
}

// In an append the events of each stream stand together.
function appendsOf(salvaged: readonly SalvagedEvent[]): readonly StreamAppend[] {
  const streams = new Map<string, NewEvent[]>()
  for (const { stream, event } of salvaged) {
    const events = streams.get(stream)
    if (events) events.push(event)
    else streams.set(stream, [event])
  }
  return [...streams].map(([stream, events]) => ({ stream, events }))
}

/** A disk for a store that nobody may see before it is whole: it is made durable at the end, all at once. */
function withoutSyncs(disk: Disk): Disk {
  const wrap = (file: DiskFile): DiskFile => ({
    path: file.path,
    size: () => file.size(),
    read: (into, position) => file.read(into, position),
    readNow: (into, position) => file.readNow(into, position),
    write: (bytes, position) => file.write(bytes, position),
    writeNow: (bytes, position) => file.writeNow(bytes, position),
    sync: async () => {},
    syncNow: () => {},
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  })
  return {
    open: (path, mode) => wrap(disk.open(path, mode)),
    exists: (path) => disk.exists(path),
    list: (directory) => disk.list(directory),
    makeDirectory: (path) => disk.makeDirectory(path),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    syncDirectory: () => {},
    lock: (path) => disk.lock(path),
  }
}
