import { expect, test } from 'vitest'
import { z } from 'zod'
import { Room } from '../../test/seat.ts'
import {
  createApp,
  createMemoryStore,
  defineEvent,
  defineProjectedQuery,
  defineProjection,
  type EventStore,
  type Progress,
  target,
} from '../index.ts'

const taken = (store: EventStore, room: string, by: string) =>
  store.append({ stream: `room-${room}`, events: [{ type: 'SeatTaken', data: { by, side: 'left' } }] })

/** A cache of someone else: each person with the last room and how often the same was written. */
class Cache {
  readonly rooms = new Map<string, string>()
  readonly tokens: string[] = []
  isOpen = true
}

const seats = (cache: Cache, write?: (by: string) => Promise<void>) => {
  const projection = defineProjection({
    name: 'seats',
    select: { category: 'room' },
    events: Room.events,
    readModel: target({
      open: async () => cache,
      close: (client) => {
        client.isOpen = false
      },
      empty: (client) => client.rooms.clear(),
    }),
    retry: { attemptsMax: 2, firstDelayMs: 0 },
    on: {
      SeatTaken: async (client, { data, stream }, { token }) => {
        await write?.(data.by)
        client.tokens.push(token)
        client.rooms.set(data.by, stream)
      },
    },
  })
  return defineProjectedQuery({
    name: 'SeatOf',
    input: z.object({ person: z.string() }),
    projection,
    answer: async (client, { person }) => client.rooms.get(person),
  })
}

test('events are written to a target and queries read from it, also after a restart, without any of them twice', async () => {
  const store = createMemoryStore()
  const cache = new Cache()
  const query = seats(cache)
  for (let person = 0; person < 50; person++) await taken(store, String(person % 7), `p${person}`)
  const first = createApp({ store, modules: [query] })
  expect(await first.query(query, { person: 'p49' }, { waitFor: await store.head() })).toBe('room-0')
  await first.close()
  expect(cache.isOpen).toBe(false)
  const app = createApp({ store, modules: [query] })
  await taken(store, '1', 'p0')
  expect(await app.query(query, { person: 'p0' }, { waitFor: await store.head() })).toBe('room-1')
  expect(new Set(cache.tokens).size).toBe(51)
  expect(cache.tokens).toHaveLength(51)
  await app.close()
  await expect(app.query(query, { person: 'p0' })).rejects.toMatchObject({ code: 'store-closed' })
})

test('an event that a target refuses is parked, and can be retried', async () => {
  const store = createMemoryStore()
  const cache = new Cache()
  let isUp = false
  const query = seats(cache, async (by) => {
    if (by === 'Bob' && !isUp) throw new Error('503')
  })
  const app = createApp({ store, modules: [query] })
  for (const [room, by] of [
    ['1', 'Ada'],
    ['2', 'Bob'],
    ['2', 'Cyd'],
    ['1', 'Dan'],
  ] as const)
    await taken(store, room, by)
  await app.waitFor(await store.head())
  expect([...cache.rooms.keys()]).toEqual(['Ada', 'Dan'])
  expect(app.consumer('seats').parked()).toMatchObject([{ key: 'room-2', error: '503', attempts: 2 }])
  isUp = true
  await app.consumer('seats').retry('room-2')
  expect([...cache.rooms.keys()]).toEqual(['Ada', 'Dan', 'Bob', 'Cyd'])
  await app.close()
})

test('a rebuild of a target empties it, if it says how, and hands everything over again', async () => {
  const store = createMemoryStore()
  const cache = new Cache()
  const query = seats(cache)
  for (const by of ['Ada', 'Bob']) await taken(store, '1', by)
  const app = createApp({ store, modules: [query] })
  await app.waitFor(await store.head())
  cache.rooms.set('Nobody', 'room-9')
  const told: Progress[] = []
  await app.rebuild('seats', { onProgress: (progress) => told.push(progress) })
  expect([...cache.rooms.keys()]).toEqual(['Ada', 'Bob'])
  expect(told.at(-1)).toMatchObject({ secondsLeft: 0 })
  await expect(app.rebuild('seats', { compare: true })).rejects.toMatchObject({ code: 'invalid-argument' })
  await app.close()
})

test('a command waits for an inline target, and for one that is paused it does not', async () => {
  const cache = new Cache()
  const Inline = defineProjection({
    name: 'inline',
    select: { category: 'room' },
    events: Room.events,
    readModel: target({ open: () => cache }),
    inline: true,
    on: {
      SeatTaken: async (client, { data, stream }) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        client.rooms.set(data.by, stream)
      },
    },
  })
  const app = createApp({ store: createMemoryStore(), modules: [Room, Inline] })
  await app.execute(Room.commands.OpenRoom, 'room-1', { seats: 9 })
  await app.execute(Room.commands.TakeSeat, 'room-1', { by: 'Ada' })
  expect(cache.rooms.get('Ada')).toBe('room-1')
  await app.consumer('inline').pause()
  await app.execute(Room.commands.TakeSeat, 'room-1', { by: 'Bob' })
  expect(cache.rooms.has('Bob')).toBe(false)
  await app.close()
})

test.each([
  ['without open', {}, /needs open/],
  ['with no parallelism', { open: () => 1, parallelMax: 0 }, /parallelMax/],
])('a target %s is refused at its definition', (_, options, sentence) => {
  expect(() => target(options as never)).toThrow(sentence)
})

test('a target is given old events as those of today', async () => {
  const store = createMemoryStore()
  await taken(store, '1', 'Ada')
  const seen: unknown[] = []
  const Chairs = defineProjection({
    name: 'chairs',
    select: { query: [{ types: ['ChairTaken'] }] },
    events: { ChairTaken: defineEvent({ data: z.object({ by: z.string() }), renamedFrom: ['SeatTaken'] }) },
    readModel: target({ open: () => seen }),
    on: { ChairTaken: async (list, { type, data }) => void list.push([type, data.by]) },
  })
  const app = createApp({ store, modules: [Chairs] })
  await taken(store, '1', 'Bob')
  await app.waitFor(await store.head())
  expect(seen).toEqual([
    ['ChairTaken', 'Ada'],
    ['ChairTaken', 'Bob'],
  ])
  await app.close()
})
