import { expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import { call } from './call.ts'
import { Room, roomApp } from './room.ts'

const hourMs = 60 * 60 * 1000

test('scheduled commands are listed, soonest first, and can be called off', async () => {
  const app = roomApp()
  const server = createServer(app)
  const { OpenRoom } = Room.commands
  const later = await app.schedule(OpenRoom, 'room-2', { seats: 2 }, { afterMs: 2 * hourMs, id: 'later' })
  await app.schedule(OpenRoom, 'room-1', { seats: 1 }, { afterMs: hourMs, id: 'soon', caller: { id: 'ann' } })
  const listed = await call(server, 'GET /scheduled')
  expect(listed.status).toBe(200)
  expect(listed.body.scheduled.map(({ id }: { id: string }) => id)).toEqual(['soon', 'later'])
  expect(listed.body.scheduled[1]).toEqual({
    id: 'later',
    command: 'OpenRoom',
    stream: 'room-2',
    input: { seats: 2 },
    at: later.at.toISOString(),
    scheduledAt: expect.any(String),
    state: 'waiting',
  })
  expect(await call(server, 'POST /scheduled/soon/cancel', {})).toMatchObject({ body: { cancelled: true } })
  expect((await call(server, 'GET /scheduled')).body.scheduled).toMatchObject([{ id: 'later' }])
  await app.close()
})

test('who calls one off is kept with it, and one that never was cannot be', async () => {
  const app = roomApp()
  const server = createServer(app, { identify: () => ({ id: 'bob' }), mayOperate: () => true })
  await app.schedule(Room.commands.OpenRoom, 'room-1', { seats: 1 }, { afterMs: hourMs, id: 'soon' })
  await call(server, 'POST /scheduled/soon/cancel', {})
  const [, cancelled] = await Array.fromAsync(app.store.read({ stream: '$schedule-soon' }))
  expect(cancelled?.metadata).toEqual({ $callerId: 'bob' })
  expect(await call(server, 'POST /scheduled/never/cancel', {})).toMatchObject({
    status: 404,
    body: { code: 'schedule-not-found', details: { id: 'never' } },
  })
  await app.close()
})

test('one whose time has come cannot be called off', async () => {
  const app = roomApp()
  const server = createServer(app)
  await app.schedule(Room.commands.OpenRoom, 'room-1', { seats: 1 }, { afterMs: 0, id: 'now' })
  await expect.poll(() => app.store.stream('room-1')).toBeDefined()
  expect(await call(server, 'POST /scheduled/now/cancel', {})).toMatchObject({ body: { cancelled: false } })
  await app.close()
})
