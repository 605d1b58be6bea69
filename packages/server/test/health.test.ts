import { createMemoryStore, type ReadModelStore } from '@annals/core'
import { expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import { call } from './call.ts'
import { roomApp } from './room.ts'

test('a healthy server names the head of the store and how far each projection is', async () => {
  const app = roomApp()
  const server = createServer(app)
  const { body } = await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 })
  await app.waitFor(body.position)
  expect(await call(server, 'GET /health')).toMatchObject({
    status: 200,
    body: {
      status: 'ok',
      store: { head: 1 },
      projections: [{ name: 'visits', version: 1, state: 'live', position: 1 }],
    },
  })
})

test('a failed projection makes the server unhealthy, and its queries say so', async () => {
  const app = roomApp()
  const server = createServer(app, { onError: () => undefined })
  await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 })
  const { body } = await call(server, 'POST /commands/TakeSeat/room-1', { by: 'Nobody' })
  await app.waitFor(body.position).catch(() => undefined)
  const health = await call(server, 'GET /health')
  expect(health).toMatchObject({
    status: 503,
    body: { status: 'failing', projections: [{ state: 'failed', error: { code: 'projection-failed' } }] },
  })
  expect(health.body.projections[0].error.message).toContain('returned a promise')
  expect(await call(server, 'GET /queries/VisitsOf?person=Ada')).toMatchObject({
    status: 503,
    body: { code: 'projection-failed' },
  })
})

test('a closed store makes the server unhealthy', async () => {
  const store = createMemoryStore()
  const server = createServer(roomApp({ store }))
  await store.close()
  expect(await call(server, 'GET /health')).toMatchObject({
    status: 503,
    body: { status: 'failing', store: { error: { code: 'store-closed' } } },
  })
})

test('an application that could not start makes the server unhealthy', async () => {
  const readModels: ReadModelStore = {
    kind: 'memory',
    open: () => Promise.reject(new Error('the read model at /home/secret is damaged')),
    close: async () => undefined,
  }
  const server = createServer(roomApp({ readModels: [readModels] }))
  const health = await call(server, 'GET /health')
  expect(health).toMatchObject({
    status: 503,
    body: { status: 'failing', error: { code: 'internal-error' } },
  })
  expect(health.text).not.toContain('secret')
})
