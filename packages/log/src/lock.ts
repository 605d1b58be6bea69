import { DatabaseSync } from 'node:sqlite'
import type { DiskLock } from './disk.ts'

/**
 * Takes the lock of a file, as a `Disk` does. It is SQLite's exclusive lock on an empty database, since Node.js has no
 * file locks of its own; `docs/decisions/0002-lock-by-sqlite.md` says more.
 */
export function lockFile(path: string): DiskLock | undefined {
  try {
    // The file may be opened by nothing else in this process: closing another descriptor of it would drop the lock.
    const database = new DatabaseSync(path, { timeout: 0 })
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return { release: () => database.close() }
  } catch (error) {
    const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
    if (code === sqliteBusy) return undefined
    const isRefused = code === sqliteReadOnly || code === sqliteCannotOpen
    throw Object.assign(new Error(`${path} cannot be locked`, { cause: error }), {
      code: isRefused ? 'EACCES' : 'EIO',
      path,
    })
  }
}

const sqliteBusy = 5
const sqliteReadOnly = 8
const sqliteCannotOpen = 14
