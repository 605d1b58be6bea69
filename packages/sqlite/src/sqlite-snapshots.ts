import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { AnnalsError, isAnnalsError, type Snapshot, type SnapshotStore } from '@annals/core'
import { makeDirectory } from './make-directory.ts'
import { sqliteError } from './sqlite-error.ts'

/**
 * Opens a directory in which snapshots are kept, in the file `snapshots`; makes the directory if it is not there. Give it to
 * `createApp` under `snapshots`. The directory may be that of the read models, and several applications may share it.
 *
 * Snapshots are never truth: the file may be deleted, also while it is in use, and one that is damaged is made anew. After
 * a loss of power the newest may be missing.
 *
 * @throws AnnalsError `not-a-store` if it is no directory, `store-locked`, `store-read-only`, `disk-full`, `disk-error`
 */
export async function openSqliteSnapshots(directory: string): Promise<SnapshotStore> {
  const path = resolve(directory)
  makeDirectory(path, 'snapshots')
  return new SqliteSnapshots(join(path, 'snapshots'))
}

class SqliteSnapshots implements SnapshotStore {
  readonly #path: string
  // None after an error, so that it is opened anew.
  #file: SnapshotFile | undefined
  #isClosed = false

  constructor(path: string) {
    this.#path = path
    this.#file = openOrMakeAnew(path)
  }

  async load(stream: string): Promise<Snapshot | undefined> {
    const row = this.#step(({ load }) => load.get(stream)) as Omit<Snapshot, 'stream'> | undefined
    return row && { ...row, stream }
  }

  async save(snapshot: Snapshot): Promise<void> {
    const { stream, version, firstRevision, revision, fingerprint, stateJson } = snapshot
    this.#step(({ save }) => save.run(stream, version, firstRevision, revision, fingerprint, stateJson))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#file?.database.close()
    this.#file = undefined
  }

  #step<Result>(step: (file: SnapshotFile) => Result): Result {
    if (this.#isClosed)
      throw new AnnalsError('store-closed', `The snapshots in ${this.#path} have been closed.`, {})
    this.#file ??= openOrMakeAnew(this.#path)
    try {
      return step(this.#file)
    } catch (error) {
      this.#file.database.close()
      this.#file = undefined
      const known = sqliteError(error, this.#path, 'file of snapshots')
      if (isAnnalsError(known, 'store-damaged')) remove(this.#path)
      throw known
    }
  }
}

interface SnapshotFile {
  readonly database: DatabaseSync
  readonly load: StatementSync
  readonly save: StatementSync
}

function openOrMakeAnew(path: string): SnapshotFile {
  try {
    return open(path)
  } catch (error) {
    if (!isAnnalsError(error, 'store-damaged')) throw error
    remove(path)
    return open(path)
  }
}

function remove(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
}

function open(path: string): SnapshotFile {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: busyTimeoutMs })
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    database.exec(schema)
    return { database, load: database.prepare(load), save: database.prepare(save) }
  } catch (error) {
    database?.close()
    throw sqliteError(error, path, 'file of snapshots')
  }
}

// A snapshot that cannot be saved at once is not worth waiting for.
const busyTimeoutMs = 50

// Should the form ever change, the table gets another name, and what is in this one is left.
const schema = `CREATE TABLE IF NOT EXISTS snapshot (
  stream TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  first_revision INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  state TEXT NOT NULL
) STRICT, WITHOUT ROWID`

const load = `SELECT version, first_revision AS firstRevision, revision, fingerprint, state AS stateJson
  FROM snapshot WHERE stream = ?`

const save = `INSERT OR REPLACE INTO snapshot (stream, version, first_revision, revision, fingerprint, state)
  VALUES (?, ?, ?, ?, ?, ?)`
