import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../test/temporary.ts'
import { sqliteError } from './sqlite-error.ts'

test('a disk without room is disk-full', () => {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE t (bytes BLOB); PRAGMA max_page_count = 10')
  expect(errorOf(() => database.exec('INSERT INTO t VALUES (zeroblob(1000000))'))).toMatchObject({
    code: 'disk-full',
    details: { path: '/read-models/a.sqlite' },
  })
})

test('a file that cannot be written is store-read-only', async () => {
  const path = join(await temporaryDirectory(), 'a.sqlite')
  new DatabaseSync(path).exec('CREATE TABLE t (a)')
  const database = new DatabaseSync(path, { readOnly: true })
  expect(errorOf(() => database.exec('INSERT INTO t VALUES (1)'))).toMatchObject({
    code: 'store-read-only',
    details: { directory: '/read-models' },
  })
  database.close()
})

test('a directory that is gone is store-read-only, one where a directory has the name of the file a disk-error', async () => {
  const directory = await temporaryDirectory()
  expect(() => open(join(directory, 'gone', 'a.sqlite'))).toThrow(
    expect.objectContaining({ code: 'store-read-only' }),
  )
  expect(() => open(directory)).toThrow(expect.objectContaining({ code: 'disk-error' }))
})

test('a file held by another program is store-locked, and may be tried again', async () => {
  const path = join(await temporaryDirectory(), 'a.sqlite')
  const holder = new DatabaseSync(path)
  holder.exec('BEGIN EXCLUSIVE')
  const database = new DatabaseSync(path)
  expect(errorOf(() => database.exec('BEGIN IMMEDIATE'))).toMatchObject({
    code: 'store-locked',
    retryable: true,
  })
  database.close()
  holder.close()
})

test('what SQLite has against a statement, and what is no error of SQLite, is passed on as it is', () => {
  const database = new DatabaseSync(':memory:')
  expect(errorOf(() => database.exec('SELECT absent'))).toMatchObject({ message: 'no such column: absent' })
  const other = new Error('other')
  expect(sqliteError(other, '')).toBe(other)
})

function open(path: string): void {
  try {
    new DatabaseSync(path).close()
  } catch (error) {
    throw sqliteError(error, path)
  }
}

function errorOf(action: () => void): unknown {
  try {
    action()
  } catch (error) {
    return sqliteError(error, '/read-models/a.sqlite')
  }
  throw new Error('nothing was thrown')
}
