import { createMemoryStore, createTenants } from '@annals/core'
import { expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import { call } from './call.ts'
import { LendKey, Room, VisitsOf, WhoSits } from './room.ts'

const modules = [Room, LendKey, WhoSits, VisitsOf]

// The tenant stands in a header as it is, since no test is about passwords.
function identify(request: Request) {
  const tenant = request.headers.get('x-tenant')
  return { id: 'Ada', ...(tenant !== null && { tenant }) }
}
const of = (tenant: string) => ({ 'x-tenant': tenant })

function open() {
  const tenants = createTenants({ store: createMemoryStore(), modules })
  return { tenants, server: createServer(tenants, { identify, mayOperate: () => true }) }
}

test('each request is for the application of the tenant that its caller is of', async () => {
  const { server } = open()
  for (const tenant of ['red', 'blue'])
    expect(await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 }, of(tenant))).toMatchObject({
      status: 200,
      body: { stream: 'room-1', revision: 0, events: [{ stream: 'room-1', tags: [] }] },
    })
  await call(server, 'POST /commands/TakeSeat/room-1', { by: 'Ada' }, of('red'))
  const who = async (tenant: string) =>
    (await call(server, 'GET /queries/WhoSits?room=room-1', undefined, of(tenant))).body.takenBy
  expect(await who('red')).toEqual(['Ada'])
  expect(await who('blue')).toEqual([])
  const read = async (target: string, tenant: string) =>
    (await call(server, `GET ${target}`, undefined, of(tenant))).body
  expect((await read('/events', 'blue')).events).toHaveLength(1)
  expect((await read('/streams', 'red')).streams).toMatchObject([{ stream: 'room-1', revision: 1 }])
  expect((await read('/streams/blue.room-1', 'red')).code).toBe('stream-not-found')
})

test('events are sent as they are recorded to their tenant alone', async () => {
  const { server } = open()
  await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 }, of('red'))
  await call(server, 'POST /commands/OpenRoom/room-2', { seats: 2 }, of('blue'))
  const response = await server.fetch(
    new Request('http://localhost/events', { headers: { accept: 'text/event-stream', ...of('blue') } }),
  )
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const { value = '' } = (await reader?.read()) ?? {}
  await reader?.cancel()
  expect(value).toContain('"stream":"room-2"')
  expect(value).not.toContain('room-1')
})

test('a caller of no tenant is refused, and so is one of what can be no tenant', async () => {
  const { server } = open()
  for (const request of ['GET /events', 'GET /queries/WhoSits?room=room-1'])
    expect(await call(server, request)).toMatchObject({
      status: 403,
      body: { code: 'not-authorized', details: { kind: 'tenant', callerId: 'Ada' } },
    })
  expect(await call(server, 'GET /events', undefined, of('red.room'))).toMatchObject({
    status: 400,
    body: { code: 'invalid-argument', details: { argument: 'tenant' } },
  })
})

test('the server tells anybody how its store is and what it has, and nothing of the tenants', async () => {
  const { tenants, server } = open()
  await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 }, of('red'))
  expect((await call(server, 'GET /health')).body).toEqual({
    status: 'ok',
    store: { head: await tenants.store.head() },
    projections: [],
  })
  const { body } = await call(server, 'GET /openapi.json')
  expect(Object.keys(body.paths)).toContain('/commands/OpenRoom/{stream}')
  expect(Object.keys(body.paths)).toContain('/commands/LendKey')
})
