import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as after } from 'node:timers/promises'
import type { OpenReadModel, Position } from '@annals/core'
import { openLog } from '@annals/log'
import { expect, test } from 'vitest'
import { openSqliteReadModels, type SqliteModel } from '../src/index.ts'
import { temporaryDirectory } from './temporary.ts'
import { TestProcess } from './test-process.ts'
import { type Visit, Visits, visitsOf } from './visits.ts'

const rounds = Number(process.env.ANNALS_KILL_ROUNDS ?? 8)

test('every event counts exactly once, however often the process is killed', async () => {
  const directory = await temporaryDirectory()
  for (let round = 0; round < rounds; round++) {
    const follower = await start(directory, ['append'])
    watch(directory, Math.random() * 120)
    await follower.kill()
    const { checkpoint, visits } = await readModelIn(directory)
    const events = await eventsIn(directory)
    const seen = events.filter(({ position }) => position <= checkpoint)
    expect(visits, `after round ${round}`).toEqual(visitsOf(seen))
  }
  const follower = await start(directory, [])
  await follower.said('caught-up')
  await follower.kill()
  const { visits } = await readModelIn(directory)
  const events = await eventsIn(directory)
  expect(events.length).toBeGreaterThan(0)
  expect(visits).toEqual(visitsOf(events))
}, 120_000)

test('a replay that is killed again and again ends with what the events say', async () => {
  const directory = await temporaryDirectory()
  const log = await openLog(join(directory, 'log'))
  for (let append = 0; append < 40; append++)
    await log.append({
      stream: 'room-1',
      events: Array.from({ length: 2_500 }, (_, index) => ({
        type: 'PersonEntered',
        data: { person: `p${(append * index) % 101}` },
      })),
    })
  await log.close()
  const events = await eventsIn(directory)
  for (let round = 0; round < rounds; round++) {
    const follower = await start(directory, [])
    await after(Math.random() * 60)
    await follower.kill()
    const { checkpoint, visits } = await readModelIn(directory)
    expect(visits).toEqual(visitsOf(events.filter(({ position }) => position <= checkpoint)))
  }
  const follower = await start(directory, [])
  await follower.said('caught-up')
  await follower.kill()
  expect((await readModelIn(directory)).visits).toEqual(visitsOf(events))
}, 120_000)

test('a process that makes its read model anew again and again may be killed at any moment', async () => {
  const directory = await temporaryDirectory()
  for (let round = 0; round < rounds; round++) {
    const follower = await start(directory, ['rebuild'])
    await after(Math.random() * 200)
    await follower.kill()
    const { checkpoint, visits } = await readModelIn(directory)
    const events = await eventsIn(directory)
    const seen = events.filter(({ position }) => position <= checkpoint)
    expect(visits, `after round ${round}`).toEqual(visitsOf(seen))
  }
  // That it was replaced at all.
  expect((await readModelIn(directory)).build).toBeGreaterThan(rounds)
}, 120_000)

const start = (directory: string, args: readonly string[]): Promise<TestProcess> =>
  TestProcess.start('writer-process.ts', directory, ...args)

/**
 * Looks at the read model of another process as often as it can, for some time: what a reader sees in the file at a moment
 * is what the process would leave if it were killed then, and many more moments can be looked at than processes killed.
 */
function watch(directory: string, durationMs: number): void {
  const database = new DatabaseSync(join(directory, 'read-models', 'visits.sqlite'), { readOnly: true })
  const look = database.prepare(
    'SELECT position, coalesce((SELECT max(last) FROM visit), 0) AS last FROM annals_checkpoint',
  )
  for (const untilMs = performance.now() + durationMs; performance.now() < untilMs; ) {
    const { position, last } = look.get() as { position: Position; last: Position }
    if (position !== last) throw new Error(`rows up to ${last} were there with the checkpoint ${position}`)
  }
  database.close()
}

async function readModelIn(
  directory: string,
): Promise<{ readonly checkpoint: Position; readonly build: number; readonly visits: Visit[] }> {
  const readModels = await openSqliteReadModels(join(directory, 'read-models'))
  const readModel = (await readModels.open(Visits)) as OpenReadModel<SqliteModel>
  const checkpoint = readModel.checkpoint()
  const { build } = readModel
  const visits = readModel.model.all<Visit>('SELECT person, times, last FROM visit ORDER BY person')
  await readModels.close()
  return { checkpoint, build, visits }
}

async function eventsIn(
  directory: string,
): Promise<{ readonly person: string; readonly position: Position }[]> {
  const log = await openLog(join(directory, 'log'))
  const events: { person: string; position: Position }[] = []
  for await (const { data, position } of log.read({ category: 'room' }))
    events.push({ person: (data as { person: string }).person, position })
  await log.close()
  return events
}
