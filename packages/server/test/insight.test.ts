import { createMemoryStore, createTenants } from '@annals/core'
import { afterEach, expect, test } from 'vitest'
import { createServer, type ServerOptions } from '../src/index.ts'
import { findingNames } from '../src/insight-routes.ts'
import { call } from './call.ts'
import { Room, roomApp } from './room.ts'
import { openSse } from './sse-client.ts'

const running: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of running.splice(0)) await each.close()
})

function open(options: ServerOptions = { insight: {} }) {
  const app = roomApp()
  const server = createServer(app, options)
  running.push({ close: () => server.close({ graceMs: 0 }) })
  const note = (stream: string, ...types: string[]) =>
    app.append({ stream, events: types.map((type) => ({ type, data: { text: type } })) })
  return { app, server, note }
}

test('every finding is told, with how far the log was read', async () => {
  const { server, note } = open()
  for (let i = 0; i < 20; i++) await note(`note-${i}`, 'Noted', 'Read', ...(i % 4 === 0 ? ['Torn'] : []))
  const map = await call(server, 'GET /insight/map')
  expect(map).toMatchObject({
    status: 200,
    body: {
      position: 45,
      isCaughtUp: true,
      found: { cases: 20, edges: [{ from: 'Noted', to: 'Read', events: 20 }, { to: 'Torn' }] },
    },
  })
  for (const finding of findingNames)
    expect(await call(server, `GET /insight/${finding}`), finding).toMatchObject({
      status: 200,
      body: { position: 45, found: expect.anything() },
    })
  const rules = await call(server, 'GET /insight/rules')
  expect(rules.body.found).toContainEqual(
    expect.objectContaining({ rule: { template: 'response', a: 'Noted', b: 'Read' }, confidence: 1 }),
  )
})

test('a list is as long as is asked for, and says how much there is', async () => {
  const { server, note } = open()
  for (const [i, type] of ['A', 'B', 'C'].entries()) await note(`note-${i}`, type)
  const { body } = await call(server, 'GET /insight/variants?limit=2')
  expect(body).toMatchObject({ total: 3, found: [{ activities: ['A'] }, { activities: ['B'] }] })
  expect((await call(server, 'GET /insight/variants?limit=0')).body.code).toBe('invalid-parameter')
})

test('what was recorded after the first answer is in the next, and what Annals keeps for itself is in none', async () => {
  const { app, server, note } = open()
  expect((await call(server, 'GET /insight/map')).body.found.cases).toBe(0)
  await note('note-1', 'Noted')
  await app.schedule(Room.commands.OpenRoom, 'room-1', { seats: 1 }, { afterMs: 3_600_000, id: 'later' })
  await expect
    .poll(async () => (await call(server, 'GET /insight/map')).body)
    .toMatchObject({ position: 2, found: { cases: 1, activities: [{ activity: 'Noted' }] } })
  await app.close()
})

test('what Annals keeps for itself is looked at only where it is named', async () => {
  const app = roomApp()
  await app.schedule(Room.commands.OpenRoom, 'room-1', { seats: 1 }, { afterMs: 3_600_000, id: 'later' })
  const [scheduled] = await Array.fromAsync(app.store.read({ stream: '$schedule-later' }))
  if (!scheduled) expect.unreachable()
  for (const [select, cases] of [
    [{ query: [{ types: [scheduled.type] }] }, 0],
    [{ category: '$schedule' }, 1],
    [{ stream: '$schedule-later' }, 1],
  ] as const) {
    const server = createServer(app, { insight: { select } })
    expect((await call(server, 'GET /insight/map')).body.found.cases).toBe(cases)
    await server.close()
  }
  await app.close()
})

test('an open case is foretold, and of one that is not open nothing is', async () => {
  const { server, note } = open({ insight: { isLast: ({ activity }) => activity === 'Read' } })
  for (let i = 0; i < 30; i++) await note(`note-${i}`, 'Noted', 'Read')
  await note('note-a/b', 'Noted')
  const { body } = await call(server, 'GET /insight/predictions/note-a%2Fb')
  expect(body.found).toMatchObject({ case: 'note-a/b', nextAccuracy: { scored: 60 } })
  expect(body.found.next[0]).toMatchObject({ name: 'Read' })
  for (const name of ['note-1', 'never'])
    expect(await call(server, `GET /insight/predictions/${name}`)).toMatchObject({
      status: 404,
      body: { code: 'unknown-finding' },
    })
})

test('a finding is sent as it changes, and not again while it stays as it was', async () => {
  const { server, note } = open({ insight: { pauseMs: 1, isLast: ({ activity }) => activity === 'Read' } })
  const { url } = await server.listen()
  const [map, prediction] = [
    await openSse(`${url}/insight/map`),
    await openSse(`${url}/insight/predictions/note-1`),
  ]
  expect(map.headers).toMatchObject({ 'content-type': 'text/event-stream' })
  const [maps, predictions] = [map[Symbol.asyncIterator](), prediction[Symbol.asyncIterator]()]
  const next = async (messages: typeof maps) => JSON.parse((await messages.next()).value.data)
  expect(await next(maps)).toMatchObject({ position: 0, found: { cases: 0 } })
  expect(await next(predictions)).toMatchObject({ found: null })
  await note('note-1', 'Noted')
  expect(await next(maps)).toMatchObject({ position: 1, found: { cases: 1 } })
  expect(await next(predictions)).toMatchObject({ found: { case: 'note-1' } })
  await note('note-1', 'Read')
  expect(await next(predictions)).toMatchObject({ found: null })
  // What has nothing to do with the case changes nothing about it, so the next message is of the next change.
  await note('note-2', 'Other')
  await note('note-1', 'Noted')
  expect(await next(predictions)).toMatchObject({ found: { case: 'note-1' } })
  await server.close({ graceMs: 0 })
  expect((await predictions.next()).done).toBe(true)
})

test('what is no finding is refused with those there are, also where none is looked for', async () => {
  const { server } = open()
  expect(await call(server, 'GET /insight/gossip')).toMatchObject({
    status: 404,
    body: { code: 'unknown-finding', details: { known: findingNames } },
  })
  const closed = open({}).server
  const { status, body } = await call(closed, 'GET /insight/map')
  expect({ status, code: body.code }).toEqual({ status: 404, code: 'unknown-finding' })
  expect(body.detail).toContain('give `insight` to createServer')
})

test('cases are told as is asked, and a function that fails is a failure of the server', async () => {
  const { server, note } = open({ insight: { cases: ({ data }) => (data as { text: string }).text } })
  await note('note-1', 'A', 'B', 'A')
  expect((await call(server, 'GET /insight/map')).body.found).toMatchObject({ cases: 2 })
  const errors: unknown[] = []
  const broken = open({
    insight: {
      cases: () => {
        throw new Error('broken')
      },
    },
    onError: (error) => errors.push(error),
  })
  await broken.note('note-1', 'A')
  expect((await call(broken.server, 'GET /insight/map')).status).toBe(500)
  expect(errors).toMatchObject([{ message: 'broken' }])
})

test('each tenant sees what its own history shows', async () => {
  const tenants = createTenants({ store: createMemoryStore(), modules: [Room] })
  const server = createServer(tenants, {
    identify: (request) => ({ id: 'Ada', tenant: request.headers.get('x-tenant') ?? '' }),
    mayOperate: () => true,
    insight: {},
  })
  const as = (tenant: string) => ({ 'x-tenant': tenant })
  await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 }, as('red'))
  await call(server, 'POST /commands/OpenRoom/room-2', { seats: 1 }, as('red'))
  await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 }, as('blue'))
  const cases = async (tenant: string) =>
    (await call(server, 'GET /insight/map', undefined, as(tenant))).body.found.cases
  expect([await cases('red'), await cases('blue')]).toEqual([2, 1])
  await server.close()
})
