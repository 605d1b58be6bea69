import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { openVisits } from '../test/open-visits.ts'
import { temporaryDirectory } from '../test/temporary.ts'
import { openSqliteReadModels, sqlite } from './index.ts'

const tables = 'CREATE TABLE t (a)'

test('the directory is made, with those above it', async () => {
  const directory = join(await temporaryDirectory(), 'a', 'b')
  await (await openSqliteReadModels(directory)).close()
  expect(await readdir(directory)).toEqual(['lock'])
})

test('a directory may be named relative to the working directory, and stays the same if that changes', async () => {
  const directory = await temporaryDirectory()
  const readModels = await openSqliteReadModels(relative(process.cwd(), directory))
  await readModels.open({ name: 'a', version: 1, readModel: sqlite({ tables }) })
  expect(await readdir(directory)).toContain('a.sqlite')
  await readModels.close()
})

test('after close nothing lies beside the read models but the file of the lock', async () => {
  const { directory, readModels, write } = await openVisits({ tables })
  await write((model) => model.run('INSERT INTO t VALUES (1)'))
  await readModels.close()
  expect((await readdir(directory)).sort()).toEqual(['lock', 'visits.sqlite'])
})

test('a file where the directory should be is not-a-store', async () => {
  const path = join(await temporaryDirectory(), 'file')
  await writeFile(path, '')
  for (const directory of [path, join(path, 'below')])
    await expect(openSqliteReadModels(directory)).rejects.toMatchObject({
      code: 'not-a-store',
      details: { directory },
    })
})

test('two projections keep their read models apart, even if their names differ in case alone', async () => {
  const directory = await temporaryDirectory()
  const readModels = await openSqliteReadModels(directory)
  const readModel = sqlite({ tables })
  const one = await readModels.open({ name: 'visits', version: 1, readModel })
  const other = await readModels.open({ name: 'Visits', version: 1, readModel })
  await one.write(3, () => {})
  expect([one.checkpoint(), other.checkpoint()]).toEqual([3, 0])
  await readModels.close()
})

test('a directory that is open is store-locked for a second one in the same process', async () => {
  const { directory, readModels } = await openVisits({ tables })
  await expect(openSqliteReadModels(directory)).rejects.toMatchObject({
    code: 'store-locked',
    details: { directory },
  })
  // Nor does the failed attempt free the lock.
  await expect(openSqliteReadModels(directory)).rejects.toMatchObject({ code: 'store-locked' })
  await readModels.close()
  await (await openSqliteReadModels(directory)).close()
})

test('a read model that is open is store-locked for a second application of the same process', async () => {
  const { readModels } = await openVisits({ tables })
  await expect(
    readModels.open({ name: 'visits', version: 1, readModel: sqlite({ tables }) }),
  ).rejects.toMatchObject({ code: 'store-locked', details: { processId: process.pid } })
})

test('a directory open in another process is store-locked, and free as soon as that one is killed', async () => {
  const directory = await temporaryDirectory()
  const sources = fileURLToPath(new URL('index.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { openSqliteReadModels } from ${JSON.stringify(sources)}
       await openSqliteReadModels(${JSON.stringify(directory)})
       console.log('open')
       setInterval(() => {}, 1_000)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  await expect(openSqliteReadModels(directory)).rejects.toMatchObject({
    code: 'store-locked',
    retryable: true,
  })
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  await (await openSqliteReadModels(directory)).close()
})

test('opening after close is store-closed', async () => {
  const { readModels } = await openVisits({ tables })
  await readModels.close()
  await expect(
    readModels.open({ name: 'other', version: 1, readModel: sqlite({ tables }) }),
  ).rejects.toMatchObject({ code: 'store-closed' })
})

test.each([
  ['none', []],
  ['an empty one', ['CREATE TABLE t (a)', ' ']],
  ['something else', 7],
  ['nothing', undefined],
])('tables with %s of their statements are an invalid-definition', (_, tables) => {
  expect(() => sqlite({ tables: tables as never })).toThrow(
    expect.objectContaining({ code: 'invalid-definition' }),
  )
})
