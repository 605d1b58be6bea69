import { createMemoryStore, defineProjection, inMemory } from '@annals/core'
import { expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import { call } from './call.ts'
import { Room, roomApp } from './room.ts'

/** Counts who sits, and fails for those who are trouble. */
function serverOf() {
  const trouble = new Set(['Bob'])
  const Sitting = defineProjection({
    name: 'sitting',
    select: { category: 'room' },
    events: Room.events,
    readModel: inMemory(() => ({ people: [] as string[] })),
    retry: { attemptsMax: 1 },
    on: {
      SeatTaken: (model, { data }) => {
        if (trouble.has(data.by)) throw new Error(`no room for ${data.by}`)
        model.people.push(data.by)
      },
    },
  })
  const store = createMemoryStore()
  const app = roomApp({ store, modules: [Room, Sitting] })
  const server = createServer(app, {
    identify: (request) => ({ id: request.headers.get('x-id') ?? 'nobody' }),
    mayOperate: () => true,
  })
  const take = async (by: string, room = '1') => {
    const { position } = await app.append({
      stream: `room-${room}`,
      events: [{ type: 'SeatTaken', data: { by } }],
    })
    await app.waitFor(position)
  }
  return { app, server, store, trouble, take }
}

test('all consumers and each of them tell how they are doing', async () => {
  const { server, take } = serverOf()
  await take('Ada')
  const sitting = {
    name: 'sitting',
    kind: 'projection',
    version: 1,
    state: 'live',
    position: 1,
    lagEvents: 0,
    lagSeconds: 0,
    parkedKeys: 0,
    error: null,
  }
  expect(await call(server, 'GET /consumers')).toMatchObject({ status: 200, body: { consumers: [sitting] } })
  expect(await call(server, 'GET /consumers/sitting')).toMatchObject({ status: 200, body: sitting })
  expect(await call(server, 'GET /consumers/standing')).toMatchObject({
    status: 404,
    body: { code: 'unknown-consumer', details: { known: ['sitting'] } },
  })
})

test('a consumer is paused, resumed, reset and rebuilt', async () => {
  const { app, server, store } = serverOf()
  await app.ready()
  const control = (action: string) => call(server, `POST /consumers/sitting/${action}`)
  expect(await control('pause')).toMatchObject({ status: 200, body: { state: 'paused' } })
  await store.append({ stream: 'room-1', events: [{ type: 'SeatTaken', data: { by: 'Ada' } }] })
  expect(await call(server, 'GET /consumers/sitting')).toMatchObject({
    body: { state: 'paused', lagEvents: 1 },
  })
  await control('resume')
  await app.waitFor(1)
  expect((await control('reset')).status).toBe(200)
  await app.waitFor(1)
  expect((await control('rebuild')).status).toBe(202)
  await expect.poll(() => control('resume')).toMatchObject({ body: { state: 'live', position: 1 } })
})

test('parked keys are listed, retried, edited and discarded, and it is kept who did so', async () => {
  const { server, store, trouble, take } = serverOf()
  await take('Ada')
  await take('Bob')
  await take('Cyd', '2')
  await take('Dan')
  expect(await call(server, 'GET /consumers/sitting/parked')).toMatchObject({
    status: 200,
    body: {
      parked: [{ key: 'room-1', revision: 1, type: 'SeatTaken', error: 'no room for Bob', state: 'parked' }],
    },
  })
  const act = (action: string, body?: unknown) =>
    call(server, `POST /consumers/sitting/parked/room-1/${action}`, body, { 'x-id': 'ann' })
  expect(await act('retry')).toMatchObject({ status: 200, body: { parked: [{ attempts: 2 }] } })
  expect(await act('edit', { by: 'Eve' })).toMatchObject({ status: 400, body: { code: 'invalid-parameter' } })
  expect(await act('edit', { data: { by: 'Eve', side: 'left' } })).toMatchObject({
    status: 200,
    body: { parked: [] },
  })
  expect(await act('retry')).toMatchObject({ status: 404, body: { code: 'key-not-parked' } })
  trouble.add('Fay')
  await take('Fay')
  expect(await act('discard')).toMatchObject({ status: 200, body: { parked: [] } })
  const done = await Array.fromAsync(store.read({ stream: '$parking-sitting.1' }))
  const callers = done
    .filter(({ metadata }) => metadata)
    .map(({ type, metadata }) => [type, metadata?.$callerId])
  expect(callers).toEqual([
    ['KeyRetried', 'ann'],
    ['EventEdited', 'ann'],
    ['EventDiscarded', 'ann'],
  ])
})
