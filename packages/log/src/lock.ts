import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AnnalsError } from '@annals/core'
import { diskError } from './disk.ts'

/**
 * Keeps every other writer out of a directory, in this process and in others, until `release` is called or the process
 * ends, however it ends. It is SQLite's lock on an empty database file, since Node.js has no file locks of its own.
 */
export class Lock {
  readonly #database: DatabaseSync

  /** @throws AnnalsError `store-locked`, `store-read-only`, `disk-error` */
  constructor(directory: string, ownerOf: () => number | undefined) {
    const path = join(directory, 'lock')
    try {
      // The file may be opened by nothing else in this process: closing another descriptor of it would drop the lock.
      this.#database = new DatabaseSync(path, { timeout: 0 })
      this.#database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    } catch (error) {
      throw lockError(error, directory, path, ownerOf)
    }
  }

  release(): void {
    this.#database.close()
  }
}

const sqliteBusy = 5
const sqliteReadOnly = 8
const sqliteCannotOpen = 14

function lockError(
  error: unknown,
  directory: string,
  path: string,
  ownerOf: () => number | undefined,
): AnnalsError {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
  if (code === sqliteReadOnly || code === sqliteCannotOpen)
    return diskError(Object.assign(new Error(String(error), { cause: error }), { code: 'EACCES' }), path)
  if (code !== sqliteBusy) return diskError(error, path)
  const processId = ownerOf()
  const who = processId ? `process ${processId}` : 'another process'
  return new AnnalsError(
    'store-locked',
    `The store ${directory} is open for writing in ${who}. Close it there, or open it here with readOnly.`,
    { directory, processId },
    { cause: error },
  )
}
