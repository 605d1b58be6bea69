import { expect, test } from 'vitest'
import { openVisits } from '../test/open-visits.ts'
import type { SqliteModel } from './sqlite.ts'

const table = 'CREATE TABLE t (any ANY, int INTEGER, text TEXT, bytes BLOB)'

test('every value is read as it was written', async () => {
  const { write, model } = await openVisits({ tables: table })
  const values = [
    null,
    0,
    1,
    -1,
    1.5,
    -0.25,
    1e300,
    Infinity,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    '',
    'Grüße\u0000 👋',
    '3',
    new Uint8Array(),
    new Uint8Array([0, 255]),
  ]
  await write((model) => {
    for (const value of values) model.run('INSERT INTO t (bytes) VALUES (?)', value)
  })
  expect(
    model.all<{ bytes: unknown }>('SELECT bytes FROM t ORDER BY rowid').map(({ bytes }) => bytes),
  ).toEqual(values)
})

test('a whole number is stored as an integer, so that text made of it has no point', async () => {
  const { write, model } = await openVisits({ tables: table })
  await write((model) => model.run('INSERT INTO t (any, int, text) VALUES (?1, ?1, ?1)', 3))
  expect(model.get('SELECT typeof(any) AS type, int, text, ? / 2 AS half FROM t', 3)).toEqual({
    type: 'integer',
    int: 3,
    text: '3',
    half: 1,
  })
})

test('a bigint is stored exactly, and read exactly as text', async () => {
  const { write, model } = await openVisits({ tables: table })
  const large = 2n ** 63n - 1n
  await write((model) => model.run('INSERT INTO t (int) VALUES (?)', large))
  expect(model.get('SELECT CAST(int AS TEXT) AS int FROM t')).toEqual({ int: String(large) })
  await write((model) => model.run('UPDATE t SET int = ?', 7n))
  expect(model.get('SELECT int FROM t')).toEqual({ int: 7 })
})

test('an integer beyond 2^53 is refused when read, rather than read as another', async () => {
  const { write, model } = await openVisits({ tables: table })
  await write((model) => model.run('INSERT INTO t (int) VALUES (?)', 2n ** 53n + 1n))
  for (const read of [() => model.get('SELECT int FROM t'), () => model.all('SELECT int FROM t')])
    expect(read).toThrow(/at most 2\^53 − 1 .* CAST\(column AS TEXT\)/)
})

test.each([
  ['a boolean', true, 'Write 1 or 0'],
  ['undefined', undefined, 'Write null'],
  ['NaN', Number.NaN, 'expected null, a number'],
  ['an integer of more than 64 bits', 2n ** 63n, 'at most 64 bits'],
  ['a date', new Date(), 'received an object'],
  ['an object', { $a: 1 }, 'received an object'],
  ['a buffer that is no Uint8Array', new ArrayBuffer(1), 'received an object'],
])('%s is no parameter', async (_, value, message) => {
  const { write, model } = await openVisits({ tables: table })
  const insert = (model: SqliteModel) => model.run('INSERT INTO t (any) VALUES (?)', value as never)
  await expect(write(insert)).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining(message),
  })
  expect(() => model.get('SELECT ?', value as never)).toThrow(message)
})

test('a statement needs exactly as many values as it has parameters, at every call', async () => {
  const { write, model } = await openVisits({ tables: table })
  expect(() => model.all('SELECT ?, ?', 1)).toThrow(/expected a value for each parameter, but only 1 came/)
  expect(() => model.all('SELECT ?, ?', 1, 2, 3)).toThrow(/3 came, which is more/)
  // A call that was refused is not what the statement is known by.
  expect(model.all('SELECT ?, ?', 1, 2)).toHaveLength(1)
  expect(model.get('SELECT ? AS a, ? AS b', 1, 2)).toEqual({ a: 1, b: 2 })
  expect(() => model.get('SELECT ? AS a, ? AS b', 1)).toThrow(/same number of parameters/)
  expect(model.get('SELECT ?1 AS a, ?1 AS b', 1)).toEqual({ a: 1, b: 1 })
  await expect(write((model) => model.run('INSERT INTO t (int, any) VALUES (?, ?)', 1))).rejects.toThrow(
    /only 1 came/,
  )
  await expect(write((model) => model.run('DELETE FROM t WHERE int = ? OR any = ?', 1))).rejects.toThrow(
    /only 1 came/,
  )
})

test('a string holds one statement, however it ends', async () => {
  const { write, model } = await openVisits({ tables: table })
  await expect(write((model) => model.run('DELETE FROM t; DELETE FROM t'))).rejects.toThrow(
    /expected one statement/,
  )
  expect(model.get('SELECT 1 AS one ;\n')).toEqual({ one: 1 })
  expect(model.all('EXPLAIN QUERY PLAN SELECT * FROM t WHERE int = ?', 1)).toHaveLength(1)
  expect(() => model.get('')).toThrow()
})

test.each([
  ['BEGIN', 'BEGIN'],
  ['COMMIT', 'COMMIT'],
  ['END', 'COMMIT'],
  ['ROLLBACK', 'ROLLBACK'],
  ['/* */ commit', 'COMMIT'],
  ['SAVEPOINT a', 'a savepoint'],
  ["ATTACH ':memory:' AS other", 'another database'],
  ['PRAGMA user_version = 7', 'the pragma user_version'],
  ['PRAGMA journal_mode = DELETE', 'the pragma journal_mode'],
  ['CREATE TEMP TABLE scratch (a)', 'anything temporary'],
  ['UPDATE annals_checkpoint SET position = 0', 'a change of annals_checkpoint'],
  ['DELETE FROM Annals_Checkpoint', 'a change of annals_checkpoint'],
  ['DROP TABLE annals_checkpoint', 'a change of annals_checkpoint'],
  ['ALTER TABLE annals_checkpoint ADD COLUMN a', 'a change of annals_checkpoint'],
])('a handler cannot say %s', async (sql, refused) => {
  const { readModel, write, model } = await openVisits({ tables: table })
  await write((model) => model.run('INSERT INTO t (int) VALUES (1)'))
  const before = readModel.checkpoint()
  await expect(
    write((model) => {
      model.run('INSERT INTO t (int) VALUES (2)')
      model.run(sql)
    }),
  ).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining(`a statement without ${refused}`),
  })
  expect(model.all('SELECT int FROM t')).toEqual([{ int: 1 }])
  expect(readModel.checkpoint()).toBe(before)
})

test('a query cannot hold a state by a transaction of its own', async () => {
  const { model } = await openVisits({ tables: table })
  expect(() => model.get('BEGIN')).toThrow(/a statement without BEGIN/)
})

test('a query cannot write', async () => {
  const { model } = await openVisits({ tables: table })
  expect(() => model.run('INSERT INTO t (int) VALUES (1)')).toThrow(
    expect.objectContaining({
      code: 'store-read-only',
      message: expect.stringContaining('A query tried to write'),
    }),
  )
  expect(() => model.all('INSERT INTO t (int) VALUES (1) RETURNING int')).toThrow(
    expect.objectContaining({
      code: 'store-read-only',
      message: expect.stringContaining('A query tried to write'),
    }),
  )
})

test('a handler reads what it wrote, and may read while it writes', async () => {
  const { write } = await openVisits({ tables: table })
  await write((model) => {
    model.run('INSERT INTO t (int) VALUES (1)')
    expect(model.get('INSERT INTO t (int) VALUES (2) RETURNING int')).toEqual({ int: 2 })
    expect(model.all('SELECT int FROM t ORDER BY int')).toEqual([{ int: 1 }, { int: 2 }])
  })
})

test('a handler that goes on after it returned is told so, and writes nothing', async () => {
  const { write, model } = await openVisits({ tables: table })
  let late: SqliteModel | undefined
  await write((model) => {
    late = model
  })
  expect(() => late?.run('INSERT INTO t (int) VALUES (1)')).toThrow(/Handlers have to be synchronous/)
  expect(() => late?.all('SELECT 1')).toThrow(/Handlers have to be synchronous/)
  expect(model.all('SELECT * FROM t')).toEqual([])
})

test('a statement that ends the transaction in failing ends the batch, even if its error is caught', async () => {
  const { readModel, write, model } = await openVisits({ tables: 'CREATE TABLE t (int INTEGER PRIMARY KEY)' })
  await write((model) => model.run('INSERT INTO t VALUES (1)'))
  const before = readModel.checkpoint()
  const endTransaction = (model: SqliteModel) => {
    model.run('INSERT INTO t VALUES (2)')
    expect(() => model.run('INSERT OR ROLLBACK INTO t VALUES (1)')).toThrow('UNIQUE constraint failed: t.int')
  }
  await expect(
    write((model) => {
      endTransaction(model)
      model.run('INSERT INTO t VALUES (3)')
    }),
  ).rejects.toThrow(/ended its transaction/)
  await expect(write(endTransaction)).rejects.toThrow(/ended its transaction/)
  expect(model.all('SELECT int FROM t')).toEqual([{ int: 1 }])
  expect(readModel.checkpoint()).toBe(before)
})

test('a statement whose error is caught leaves the others of its batch', async () => {
  const { write, model } = await openVisits({ tables: 'CREATE TABLE t (int INTEGER PRIMARY KEY)' })
  await write((model) => {
    model.run('INSERT INTO t VALUES (1)')
    expect(() => model.run('INSERT INTO t VALUES (2), (1)')).toThrow('UNIQUE constraint failed: t.int')
    model.run('INSERT INTO t VALUES (3)')
  })
  expect(model.all('SELECT int FROM t')).toEqual([{ int: 1 }, { int: 3 }])
})

test('more statements than are kept prepared work as well', async () => {
  const { model } = await openVisits({ tables: table })
  for (let round = 0; round < 2; round++)
    for (let index = 0; index < 300; index++)
      expect(model.get(`SELECT ${index} AS value, ? AS given`, round)).toEqual({ value: index, given: round })
})
