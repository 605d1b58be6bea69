import { createMemoryStore } from '@annals/core'
import { expect, test } from 'vitest'
import { createServer, type Server } from '../src/index.ts'
import { call } from './call.ts'
import { roomApp } from './room.ts'

const store = createMemoryStore()
const server = createServer(roomApp({ store }))
for (let room = 1; room <= 3; room++) {
  await call(server, `POST /commands/OpenRoom/room-${room}`, { seats: 9 })
  for (const by of ['Ada', 'Bob', 'Cyd']) await call(server, `POST /commands/TakeSeat/room-${room}`, { by })
}
await call(server, 'POST /streams/note-1', {
  events: [{ type: 'Noted', data: { text: 'a\u2028b' }, metadata: { by: 'Ada' }, tags: ['person:Ada'] }],
})

/** Every item of a list that comes in pages, and how many pages there were. */
async function walk(server: Server, first: string, list: 'events' | 'streams') {
  const items: { position?: number; revision: number; stream: string }[] = []
  let pages = 0
  for (let next: string | null = first; next !== null; pages++) {
    const page = await call(server, `GET ${next}`)
    expect(page.status).toBe(200)
    items.push(...page.body[list])
    next = page.body.next
  }
  return { items, pages }
}

test.each([1, 4, 12, 13, 14, 1000])(
  'the pages of all events with a limit of %d join without gap or duplicate',
  async (limit) => {
    const { items, pages } = await walk(server, `/events?limit=${limit}`, 'events')
    expect(items.map(({ position }) => position)).toEqual(Array.from({ length: 13 }, (_, index) => index + 1))
    expect(pages).toBe(Math.ceil(13 / limit))
  },
)

test('events are selected by category, type and tag, on every page', async () => {
  expect((await walk(server, '/events?category=note', 'events')).items).toHaveLength(1)
  expect((await walk(server, '/events?types=RoomOpened&types=Noted&limit=1', 'events')).items).toHaveLength(4)
  expect((await walk(server, '/events?tags=person:Ada&limit=2', 'events')).items).toHaveLength(4)
  expect((await walk(server, '/events?tags=person:Ada&types=Noted', 'events')).items).toHaveLength(1)
  expect((await walk(server, '/events?category=room&limit=5&after=4', 'events')).items).toHaveLength(8)
  expect((await call(server, 'GET /events?category=room&types=Noted')).body.code).toBe('invalid-parameter')
})

test('an event is sent as its own toJSON says, its data as the text that is stored', async () => {
  const { body, text } = await call(server, 'GET /events?after=12')
  const [event] = await Array.fromAsync(store.read('everything', { after: 12 }))
  expect(body).toEqual({ events: [JSON.parse(JSON.stringify(event))], next: null })
  expect(text).toContain(event?.dataJson)
})

test('a stream is read forwards and backwards in pages, from any revision', async () => {
  const revisions = async (target: string) =>
    (await walk(server, target, 'events')).items.map(({ revision }) => revision)
  expect(await revisions('/streams/room-2?limit=3')).toEqual([0, 1, 2, 3])
  expect(await revisions('/streams/room-2?limit=1&from-revision=2')).toEqual([2, 3])
  expect(await revisions('/streams/room-2?limit=3&direction=backwards')).toEqual([3, 2, 1, 0])
  expect(await revisions('/streams/room-2?limit=1&direction=backwards&from-revision=1')).toEqual([1, 0])
  expect(await revisions('/streams/room-2?from-revision=99')).toEqual([])
})

test('a page of a stream says where the stream is', async () => {
  const truncated = createMemoryStore()
  const other = createServer(roomApp({ store: truncated }))
  await call(other, 'POST /commands/OpenRoom/room-1', { seats: 9 })
  await call(other, 'POST /commands/TakeSeat/room-1', { by: 'Ada' })
  await truncated.truncate('room-1', { beforeRevision: 1 })
  expect((await call(other, 'GET /streams/room-1')).body).toMatchObject({
    stream: 'room-1',
    revision: 1,
    firstRevision: 1,
    tombstoned: false,
    events: [{ revision: 1 }],
    next: null,
  })
  expect(await call(server, 'GET /streams/room-9')).toMatchObject({
    status: 404,
    body: { code: 'stream-not-found' },
  })
  expect(await call(server, 'GET /streams/-')).toMatchObject({
    status: 400,
    body: { code: 'invalid-argument' },
  })
})

test('a tombstoned stream takes no more events', async () => {
  const ended = createMemoryStore()
  const other = createServer(roomApp({ store: ended }))
  await call(other, 'POST /commands/OpenRoom/room-1', { seats: 9 })
  await ended.tombstone('room-1')
  expect((await call(other, 'GET /streams/room-1')).body).toMatchObject({ tombstoned: true, events: [] })
  expect(await call(other, 'POST /commands/TakeSeat/room-1', { by: 'Ada' })).toMatchObject({
    status: 410,
    body: { code: 'stream-tombstoned' },
  })
})

test('streams are listed in pages, all or those of a category', async () => {
  const names = async (target: string) =>
    (await walk(server, target, 'streams')).items.map(({ stream }) => stream)
  expect(await names('/streams')).toEqual(['note-1', 'room-1', 'room-2', 'room-3'])
  expect(await names('/streams?limit=1')).toEqual(['note-1', 'room-1', 'room-2', 'room-3'])
  expect(await names('/streams?category=room&limit=2')).toEqual(['room-1', 'room-2', 'room-3'])
  expect(await names('/streams?after=room-1')).toEqual(['room-2', 'room-3'])
})

test('a page ends early when its events are large, and the next one goes on', async () => {
  const large = createServer(roomApp())
  const text = 'x'.repeat(7 * 1024 * 1024)
  for (let count = 0; count < 5; count++)
    await call(large, 'POST /streams/note-1', { events: [{ type: 'Noted', data: text }] })
  const first = await call(large, 'GET /events')
  expect(first.body.events).toHaveLength(3)
  expect((await walk(large, '/events', 'events')).items.map(({ position }) => position)).toEqual([
    1, 2, 3, 4, 5,
  ])
})

test.each([
  'limit=0',
  'limit=1001',
  'limit=x',
  'limit=1&limit=2',
  'after=-1',
  'after=1e3',
  'afer=1',
  'direction=up',
])('the parameter %s is refused by name', async (search) => {
  const path = search.startsWith('direction') ? '/streams/room-1' : '/events'
  const refused = await call(server, `GET ${path}?${search}`)
  expect(refused).toMatchObject({
    status: 400,
    body: { code: 'invalid-parameter', details: { parameter: search.split('=')[0] } },
  })
})

test('raw events of a declared category have to be declared and to fit; others are taken as they are', async () => {
  const append = (stream: string, ...events: unknown[]) => call(server, `POST /streams/${stream}`, { events })
  expect((await append('room-7', { type: 'RoomOpened', data: { seats: 0 } })).body).toMatchObject({
    code: 'invalid-event',
    details: { issues: [{ path: ['seats'] }] },
  })
  expect((await append('room-7', { type: 'RoofLifted', data: {} })).body.code).toBe('unknown-event-type')
  expect((await append('roof-7', { type: 'RoofLifted', data: {} })).body).toMatchObject({
    stream: 'roof-7',
    revision: 0,
  })
  expect((await append('roof-7', { typ: 'RoofLifted' })).body.code).toBe('invalid-event')
})

test('an append is conditional on a revision, and on no matching event', async () => {
  const other = createServer(roomApp())
  const append = (search: string, condition?: unknown) =>
    call(other, `POST /streams/note-1${search}`, {
      events: [{ type: 'Noted', tags: ['person:Ada'] }],
      condition,
    })
  expect((await append('?expected-revision=no-stream')).body).toMatchObject({
    revision: 0,
    events: [{ data: null }],
  })
  expect(await append('?expected-revision=no-stream')).toMatchObject({
    status: 409,
    body: { details: { actual: 0 } },
  })
  const failIfEventsMatch = [{ tags: ['person:Ada'] }]
  expect(await append('', { failIfEventsMatch })).toMatchObject({
    status: 409,
    body: { code: 'append-condition-failed' },
  })
  expect(await append('', { failIfEventsMatch, after: 1 })).toMatchObject({
    status: 200,
    body: { revision: 1 },
  })
})

test('an append with an id may be repeated', async () => {
  const other = createServer(roomApp())
  const append = () => call(other, 'POST /streams/note-1', { events: [{ type: 'Noted', id: 'n1' }] })
  expect((await append()).body).toEqual((await append()).body)
})

test.each([
  ['a list', []],
  ['no events', { events: [] }],
  ['an event that is null', { events: [null] }],
  ['a misspelt condition', { events: [{ type: 'A' }], conditoin: {} }],
  ['a condition that is none', { events: [{ type: 'A' }], condition: 5 }],
  ['a condition without a query', { events: [{ type: 'A' }], condition: {} }],
  ['null', null],
])('a body that is %s is refused', async (_name, body) => {
  expect(await call(server, 'POST /streams/other-1', JSON.stringify(body))).toMatchObject({
    status: 400,
    body: { code: 'invalid-argument' },
  })
})
