import { createApp, createMemoryStore, defineDecider, defineLiveQuery } from '@annals/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createServer, type ServerOptions } from '../src/index.ts'
import { routes } from '../src/server.ts'
import { call } from './call.ts'
import { roomApp } from './room.ts'

const Diary = defineDecider({
  category: 'diary',
  events: { Written: z.object({ by: z.string() }) },
  rejections: { nothing: 'There is nothing to write.' },
  initialState: () => 0,
  evolve: { Written: (count) => count + 1 },
  commands: {
    Write: {
      requires: 'any',
      input: z.object({}),
      authorize: (caller) => caller?.roles?.includes('writer') === true,
      decide: (_count, _input, { caller }) => ({ type: 'Written', data: { by: caller?.id ?? '' } }),
    },
  },
})
const Pages = defineLiveQuery({
  name: 'Pages',
  input: z.object({ diary: z.string() }),
  select: ({ diary }) => ({ stream: diary }),
  fold: Diary,
  authorize: (caller) => caller !== undefined,
  answer: (count) => count,
})

// Who it is stands in the header as it is, since no test is about passwords.
const identify = (request: Request) => {
  const id = request.headers.get('authorization')
  if (id === 'broken') throw new Error('the directory is down')
  return id === null ? undefined : { id, roles: id === 'Ada' ? ['writer'] : [] }
}
const serverOf = (options: ServerOptions = {}) =>
  createServer(createApp({ store: createMemoryStore(), modules: [Diary, Pages] }), { identify, ...options })
const as = (authorization: string) => ({ authorization })

describe('a server that is told who is who', () => {
  test('gives commands and asks queries on behalf of that caller', async () => {
    const server = serverOf()
    const written = await call(server, 'POST /commands/Write/diary-1', {}, as('Ada'))
    expect(written.body).toMatchObject({
      accepted: true,
      events: [{ data: { by: 'Ada' }, metadata: { $callerId: 'Ada' } }],
    })
    expect((await call(server, 'GET /queries/Pages?diary=diary-1', undefined, as('Bob'))).body).toBe(1)
  })

  test('answers 403 to whoever may not', async () => {
    const server = serverOf()
    expect(await call(server, 'POST /commands/Write/diary-1', {}, as('Bob'))).toMatchObject({
      status: 403,
      body: {
        code: 'not-authorized',
        retryable: false,
        details: { kind: 'command', name: 'Write', callerId: 'Bob' },
      },
    })
    for (const request of ['GET /queries/Pages?diary=diary-1', 'POST /queries/Pages'])
      expect(
        await call(server, request, request.startsWith('POST') ? { diary: 'diary-1' } : undefined),
      ).toMatchObject({ status: 403, body: { code: 'not-authorized', details: { kind: 'query' } } })
  })

  test('lets nobody past the rules of the application unless it is told who may', async () => {
    const closed = serverOf()
    const asked: unknown[] = []
    const open = serverOf({
      mayOperate: (caller, request) => {
        asked.push(request)
        return caller?.id === 'Ada'
      },
    })
    const operators = routes.filter(({ isForCallers }) => !isForCallers)
    expect(operators.length).toBeGreaterThan(3)
    for (const { method, path } of operators) {
      const request = `${method} ${path.replaceAll(/\{\w+\}/g, 'diary-1')}`
      const body = method === 'POST' ? { events: [{ type: 'Written', data: { by: 'x' } }] } : undefined
      const refused = { status: 403, body: { code: 'forbidden-route', details: { method, path } } }
      expect(await call(closed, request, body, as('Ada')), request).toMatchObject(refused)
      expect(await call(open, request, body, as('Bob')), request).toMatchObject(refused)
      expect((await call(open, request, body, as('Ada'))).body?.code, request).not.toBe('forbidden-route')
    }
    expect(asked).toContainEqual({ method: 'GET', path: '/streams/diary-1' })
  })

  test('tells anybody how it is and what it has', async () => {
    for (const request of ['GET /health', 'GET /openapi.json'])
      expect((await call(serverOf(), request)).status).toBe(200)
  })

  test('answers 500 and reports it if it cannot tell who it is', async () => {
    const reported: unknown[] = []
    const server = serverOf({ onError: (error) => reported.push(error) })
    expect(await call(server, 'POST /commands/Write/diary-1', {}, as('broken'))).toMatchObject({
      status: 500,
      body: { code: 'internal-error' },
    })
    expect(reported).toMatchObject([{ message: 'the directory is down' }])
  })
})

describe('the header X-Correlation-Id', () => {
  test('is recorded with each event and answered', async () => {
    const server = createServer(roomApp())
    const opened = await call(
      server,
      'POST /commands/OpenRoom/room-1',
      { seats: 1 },
      {
        'x-correlation-id': 'request-7',
      },
    )
    expect(opened.headers.get('x-correlation-id')).toBe('request-7')
    expect(opened.body.events[0].metadata).toEqual({ $correlationId: 'request-7' })
  })

  test('is made if there is none, and told by problems and rejections too', async () => {
    const server = createServer(roomApp())
    const opened = await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 })
    const made = opened.headers.get('x-correlation-id')
    expect(made).toMatch(/-1$/)
    expect(opened.body.events[0].metadata).toEqual({ $correlationId: made })
    const header = { 'x-correlation-id': 'request-8' }
    for (const [request, status] of [
      ['POST /commands/OpenRoom/room-1', 409],
      ['POST /commands/GiveBack/room-1', 422],
      ['POST /commands/None/room-1', 404],
    ] as const) {
      const answered = await call(server, request, { seats: 1, by: 'Ada' }, header)
      expect(answered.status).toBe(status)
      expect(answered.headers.get('x-correlation-id')).toBe('request-8')
    }
  })

  test.each(['', 'a b', 'ü', 'x'.repeat(201)])('is refused as %j', async (id) => {
    const server = createServer(roomApp())
    const headers = { 'x-correlation-id': id }
    expect(await call(server, 'POST /commands/OpenRoom/room-1', { seats: 1 }, headers)).toMatchObject({
      status: 400,
      body: { code: 'invalid-parameter', details: { parameter: 'X-Correlation-Id' } },
    })
  })
})
