import { createMemoryStore } from '@annals/core'
import { expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import { call } from './call.ts'
import { roomApp } from './room.ts'

const openRoom = async () => {
  const server = createServer(roomApp())
  await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 })
  return server
}

test('an accepted command answers with the stream, its revision, the position and the events', async () => {
  const server = createServer(roomApp())
  const opened = await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 })
  expect(opened.status).toBe(200)
  expect(opened.body).toMatchObject({
    accepted: true,
    stream: 'room-1',
    revision: 0,
    position: 1,
    events: [{ type: 'RoomOpened', data: { seats: 1 }, stream: 'room-1', revision: 0, position: 1 }],
  })
  expect(opened.headers.get('cache-control')).toBe('no-store')
  expect(opened.headers.get('x-content-type-options')).toBe('nosniff')
})

test('a command that changes nothing is accepted without events', async () => {
  const server = await openRoom()
  const answered = await call(server, 'POST /commands/GiveAllBack/room-1', {})
  expect(answered.body).toMatchObject({ accepted: true, revision: 0, events: [] })
})

test('a rejection is a 422 problem with its code, its sentence and its details', async () => {
  const server = await openRoom()
  await call(server, 'POST /commands/TakeSeat/room-1', { by: 'Ada' })
  const rejected = await call(server, 'POST /commands/TakeSeat/room-1', { by: 'Bob' })
  expect(rejected.status).toBe(422)
  expect(rejected.headers.get('content-type')).toBe('application/problem+json')
  expect(rejected.body).toEqual({
    type: 'urn:annals:rejection:room-full',
    title: 'Every seat is taken.',
    status: 422,
    detail: 'Every seat is taken.',
    code: 'room-full',
    retryable: false,
    accepted: false,
    stream: 'room-1',
    details: { seats: 1 },
  })
})

test('a command with an expected revision that is not the actual one says both', async () => {
  const server = await openRoom()
  const answered = await call(server, 'POST /commands/TakeSeat/room-1?expected-revision=7', { by: 'Ada' })
  expect(answered.status).toBe(409)
  expect(answered.body).toMatchObject({
    type: 'urn:annals:error:wrong-expected-revision',
    code: 'wrong-expected-revision',
    retryable: true,
    details: { stream: 'room-1', expected: 7, actual: 0 },
  })
  expect(answered.body.detail).toContain('its last revision is 0')
})

test('an expected revision may be a word, and anything else is refused', async () => {
  const server = await openRoom()
  expect(
    (await call(server, 'POST /commands/TakeSeat/room-1?expected-revision=stream-exists', { by: 'Ada' }))
      .status,
  ).toBe(200)
  for (const text of ['-1', '1.5', '', 'exists', '99999999999999999999']) {
    const refused = await call(server, `POST /commands/TakeSeat/room-1?expected-revision=${text}`, {
      by: 'Bob',
    })
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'invalid-parameter', details: { parameter: 'expected-revision' } },
    })
  }
})

test('an unknown command is told which commands there are', async () => {
  const answered = await call(await openRoom(), 'POST /commands/TakeSaet/room-1', { by: 'Ada' })
  expect(answered).toMatchObject({
    status: 404,
    body: {
      code: 'unknown-command',
      details: { known: ['OpenRoom', 'TakeSeat', 'GiveBack', 'GiveAllBack', 'LendKey'] },
    },
  })
})

test('an input that does not fit is told the field, what was expected and what came', async () => {
  const answered = await call(await openRoom(), 'POST /commands/TakeSeat/room-1', { by: 5 })
  expect(answered).toMatchObject({
    status: 400,
    body: { code: 'invalid-input', details: { of: 'command TakeSeat' } },
  })
  expect(answered.body.details.issues).toEqual([
    { path: ['by'], message: expect.stringMatching(/expected string.*got 5/) },
  ])
})

test('a stream of another category, a stream that exists and one that does not are told apart', async () => {
  const server = await openRoom()
  expect((await call(server, 'POST /commands/OpenRoom/hall-1', { seats: 1 })).body.code).toBe(
    'invalid-argument',
  )
  expect(await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 })).toMatchObject({
    status: 409,
    body: { code: 'stream-already-exists' },
  })
  expect(await call(server, 'POST /commands/TakeSeat/room-9', { by: 'Ada' })).toMatchObject({
    status: 404,
    body: { code: 'stream-not-found' },
  })
})

test('a command with a decision model is given no stream, and one of a decider needs one', async () => {
  const server = createServer(roomApp())
  const lend = (to: string) => call(server, 'POST /commands/LendKey', { key: 'k1', to })
  expect(await lend('Ada')).toMatchObject({
    status: 200,
    body: { accepted: true, stream: 'key-k1', revision: 0, events: [{ type: 'KeyLent' }] },
  })
  expect(await lend('Bob')).toMatchObject({ status: 422, body: { code: 'key-lent', stream: 'key-k1' } })
  const withStream = await call(server, 'POST /commands/LendKey/key-k1', { key: 'k1', to: 'Bob' })
  expect(withStream).toMatchObject({ status: 400, body: { code: 'invalid-argument' } })
  expect(withStream.body.detail).toContain('/commands/LendKey, since it chooses its stream by itself')
  const without = await call(server, 'POST /commands/OpenRoom', { seats: 1 })
  expect(without).toMatchObject({ status: 400, body: { code: 'invalid-argument' } })
  expect(without.body.detail).toContain('/commands/OpenRoom/{stream}')
})

test('a command sent again under its Idempotency-Key takes effect once and is answered as the first time', async () => {
  const server = await openRoom()
  const take = (by: string, key: string) =>
    call(server, 'POST /commands/TakeSeat/room-1', { by }, { 'idempotency-key': key })
  const first = await take('Ada', 'k-1')
  expect((await take('Ada', 'k-1')).text).toBe(first.text)
  const rejection = await take('Bob', 'k-2')
  expect(rejection.status).toBe(422)
  await call(server, 'POST /commands/GiveAllBack/room-1', {})
  expect((await take('Bob', 'k-2')).text).toBe(rejection.text)
  expect(await take('Cyd', 'k-1')).toMatchObject({
    status: 409,
    body: { code: 'command-id-reused', details: { commandId: 'k-1', command: 'TakeSeat', stream: 'room-1' } },
  })
  expect(await take('Cyd', 'with space')).toMatchObject({
    status: 400,
    body: { code: 'invalid-parameter', details: { parameter: 'Idempotency-Key' } },
  })
})

test('a stream whose name has slashes, percent signs and letters of any alphabet is named percent-encoded', async () => {
  const server = createServer(roomApp())
  for (const stream of ['room-a/b', 'room-100%', 'room-%2F', 'room-%25', 'room-größe ☕', 'room-?#&=+']) {
    const opened = await call(server, `POST /commands/OpenRoom/${encodeURIComponent(stream)}`, { seats: 1 })
    expect(opened.body).toMatchObject({ accepted: true, stream })
    expect((await call(server, `GET /streams/${encodeURIComponent(stream)}`)).body.stream).toBe(stream)
  }
})

test('a store that is closed answers 503, and the error is reported', async () => {
  const store = createMemoryStore()
  const reported: unknown[] = []
  const server = createServer(roomApp({ store }), { onError: (error) => reported.push(error) })
  await store.close()
  const answered = await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 })
  expect(answered).toMatchObject({ status: 503, body: { code: 'store-closed' } })
  expect(reported).toMatchObject([{ code: 'store-closed' }])
})
