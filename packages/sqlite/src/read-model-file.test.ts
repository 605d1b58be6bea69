import { existsSync } from 'node:fs'
import { copyFile, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isAnnalsError } from '@annals/core'
import { expect, test } from 'vitest'
import { openVisits } from '../test/open-visits.ts'
import { temporaryDirectory } from '../test/temporary.ts'
import type { SqliteModel } from './sqlite.ts'

const tables = 'CREATE TABLE t (a INTEGER PRIMARY KEY)'
const insert = (a: number) => (model: SqliteModel) => model.run('INSERT INTO t VALUES (?)', a)
const rowsOf = (model: SqliteModel) =>
  model.all<{ a: number }>('SELECT a FROM t ORDER BY a').map(({ a }) => a)

test('a new read model is empty and stands at the start of the log', async () => {
  const { readModel, model } = await openVisits({ tables })
  expect(readModel.checkpoint()).toBe(0)
  expect(rowsOf(model)).toEqual([])
})

test('rows and checkpoint are there when it is opened again', async () => {
  const { directory, readModel, readModels } = await openVisits({ tables })
  await readModel.write(17, insert(1))
  await readModels.close()
  const again = await openVisits({ tables, directory })
  expect(again.readModel.checkpoint()).toBe(17)
  expect(rowsOf(again.model)).toEqual([1])
})

test('a change that throws leaves the rows and the checkpoint as they were, here and on disk', async () => {
  const { directory, readModel, readModels, model } = await openVisits({ tables })
  await readModel.write(1, insert(1))
  const failure = new Error('the handler failed')
  await expect(
    readModel.write(2, (model) => {
      insert(2)(model)
      throw failure
    }),
  ).rejects.toBe(failure)
  expect(readModel.checkpoint()).toBe(1)
  expect(rowsOf(model)).toEqual([1])
  await readModel.write(2, insert(3))
  await readModels.close()
  const again = await openVisits({ tables, directory })
  expect(again.readModel.checkpoint()).toBe(2)
  expect(rowsOf(again.model)).toEqual([1, 3])
})

test('a batch that cannot be committed leaves the rows and the checkpoint as they were', async () => {
  const { readModel, model } = await openVisits({
    tables: [tables, 'CREATE TABLE u (a REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)'],
  })
  await expect(
    readModel.write(1, (model) => {
      insert(1)(model)
      model.run('INSERT INTO u VALUES (2)')
    }),
  ).rejects.toThrow('FOREIGN KEY constraint failed')
  expect(readModel.checkpoint()).toBe(0)
  expect(rowsOf(model)).toEqual([])
  await readModel.write(1, insert(1))
  expect(rowsOf(model)).toEqual([1])
})

test('a reader never sees half a batch, not even one in another process', async () => {
  const { directory, readModel, model } = await openVisits({ tables })
  const other = new DatabaseSync(join(directory, 'visits.sqlite'), { readOnly: true })
  const otherRows = () => other.prepare('SELECT count(*) AS count FROM t').get()?.count
  await readModel.write(1, (writer) => {
    for (let a = 0; a < 20_000; a++) {
      insert(a)(writer)
      if (a % 1_000 > 0) continue
      expect(model.get('SELECT count(*) AS count FROM t')).toEqual({ count: 0 })
      expect(otherRows()).toBe(0)
    }
  })
  expect(model.get('SELECT count(*) AS count FROM t')).toEqual({ count: 20_000 })
  expect(otherRows()).toBe(20_000)
  other.close()
})

test('a reset empties every table and sets the checkpoint back', async () => {
  const { readModel, model } = await openVisits({ tables })
  await readModel.write(5, insert(1))
  await readModel.reset(1)
  expect(readModel.checkpoint()).toBe(0)
  expect(rowsOf(model)).toEqual([])
  await readModel.write(1, insert(2))
  expect(rowsOf(model)).toEqual([2])
})

test('a reset knows every kind of thing that tables can make', async () => {
  const { readModel, model } = await openVisits({
    tables: [
      'CREATE TABLE "odd ""name" (a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT); CREATE INDEX i ON "odd ""name" (b)',
      'CREATE TABLE child (a NOT NULL REFERENCES "odd ""name" (a))',
      'CREATE VIEW v AS SELECT b FROM "odd ""name"',
      'CREATE VIRTUAL TABLE words USING fts5 (text)',
      'CREATE TRIGGER g AFTER INSERT ON "odd ""name" BEGIN INSERT INTO words VALUES (new.b); END',
      `INSERT INTO "odd ""name" (b) VALUES ('sown with the tables')`,
    ],
  })
  const state = () => ({
    rows: model.all('SELECT v.b FROM v'),
    found: model.all(`SELECT text FROM words WHERE words MATCH 'wor*'`),
    children: model.all('SELECT a FROM child'),
    sequence: model.all('SELECT seq FROM sqlite_sequence'),
  })
  const fresh = state()
  expect(fresh).toMatchObject({ rows: [{ b: 'sown with the tables' }], found: [], sequence: [{ seq: 1 }] })
  await readModel.write(1, (model) => {
    model.run(`INSERT INTO "odd ""name" (b) VALUES ('a word')`)
    model.run('INSERT INTO child VALUES (2)')
  })
  expect(state()).toMatchObject({ found: [{ text: 'a word' }], children: [{ a: 2 }] })
  await readModel.reset(1)
  expect(state()).toEqual(fresh)
})

test.each([
  ['another version', { version: 2 }],
  ['other tables', { tables: ['CREATE TABLE t (a INTEGER PRIMARY KEY, b)'] }],
])('with %s it is opened as it is, to be read only', async (_, change) => {
  const { directory, readModel, readModels } = await openVisits({ tables })
  await readModel.write(9, insert(1))
  expect(readModel.isCurrent).toBe(true)
  await readModels.close()
  const again = await openVisits({ tables, directory, ...change })
  expect(again.readModel.isCurrent).toBe(false)
  expect(rowsOf(again.model)).toEqual([1])
  await expect(again.readModel.write(10, insert(2))).rejects.toThrow('only read')
})

test('how far a key has come that was held back is kept with what was written of it, and forgotten by a reset', async () => {
  const { directory, readModel, readModels } = await openVisits({ tables })
  await readModel.write(9, insert(1))
  await readModel.writeKey('room-1', 4, insert(2))
  await expect(
    readModel.writeKey('room-1', 5, (model) => {
      insert(3)(model)
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await readModels.close()
  const again = await openVisits({ tables, directory })
  expect(again.readModel.keyCheckpoint('room-1')).toBe(4)
  expect(again.readModel.keyCheckpoint('room-2')).toBeUndefined()
  expect(again.readModel.checkpoint()).toBe(9)
  expect(rowsOf(again.model)).toEqual([1, 2])
  await again.readModel.reset(1)
  expect(again.readModel.keyCheckpoint('room-1')).toBeUndefined()
})

test('a file that was moved to the place of another projection begins empty there', async () => {
  const { directory, readModel, readModels } = await openVisits({ tables })
  await readModel.write(9, insert(1))
  await readModels.close()
  await rename(join(directory, 'visits.sqlite'), join(directory, 'other.sqlite'))
  const again = await openVisits({ tables, directory, name: 'other' })
  expect(again.readModel.checkpoint()).toBe(0)
  expect(rowsOf(again.model)).toEqual([])
})

test('tables that SQLite refuses are named with its message, and the old read model stays', async () => {
  const { directory, readModel, readModels } = await openVisits({ tables })
  await readModel.write(9, insert(1))
  await readModels.close()
  for (const [wrong, problem] of [
    ['CREATE TABEL u (a)', 'near "TABEL": syntax error'],
    ['CREATE TABLE t (a); CREATE TABLE t (a)', 'table t already exists'],
    ['COMMIT', 'a statement without COMMIT'],
    ['CREATE TABLE annals_checkpoint (a)', 'a statement without a change of annals_checkpoint'],
    ["ATTACH ':memory:' AS other", 'a statement without another database'],
  ] as const) {
    const failed = openVisits({ tables: [tables.replace(' t ', ' u '), wrong], directory })
    await expect(failed).rejects.toMatchObject({
      code: 'invalid-definition',
      message: expect.stringMatching(/^Projection visits cannot be used/),
      details: { definition: 'projection visits', problem: expect.stringContaining(problem) },
    })
  }
  const again = await openVisits({ tables, directory })
  expect(again.readModel.checkpoint()).toBe(9)
  expect(rowsOf(again.model)).toEqual([1])
})

test('a file that is no database is store-damaged, says what to do, and doing it helps', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'visits.sqlite')
  await writeFile(path, 'this is no database, but it is long enough to look at. '.repeat(100))
  const failed = await openVisits({ tables, directory }).catch((error: unknown) => error)
  expect(failed).toMatchObject({ code: 'store-damaged', details: { file: path } })
  expect((failed as Error).message).toContain('delete this file')
  await rm(path)
  const { readModel } = await openVisits({ tables, directory })
  expect(readModel.checkpoint()).toBe(0)
})

test('a page that was overwritten is store-damaged when it is read or written', async () => {
  const { directory, readModel, readModels } = await openVisits({ tables })
  await readModel.write(1, (model) => {
    for (let a = 0; a < 10_000; a++) insert(a)(model)
  })
  await readModels.close()
  const file = await open(join(directory, 'visits.sqlite'), 'r+')
  const { size } = await file.stat()
  // All but the first pages, which hold the schema and the checkpoint.
  await file.write(Buffer.alloc(size - 5 * 4096, 0xa5), 0, undefined, 5 * 4096)
  await file.close()
  const again = await openVisits({ tables, directory })
  expect(() => rowsOf(again.model)).toThrow(expect.objectContaining({ code: 'store-damaged' }))
  await expect(again.readModel.write(2, insert(5_000_000))).rejects.toMatchObject({ code: 'store-damaged' })
  expect(again.readModel.checkpoint()).toBe(1)
})

test('a newer format is refused and left as it is', async () => {
  const { directory, readModel, readModels } = await openVisits({ tables })
  await readModel.write(1, insert(1))
  await readModels.close()
  const path = join(directory, 'visits.sqlite')
  const database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 3; ALTER TABLE annals_checkpoint RENAME TO annals_state')
  database.close()
  await expect(openVisits({ tables, directory })).rejects.toMatchObject({
    code: 'store-format-unsupported',
    message: expect.stringContaining('or delete the file'),
    details: { directory, formatVersion: 3, supportedFormatVersion: 2 },
  })
  const looked = new DatabaseSync(path)
  expect(looked.prepare('SELECT position FROM annals_state').get()).toEqual({ position: 1 })
  looked.close()
})

test('a file of an earlier format is made anew', async () => {
  const { directory, readModel, readModels } = await openVisits({ tables })
  await readModel.write(1, insert(1))
  await readModels.close()
  const database = new DatabaseSync(join(directory, 'visits.sqlite'))
  database.exec('PRAGMA user_version = 1; ALTER TABLE annals_checkpoint DROP COLUMN build')
  database.close()
  const again = await openVisits({ tables, directory })
  expect(again.readModel.checkpoint()).toBe(0)
  expect(rowsOf(again.model)).toEqual([])
})

test('a database of someone else is refused and left as it is', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'visits.sqlite')
  const database = new DatabaseSync(path)
  database.exec('CREATE TABLE precious (a); INSERT INTO precious VALUES (1)')
  database.close()
  await expect(openVisits({ tables, directory })).rejects.toMatchObject({ code: 'not-a-store' })
  const looked = new DatabaseSync(path)
  expect(looked.prepare('SELECT a FROM precious').get()).toEqual({ a: 1 })
  expect(looked.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' })
  looked.close()
})

test('an empty file, as a crash may leave it, is a new read model', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'visits.sqlite'), '')
  const { readModel } = await openVisits({ tables, directory })
  expect(readModel.checkpoint()).toBe(0)
})

test('a file that was deleted is made anew, though its write-ahead log was forgotten', async () => {
  const { directory, readModel, readModels } = await openVisits({ tables })
  await readModel.write(1, insert(1))
  const wal = join(directory, 'visits.sqlite-wal')
  await copyFile(wal, join(directory, 'kept'))
  await readModels.close()
  expect(existsSync(wal)).toBe(false)
  await rm(join(directory, 'visits.sqlite'))
  await copyFile(join(directory, 'kept'), wal)
  const again = await openVisits({ tables, directory })
  expect(again.readModel.checkpoint()).toBe(0)
  expect(rowsOf(again.model)).toEqual([])
})

test('after close everything is store-closed, and closing again changes nothing', async () => {
  const { readModel, readModels, model } = await openVisits({ tables })
  await readModels.close()
  await readModels.close()
  const isClosed = (error: unknown) => isAnnalsError(error, 'store-closed')
  expect(() => model.get('SELECT 1')).toThrow(expect.toSatisfy(isClosed))
  await expect(readModel.write(1, () => {})).rejects.toSatisfy(isClosed)
  await expect(readModel.reset(1)).rejects.toSatisfy(isClosed)
})
