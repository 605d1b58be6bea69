import {
  createMemoryStore,
  type EventStore,
  type RecordedEvent,
  type Subscription,
  type SubscriptionBatch,
} from '@annals/core'
import { afterEach, expect, test } from 'vitest'
import { createServer, type ServerOptions } from '../src/index.ts'
import { call } from './call.ts'
import { roomApp } from './room.ts'
import { openSse, type SseConnection, type SseMessage } from './sse-client.ts'

const running: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.close()
})

async function serve(options: ServerOptions = {}, store: EventStore = createMemoryStore()) {
  const app = roomApp({ store })
  const server = createServer(app, options)
  running.push({ close: () => server.close({ graceMs: 0 }) })
  const { url } = await server.listen()
  const note = (text: string, stream = 'note-1') =>
    app.append({ stream, events: [{ type: 'Noted', data: { text }, tags: [`to:${stream}`] }] })
  return { app, server, store, url, note }
}

async function take(connection: SseConnection, count: number): Promise<SseMessage[]> {
  const messages: SseMessage[] = []
  for await (const message of connection) if (messages.push(message) === count) break
  return messages
}

/** A store whose subscriptions give their batches by way of the test. */
function withBatches(
  store: EventStore,
  batches: (subscription: Subscription) => AsyncGenerator<SubscriptionBatch>,
): EventStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'subscribe')
        return (...parameters: Parameters<EventStore['subscribe']>): Partial<Subscription> => {
          const subscription = target.subscribe(...parameters)
          return { close: () => subscription.close(), batches: () => batches(subscription) }
        }
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('the events there are come first, then the signal, then each new one', async () => {
  const { url, note } = await serve()
  await note('one')
  await note('two')
  const connection = await openSse(`${url}/events`)
  expect(connection.status).toBe(200)
  expect(connection.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
  })
  const reading = take(connection, 5)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await note('three')
  await new Promise((resolve) => setTimeout(resolve, 50))
  await note('four')
  const messages = await reading
  expect(messages.map(({ event, id }) => [event, id])).toEqual([
    ['event', '1'],
    ['event', '2'],
    ['caught-up', '2'],
    ['event', '3'],
    ['event', '4'],
  ])
  expect(JSON.parse(messages[3]?.data ?? '')).toMatchObject({
    position: 3,
    stream: 'note-1',
    data: { text: 'three' },
  })
  expect(JSON.parse(messages[2]?.data ?? '')).toEqual({ position: 2 })
})

test('the signal comes at once in an empty store', async () => {
  const { url } = await serve()
  expect(await take(await openSse(`${url}/events`), 1)).toEqual([
    { event: 'caught-up', id: '0', data: '{"position":0}' },
  ])
})

test('a stream of events is selected as pages are, and Last-Event-ID wins over after', async () => {
  const { url, note } = await serve()
  for (const stream of ['note-1', 'memo-1', 'note-2', 'note-1']) await note(stream, stream)
  const positions = async (target: string, count: number, headers = {}) =>
    (await take(await openSse(`${url}${target}`, headers), count)).map(({ event, id }) => `${event} ${id}`)
  expect(await positions('/events?category=memo', 2)).toEqual(['event 2', 'caught-up 4'])
  expect(await positions('/events?tags=to:note-2&types=Noted', 2)).toEqual(['event 3', 'caught-up 4'])
  expect(await positions('/events?after=3', 2)).toEqual(['event 4', 'caught-up 4'])
  expect(await positions('/events?after=3', 3, { 'last-event-id': '2' })).toEqual([
    'event 3',
    'event 4',
    'caught-up 4',
  ])
  expect(await positions('/streams/note-1', 3)).toEqual(['event 1', 'event 4', 'caught-up 4'])
  expect(await positions('/streams/note-1?from-revision=1', 2)).toEqual(['event 4', 'caught-up 4'])
})

test('what cannot be streamed is refused before the stream begins', async () => {
  const { server } = await serve()
  const sse = { accept: 'text/event-stream' }
  expect((await call(server, 'GET /events', undefined, { ...sse, 'last-event-id': 'x' })).body.code).toBe(
    'invalid-parameter',
  )
  expect((await call(server, 'GET /events?limit=5', undefined, sse)).body.code).toBe('invalid-parameter')
  expect((await call(server, 'GET /events?category=a-b', undefined, sse)).body.code).toBe('invalid-argument')
  expect((await call(server, 'HEAD /events', undefined, sse)).headers.get('content-type')).toBe(
    'text/event-stream',
  )
})

test('a reader that is cut off again and again sees every event exactly once while writers append', async () => {
  const { url, note } = await serve()
  const total = 3_000
  const writing = (async () => {
    for (let count = 0; count < total; count += 3) {
      await Promise.all([note('a', 'note-a'), note('b', 'note-b'), note('c', 'note-c')])
      if (count % 300 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  const seen: number[] = []
  let lastEventId: string | undefined
  let connections = 0
  while (seen.length < total) {
    const connection = await openSse(
      `${url}/events`,
      lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
    )
    connections++
    let left = 1 + ((connections * 137) % 400)
    for await (const { event, id, data } of connection) {
      if (event === 'event') seen.push((JSON.parse(data) as RecordedEvent).position)
      lastEventId = id
      if (--left === 0 || seen.length === total) break
    }
    connection.cut()
  }
  await writing
  expect(connections).toBeGreaterThan(5)
  expect(seen).toEqual(Array.from({ length: total }, (_, index) => index + 1))
})

test('a reader that hears of nothing hears signs of life', async () => {
  const { url, note } = await serve({ heartbeatMs: 10 })
  const connection = await openSse(`${url}/events`)
  const reading = take(connection, 2)
  await new Promise((resolve) => setTimeout(resolve, 100))
  await note('late')
  await reading
  expect(connection.comments.length).toBeGreaterThan(3)
  expect(new Set(connection.comments)).toEqual(new Set(['heartbeat']))
})

test('a reader that does not read holds back the reading of the store, not the memory', async () => {
  const store = createMemoryStore()
  // 64 MB in all, far more than sockets take on.
  const text = 'x'.repeat(64 * 1024)
  for (let count = 0; count < 1_000; count++)
    await store.append({ stream: 'note-1', events: [{ type: 'Noted', data: text }] })
  let given = 0
  const counted = withBatches(store, async function* (subscription) {
    for await (const batch of subscription.batches()) {
      // One event at a time, so that what has been asked for can be counted.
      for (const event of batch.events) {
        given++
        yield { events: [event], position: event.position, live: false }
      }
      yield { ...batch, events: [] }
    }
  })
  const { url } = await serve({}, counted)
  given = 0
  const connection = await openSse(`${url}/events?types=Noted`)
  connection.pause()
  let before = -1
  while (given !== before) {
    before = given
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  expect(given).toBeLessThan(500)
  const messages = await take(connection, 1_001)
  expect(messages.at(-1)).toMatchObject({ event: 'caught-up', id: '1000' })
})

test('a reader that goes away ends its subscription', async () => {
  const store = createMemoryStore()
  let open = 0
  const watched = withBatches(store, async function* (subscription) {
    open++
    try {
      yield* subscription.batches()
    } finally {
      open--
    }
  })
  const { url, note } = await serve({}, watched)
  const projections = open
  const connections = await Promise.all(Array.from({ length: 10 }, () => openSse(`${url}/events`)))
  await Promise.all(connections.map((connection) => take(connection, 1)))
  for (const connection of connections) connection.cut()
  await expect.poll(() => open).toBe(projections)
  // And so does one that had stopped reading in the midst of what there is.
  for (let count = 0; count < 300; count++) await note('x'.repeat(64 * 1024))
  const slow = await openSse(`${url}/events`)
  slow.pause()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(open).toBe(projections + 1)
  slow.cut()
  await expect.poll(() => open).toBe(projections)
})

test('the closing of the server ends streams at once and without an error', async () => {
  const { server, url, note } = await serve()
  await note('one')
  const connection = await openSse(`${url}/events`)
  const messages: SseMessage[] = []
  const reading = (async () => {
    for await (const message of connection) messages.push(message)
  })()
  await expect.poll(() => messages.length).toBe(2)
  const started = Date.now()
  await server.close()
  await reading
  expect(Date.now() - started).toBeLessThan(1_000)
  expect(messages).toHaveLength(2)
})

test('a store that is closed ends the stream with a problem that says so', async () => {
  const { store, url } = await serve({ onError: () => undefined })
  const connection = await openSse(`${url}/events`)
  const reading = take(connection, 9)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await store.close()
  const messages = await reading
  expect(messages.map(({ event }) => event)).toEqual(['caught-up', 'problem'])
  expect(JSON.parse(messages[1]?.data ?? '')).toMatchObject({ status: 503, code: 'store-closed' })
})

test('a query that is watched sends its answer, and another one whenever it has changed', async () => {
  const { app, url } = await serve()
  await app.append({ stream: 'room-1', events: [{ type: 'RoomOpened', data: { seats: 9 } }] })
  for (const [path, answers] of [
    ['WhoSits?room=room-1', ['{"takenBy":[],"revision":0}', '{"takenBy":["Ada"],"revision":1}']],
    ['VisitsOf?person=Bob', ['0', '1']],
  ] as const) {
    const connection = await openSse(`${url}/queries/${path}`)
    expect(connection.status).toBe(200)
    const messages = connection[Symbol.asyncIterator]()
    expect(await messages.next()).toMatchObject({ value: { event: 'answer', data: answers[0] } })
    const by = path.startsWith('Who') ? 'Ada' : 'Bob'
    await app.append({ stream: 'room-1', events: [{ type: 'SeatTaken', data: { by } }] })
    expect(await messages.next()).toMatchObject({ value: { event: 'answer', data: answers[1] } })
    connection.cut()
  }
})

test('what cannot be asked is a problem for who would watch it, and so is a moment of the past', async () => {
  const { server } = await serve()
  const watch = (target: string) =>
    call(server, `GET /queries/${target}`, undefined, { accept: 'text/event-stream' })
  expect(await watch('WhoSits?room=room-9')).toMatchObject({
    status: 404,
    body: { code: 'stream-not-found' },
  })
  expect(await watch('WhoSits?room=room-9&as-of-revision=1')).toMatchObject({
    status: 400,
    body: { code: 'invalid-parameter' },
  })
})

test('closing the server ends the answers of watched queries', async () => {
  const { server, url } = await serve()
  const connection = await openSse(`${url}/queries/VisitsOf?person=Ada`)
  const messages = connection[Symbol.asyncIterator]()
  await messages.next()
  const ended = messages.next()
  await server.close({ graceMs: 1_000 })
  expect(await ended).toMatchObject({ done: true })
})
