import { createApp, createMemoryStore, defineProjection, type Progress } from '@annals/core'
import { expect, test } from 'vitest'
import { openSqliteReadModels } from '../src/index.ts'
import { temporaryDirectory } from './temporary.ts'
import { AllVisits, Room, Visits, visitsOf } from './visits.ts'

test('a query sees what the events of a command mean once it waits for its position', async () => {
  const store = createMemoryStore()
  const app = createApp({
    store,
    modules: [Room, AllVisits],
    readModels: [await openSqliteReadModels(await temporaryDirectory())],
  })
  const outcome = await app.execute(Room.commands.Enter, 'room-1', { person: 'Ada' })
  if (!outcome.accepted) throw new Error('the command was rejected')
  expect(await app.query(AllVisits, {}, { waitFor: outcome.position })).toEqual([
    { person: 'Ada', times: 1, last: outcome.position },
  ])
  await app.close()
})

test('an application that starts again goes on where the read model stands', async () => {
  const store = createMemoryStore()
  const directory = await temporaryDirectory()
  for (const person of ['Ada', 'Bob', 'Ada']) {
    const app = createApp({
      store,
      modules: [Room, AllVisits],
      readModels: [await openSqliteReadModels(directory)],
    })
    await app.ready()
    expect((await app.status())[0]?.position).toBe(await store.head())
    await app.append({ stream: 'room-1', events: [{ type: 'PersonEntered', data: { person } }] })
    await app.waitFor(await store.head())
    await app.close()
  }
  const app = createApp({ store, modules: [AllVisits], readModels: [await openSqliteReadModels(directory)] })
  expect(await app.query(AllVisits, {})).toMatchObject([
    { person: 'Ada', times: 2 },
    { person: 'Bob', times: 1 },
  ])
  await app.close()
})

test('a rebuild makes the same read model from the events again, and says how far it is', async () => {
  const store = createMemoryStore()
  const people = Array.from({ length: 5_000 }, (_, index) => `p${index % 7}`)
  await store.append({
    stream: 'room-1',
    events: people.map((person) => ({ type: 'PersonEntered', data: { person } })),
  })
  const app = createApp({
    store,
    modules: [AllVisits],
    readModels: [await openSqliteReadModels(await temporaryDirectory())],
  })
  await app.waitFor(await store.head())
  const before = await app.query(AllVisits, {})
  expect(before).toEqual(visitsOf(people.map((person, index) => ({ person, position: index + 1 }))))
  const seen: Progress[] = []
  await app.rebuild(Visits.name, { onProgress: (progress) => void seen.push(progress) })
  expect(await app.query(AllVisits, {})).toEqual(before)
  expect(seen.at(-1)).toMatchObject({ done: 5_000, total: 5_000 })
  await app.close()
})

test('an event whose handler SQLite refuses is parked with the message of SQLite', async () => {
  const store = createMemoryStore()
  const Broken = defineProjection({
    name: 'broken',
    select: { category: 'room' },
    events: Room.events,
    readModel: Visits.readModel,
    retry: { attemptsMax: 1 },
    on: { PersonEntered: (model) => model.run('INSERT INTO visit VALUES (1, NULL, 1)') },
  })
  const app = createApp({
    store,
    modules: [Broken],
    readModels: [await openSqliteReadModels(await temporaryDirectory())],
  })
  await app.append({ stream: 'room-1', events: [{ type: 'PersonEntered', data: { person: 'Ada' } }] })
  await app.waitFor(await store.head())
  expect(app.consumer('broken').parked()).toMatchObject([
    { key: 'room-1', error: expect.stringContaining('NOT NULL constraint failed: visit.times') },
  ])
  await app.close()
})
