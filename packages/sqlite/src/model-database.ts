import { dirname } from 'node:path'
import { AnnalsError, type Position, startOfLog } from '@annals/core'
import { invariant } from '@annals/core/store'
import { Connection, checkpointTable, closed, keyTable, type OwnStatement } from './connection.ts'
import type { SqliteModel } from './sqlite.ts'

/** For which projection a read model is, and what is in it. */
export interface Definition {
  readonly name: string
  readonly version: number
  readonly tables: readonly string[]
}

/** Which read model is to be made where there is none, and whether one that was made otherwise is emptied for it. */
export interface MakeOptions {
  readonly build: number
  readonly anew: boolean
}

/**
 * One SQLite file with the tables of a read model, how far it has come, and how far those keys have that were held back.
 *
 * Each batch is one transaction that also moves the checkpoint, so after any crash the two belong together and every
 * event counts exactly once. The file is in WAL mode with `synchronous = NORMAL`: a loss of power may cost the last
 * transactions, but never a part of one and never an earlier one before a later one (https://sqlite.org/wal.html), and what
 * was lost is simply replayed. The checkpoint is never ahead of the log, since subscriptions deliver only what is
 * durable; it can be when the log has been restored from an older copy, which cannot be seen from here.
 */
export class ModelDatabase {
  readonly path: string
  readonly #definition: Definition
  readonly #writer: Connection
  readonly #reader: Connection
  #made: Made
  #isClosed = false
  #moveCheckpoint: OwnStatement
  #moveKey: OwnStatement
  readonly #keys = new Map<string, Position>()

  /**
   * Opens the file, or makes it.
   *
   * @throws AnnalsError `store-damaged`, `not-a-store`, `store-format-unsupported`, `invalid-definition` if SQLite refuses
   * the tables, `store-locked`, `store-read-only`, `disk-full`, `disk-error`
   */
  constructor(path: string, definition: Definition, { build, anew }: MakeOptions) {
    this.path = path
    this.#definition = definition
    this.#writer = new Connection(path, { readOnly: false })
    let reader: Connection | undefined
    try {
      const isOurs = assertOurs(this.#writer, path)
      this.#writer.own('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
      const found = isOurs ? this.#found() : undefined
      const isKept = found && (!anew || (found.isCurrent && found.build === build))
      this.#made = isKept ? found : this.#makeEmpty(build)
      this.#moveCheckpoint = this.#writer.ownStatement(moveCheckpoint)
      this.#moveKey = this.#writer.ownStatement(moveKey)
      if (isKept) this.#readKeys()
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

  /** Whether it was made for the definition that it was opened with. */
  get isCurrent(): boolean {
    return this.#made.isCurrent
  }

  get build(): number {
    return this.#made.build
  }

  get position(): Position {
    return this.#made.position
  }

  keyPosition(key: string): Position | undefined {
    return this.#keys.get(key)
  }

  /** Changes the tables and moves the checkpoint, both or neither. */
  write(position: Position, change: (model: SqliteModel) => void): void {
    this.#assertWritable()
    invariant(position >= this.#made.position, 'a checkpoint moves forward')
    this.#transaction(() => {
      this.#writer.handle(() => change(this.#writer))
      this.#moveCheckpoint.run(position)
    })
    this.#made = { ...this.#made, position }
  }

  /** The same for the checkpoint of one key; durable when it returns, through a loss of power too. */
  writeKey(key: string, position: Position, change: (model: SqliteModel) => void): void {
    this.#assertWritable()
    // What comes after it is recorded elsewhere, and may not be there without it.
    this.#writer.own('PRAGMA synchronous = FULL')
    try {
      this.#transaction(() => {
        this.#writer.handle(() => change(this.#writer))
        this.#moveKey.run(key, position)
      })
    } finally {
      this.#writer.own('PRAGMA synchronous = NORMAL')
    }
    this.#keys.set(key, position)
  }

  /** Empties it, as another build. */
  reset(build: number): void {
    this.#assertWritable()
    this.#made = this.#makeEmpty(build)
    this.#moveCheckpoint = this.#writer.ownStatement(moveCheckpoint)
    this.#moveKey = this.#writer.ownStatement(moveKey)
    this.#keys.clear()
  }

  /** Asks Annals' own question of the file while nothing writes it. */
  own<Result>(ask: (writer: Connection) => Result): Result {
    this.#assertWritable()
    return ask(this.#writer)
  }

  /**
   * Brings everything from the write-ahead log into the file, so that the file is whole without it.
   *
   * @throws AnnalsError `store-locked` if another program reads the file just now
   */
  settle(): void {
    const [row] = this.#writer.ownStatement('PRAGMA wal_checkpoint(TRUNCATE)').all()
    if (row?.busy === 0) return
    throw new AnnalsError(
      'store-locked',
      `The read model ${this.path} is being read by another program, so nothing can take its place. Let it finish or close it, and try again.`,
      { directory: dirname(this.path), processId: undefined },
    )
  }

  /** Frees both connections. Closing again changes nothing. */
  close(): void {
    this.#isClosed = true
    // The last connection empties the write-ahead log into the file, which only one that writes can do.
    this.#reader.close()
    this.#writer.close()
  }

  #found(): Made | undefined {
    const { name, version, tables } = this.#definition
    const [row] = this.#writer
      .ownStatement(
        `SELECT position, build, version = ? AND tables = ? AS current FROM ${checkpointTable} WHERE projection = ?`,
      )
      .all(version, tables.join(separator), name)
    if (!row) return undefined
    const { position, build, current } = row as { position: Position; build: number; current: number }
    return { position, build, isCurrent: current === 1 }
  }

  #readKeys(): void {
    for (const row of this.#writer.ownStatement(`SELECT key, position FROM ${keyTable}`).all())
      this.#keys.set(row.key as string, row.position as Position)
  }

  #makeEmpty(build: number): Made {
    // Can be switched only outside of a transaction. With it, tables could be dropped only in the order of their references.
    this.#writer.own('PRAGMA foreign_keys = OFF')
    try {
      this.#transaction(() => {
        dropAll(this.#writer)
        this.#writer.own(
          `PRAGMA application_id = ${applicationId};
           PRAGMA user_version = ${formatVersion};
           CREATE TABLE ${checkpointTable} (
             projection TEXT NOT NULL, version INTEGER NOT NULL, tables TEXT NOT NULL, build INTEGER NOT NULL,
             position INTEGER NOT NULL
           ) STRICT;
           CREATE TABLE ${keyTable} (key TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
        )
        const { name, version, tables } = this.#definition
        this.#writer
          .ownStatement(`INSERT INTO ${checkpointTable} VALUES (?, ?, ?, ?, ?)`)
          .run(name, version, tables.join(separator), build, startOfLog)
        defineTables(this.#writer, this.#definition)
      })
    } finally {
      this.#writer.own('PRAGMA foreign_keys = ON')
    }
    return { position: startOfLog, build, isCurrent: true }
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

  #assertWritable(): void {
    if (this.#isClosed) throw closed(this.path)
    invariant(this.#made.isCurrent, 'what was made for another definition is only read')
  }
}

/** Stops unless SQLite takes the tables of a definition. @throws AnnalsError `invalid-definition` */
export function assertTables(definition: Definition): void {
  const aside = new Connection(':memory:', { readOnly: false })
  try {
    aside.own(`CREATE TABLE ${checkpointTable} (a); CREATE TABLE ${keyTable} (a)`)
    defineTables(aside, definition)
  } finally {
    aside.close()
  }
}

/** Raised whenever the tables of Annals in a read model change their columns or their meaning. */
export const formatVersion = 2

/** What the file says of the read model in it. */
interface Made {
  readonly position: Position
  readonly build: number
  readonly isCurrent: boolean
}

// 'Anls' in ASCII; it tells our files from other databases.
const applicationId = 0x416e6c73
const separator = ';\n'
const moveCheckpoint = `UPDATE ${checkpointTable} SET position = ?`
const moveKey = `INSERT INTO ${keyTable} VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET position = excluded.position`

function defineTables(connection: Connection, { name, tables }: Definition): void {
  for (const table of tables) {
    try {
      connection.define(table)
    } catch (error) {
      const isStatement = !(error instanceof AnnalsError) || error.code === 'invalid-argument'
      if (!isStatement || !(error instanceof Error)) throw error
      throw new AnnalsError(
        'invalid-definition',
        `Projection ${name} cannot be used: SQLite refuses its tables with "${error.message}". Correct this statement: ${table}`,
        { definition: `projection ${name}`, problem: error.message },
        { cause: error },
      )
    }
  }
}

/** Whether the file is one of ours that can be gone on with; if it is not, it is to be made. */
function assertOurs(connection: Connection, path: string): boolean {
  const [state] = connection
    .ownStatement(
      'SELECT application_id AS id, user_version AS version, (SELECT count(*) FROM sqlite_schema) AS things FROM pragma_application_id, pragma_user_version',
    )
    .all()
  const { id, version, things } = state as { id: number; version: number; things: number }
  // One of an earlier format is made anew, as a deleted one is.
  if (id === applicationId && version <= formatVersion) return version === formatVersion
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
