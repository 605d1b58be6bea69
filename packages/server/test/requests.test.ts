import { expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import { call } from './call.ts'
import { roomApp } from './room.ts'

const server = createServer(roomApp(), { bodyBytesMax: 1_000 })
await call(server, 'POST /commands/OpenRoom/room-1', { seats: 9 })

test.each([
  ['', 1, 1],
  ['{"by": Ada}', 1, 8],
  ['{"by":"Ada"', 1, 12],
  ['{\n  "by": "Ada",\n}', 3, 1],
  ['{"by":"Ada"} x', 1, 14],
])('the body %j is refused as JSON that is broken at line %d, column %d', async (body, line, column) => {
  const refused = await call(server, 'POST /commands/TakeSeat/room-1', body)
  expect(refused).toMatchObject({ status: 400, body: { code: 'broken-json', details: { line, column } } })
})

test('a body that is not UTF-8 is refused', async () => {
  const response = await server.fetch(
    new Request('http://localhost/commands/TakeSeat/room-1', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Uint8Array([0x22, 0xff, 0x22]),
    }),
  )
  expect(await response.json()).toMatchObject({
    code: 'broken-json',
    detail: expect.stringContaining('UTF-8'),
  })
})

test.each([
  undefined,
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/json; charset=latin1',
  'multipart/form-data',
])('a body of the type %s is refused, so that no foreign page can send a command', async (type) => {
  const response = await server.fetch(
    new Request('http://localhost/commands/GiveAllBack/room-1', {
      method: 'POST',
      ...(type && { headers: { 'content-type': type } }),
      body: new TextEncoder().encode('{}'),
    }),
  )
  expect(response.status).toBe(415)
  expect(await response.json()).toMatchObject({ code: 'unsupported-media-type' })
})

test.each([
  'application/json',
  'application/json; charset=utf-8',
  'Application/JSON;charset="UTF-8"',
  'application/vnd.shop+json',
])('a body of the type %s is taken', async (type) => {
  const answered = await call(server, 'POST /commands/GiveAllBack/room-1', '{}', { 'content-type': type })
  expect(answered.status).toBe(200)
})

test('a body at the limit is taken and one byte more is refused, in bytes and not in characters', async () => {
  // 8 bytes around 496 letters of two bytes each.
  const body = `{"x":"${'é'.repeat(496)}"}`
  expect(new TextEncoder().encode(body)).toHaveLength(1_000)
  expect((await call(server, 'POST /commands/GiveAllBack/room-1', body)).status).toBe(200)
  const refused = await call(server, 'POST /commands/GiveAllBack/room-1', `${body} `)
  expect(refused).toMatchObject({
    status: 413,
    body: { code: 'body-too-large', details: { bytesMax: 1_000 } },
  })
})

test('a body of unknown length is read no further than the limit', async () => {
  let sent = 0
  let cancelled = false
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 100
      controller.enqueue(new TextEncoder().encode(' '.repeat(100)))
    },
    cancel() {
      cancelled = true
    },
  })
  const response = await server.fetch(
    new Request('http://localhost/commands/TakeSeat/room-1', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    } as RequestInit),
  )
  expect(response.status).toBe(413)
  expect(cancelled).toBe(true)
  expect(sent).toBeLessThan(1_500)
})

test('an address that is none is answered with the ones there are', async () => {
  const all = await call(server, 'GET /')
  expect(all).toMatchObject({ status: 404, body: { code: 'unknown-route' } })
  expect(all.body.details.known).toContain('GET /openapi.json')
  const near = await call(server, 'POST /queries')
  expect(near.body.details.known).toEqual(['GET /queries/{query}', 'POST /queries/{query}'])
  for (const target of ['/streams/', '/streams/a/b', '/events/', '//events', '/Health'])
    expect(await call(server, `GET ${target}`)).toMatchObject({
      status: 404,
      body: { code: 'unknown-route' },
    })
})

test.each([
  ['DELETE /streams/room-1', 'GET, HEAD, POST'],
  ['GET /commands/OpenRoom/room-1', 'POST'],
  ['POST /events', 'GET, HEAD'],
  ['OPTIONS /health', 'GET, HEAD'],
  ['PUT /queries/WhoSits', 'GET, HEAD, POST'],
])('%s is refused and told that %s is allowed', async (request, allow) => {
  const refused = await call(server, request)
  expect(refused).toMatchObject({ status: 405, body: { code: 'method-not-allowed' } })
  expect(refused.headers.get('allow')).toBe(allow)
})

test('HEAD answers what GET does, without its body', async () => {
  const head = await call(server, 'HEAD /health')
  expect(head).toMatchObject({ status: 200, text: '' })
})

test('broken percent-encoding in a path is refused', async () => {
  for (const target of ['/streams/%zz', '/streams/%E0%A4', '/streams/room%'])
    expect(await call(server, `GET ${target}`)).toMatchObject({ status: 400, body: { code: 'bad-encoding' } })
})

test('a failure inside tells the caller nothing of it, and is reported whole', async () => {
  const reported: unknown[] = []
  const broken = createServer(
    roomApp({
      clock: () => {
        throw new Error('the secret clock at /home/secret')
      },
    }),
    { onError: (error) => reported.push(error) },
  )
  const answered = await call(broken, 'POST /commands/OpenRoom/room-1', { seats: 1 })
  expect(answered).toMatchObject({ status: 500, body: { code: 'internal-error', retryable: false } })
  expect(answered.text).not.toContain('secret')
  expect(reported).toMatchObject([{ message: 'the secret clock at /home/secret' }])
})

test('a listener of errors that fails itself does not keep the answer back', async () => {
  const broken = createServer(
    roomApp({
      clock: () => {
        throw new Error('clock')
      },
    }),
    {
      onError: () => {
        throw new Error('listener')
      },
    },
  )
  const silent = console.error
  console.error = () => undefined
  try {
    expect((await call(broken, 'POST /commands/OpenRoom/room-1', { seats: 1 })).status).toBe(500)
  } finally {
    console.error = silent
  }
})

test('the fallback answers what no route matches, and nothing else', async () => {
  const page = createServer(roomApp(), {
    fallback: ({ url }) =>
      new Response(`<p>${new URL(url).pathname}</p>`, { headers: { 'content-type': 'text/html' } }),
  })
  const answered = await call(page, 'GET /shelf/tea')
  expect(answered).toMatchObject({ status: 200, text: '<p>/shelf/tea</p>' })
  expect(answered.headers.get('x-content-type-options')).toBe('nosniff')
  expect((await call(page, 'DELETE /health')).status).toBe(405)
  expect((await call(page, 'GET /queries/None')).body.code).toBe('unknown-query')
})

test('a fallback that fails is a failure of the server', async () => {
  const page = createServer(roomApp(), {
    fallback: () => Promise.reject(new Error('no page')),
    onError: () => undefined,
  })
  expect((await call(page, 'GET /')).body.code).toBe('internal-error')
})

test('no other origin may use the server unless it is named', async () => {
  const other = { origin: 'https://shop.example' }
  expect(
    (await call(server, 'GET /health', undefined, other)).headers.get('access-control-allow-origin'),
  ).toBeNull()
  const open = createServer(roomApp(), { corsOrigins: ['https://shop.example'] })
  const answered = await call(open, 'GET /health', undefined, other)
  expect(answered.headers.get('access-control-allow-origin')).toBe('https://shop.example')
  expect(answered.headers.get('vary')).toContain('Origin')
  const asked = await call(open, 'OPTIONS /commands/OpenRoom/room-1', undefined, {
    ...other,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
  })
  expect(asked.status).toBe(204)
  expect(asked.headers.get('access-control-allow-headers')).toContain('content-type')
  const stranger = await call(open, 'GET /health', undefined, { origin: 'https://evil.example' })
  expect(stranger.headers.get('access-control-allow-origin')).toBeNull()
  const rejected = await call(open, 'GET /streams/none-1', undefined, other)
  expect(rejected.headers.get('access-control-allow-origin')).toBe('https://shop.example')
})

test('a closed server answers that it is closing', async () => {
  const closed = createServer(roomApp())
  await closed.close()
  await closed.close()
  const answered = await call(closed, 'GET /health')
  expect(answered).toMatchObject({ status: 503, body: { code: 'server-closing', retryable: true } })
  await expect(closed.listen()).rejects.toMatchObject({ code: 'invalid-argument' })
})
