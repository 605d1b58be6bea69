import { expect, test } from 'vitest'
import { openVisits } from '../test/open-visits.ts'
import type { SqliteModel } from './sqlite.ts'

/** What differs between the tables after `before`, and those of other definitions after `now`. */
async function differences(
  tables: readonly string[],
  before: (model: SqliteModel) => void,
  newTables: readonly string[],
  now: (model: SqliteModel) => void,
) {
  const { directory, readModel, readModels } = await openVisits({ tables })
  await readModel.write(1, before)
  await readModels.close()
  const again = await openVisits({ tables: newTables, directory, version: 2 })
  const beside = await again.readModel.beside(1)
  await beside.write(1, now)
  return beside.compare?.()
}

const insert =
  (table: string, ...rows: readonly (readonly (number | string | bigint)[])[]) =>
  (model: SqliteModel) => {
    for (const row of rows)
      model.run(`INSERT INTO "${table}" VALUES (${row.map(() => '?').join(', ')})`, ...row)
  }

test('rows with a key are added, removed or changed, and the same ones are not told', async () => {
  const tables = ['CREATE TABLE t (a INTEGER, k TEXT, b, PRIMARY KEY (a, k))']
  const before = insert('t', [1, 'x', 'same'], [2, 'x', 'old'], [3, 'x', 'gone'])
  const now = insert('t', [1, 'x', 'same'], [2, 'x', 'new'], [4, 'x', 'come'])
  expect(await differences(tables, before, tables, now)).toEqual([
    {
      table: 't',
      added: 1,
      removed: 1,
      changed: 1,
      examples: [
        { after: { a: 4, k: 'x', b: 'come' } },
        { before: { a: 3, k: 'x', b: 'gone' } },
        { before: { a: 2, k: 'x', b: 'old' }, after: { a: 2, k: 'x', b: 'new' } },
      ],
    },
  ])
})

test('rows without a key are told by how often they are there', async () => {
  const tables = ['CREATE TABLE "odd ""t" (a, b)']
  const before = insert('odd ""t', [1, 'x'], [1, 'x'], [2, 'x'])
  const now = insert('odd ""t', [1, 'x'], [3, 'x'], [3, 'x'])
  expect(await differences(tables, before, tables, now)).toEqual([
    {
      table: 'odd "t',
      added: 2,
      removed: 2,
      changed: 0,
      examples: [{ after: { a: 3, b: 'x' } }, { before: { a: 1, b: 'x' } }, { before: { a: 2, b: 'x' } }],
    },
  ])
})

test('equal read models have no differences, whatever is in them', async () => {
  const tables = [
    'CREATE TABLE t (a PRIMARY KEY, b); CREATE TABLE u (a, b)',
    'CREATE VIRTUAL TABLE words USING fts5 (text)',
  ]
  const rows = (model: SqliteModel) => {
    for (const table of ['t', 'u']) insert(table, [1, 2n ** 60n], [2, ''])(model)
    model.run('INSERT INTO t VALUES (NULL, NULL)')
    insert('words', ['some words'])(model)
  }
  expect(await differences(tables, rows, tables, rows)).toEqual([])
})

test('a table that only one of them has is added or removed as a whole, and columns that only one has are not compared', async () => {
  const before = (model: SqliteModel) => {
    insert('gone', [1])(model)
    insert('t', [1, 'a'])(model)
  }
  const now = (model: SqliteModel) => {
    insert('come', [2n ** 60n])(model)
    insert('t', [1, 'a', 'more'])(model)
  }
  const found = await differences(
    ['CREATE TABLE gone (a)', 'CREATE TABLE t (a PRIMARY KEY, b)'],
    before,
    ['CREATE TABLE come (a)', 'CREATE TABLE t (a PRIMARY KEY, b, c)'],
    now,
  )
  expect(found).toEqual([
    { table: 'come', added: 1, removed: 0, changed: 0, examples: [{ after: { a: String(2n ** 60n) } }] },
    { table: 'gone', added: 0, removed: 1, changed: 0, examples: [{ before: { a: 1 } }] },
  ])
})

test('of each kind of difference a few rows are shown and all are counted', async () => {
  const tables = ['CREATE TABLE t (a INTEGER PRIMARY KEY, b)']
  const rows = (from: number, b: string) =>
    insert('t', ...Array.from({ length: 100 }, (_, index) => [from + index, b] as const))
  const [found] = (await differences(tables, rows(0, 'old'), tables, rows(50, 'new'))) ?? []
  expect(found).toMatchObject({ added: 50, removed: 50, changed: 50 })
  expect(found?.examples).toHaveLength(9)
})
