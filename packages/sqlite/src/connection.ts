import { constants, DatabaseSync, type StatementSync } from 'node:sqlite'
import { AnnalsError } from '@annals/core'
import { invariant } from '@annals/core/store'
import type { SqliteModel, SqliteRow, SqliteValue } from './sqlite.ts'
import { sqliteCode, sqliteCodes, sqliteError } from './sqlite-error.ts'

/** The tables of ours in each read model: how far it has come, and how far those keys have that were held back. */
export const checkpointTable = 'annals_checkpoint'
export const keyTable = 'annals_key'

/**
 * One connection to the file of a read model. Annals' own statements go through `own`, those of handlers, queries and
 * definitions through `run`, `get`, `all` and `define`, which refuse what would break a batch. They are told apart by
 * SQLite's authorizer, so nothing here has to understand SQL.
 */
export class Connection implements SqliteModel {
  readonly #path: string
  readonly #readOnly: boolean
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()
  #isGuarded = false
  #refused: string | undefined
  #isHandling = false
  // Whether the transaction of the batch has ended before it.
  #hasEnded = false
  #isClosed = false

  /** @throws AnnalsError what `sqliteError` makes of it */
  constructor(path: string, options: { readonly readOnly: boolean }) {
    this.#path = path
    this.#readOnly = options.readOnly
    this.#database = this.#mapped(
      () => new DatabaseSync(path, { readOnly: options.readOnly, timeout: busyTimeoutMs }),
    )
    this.#database.setAuthorizer((action, first, second) => {
      if (!this.#isGuarded) return constants.SQLITE_OK
      const refused = refusal(action, first, second)
      if (refused === undefined) return constants.SQLITE_OK
      this.#refused = refused
      return constants.SQLITE_DENY
    })
  }

  /** Whether a transaction is open. SQLite ends one by itself after some errors. */
  get isInTransaction(): boolean {
    return this.#database.isTransaction
  }

  /** Runs statements of Annals itself, unguarded. */
  own(sql: string): void {
    this.#mapped(() => this.#database.exec(sql))
  }

  /** Runs one statement of Annals itself, unguarded and kept by the caller. */
  ownStatement(sql: string): OwnStatement {
    const statement = this.#mapped(() => this.#database.prepare(sql))
    // A row of a definition may hold any integer.
    statement.setReadBigInts(true)
    return {
      run: (...parameters) => void this.#mapped(() => statement.run(...parameters)),
      all: (...parameters) => this.#mapped(() => statement.all(...parameters)).map(readable),
    }
  }

  /** Runs statements of a definition. */
  define(sql: string): void {
    this.#guarded(sql, () => this.#database.exec(sql))
  }

  /** Lets handlers write while `change` runs, and not a moment longer. @throws AnnalsError if they ended the transaction */
  handle(change: () => void): void {
    invariant(!this.#isHandling, 'one batch is written after the other')
    this.#isHandling = true
    this.#hasEnded = false
    try {
      change()
      // Or the checkpoint would be moved in a transaction of its own, past events that were undone.
      this.#assertUsable()
    } finally {
      this.#isHandling = false
    }
  }

  run(sql: string, ...parameters: readonly SqliteValue[]): void {
    if (this.#readOnly) throw this.#refusesToWrite()
    const statement = this.#statement(sql, parameters)
    try {
      statement.run(...bindables(parameters))
    } catch (error) {
      throw this.#explained(error, sql)
    }
  }

  get<Row = SqliteRow>(sql: string, ...parameters: readonly SqliteValue[]): Row | undefined {
    const statement = this.#statement(sql, parameters)
    try {
      return statement.get(...bindables(parameters)) as Row | undefined
    } catch (error) {
      throw this.#explained(error, sql)
    }
  }

  all<Row = SqliteRow>(sql: string, ...parameters: readonly SqliteValue[]): Row[] {
    const statement = this.#statement(sql, parameters)
    try {
      return statement.all(...bindables(parameters)) as Row[]
    } catch (error) {
      throw this.#explained(error, sql)
    }
  }

  /** Closing again changes nothing. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#prepared.clear()
    this.#database.close()
  }

  /** The statement of a text, prepared once. Called for each event, so it does little. */
  #statement(sql: string, { length }: readonly SqliteValue[]): StatementSync {
    this.#assertUsable()
    const { statement, parameterCount } =
      this.#prepared.get(sql) ?? this.#guarded(sql, () => this.#prepare(sql, length))
    if (parameterCount === length) return statement
    throw unusable('the same number of parameters at each call', sql, `${length}, not ${parameterCount}`)
  }

  #prepare(sql: string, given: number): Prepared {
    const statement = this.#database.prepare(sql)
    const rest = sql.slice(statement.sourceSQL.length)
    if (rest.trim() !== '') throw unusable('one statement', sql, `another follows: ${rest.trim()}`)
    this.#assertParameterCount(sql, given)
    if (this.#prepared.size >= preparedMax) {
      const [oldest] = this.#prepared.keys()
      if (oldest !== undefined) this.#prepared.delete(oldest)
    }
    const prepared = { statement, parameterCount: given }
    this.#prepared.set(sql, prepared)
    return prepared
  }

  // SQLite takes a parameter that is not given as NULL, and does not tell how many a statement has. But it refuses one too
  // many, so its explanation, which has the same parameters and changes nothing, has to take these and not one more.
  #assertParameterCount(sql: string, given: number): void {
    if (/^\s*EXPLAIN\b/i.test(sql)) return
    const explanation = this.#database.prepare(`EXPLAIN ${sql}`)
    if (!takes(explanation, given))
      throw unusable('a parameter for each value', sql, `${given} came, which is more`)
    if (takes(explanation, given + 1)) throw unusable('a value for each parameter', sql, `only ${given} came`)
  }

  #assertUsable(): void {
    if (this.#isClosed) throw closed(this.#path)
    if (this.#readOnly || (this.#isHandling && !this.#hasEnded)) return
    if (this.#isHandling)
      throw new AnnalsError(
        'invalid-argument',
        'An earlier statement of this batch failed and ended its transaction, so no more can be written in it. Let its error pass, or give the statement no OR ROLLBACK.',
        {
          argument: 'sql',
          expected: 'no statement after one that ended the transaction',
          received: this.#path,
        },
      )
    throw new AnnalsError(
      'invalid-argument',
      'A handler used its model after it had returned. Handlers have to be synchronous: change the model before returning, and await nothing.',
      { argument: 'model', expected: 'to be used only while its handler runs', received: this.#path },
    )
  }

  /** Lets SQLite refuse what would break a batch. It does so when a statement is prepared, also one of a trigger. */
  #guarded<Result>(sql: string, action: () => Result): Result {
    this.#isGuarded = true
    this.#refused = undefined
    try {
      return action()
    } catch (error) {
      throw this.#explained(error, sql)
    } finally {
      this.#isGuarded = false
    }
  }

  /** An error of a statement as one of ours, if what it needs is more than SQLite's own message. */
  #explained(error: unknown, sql: string): unknown {
    // After some errors SQLite has ended the transaction, and only after an error.
    this.#hasEnded = !this.isInTransaction
    const refused: string | undefined = this.#refused
    if (sqliteCode(error) === sqliteCodes.refusedByAuthorizer && refused !== undefined)
      return unusable(
        `a statement without ${refused}`,
        sql,
        'Annals alone keeps the transaction and the checkpoint',
        error,
      )
    if (sqliteCode(error) === sqliteCodes.readOnly && this.#readOnly) return this.#refusesToWrite(error)
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_OUT_OF_RANGE')
      return unusable(
        'integers of at most 2^53 − 1 in the rows that are read',
        sql,
        `${error.message}; read it as CAST(column AS TEXT)`,
        error,
      )
    return sqliteError(error, this.#path)
  }

  #mapped<Result>(action: () => Result): Result {
    try {
      return action()
    } catch (error) {
      throw sqliteError(error, this.#path)
    }
  }

  #refusesToWrite(cause?: unknown): AnnalsError {
    return new AnnalsError(
      'store-read-only',
      'A query tried to write its read model. Only the handlers of the projection may do that: record an event, and let a handler write what it means.',
      { directory: this.#path },
      cause === undefined ? undefined : { cause },
    )
  }
}

/** A statement of Annals itself. Integers beyond 2^53 − 1 are read as text. */
export interface OwnStatement {
  run(...parameters: (string | number)[]): void
  all(...parameters: (string | number)[]): SqliteRow[]
}

function readable(row: Record<string, SqliteValue>): SqliteRow {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      if (typeof value !== 'bigint') return [column, value]
      return [column, Number.isSafeInteger(Number(value)) ? Number(value) : String(value)]
    }),
  )
}

/** The error of whoever uses a read model that has been closed. */
export function closed(path: string): AnnalsError<'store-closed'> {
  return new AnnalsError(
    'store-closed',
    `The read model ${path} has been closed. Ask before closing the application.`,
    {},
  )
}

interface Prepared {
  readonly statement: StatementSync
  readonly parameterCount: number
}

// Another program that looks into the file, such as the sqlite3 shell, may hold it for a moment.
const busyTimeoutMs = 1_000
const preparedMax = 200
const ownTables = [checkpointTable, keyTable]

/** What a statement contains that is refused, if anything. */
function refusal(action: number, first: string | null, second: string | null): string | undefined {
  switch (action) {
    case constants.SQLITE_TRANSACTION:
      return first ?? 'BEGIN, COMMIT or ROLLBACK'
    case constants.SQLITE_SAVEPOINT:
      return 'a savepoint'
    case constants.SQLITE_ATTACH:
    case constants.SQLITE_DETACH:
      return 'another database'
    case constants.SQLITE_PRAGMA:
      // The full-text index asks for its own use whether anything changed.
      return first === 'data_version' ? undefined : `the pragma ${first}`
    case constants.SQLITE_CREATE_TEMP_INDEX:
    case constants.SQLITE_CREATE_TEMP_TABLE:
    case constants.SQLITE_CREATE_TEMP_TRIGGER:
    case constants.SQLITE_CREATE_TEMP_VIEW:
      return 'anything temporary'
    case constants.SQLITE_READ:
    case constants.SQLITE_SELECT:
    case constants.SQLITE_FUNCTION:
      return undefined
    default:
      return ownTables
        .filter((table) => [first, second].some((name) => name?.toLowerCase() === table))
        .map((table) => `a change of ${table}`)[0]
  }
}

function takes(statement: StatementSync, parameterCount: number): boolean {
  try {
    statement.get(...new Array<null>(parameterCount).fill(null))
    return true
  } catch (error) {
    if (sqliteCode(error) === sqliteCodes.outOfRange) return false
    throw error
  }
}

/** Values as `node:sqlite` has to be given them. */
function bindables(values: readonly SqliteValue[]): SqliteValue[] {
  const bound = new Array<SqliteValue>(values.length)
  for (let index = 0; index < values.length; index++) bound[index] = bindable(values[index], index)
  return bound
}

/** A value as `node:sqlite` has to be given it. */
function bindable(value: unknown, index: number): SqliteValue {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      // Given a number, SQLite would get a floating-point one, and a column of text would then say 3.0 for 3.
      if (Number.isSafeInteger(value)) return BigInt(value)
      if (!Number.isNaN(value)) return value
      break
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return value
      break
    case 'object':
      if (value === null || value instanceof Uint8Array) return value
  }
  const hint =
    typeof value === 'boolean'
      ? ' Write 1 or 0 for a boolean.'
      : value === undefined
        ? ' Write null for nothing.'
        : ''
  const expected = 'null, a number, a bigint of at most 64 bits, a string or a Uint8Array'
  throw new AnnalsError(
    'invalid-argument',
    `Parameter ${index + 1} of a statement cannot be stored: expected ${expected}, received ${typeof value === 'object' ? 'an object' : String(value)}.${hint}`,
    { argument: `parameter ${index + 1}`, expected, received: value },
  )
}

function unusable(expected: string, sql: string, found: string, cause?: unknown): AnnalsError {
  return new AnnalsError(
    'invalid-argument',
    `A statement of a read model cannot be used: expected ${expected}, but ${found}. The statement: ${sql}`,
    { argument: 'sql', expected, received: sql },
    cause === undefined ? undefined : { cause },
  )
}
