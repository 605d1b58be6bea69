import { expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import { call } from './call.ts'
import { roomApp } from './room.ts'

const server = createServer(roomApp())
await call(server, 'POST /commands/OpenRoom/room-1', { seats: 3 })
await call(server, 'POST /commands/TakeSeat/room-1', { by: 'Ada' })
await call(server, 'POST /commands/TakeSeat/room-1', { by: 'Bob' })

test('a query is asked by parameters or by a body, and answers the same', async () => {
  const byParameters = await call(server, 'GET /queries/WhoSits?room=room-1')
  const byBody = await call(server, 'POST /queries/WhoSits', { room: 'room-1' })
  expect(byParameters.body).toEqual({ takenBy: ['Ada', 'Bob'], revision: 2 })
  expect(byBody.body).toEqual(byParameters.body)
})

test('a live query is answered as of a revision, a position or a time', async () => {
  expect((await call(server, 'GET /queries/WhoSits?room=room-1&as-of-revision=1')).body.takenBy).toEqual([
    'Ada',
  ])
  expect((await call(server, 'GET /queries/WhoSits?room=room-1&as-of-position=1')).body.takenBy).toEqual([])
  expect(
    (await call(server, 'GET /queries/WhoSits?room=room-1&as-of-time=2999-01-01T00:00:00Z')).body.revision,
  ).toBe(2)
  expect(
    (await call(server, 'GET /queries/WhoSits?room=room-1&as-of-time=1999-01-01T00:00:00%2B01:00')).body.code,
  ).toBe('stream-not-found')
  expect(
    (await call(server, 'POST /queries/WhoSits?as-of-revision=0', { room: 'room-1' })).body.takenBy,
  ).toEqual([])
})

test.each([
  ['as-of-time=yesterday', 'as-of-time'],
  ['as-of-time=2030-01-01T00:00:00', 'as-of-time'],
  ['as-of-revision=-1', 'as-of-revision'],
  ['as-of-revision=1&as-of-revision=2', 'as-of-revision'],
  ['as-of-revision=1&as-of-position=2', 'as-of-revision, as-of-position or as-of-time'],
])('a moment such as %s is refused by name', async (search, parameter) => {
  expect(await call(server, `GET /queries/WhoSits?room=room-1&${search}`)).toMatchObject({
    status: 400,
    body: { code: 'invalid-parameter', details: { parameter } },
  })
})

test('a projected query cannot be asked about the past', async () => {
  expect((await call(server, 'GET /queries/VisitsOf?person=Ada&as-of-position=1')).body).toMatchObject({
    code: 'invalid-argument',
    details: { argument: 'asOf' },
  })
})

test('a projected query waits for a position, and says when it was not reached', async () => {
  const { body } = await call(server, 'POST /commands/TakeSeat/room-1', { by: 'Cyd' })
  expect((await call(server, `GET /queries/VisitsOf?person=Cyd&wait-for=${body.position}`)).body).toBe(1)
  const behind = await call(server, 'GET /queries/VisitsOf?person=Cyd&wait-for=999&timeout-ms=5')
  expect(behind).toMatchObject({
    status: 503,
    body: { code: 'read-model-behind', retryable: true, details: { waitedForPosition: 999, waitedMs: 5 } },
  })
  expect(behind.headers.get('retry-after')).toBe('1')
  expect((await call(server, 'GET /queries/VisitsOf?person=Cyd&timeout-ms=60001')).body.code).toBe(
    'invalid-parameter',
  )
})

test.each([
  ['text=a%20b+c', { text: 'a b c' }],
  ['text=5', { text: '5' }],
  ['text=', { text: '' }],
  ['count=5', { count: 5 }],
  ['open=false', { open: false }],
  ['names=a', { names: ['a'] }],
  ['names=a&names=b,c', { names: ['a', 'b,c'] }],
  ['sizes=1.5&sizes=-2e3', { sizes: [1.5, -2000] }],
  ['size=large', { size: 'large' }],
  ['nothing=null', { nothing: null }],
  ['seat=any', { seat: 'any' }],
  ['seat=5', { seat: 5 }],
  ['label=5', { label: '5' }],
  [`input=${encodeURIComponent('{"filter":{"prefix":"a"}}')}&count=2`, { filter: { prefix: 'a' }, count: 2 }],
  [`input=${encodeURIComponent('{"wait-for":"me"}')}`, { 'wait-for': 'me' }],
  ['wait-for=0', {}],
  ['', {}],
])('the parameters %s are the input %o', async (search, input) => {
  expect((await call(server, `GET /queries/Forms?${search}`)).body).toEqual(input)
})

test.each([
  ['count=many', 'invalid-input', 'count'],
  ['open=yes', 'invalid-input', 'open'],
  ['count=1e', 'invalid-input', 'count'],
  ['size=medium', 'invalid-input', 'size'],
  ['count=1&count=2', 'invalid-parameter', 'given once'],
  ['filter=a', 'invalid-parameter', 'input={\\"filter\\"'],
  ['coutn=1', 'invalid-parameter', 'coutn'],
  ['input={', 'invalid-parameter', 'as JSON'],
  ['input=5&count=1', 'invalid-parameter', 'JSON object'],
  [`input=${encodeURIComponent('{"count":1}')}&count=2`, 'invalid-parameter', 'count'],
  ['text=%zz', 'bad-encoding', '%zz'],
  ['text=%ff', 'bad-encoding', '%ff'],
  ['__proto__=x', 'invalid-parameter', '__proto__'],
])('the parameters %s are refused with %s, which says %s', async (search, code, says) => {
  const refused = await call(server, `GET /queries/Forms?${search}`)
  expect(refused).toMatchObject({ status: 400, body: { code } })
  expect(refused.text).toContain(says)
})

test('an unknown parameter is told which there are', async () => {
  const refused = await call(server, 'GET /queries/WhoSits?room=room-1&rooms=2')
  expect(refused.body.details).toMatchObject({
    parameter: 'rooms',
    known: expect.arrayContaining(['room', 'as-of-revision']),
  })
})

test('a query whose input has no JSON Schema takes its parameters as texts', async () => {
  expect((await call(server, 'GET /queries/Open?since=2030-01-01&names=a&names=b')).body).toEqual({
    since: '2030-01-01T00:00:00.000Z',
    names: ['a', 'b'],
  })
  expect((await call(server, 'GET /queries/Plain?anything=5&__proto__=x')).text).toBe(
    '{"anything":"5","__proto__":"x"}',
  )
  expect((await call(server, 'POST /queries/Plain', [1, { a: null }])).body).toEqual([1, { a: null }])
})

test('an unknown query is told which queries there are', async () => {
  expect(await call(server, 'GET /queries/WhoSat?room=room-1')).toMatchObject({
    status: 404,
    body: { code: 'unknown-query', details: { known: ['WhoSits', 'VisitsOf', 'Forms', 'Open', 'Plain'] } },
  })
})
