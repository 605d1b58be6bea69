import { dirname } from 'node:path'
import { AnnalsError, type OpenReadModel, type Position, startOfLog } from '@annals/core'
import { invariant } from '@annals/core/store'
import { Connection, checkpointTable, closed, type OwnStatement } from './connection.ts'
import type { SqliteModel } from './sqlite.ts'

/**
 * The read model of one projection in one SQLite file, with its checkpoint in a table of it.
 *
 * Each batch is one transaction that also moves the checkpoint, so after any crash the two belong together and every
 * event counts exactly once. The file is in WAL mode with `synchronous = NORMAL`: a loss of power may cost the last
 * transactions, but never a part of one and never an earlier one before a later one (https://sqlite.org/wal.html), and what
 * was lost is simply replayed. The checkpoint is never ahead of the log, since subscriptions deliver only what is
 * durable; it can be when the log has been restored from an older copy, which cannot be seen from here.
 *
 * Queries read through a connection of their own, so they never see half a batch. Two statements of one query see the
 * same state as long as it awaits nothing between them, since batches are written between turns of the event loop.
 */
export class ReadModelFile implements OpenReadModel<SqliteModel> {
  readonly #path: string
  readonly #definition: Definition
  readonly #writer: Connection
  readonly #reader: Connection
  readonly #moveCheckpoint: OwnStatement
  #checkpoint: Position
  #isClosed = false

  /**
   * Opens the file, or makes it. It begins empty if it was written for another version, name or tables.
   *
   * @throws AnnalsError `store-damaged`, `not-a-store`, `store-format-unsupported`, `invalid-definition` if SQLite refuses
   * the tables, `store-locked`, `store-read-only`, `disk-full`, `disk-error`
   */
  constructor(path: string, definition: Definition) {
    this.#path = path
    this.#definition = definition
    this.#writer = new Connection(path, { readOnly: false })
    let reader: Connection | undefined
    try {
      const isOurs = assertOurs(this.#writer, path)
      this.#writer.own('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
      this.#checkpoint = (isOurs ? this.#stored() : undefined) ?? this.#makeEmpty()
      this.#moveCheckpoint = this.#writer.ownStatement(`UPDATE ${checkpointTable} SET position = ?`)
      // After the writer has made what a reader cannot make.
      reader = new Connection(path, { readOnly: true })
      this.#reader = reader
    } catch (error) {
      reader?.close()
      this.#writer.close()
      throw error
    }
  }

  get model(): SqliteModel {
    return this.#reader
  }

  checkpoint(): Position {
    return this.#checkpoint
  }

  async write(checkpoint: Position, change: (model: SqliteModel) => void): Promise<void> {
    this.#assertOpen()
    invariant(checkpoint >= this.#checkpoint, 'a checkpoint moves forward')
    this.#transaction(() => {
      this.#writer.handle(() => change(this.#writer))
      this.#moveCheckpoint.run(checkpoint)
    })
    this.#checkpoint = checkpoint
  }

  async reset(): Promise<void> {
    this.#assertOpen()
    this.#checkpoint = this.#makeEmpty()
  }

  /** Frees both connections. Closing again changes nothing. */
  close(): void {
    this.#isClosed = true
    // The last connection empties the write-ahead log into the file, which only one that writes can do.
    this.#reader.close()
    this.#writer.close()
  }

  #stored(): Position | undefined {
    const { name, version, tables } = this.#definition
    const [row] = this.#writer
      .ownStatement(
        `SELECT position FROM ${checkpointTable} WHERE projection = ? AND version = ? AND tables = ?`,
      )
      .all(name, version, tables.join(separator))
    return row?.position as Position | undefined
  }

  #makeEmpty(): Position {
    // Can be switched only outside of a transaction. With it, tables could be dropped only in the order of their references.
    this.#writer.own('PRAGMA foreign_keys = OFF')
    try {
      this.#transaction(() => {
        dropAll(this.#writer)
        this.#writer.own(
          `PRAGMA application_id = ${applicationId};
           PRAGMA user_version = ${formatVersion};
           CREATE TABLE ${checkpointTable} (
             projection TEXT NOT NULL, version INTEGER NOT NULL, tables TEXT NOT NULL, position INTEGER NOT NULL
           ) STRICT`,
        )
        const { name, version, tables } = this.#definition
        this.#writer
          .ownStatement(`INSERT INTO ${checkpointTable} VALUES (?, ?, ?, ?)`)
          .run(name, version, tables.join(separator), startOfLog)
        for (const table of tables) this.#define(table)
      })
    } finally {
      this.#writer.own('PRAGMA foreign_keys = ON')
    }
    return startOfLog
  }

  #define(table: string): void {
    try {
      this.#writer.define(table)
    } catch (error) {
      const isStatement = !(error instanceof AnnalsError) || error.code === 'invalid-argument'
      if (!isStatement || !(error instanceof Error)) throw error
      throw new AnnalsError(
        'invalid-definition',
        `Projection ${this.#definition.name} cannot be used: SQLite refuses its tables with "${error.message}". Correct this statement: ${table}`,
        { definition: `projection ${this.#definition.name}`, problem: error.message },
        { cause: error },
      )
    }
  }

  #transaction(action: () => void): void {
    this.#writer.own('BEGIN IMMEDIATE')
    try {
      action()
      this.#writer.own('COMMIT')
    } catch (error) {
      this.#rollBack()
      throw error
    }
  }

  #rollBack(): void {
    if (!this.#writer.isInTransaction) return
    try {
      this.#writer.own('ROLLBACK')
    } catch {
      // The error that led here says more than that of the way back; an unfinished transaction is undone at the next opening.
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closed(this.#path)
  }
}

/** For which projection a read model is, and what is in it. */
export interface Definition {
  readonly name: string
  readonly version: number
  readonly tables: readonly string[]
}

/** Raised whenever `annals_checkpoint` changes its columns or its meaning. */
export const formatVersion = 1

// 'Anls' in ASCII; it tells our files from other databases.
const applicationId = 0x416e6c73
const separator = ';\n'

/** Whether the file is one of ours; if it is not, it is empty. */
function assertOurs(connection: Connection, path: string): boolean {
  const [state] = connection
    .ownStatement(
      'SELECT application_id AS id, user_version AS version, (SELECT count(*) FROM sqlite_schema) AS things FROM pragma_application_id, pragma_user_version',
    )
    .all()
  const { id, version, things } = state as { id: number; version: number; things: number }
  if (id === applicationId && version === formatVersion) return true
  if (id === applicationId)
    throw new AnnalsError(
      'store-format-unsupported',
      `The read model ${path} has format ${version}, this version of Annals knows ${formatVersion}. Use a newer version of Annals, or delete the file: it is then made anew from the events.`,
      { directory: dirname(path), formatVersion: version, supportedFormatVersion: formatVersion },
    )
  if (id === 0 && things === 0) return false
  throw new AnnalsError(
    'not-a-store',
    `${path} is a SQLite database, but not a read model of Annals. Move it away, or keep the read models in another directory.`,
    { directory: dirname(path), found: path },
  )
}

function dropAll(connection: Connection): void {
  // Virtual tables take their hidden tables with them, so what is left is asked for anew.
  for (const kind of [`type = 'view'`, `sql LIKE 'CREATE VIRTUAL %'`, `type = 'table'`]) {
    const things = connection
      .ownStatement(
        `SELECT type, name FROM sqlite_schema WHERE ${kind} AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
      )
      .all()
    for (const { type, name } of things)
      connection.own(`DROP ${type} "${String(name).replaceAll('"', '""')}"`)
  }
}
