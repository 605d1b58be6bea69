import { cpSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openVisits } from '../test/open-visits.ts'
import { temporaryDirectory } from '../test/temporary.ts'
import { ReadModelFile } from './read-model-file.ts'
import type { SqliteModel } from './sqlite.ts'

const tables = ['CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)']
const definition = { name: 'visits', version: 1, tables }
const insert =
  (...rows: readonly (readonly [number, string])[]) =>
  (model: SqliteModel) => {
    for (const [a, b] of rows) model.run('INSERT INTO t VALUES (?, ?)', a, b)
  }
const rowsOf = (model: SqliteModel) =>
  model.all<{ a: number; b: string }>('SELECT a, b FROM t ORDER BY a').map(({ a, b }) => `${a}${b}`)

test('one that is made beside takes its place with its rows, its checkpoints and its number, and stays so', async () => {
  const { directory, readModel, readModels, model } = await openVisits({ tables })
  await readModel.write(3, insert([1, 'old']))
  await readModel.writeKey('k', 2, () => {})
  const beside = await readModel.beside(4)
  expect(rowsOf(beside.model)).toEqual([])
  await beside.write(5, insert([1, 'new'], [2, 'new']))
  expect(rowsOf(model)).toEqual(['1old'])
  await readModel.write(4, insert([3, 'old']))
  await beside.takePlace()
  const expected = { rows: ['1new', '2new'], checkpoint: 5, build: 4, key: undefined }
  const state = (of: typeof readModel) => ({
    rows: rowsOf(of.model),
    checkpoint: of.checkpoint(),
    build: of.build,
    key: of.keyCheckpoint('k'),
  })
  expect(state(readModel)).toEqual(expected)
  await readModel.write(6, insert([9, 'later']))
  await readModels.close()
  expect(readdirSync(directory).sort()).toEqual(['lock', 'visits.sqlite'])
  const again = await openVisits({ tables, directory })
  expect(state(again.readModel)).toEqual({ ...expected, rows: ['1new', '2new', '9later'], checkpoint: 6 })
})

test('one that is discarded leaves nothing, and the one in use as it was', async () => {
  const { directory, readModel, readModels, model } = await openVisits({ tables })
  await readModel.write(3, insert([1, 'old']))
  const beside = await readModel.beside(1)
  await beside.write(5, insert([1, 'new']))
  await beside.discard()
  expect(rowsOf(model)).toEqual(['1old'])
  await readModels.close()
  expect(readdirSync(directory).sort()).toEqual(['lock', 'visits.sqlite'])
})

test('one that was interrupted is gone on with if it is for the same definition and number, else begun anew', async () => {
  const { directory, readModel, readModels } = await openVisits({ tables })
  await readModel.write(3, insert([1, 'old']))
  await readModels.close()
  const newer = { tables, directory, version: 2 }
  const first = await openVisits(newer)
  await (await first.readModel.beside(1)).write(2, insert([1, 'new']))
  await first.readModels.close()
  const second = await openVisits(newer)
  expect((await second.readModel.beside(1)).checkpoint()).toBe(2)
  await second.readModels.close()
  const third = await openVisits(newer)
  expect((await third.readModel.beside(2)).checkpoint()).toBe(0)
  await third.readModels.close()
  // The version that the read model in use is of needs no other.
  await openVisits({ tables, directory })
  expect(existsSync(join(directory, 'visits.sqlite-building'))).toBe(false)
})

test('a crash at any step of taking its place leaves either the old or the new one, whole', async () => {
  const directory = await temporaryDirectory()
  const steps: string[] = []
  const onStep = (step: string) => {
    steps.push(step)
    // What is on the disk at this moment is what a crash would leave.
    cpSync(directory, `${directory}-${steps.length}`, { recursive: true })
  }
  const path = (folder: string) => join(folder, 'visits.sqlite')
  const readModel = new ReadModelFile(path(directory), definition, { build: 0, onStep })
  await readModel.write(3, insert([1, 'old'], [2, 'old']))
  const beside = await readModel.beside(1)
  await beside.write(5, insert([1, 'new']))
  await beside.takePlace()
  readModel.close()
  const found = steps.map((_, index) => {
    const left = new ReadModelFile(path(`${directory}-${index + 1}`), definition, { build: 0 })
    const rows = rowsOf(left.model)
    const { build } = left
    const checkpoint = left.checkpoint()
    left.close()
    return { build, checkpoint, rows }
  })
  const old = { build: 0, checkpoint: 3, rows: ['1old', '2old'] }
  const made = { build: 1, checkpoint: 5, rows: ['1new'] }
  expect(Object.fromEntries(steps.map((step, index) => [step, found[index]]))).toEqual({
    'closed the new one': old,
    'closed the old one': old,
    'removed the log of the old one': old,
    'renamed the new one': made,
    'synced the directory': made,
  })
})

test('a step that fails leaves the old one in use', async () => {
  const directory = await temporaryDirectory()
  const readModel = new ReadModelFile(join(directory, 'visits.sqlite'), definition, {
    build: 0,
    onStep: (step) => {
      if (step === 'removed the log of the old one') throw new Error('the disk is gone')
    },
  })
  await readModel.write(3, insert([1, 'old']))
  const beside = await readModel.beside(1)
  await expect(beside.takePlace()).rejects.toThrow('the disk is gone')
  await beside.discard()
  expect(rowsOf(readModel.model)).toEqual(['1old'])
  await readModel.write(4, insert([2, 'old']))
  expect(readModel.checkpoint()).toBe(4)
  readModel.close()
})

test('another program that has the old one open neither keeps it from being replaced nor spoils the new one', async () => {
  const { directory, readModel, model } = await openVisits({ tables })
  await readModel.write(3, insert([1, 'old']))
  const other = new DatabaseSync(join(directory, 'visits.sqlite'), { readOnly: true })
  const count = other.prepare('SELECT count(*) AS count FROM t')
  expect(count.get()).toEqual({ count: 1 })
  const beside = await readModel.beside(1)
  await beside.write(5, insert([1, 'new'], [2, 'new']))
  await beside.takePlace()
  await readModel.write(6, insert([3, 'new']))
  expect(count.get()).toEqual({ count: 1 })
  other.close()
  expect(rowsOf(readModel.model)).toEqual(['1new', '2new', '3new'])
  expect(model).not.toBe(readModel.model)
})

test('while another program reads the old one, the new one waits to take its place', async () => {
  const { directory, readModel } = await openVisits({ tables })
  await readModel.write(3, insert([1, 'old']))
  const other = new DatabaseSync(join(directory, 'visits.sqlite'), { readOnly: true })
  other.exec('BEGIN; SELECT count(*) FROM t')
  await readModel.write(4, insert([2, 'old']))
  const beside = await readModel.beside(1)
  await expect(beside.takePlace()).rejects.toMatchObject({ code: 'store-locked', retryable: true })
  other.close()
  await beside.takePlace()
  expect(readModel.build).toBe(1)
})
