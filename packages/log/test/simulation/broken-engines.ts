import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { StreamAppend } from '@annals/core'
import type { Disk, LogStore } from '../../src/index.ts'
import type { Sabotage } from './life.ts'
import { bytesOf, isEnd, overlooking, withFiles, withMethods } from './sabotage.ts'
import { withoutBlockChecksums, withoutCommitChecksums } from './unchecked.ts'

const segments = '.log'
const drafts = '.sealed.new'

/**
 * Engines that leave out or get wrong one thing on which a promise rests, by what they do. The simulation has to find out
 * each of them.
 */
export const brokenEngines: Readonly<Record<string, Sabotage>> = {
  'never syncs': { disk: withFiles(segments, { sync: async () => {}, syncNow: () => {} }) },
  'answers before its sync has ended': {
    disk: withFiles(segments, (file) => ({
      sync: async () => void file.sync().catch(() => undefined),
      syncNow: () => void file.sync().catch(() => undefined),
    })),
  },
  'never syncs the directory': { disk: (disk) => withMethods(disk, { syncDirectory: () => undefined }) },
  'takes a failed write for written': {
    disk: withFiles(segments, (file) => ({
      writeNow: (bytes, position) => overlooking(() => file.writeNow(bytes, position), bytes.length),
    })),
  },
  'takes a failed sync for synced': {
    disk: withFiles(segments, (file) => ({
      sync: () =>
        file.sync().catch((error: unknown) => {
          if (isEnd(error)) throw error
        }),
      syncNow: () => overlooking(() => file.syncNow(), undefined),
    })),
  },
  'takes a failed read for the end of the file': {
    disk: withFiles(segments, (file) => ({
      readNow: (into, position) => overlooking(() => file.readNow(into, position), 0),
    })),
  },
  'does not continue short writes': {
    disk: withFiles(segments, (file) => ({
      writeNow: (bytes, position) => {
        file.writeNow(bytes, position)
        return bytes.length
      },
    })),
  },
  'leaves the torn tail where it is': { disk: withFiles(segments, { truncate: () => undefined }) },
  'writes over what is there': {
    disk: withFiles(segments, (file) => ({
      writeNow: (bytes, position) => file.writeNow(bytes, position > 600 ? position - 8 : position),
    })),
  },
  'does not make durable what a killed process has written': { disk: withoutFirstSync },
  'does not check the checksums of commits': { disk: withoutCommitChecksums },
  'does not check the checksums of sealed blocks': { disk: withoutBlockChecksums },
  'seals a segment and never syncs it': { disk: withFiles(drafts, { sync: async () => {} }) },
  'removes a full segment before its sealed form is synced': { disk: withLateSync },
  'removes a full segment before its sealed form has its name': { disk: withEarlyRemoval },
  'says in the head what is durable before it is': { disk: withEarlyHead },
  'keeps no lock': { disk: (disk) => withMethods(disk, { lock: () => ({ release: () => undefined }) }) },
  'does not sync changes of retention': { disk: withoutSyncOfChanges },
  'ignores the expected revision': {
    store: (store) =>
      withMethods(store, {
        append: (appends, condition) =>
          store.append(
            [appends].flat().map((append: StreamAppend) => ({ ...append, expectedRevision: 'any' })),
            condition,
          ),
      }),
  },
  'ignores the append condition': {
    store: (store) => withMethods(store, { append: (appends) => store.append(appends) }),
  },
  'records a repeated append again': { store: withForgottenIds },
  'hides one event too few when it truncates': {
    store: (store) =>
      withMethods(store, {
        truncate: (stream, { beforeRevision }) =>
          store.truncate(stream, { beforeRevision: Math.max(0, beforeRevision - 1) }),
      }),
  },
  'leaves out the last event that it reads backwards': {
    store: (store) =>
      withMethods(store, {
        read: (selection, { limit, ...options } = {}) =>
          store.read(selection, {
            ...options,
            limit: options.direction === 'backwards' ? Math.max(0, (limit ?? 5) - 1) : limit,
          }),
      }),
  },
}

/** What it finds at opening it takes for synced. */
function withoutFirstSync(disk: Disk): Disk {
  return withMethods(disk, {
    open: (path, mode) => {
      const file = disk.open(path, mode)
      if (!path.endsWith(segments) || mode !== 'write') return file
      const end = file.size()
      let isFirst = true
      return withMethods(file, {
        writeNow: (bytes, position) =>
          isFirst && position < end ? bytes.length : file.writeNow(bytes, position),
        syncNow: () => {
          if (!isFirst) file.syncNow()
          isFirst = false
        },
      })
    },
  })
}

function withLateSync(disk: Disk): Disk {
  let sync = async () => {}
  return withMethods(disk, {
    open: (path, mode) => {
      const file = disk.open(path, mode)
      if (!path.endsWith(drafts)) return file
      return withMethods(file, {
        sync: async () => {
          sync = () => file.sync()
        },
        close: () => undefined,
      })
    },
    remove: (path) => {
      disk.remove(path)
      if (!path.endsWith(segments)) return
      disk.syncDirectory(dirname(path))
      void sync().catch(() => undefined)
    },
  })
}

function withEarlyRemoval(disk: Disk): Disk {
  const removed = new Set<string>()
  return withMethods(disk, {
    rename: (from, to) => {
      if (from.endsWith(drafts)) {
        const full = to.replace('.sealed', segments)
        disk.remove(full)
        removed.add(full)
        disk.syncDirectory(dirname(full))
      }
      disk.rename(from, to)
    },
    remove: (path) => {
      if (!removed.delete(path)) disk.remove(path)
    },
  })
}

/** Says where the log will end before the sync of what it ends with. */
function withEarlyHead(disk: Disk): Disk {
  return withFiles(segments, (file) => {
    let end = 0
    const say = () => {
      const path = `${dirname(file.path)}/head`
      if (!disk.exists(path)) return
      const head = disk.open(path, 'write')
      const bytes = bytesOf(head)
      if (bytes.length < 64) return
      bytes.writeDoubleLE(Number(/\d+(?=\.log)/.exec(file.path)?.[0]) * 2 ** 32 + end, 24)
      bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60)
      head.writeNow(bytes, 0)
      head.close()
    }
    return {
      writeNow: (bytes, position) => {
        const written = file.writeNow(bytes, position)
        end = position + written
        return written
      },
      sync: () => {
        say()
        return file.sync()
      },
    }
  })(disk)
}

/** A commit whose kind is not that of an append is written, and synced with the next append only. */
function withoutSyncOfChanges(disk: Disk): Disk {
  return withFiles(segments, (file) => {
    let isChange = false
    return {
      writeNow: (bytes, position) => {
        isChange = bytes.length >= 48 && bytes.readUInt32LE(0) === 0x026e4101 && bytes.readUInt32LE(12) !== 1
        return file.writeNow(bytes, position)
      },
      sync: async () => {
        if (!isChange) await file.sync()
      },
    }
  })(disk)
}

/** Takes an id that it has seen before for another one. */
function withForgottenIds(store: LogStore): LogStore {
  const seen = new Set<string>()
  const forget = (id: string) => {
    if (seen.has(id)) return `${id} again`
    seen.add(id)
    return id
  }
  return withMethods(store, {
    append: (appends, condition) =>
      store.append(
        [appends].flat().map((append: StreamAppend) => ({
          ...append,
          events: append.events.map((event) => (event.id ? { ...event, id: forget(event.id) } : event)),
        })),
        condition,
      ),
  })
}
