import { AnnalsError, type ReadModelKind } from '@annals/core'

/**
 * What can be written to a column and read from it: `NULL`, numbers, text and bytes. A whole number is stored as an
 * integer, any other as a floating-point number.
 */
export type SqliteValue = null | number | bigint | string | Uint8Array

/** A row by the names of its columns. An integer is always read as a `number`, bytes as a `Uint8Array`. */
export interface SqliteRow {
  readonly [column: string]: Exclude<SqliteValue, bigint>
}

/**
 * The tables of one projection. Handlers of the projection are given one that writes, queries one that only reads.
 *
 * Values go into a statement through its parameters, `?` or `?1`, in order and exactly as many as it has. Statements are
 * prepared once and kept, so write them as constant text. What SQLite has against a statement, such as a violated
 * constraint, is thrown with SQLite's own message; nothing of that statement is then written.
 *
 * Transactions, savepoints, pragmas, attached databases and temporary tables are refused, since a batch is already one
 * transaction and may depend on nothing that does not survive with it.
 *
 * All methods throw AnnalsError `invalid-argument` for a statement or a value that cannot be used, and for an integer
 * beyond 2^53 − 1 that was to be read (read it as `CAST(column AS TEXT)`); `store-damaged`, `disk-full`, `disk-error`,
 * `store-locked` if the file or the disk fails; and `store-closed`.
 */
export interface SqliteModel {
  /** Runs one statement that changes rows. @throws AnnalsError also `store-read-only` in a query */
  run(sql: string, ...parameters: readonly SqliteValue[]): void
  /** The first row, if there is one. `Row` is taken on trust. */
  get<Row = SqliteRow>(sql: string, ...parameters: readonly SqliteValue[]): Row | undefined
  /** All rows, in memory at once: give a statement over a large table a `LIMIT`. `Row` is taken on trust. */
  all<Row = SqliteRow>(sql: string, ...parameters: readonly SqliteValue[]): Row[]
}

/**
 * A read model in SQLite, for `defineProjection`. It is kept by what `openSqliteReadModels` opens.
 *
 * @param options.tables What makes the tables, indexes and views: `CREATE …` statements, one or several in a string. When
 * their text changes, the read model is made anew by replaying, beside the old one.
 *
 * @throws AnnalsError `invalid-definition` without any statement
 */
export function sqlite(options: {
  readonly tables: string | readonly string[]
}): ReadModelKind<SqliteModel, void> {
  const given: unknown = options?.tables
  const tables: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (tables.length === 0 || !tables.every((table) => typeof table === 'string' && table.trim() !== ''))
    throw new AnnalsError(
      'invalid-definition',
      'A read model in SQLite cannot be used: tables has to be one or several CREATE statements, each a string.',
      { definition: 'a read model in SQLite', problem: 'tables has no statement' },
    )
  const readModel: SqliteReadModelKind = { kind: 'sqlite', tables: [...(tables as readonly string[])] }
  return readModel
}

/** What `sqlite` really answers with; for the store of read models alone. */
export interface SqliteReadModelKind extends ReadModelKind<SqliteModel, void> {
  readonly kind: 'sqlite'
  readonly tables: readonly string[]
}
