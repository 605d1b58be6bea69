import { expect, test } from 'vitest'
import { ManualTime } from '../../test/manual-time.ts'
import { Order } from '../../test/orders.ts'
import { settled } from '../../test/settled.ts'
import {
  AnnalsError,
  createApp,
  createMemoryStore,
  type Deliver,
  defineOutbox,
  type EventStore,
  isAnnalsError,
  type Outbox,
  type OutboxMessage,
} from '../index.ts'

const { PlaceOrder, CancelOrder } = Order.commands
const given = { account: 'account-1', cents: 5 }

function outboxOf(deliver: Deliver, changes: object = {}): Outbox {
  return defineOutbox({
    name: 'mail',
    events: Order.events,
    messages: {
      OrderPlaced: ({ stream, data }) => ({
        topic: 'order.placed',
        body: { order: stream, cents: data.cents },
      }),
      OrderCancelled: ({ data }) => (data.why === 'secret' ? undefined : { body: data.why }),
    },
    deliver,
    retry: { attemptsMax: 3, firstDelayMs: 0 },
    ...changes,
  })
}

const appOf = (store: EventStore, outbox: Outbox) => createApp({ store, modules: [Order, outbox] })

test('a message follows from each event of interest, in the order of its key, and none from what was rejected', async () => {
  const store = createMemoryStore()
  const sent: OutboxMessage[] = []
  const app = appOf(
    store,
    outboxOf(async (message) => void sent.push(message)),
  )
  await app.execute(PlaceOrder, 'order-1', given)
  await app.execute(CancelOrder, 'order-1', { why: 'second thoughts' })
  await app.execute(CancelOrder, 'order-1', { why: 'again' })
  await app.execute(PlaceOrder, 'order-2', given)
  await app.execute(CancelOrder, 'order-2', { why: 'secret' })
  await settled(app)
  expect(sent.filter(({ id }) => id).map(({ topic, body }) => [topic, body])).toEqual([
    ['order.placed', { order: 'order-1', cents: 5 }],
    ['OrderCancelled', 'second thoughts'],
    ['order.placed', { order: 'order-2', cents: 5 }],
  ])
  const [placed] = await Array.fromAsync(store.read({ stream: 'order-1' }))
  expect(sent[0]).toMatchObject({ id: `mail:${placed?.id}`, recordedAt: placed?.recordedAt })
  await app.close()
})

test('a message that fails is tried again under the same id, then its key waits and the others go on', async () => {
  const store = createMemoryStore()
  const tried: string[] = []
  let isMended = false
  const app = appOf(
    store,
    outboxOf(async ({ id }, { key, token, attempt }) => {
      expect(token).toBe(id)
      tried.push(`${key} ${attempt}`)
      if (key === 'order-1' && !isMended) throw new Error('the post office is closed')
    }),
  )
  await app.execute(PlaceOrder, 'order-1', given)
  await app.execute(CancelOrder, 'order-1', { why: 'late' })
  await app.execute(PlaceOrder, 'order-2', given)
  await settled(app)
  expect(tried.toSorted()).toEqual(['order-1 1', 'order-1 2', 'order-1 3', 'order-2 1'])
  const mail = app.consumer('mail')
  expect(mail.parked()).toMatchObject([{ key: 'order-1', error: 'the post office is closed' }])
  isMended = true
  tried.length = 0
  await mail.retry('order-1')
  expect(tried).toEqual(['order-1 1', 'order-1 1'])
  await app.close()
})

test('a failure that is final parks the key at once, and one that asks for time is given it', async () => {
  const time = new ManualTime()
  const store = createMemoryStore({ clock: time.clock })
  const tried: [string, number][] = []
  const failed = (isFinal: boolean, retryAfterMs?: number) =>
    new AnnalsError('delivery-failed', 'No.', { target: 'x', status: 503, isFinal, retryAfterMs })
  const outbox = outboxOf(async (_message, { key }) => {
    tried.push([key, time.clock()])
    if (key === 'order-1') throw failed(true)
    if (tried.filter(([each]) => each === 'order-2').length === 1) throw failed(false, 30_000)
  })
  const app = createApp({ store, modules: [Order, outbox], clock: time.clock, timer: time.timer })
  const startMs = time.clock()
  await app.execute(PlaceOrder, 'order-1', given)
  await app.execute(PlaceOrder, 'order-2', given)
  await expect.poll(() => tried.length).toBe(2)
  for (let step = 0; step < 40; step++) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    time.advance(1_000)
  }
  await settled(app)
  expect(tried.map(([key, atMs]) => [key, atMs - startMs])).toEqual([
    ['order-1', 0],
    ['order-2', 0],
    ['order-2', 30_000],
  ])
  expect(app.consumer('mail').parked()).toMatchObject([{ key: 'order-1', attempts: 1 }])
  await app.close()
})

test('a message goes out again after a stop that came before it was done, and none is missing', async () => {
  const store = createMemoryStore()
  const first = appOf(
    store,
    outboxOf(
      (_message, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    ),
  )
  await first.execute(PlaceOrder, 'order-1', given)
  await first.ready()
  await first.close()
  const sent: OutboxMessage[] = []
  const second = appOf(
    store,
    outboxOf(async (message) => void sent.push(message)),
  )
  await settled(second)
  expect(sent).toHaveLength(1)
  await second.close()
})

test('only the selected events are told of, in the order of the key it names', async () => {
  const store = createMemoryStore()
  const keys: string[] = []
  const outbox = outboxOf(async (_message, { key }) => void keys.push(key), {
    select: { stream: 'order-1' },
    key: () => 'one receiver',
  })
  const app = appOf(store, outbox)
  for (const order of ['order-1', 'order-2']) await app.execute(PlaceOrder, order, given)
  await settled(app)
  expect(keys).toEqual(['one receiver'])
  await app.close()
})

test.each([
  ['a message that is none', () => 'hello', /expected \{ topic, body \}/],
  [
    'a body that JSON cannot carry',
    () => ({ body: new Date() }),
    /its message of OrderPlaced cannot be sent/,
  ],
])('%s parks its key with a sentence', async (_case, OrderPlaced, sentence) => {
  const store = createMemoryStore()
  const app = appOf(
    store,
    outboxOf(async () => {}, { messages: { OrderPlaced } }),
  )
  await app.execute(PlaceOrder, 'order-1', given)
  await settled(app)
  expect(app.consumer('mail').parked()[0]?.error).toMatch(sentence)
  await app.close()
})

test.each<[string, object, RegExp]>([
  ['no name', { name: '' }, /needs a name/],
  ['a name of Annals itself', { name: '$mail' }, /begin with "\$"/],
  ['a bad selection', { select: { category: 'a-b' } }, /before the first "-"/],
  ['no messages', { messages: {} }, /no function under messages/],
  ['a message of an undeclared type', { messages: { Sold: () => undefined } }, /tells of Sold/],
  ['a message that is no function', { messages: { OrderPlaced: 'hello' } }, /messages\.OrderPlaced/],
  ['no way to deliver', { deliver: undefined }, /deliver has to be a function/],
  ['a key that is none', { key: 'stream' }, /key has to be a function/],
  ['no room to work', { parallelMax: 0.5 }, /parallelMax/],
])('an outbox with %s is refused at its definition', (_case, change, sentence) => {
  try {
    outboxOf(async () => {}, change)
  } catch (error) {
    expect(isAnnalsError(error, 'invalid-definition') && error.message).toMatch(sentence)
    return
  }
  expect.fail('it was accepted')
})
