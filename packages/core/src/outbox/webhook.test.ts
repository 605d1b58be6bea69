import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Order } from '../../test/orders.ts'
import { settled } from '../../test/settled.ts'
import {
  createApp,
  createMemoryStore,
  defineOutbox,
  isAnnalsError,
  verifyWebhook,
  webhook,
} from '../index.ts'
import type { WebhookOptions } from './webhook.ts'

const { PlaceOrder } = Order.commands
const secret = `whsec_${btoa('a secret of just 32 characters..')}`
const given = { account: 'account-1', cents: 5 }

interface Received {
  readonly headers: Headers
  readonly body: string
}
type Answer = (response: ServerResponse, count: number, request: IncomingMessage) => void

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** A receiver on this machine that keeps what it is sent and answers as it is told. */
async function receiver(answer: Answer) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks = await Array.fromAsync(request, (chunk: Buffer) => chunk)
    const headers = new Headers(request.headers as Record<string, string>)
    answer(response, received.push({ headers, body: Buffer.concat(chunks).toString() }), request)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received }
}

function world(options: Partial<WebhookOptions> & { readonly url: string }) {
  const store = createMemoryStore()
  const Hook = defineOutbox({
    name: 'hook',
    events: Order.events,
    messages: { OrderPlaced: ({ stream }) => ({ body: { order: stream } }) },
    deliver: webhook({ secret, ...options }),
    retry: { attemptsMax: 3, firstDelayMs: 1 },
  })
  return { store, app: createApp({ store, modules: [Order, Hook] }) }
}

const answers =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end()

test('a receiver can verify what it is sent, and tell repeats', async () => {
  const { url, received } = await receiver((response, count) =>
    response.writeHead(count === 1 ? 503 : 204).end(),
  )
  const { store, app } = world({ url, headers: { 'x-shop': 'tea' } })
  await app.execute(PlaceOrder, 'order-1', given)
  await settled(app)
  expect(received).toHaveLength(2)
  const [placed] = await Array.fromAsync(store.read({ stream: 'order-1' }))
  const verified = await Promise.all(received.map((each) => verifyWebhook({ ...each, secret })))
  expect(verified[0]).toEqual(verified[1])
  expect(verified[0]?.payload).toEqual({
    type: 'OrderPlaced',
    timestamp: placed?.recordedAt.toISOString(),
    data: { order: 'order-1' },
  })
  expect(received[0]?.headers.get('content-type')).toBe('application/json')
  expect(received[0]?.headers.get('x-shop')).toBe('tea')
  expect(app.consumer('hook').parked()).toEqual([])
  await app.close()
})

test('while a secret is changed, receivers with either secret can verify', async () => {
  const old = `whsec_${btoa('o'.repeat(32))}`
  const { url, received } = await receiver(answers(200))
  const { app } = world({ url, secret: [old, secret] })
  await app.execute(PlaceOrder, 'order-1', given)
  await settled(app)
  for (const each of [old, secret]) await verifyWebhook({ ...(received[0] as Received), secret: each })
  await app.close()
})

test.each([400, 401, 404, 410, 422, 301, 308])(
  'an answer of %i will not change, so its key is parked at once',
  async (status) => {
    const { url, received } = await receiver(answers(status, { location: '/elsewhere' }))
    const { app } = world({ url })
    await app.execute(PlaceOrder, 'order-1', given)
    await settled(app)
    expect(received).toHaveLength(1)
    expect(app.consumer('hook').parked()).toMatchObject([
      { key: 'order-1', attempts: 1, error: expect.stringContaining(`status ${status}`) },
    ])
    await app.close()
  },
)

test.each([408, 409, 425, 429, 500, 502, 503])('an answer of %i is tried again', async (status) => {
  const { url, received } = await receiver(answers(status))
  const { app } = world({ url })
  await app.execute(PlaceOrder, 'order-1', given)
  await settled(app)
  expect(received).toHaveLength(3)
  expect(app.consumer('hook').parked()).toMatchObject([{ attempts: 3 }])
  await app.close()
})

test('a receiver that asks for time is not called before it is over', async () => {
  let firstAtMs = 0
  const { url, received } = await receiver((response, count) => {
    if (count === 1) firstAtMs = Date.now()
    response.writeHead(count === 1 ? 429 : 200, { 'retry-after': '1' }).end()
  })
  const { app } = world({ url })
  await app.execute(PlaceOrder, 'order-1', given)
  await settled(app)
  expect(received).toHaveLength(2)
  // The header of the second is signed with its time, which is in whole seconds.
  const secondAt = Number(received[1]?.headers.get('webhook-timestamp'))
  expect(secondAt).toBeGreaterThanOrEqual(Math.floor(firstAtMs / 1000) + 1)
  await app.close()
})

test('a receiver that does not answer in time is tried again, and the message says so', async () => {
  const { url, received } = await receiver(() => undefined)
  const { app } = world({ url, timeoutMs: 20 })
  await app.execute(PlaceOrder, 'order-1', given)
  await settled(app)
  expect(received).toHaveLength(3)
  expect(app.consumer('hook').parked()[0]?.error).toContain('not answered within 20 ms')
  await app.close()
})

test('a receiver that dies while it is called is tried again, and gets everything when it is back', async () => {
  let isDead = true
  const { url, received } = await receiver((response, _count, request) => {
    if (isDead) request.socket.destroy()
    else response.writeHead(200).end()
  })
  const { app } = world({ url })
  for (const order of ['order-1', 'order-2']) await app.execute(PlaceOrder, order, given)
  await settled(app)
  const hook = app.consumer('hook')
  expect(hook.parked()[0]?.error).toContain('not answered at all')
  isDead = false
  received.length = 0
  for (const { key } of hook.parked()) await hook.retry(key)
  expect(received.map(({ body }) => JSON.parse(body).data.order).toSorted()).toEqual(['order-1', 'order-2'])
  await app.close()
})

test('nobody at the address is no answer', async () => {
  const { url } = await receiver(answers(200))
  const [server] = servers.splice(0)
  await new Promise((resolve) => server?.close(resolve))
  const { app } = world({ url })
  await app.execute(PlaceOrder, 'order-1', given)
  await settled(app)
  expect(app.consumer('hook').parked()[0]?.error).toMatch(/not answered at all: .*ECONNREFUSED/)
  await app.close()
})

test('stopping does not wait for a slow receiver, and the message goes out at the next start', async () => {
  let isSlow = true
  const { url, received } = await receiver((response) => {
    if (!isSlow) response.writeHead(200).end()
  })
  const { store, app } = world({ url })
  await app.execute(PlaceOrder, 'order-1', given)
  await expect.poll(() => received.length).toBe(1)
  await app.close()
  isSlow = false
  const Hook = defineOutbox({
    name: 'hook',
    events: Order.events,
    messages: { OrderPlaced: ({ stream }) => ({ body: { order: stream } }) },
    deliver: webhook({ url, secret }),
  })
  const again = createApp({ store, modules: [Order, Hook] })
  await settled(again)
  const ids = received.map(({ headers }) => headers.get('webhook-id'))
  expect(ids).toHaveLength(2)
  expect(ids[0]).toBe(ids[1])
  await again.close()
})

test.each<[string, Partial<WebhookOptions>, RegExp]>([
  ['no address', { url: '' }, /url has to be/],
  ['an address of another kind', { url: 'file:///etc' }, /url has to be/],
  ['no secret', { secret: [] }, /secret has to be/],
  ['a short secret', { secret: `whsec_${btoa('x'.repeat(23))}` }, /secret has to be/],
  ['a long secret', { secret: `whsec_${btoa('x'.repeat(65))}` }, /secret has to be/],
  ['a secret without its mark', { secret: btoa('x'.repeat(32)) }, /secret has to be/],
])('a webhook with %s is refused at its definition', (_case, change, sentence) => {
  try {
    webhook({ url: 'https://example.com', secret, ...change })
  } catch (error) {
    expect(isAnnalsError(error, 'invalid-definition') && error.message).toMatch(sentence)
    return
  }
  expect.fail('it was accepted')
})

test.each([24, 25, 26, 63, 64])('a secret of %i bytes is good', (bytes) => {
  webhook({ url: 'https://example.com', secret: `whsec_${btoa('x'.repeat(bytes))}` })
})
