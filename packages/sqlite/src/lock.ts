import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AnnalsError } from '@annals/core'
import { sqliteCode, sqliteCodes, sqliteError } from './sqlite-error.ts'

/**
 * Keeps every other writer of read models out of a directory, in this process and in others, until it is released or the
 * process ends, however it ends. As in the log it is SQLite's exclusive lock on an empty database
 * (`docs/decisions/0002-lock-by-sqlite.md`).
 */
export class Lock {
  readonly #database: DatabaseSync

  /** @throws AnnalsError `store-locked`, `store-read-only`, `disk-error` */
  constructor(directory: string) {
    // No read model has this name, since theirs end in .sqlite. Nothing else in this process may open the file: closing
    // another descriptor of it would drop the lock.
    const path = join(directory, 'lock')
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(path, { timeout: 0 })
      database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    } catch (error) {
      database?.close()
      if (sqliteCode(error) !== sqliteCodes.busy) throw sqliteError(error, path)
      throw new AnnalsError(
        'store-locked',
        `The read models in ${directory} are already open, in another process or elsewhere in this one, and each event may count only once. Close them there, or keep read models of your own in another directory.`,
        { directory, processId: undefined },
        { cause: error },
      )
    }
    this.#database = database
  }

  release(): void {
    this.#database.close()
  }
}
