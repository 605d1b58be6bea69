import { join, resolve } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import {
  AnnalsError,
  type GroupChange,
  type GroupCoordinator,
  type GroupRecord,
  type GroupState,
  type NumberedRecord,
} from '@annals/core'
import { makeDirectory } from './make-directory.ts'
import { sqliteError } from './sqlite-error.ts'

/**
 * Opens a directory in which the workers of consumer groups meet, in the file `groups`; makes the directory if it is not
 * there. Give it to `createApp` under `coordinator`. Any number of processes of one machine may open it, each once for each
 * application; the directory may be that of the read models.
 *
 * A change is one transaction that keeps all others out, and is durable when its promise resolves. The file belongs to the
 * log that is followed: whoever restores one from a copy restores the other with it, and without the file every group
 * begins from the start of the log.
 *
 * @throws AnnalsError `not-a-store` if it is no directory, `store-locked`, `store-read-only`, `store-damaged`, `disk-full`, `disk-error`
 */
export async function openSqliteCoordinator(directory: string): Promise<GroupCoordinator> {
  const path = resolve(directory)
  makeDirectory(path, 'consumer groups')
  return new SqliteCoordinator(join(path, 'groups'))
}

class SqliteCoordinator implements GroupCoordinator {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #load: StatementSync
  readonly #save: StatementSync
  readonly #record: StatementSync
  readonly #journal: StatementSync
  #isClosed = false

  constructor(path: string) {
    this.#path = path
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(path, { timeout: busyTimeoutMs })
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${schema}`)
      this.#database = database
      this.#load = database.prepare('SELECT state FROM consumer_group WHERE name = ?')
      this.#save = database.prepare('INSERT OR REPLACE INTO consumer_group (name, state) VALUES (?, ?)')
      this.#record = database.prepare(record)
      this.#journal = database.prepare(journal)
    } catch (error) {
      database?.close()
      throw sqliteError(error, path, 'file of consumer groups')
    }
  }

  async change<Result>(
    group: string,
    change: (state: GroupState | undefined) => GroupChange<Result>,
  ): Promise<Result> {
    return this.#step(() => {
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        const { state, records = [], result } = change(this.#stateOf(group))
        if (state) this.#save.run(group, JSON.stringify(state))
        for (const each of records) this.#record.run(group, JSON.stringify(each), group)
        this.#database.exec('COMMIT')
        return result
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw error
      }
    })
  }

  async journal(group: string, from: number): Promise<readonly NumberedRecord[]> {
    const rows = this.#step(() => this.#journal.all(group, from)) as { number: number; record: string }[]
    return rows.map(({ number, record }) => ({ ...(JSON.parse(record) as GroupRecord), number }))
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#database.close()
  }

  #stateOf(group: string): GroupState | undefined {
    const row = this.#load.get(group) as { state: string } | undefined
    return row && (JSON.parse(row.state) as GroupState)
  }

  #step<Result>(step: () => Result): Result {
    if (this.#isClosed)
      throw new AnnalsError('store-closed', `The consumer groups in ${this.#path} have been closed.`, {})
    try {
      return step()
    } catch (error) {
      throw sqliteError(error, this.#path, 'file of consumer groups')
    }
  }
}

// Changes of others are over within milliseconds; meanwhile the whole process waits.
const busyTimeoutMs = 1_000

// Should the form ever change, the tables get other names, and what is in these is taken over.
const schema = `
  CREATE TABLE IF NOT EXISTS consumer_group (name TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS consumer_group_record (
    name TEXT NOT NULL, number INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (name, number)
  ) STRICT, WITHOUT ROWID`

const record = `INSERT INTO consumer_group_record (name, number, record)
  SELECT ?, coalesce(max(number) + 1, 0), ? FROM consumer_group_record WHERE name = ?`

const journal = `SELECT number, record FROM consumer_group_record WHERE name = ? AND number >= ? ORDER BY number`
