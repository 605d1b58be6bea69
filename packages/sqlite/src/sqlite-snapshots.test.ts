import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createApp, defineDecider, type Snapshot } from '@annals/core'
import { openLog } from '@annals/log'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { temporaryDirectory } from '../test/temporary.ts'
import { openSqliteReadModels, openSqliteSnapshots, sqlite } from './index.ts'

const snapshot: Snapshot = {
  stream: 'tally-1',
  version: 2,
  firstRevision: 3,
  revision: 9,
  fingerprint: 'f',
  stateJson: '{"sum":9}',
}

test('the last snapshot of each stream is kept, also after closing', async () => {
  const directory = join(await temporaryDirectory(), 'a', 'b')
  const snapshots = await openSqliteSnapshots(directory)
  expect(await snapshots.load('tally-1')).toBeUndefined()
  await snapshots.save(snapshot)
  await snapshots.save({ ...snapshot, stream: 'tally-2' })
  // Older ones take the place of newer ones too, since the history may have been restored.
  await snapshots.save({ ...snapshot, revision: 5 })
  await snapshots.close()
  await snapshots.close()
  const again = await openSqliteSnapshots(directory)
  expect(await again.load('tally-1')).toEqual({ ...snapshot, revision: 5 })
  expect(await again.load('tally-2')).toEqual({ ...snapshot, stream: 'tally-2' })
  await again.close()
})

test('several may have them open, and see what the others save', async () => {
  const directory = await temporaryDirectory()
  const [one, other] = [await openSqliteSnapshots(directory), await openSqliteSnapshots(directory)]
  await one.save(snapshot)
  await other.save({ ...snapshot, revision: 10 })
  expect(await one.load('tally-1')).toMatchObject({ revision: 10 })
  await one.close()
  await other.close()
})

test('they may lie in the directory of read models, whatever these are called', async () => {
  const directory = await temporaryDirectory()
  const readModels = await openSqliteReadModels(directory)
  await readModels.open({
    name: 'snapshots',
    version: 1,
    readModel: sqlite({ tables: 'CREATE TABLE t (a)' }),
  })
  const snapshots = await openSqliteSnapshots(directory)
  await snapshots.save(snapshot)
  await snapshots.close()
  await readModels.close()
  expect((await readdir(directory)).sort()).toEqual(['lock', 'snapshots', 'snapshots.sqlite'])
})

test('a file that is none is made anew', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'snapshots'), 'This is no database, though it is long enough. '.repeat(200))
  const snapshots = await openSqliteSnapshots(directory)
  await snapshots.save(snapshot)
  expect(await snapshots.load('tally-1')).toEqual(snapshot)
  await snapshots.close()
})

test('damage that is met is told once, and the file is made anew', async () => {
  const directory = await temporaryDirectory()
  const snapshots = await openSqliteSnapshots(directory)
  for (let number = 0; number < 500; number++)
    await snapshots.save({ ...snapshot, stream: `tally-${number}`, stateJson: '1'.repeat(1_000) })
  await snapshots.close()
  const path = join(directory, 'snapshots')
  const pageBytes = 4_096
  const file = await open(path, 'r+')
  const { size } = await stat(path)
  for (let at = 2 * pageBytes; at < size; at += pageBytes)
    await file.write(Buffer.alloc(200, 0xee), 0, 200, at)
  await file.close()
  const again = await openSqliteSnapshots(directory)
  await expect(again.load('tally-7')).rejects.toMatchObject({ code: 'store-damaged' })
  expect(await again.load('tally-7')).toBeUndefined()
  await again.save(snapshot)
  expect(await again.load('tally-1')).toEqual(snapshot)
  await again.close()
})

test('a file that is deleted while in use is there again at the latest after an error', async () => {
  const directory = await temporaryDirectory()
  const snapshots = await openSqliteSnapshots(directory)
  await snapshots.save(snapshot)
  for (const name of await readdir(directory)) await rm(join(directory, name))
  await snapshots.save(snapshot).catch(() => undefined)
  await snapshots.save(snapshot)
  expect(await snapshots.load('tally-1')).toEqual(snapshot)
  await snapshots.close()
})

test('after closing nothing is kept or found', async () => {
  const snapshots = await openSqliteSnapshots(await temporaryDirectory())
  await snapshots.close()
  await expect(snapshots.load('tally-1')).rejects.toMatchObject({ code: 'store-closed' })
  await expect(snapshots.save(snapshot)).rejects.toMatchObject({ code: 'store-closed' })
})

test('a file where the directory should be is not-a-store, and a directory where the file should be is refused', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'file'), '')
  await expect(openSqliteSnapshots(join(directory, 'file'))).rejects.toMatchObject({ code: 'not-a-store' })
  await mkdir(join(directory, 'snapshots'))
  await expect(openSqliteSnapshots(directory)).rejects.toMatchObject({ code: 'disk-error' })
})

test('an application that is started again decides on the snapshot, and on all events if it is gone', async () => {
  const directory = await temporaryDirectory()
  const store = await openLog(join(directory, 'log'))
  const folded: number[] = []
  const Tally = defineDecider({
    category: 'tally',
    events: { Added: z.object({ number: z.number() }) },
    snapshot: { version: 1, everyEvents: 50 },
    initialState: () => ({ sum: 0 }),
    evolve: {
      Added: ({ sum }, { number }) => {
        folded.push(number)
        return { sum: sum + number }
      },
    },
    commands: {
      Double: {
        requires: 'any',
        input: z.object({}),
        decide: ({ sum }) => ({ type: 'Added', data: { number: sum } }),
      },
    },
  })
  const events = Array.from({ length: 100 }, (_, number) => ({ type: 'Added', data: { number } }))
  await store.append({ stream: 'tally-1', events })
  const double = async () => {
    const app = createApp({ store, modules: [Tally], snapshots: await openSqliteSnapshots(directory) })
    const outcome = await app.execute(Tally.commands.Double, 'tally-1', {})
    await app.close()
    return outcome.accepted && outcome.events[0]?.data.number
  }
  expect(await double()).toBe(4950)
  expect(folded).toHaveLength(101)
  expect(await double()).toBe(2 * 4950)
  expect(folded).toHaveLength(101 + 2)
  await rm(join(directory, 'snapshots'))
  expect(await double()).toBe(4 * 4950)
  expect(folded).toHaveLength(101 + 2 + 103)
  expect((await readFile(join(directory, 'snapshots'))).length).toBeGreaterThan(0)
  await store.close()
})
