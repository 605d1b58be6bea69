import {
  createApp,
  createMemoryStore,
  defineProjectedQuery,
  defineProjection,
  type RecordedEvent,
} from '@annals/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { openSqliteReadModels, type SqliteModel, sqlite } from '../src/index.ts'
import { temporaryDirectory } from './temporary.ts'
import { Room, visitsOf } from './visits.ts'

const tables =
  'CREATE TABLE visit (person TEXT PRIMARY KEY, times INTEGER NOT NULL, last INTEGER NOT NULL) STRICT'
const put =
  'INSERT INTO visit VALUES (?, 1, ?) ON CONFLICT (person) DO UPDATE SET times = times + 1, last = excluded.last'
const noWaiting = { attemptsMax: 2, firstDelayMs: 0 }

/** Visits that are counted a whole batch at a time. */
const batched = (onEvent: (person: string) => void, sizes: number[] = []) =>
  defineProjection({
    name: 'batched',
    select: { category: 'room' },
    events: { PersonEntered: Room.events.PersonEntered },
    readModel: sqlite({ tables }),
    retry: noWaiting,
    onBatch: (model, events) => {
      sizes.push(events.length)
      for (const { data, position } of events) {
        model.run(put, data.person, position)
        onEvent(data.person)
      }
    },
  })

const allOf = (projection: ReturnType<typeof batched>) =>
  defineProjectedQuery({
    name: 'All',
    input: z.object({}),
    projection,
    answer: (model) => model.all('SELECT person, times, last FROM visit ORDER BY person'),
  })

async function appOf(projection: ReturnType<typeof batched>, people: readonly string[]) {
  const store = createMemoryStore()
  for (const [index, person] of people.entries())
    await store.append({ stream: `room-${index % 3}`, events: [{ type: 'PersonEntered', data: { person } }] })
  await store.append({ stream: 'room-0', events: [{ type: 'RoomAired', data: {} }] })
  const query = allOf(projection)
  const readModels = [await openSqliteReadModels(await temporaryDirectory())]
  const app = createApp({ store, modules: [query], readModels })
  await app.waitFor(await store.head())
  return { app, store, all: () => app.query(query, {}) }
}

const numbered = (people: readonly string[]) =>
  people.map((person, index) => ({ person, position: index + 1 }))

test('a projection may take whole batches, of the declared types alone, and many at a time while it catches up', async () => {
  const people = Array.from({ length: 5_000 }, (_, index) => `p${index % 7}`)
  const sizes: number[] = []
  const { app, all } = await appOf(
    batched(() => {}, sizes),
    people,
  )
  expect(await all()).toEqual(visitsOf(numbered(people)))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(people.length)
  expect(Math.max(...sizes)).toBeGreaterThan(1_000)
  await app.close()
})

test('a batch that fails is undone and given again event by event, and only what fails by itself is parked', async () => {
  const people = ['Ada', 'Bob', 'Cyd', 'trouble', 'Dan', 'Eve', 'trouble', 'Ada']
  const { app, all } = await appOf(
    batched((person) => {
      if (person === 'trouble') throw new Error('no room for trouble')
    }),
    people,
  )
  // In room-0 what stands behind the first of them waits with it.
  expect(app.consumer('batched').parked()).toMatchObject([{ key: 'room-0', position: 4, attempts: 2 }])
  expect(await all()).toEqual(
    visitsOf(numbered(people).filter(({ position }) => position < 4 || position % 3 !== 1)),
  )
  await app.close()
})

test('what only shows when a batch is committed is found out too, and parked', async () => {
  const references = [
    'CREATE TABLE person (name TEXT PRIMARY KEY)',
    'CREATE TABLE entry (name TEXT REFERENCES person (name) DEFERRABLE INITIALLY DEFERRED)',
  ]
  const Entries = defineProjection({
    name: 'entries',
    select: { category: 'room' },
    events: Room.events,
    readModel: sqlite({ tables: references }),
    retry: noWaiting,
    on: {
      PersonEntered: (model: SqliteModel, { data }: RecordedEvent<'PersonEntered', { person: string }>) => {
        if (data.person !== 'nobody') model.run('INSERT OR IGNORE INTO person VALUES (?)', data.person)
        model.run('INSERT INTO entry VALUES (?)', data.person)
      },
    },
  })
  const store = createMemoryStore()
  for (const [room, person] of [
    ['1', 'Ada'],
    ['2', 'nobody'],
    ['1', 'Bob'],
  ] as const)
    await store.append({ stream: `room-${room}`, events: [{ type: 'PersonEntered', data: { person } }] })
  const Count = defineProjectedQuery({
    name: 'Count',
    input: z.object({}),
    projection: Entries,
    answer: (model) => model.get('SELECT count(*) AS entries FROM entry'),
  })
  const readModels = [await openSqliteReadModels(await temporaryDirectory())]
  const app = createApp({ store, modules: [Count], readModels })
  await app.waitFor(await store.head())
  expect(await app.query(Count, {})).toEqual({ entries: 2 })
  expect(app.consumer('entries').parked()).toMatchObject([
    { key: 'room-2', error: expect.stringContaining('FOREIGN KEY') },
  ])
  await app.close()
})
