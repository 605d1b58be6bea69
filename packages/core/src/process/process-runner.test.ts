import { expect, test } from 'vitest'
import { z } from 'zod'
import { ManualTime } from '../../test/manual-time.ts'
import { Account, Order, PayOrder, payWithinMs, WaitForPay } from '../../test/orders.ts'
import { settled } from '../../test/settled.ts'
import {
  type App,
  type AppOptions,
  createApp,
  createMemoryStore,
  defineEvent,
  defineProcessManager,
  type EventStore,
  finish,
  send,
} from '../index.ts'

const { PlaceOrder, CancelOrder } = Order.commands

function appOver(store: EventStore, options: Partial<AppOptions> = {}): App {
  return createApp({ store, modules: [Order, Account, PayOrder], ...options })
}

const typesIn = async (store: EventStore, stream: string) =>
  (await Array.fromAsync(store.read({ stream }))).map(({ type }) => type)

test('an order is charged, marked as paid and done with, and what was recorded tells the whole way', async () => {
  const store = createMemoryStore()
  const app = appOver(store)
  await app.execute(Account.commands.PutIn, 'account-1', { cents: 100 })
  await app.execute(PlaceOrder, 'order-1', { account: 'account-1', cents: 30 }, { correlationId: 'c1' })
  await settled(app)
  expect(await typesIn(store, 'order-1')).toEqual(['OrderPlaced', 'OrderPaid'])
  expect(await typesIn(store, 'account-1')).toEqual(['MoneyPutIn', 'Charged'])
  expect(await typesIn(store, 'payment-order-1')).toEqual([
    'ChargeAsked',
    'Reacted',
    'CommandsSettled',
    'ChargeTaken',
    'Reacted',
    'CommandsSettled',
    'Reacted',
  ])
  const [placed] = await Array.fromAsync(store.read({ stream: 'order-1' }))
  const [, charged] = await Array.fromAsync(store.read({ stream: 'account-1' }))
  expect(charged?.metadata).toEqual({
    $correlationId: 'c1',
    $causationId: placed?.id,
    $commandId: 'payment-order-1:1:0',
  })
  for (const category of ['order', 'payment'])
    for await (const { metadata } of store.read({ category })) expect(metadata?.$correlationId).toBe('c1')
  await app.close()
})

test('a command that is rejected is told to the process, which then does something else', async () => {
  const store = createMemoryStore()
  const app = appOver(store)
  await app.execute(Account.commands.PutIn, 'account-1', { cents: 10 })
  await app.execute(PlaceOrder, 'order-1', { account: 'account-1', cents: 30 })
  await settled(app)
  expect(await typesIn(store, 'account-1')).toEqual(['MoneyPutIn'])
  const [, cancelled] = await Array.fromAsync(store.read({ stream: 'order-1' }))
  expect(cancelled?.data).toEqual({ why: 'There is not enough money in the account.' })
  const settledEvents = (await Array.fromAsync(store.read({ stream: 'payment-order-1' }))).filter(
    ({ type }) => type === 'CommandsSettled',
  )
  expect(settledEvents.map(({ data }) => data)).toEqual([
    {
      reaction: 1,
      answers: [
        { accepted: false, code: 'not-enough', message: 'There is not enough money in the account.' },
      ],
    },
    { reaction: 2, answers: [{ accepted: true }] },
  ])
  await app.close()
})

test('what was done is undone if it turns out to have been in vain', async () => {
  const store = createMemoryStore()
  // The order is cancelled after the account is charged and before the order can be marked as paid.
  const app = appOver(
    new Proxy(store, {
      get: (target, name) =>
        name !== 'append'
          ? (target[name as keyof EventStore] as () => unknown).bind(target)
          : async (...given: Parameters<EventStore['append']>) => {
              const appended = await target.append(...given)
              if (appended.events[0]?.type === 'Charged')
                await target.append({
                  stream: 'order-1',
                  events: [{ type: 'OrderCancelled', data: { why: 'second thoughts' } }],
                })
              return appended
            },
    }),
  )
  await app.execute(Account.commands.PutIn, 'account-1', { cents: 100 })
  await app.execute(PlaceOrder, 'order-1', { account: 'account-1', cents: 30 })
  await settled(app)
  expect(await typesIn(store, 'order-1')).toEqual(['OrderPlaced', 'OrderCancelled'])
  expect(await typesIn(store, 'account-1')).toEqual(['MoneyPutIn', 'Charged', 'Refunded'])
  await app.close()
})

test('a deadline is told at its time, and not if it was called off', async () => {
  const time = new ManualTime()
  const store = createMemoryStore({ clock: time.clock })
  const app = appOver(store, { clock: time.clock, timer: time.timer, modules: [Order, WaitForPay] })
  for (const order of ['order-1', 'order-2'])
    await app.execute(PlaceOrder, order, { account: 'account-1', cents: 1 })
  await settled(app)
  await app.execute(Order.commands.MarkPaid, 'order-2', {})
  await settled(app)
  time.advance(payWithinMs - 1)
  await settled(app)
  expect(await typesIn(store, 'order-1')).toEqual(['OrderPlaced'])
  time.advance(1)
  await settled(app)
  expect(await typesIn(store, 'order-1')).toEqual(['OrderPlaced', 'OrderCancelled'])
  expect(await typesIn(store, 'order-2')).toEqual(['OrderPlaced', 'OrderPaid'])
  expect(await typesIn(store, 'wait-order-1')).toEqual([
    'Reacted',
    'DeadlinePassed',
    'Reacted',
    'CommandsSettled',
    'Reacted',
  ])
  await app.close()
})

test('a deadline that passed while nobody was there is told at the next start', async () => {
  const time = new ManualTime()
  const store = createMemoryStore({ clock: time.clock })
  const options = { clock: time.clock, timer: time.timer, modules: [Order, WaitForPay] }
  const first = appOver(store, options)
  await first.execute(PlaceOrder, 'order-1', { account: 'account-1', cents: 1 })
  await settled(first)
  await first.close()
  time.advance(10 * payWithinMs)
  const second = appOver(store, options)
  await settled(second)
  expect(await typesIn(store, 'order-1')).toEqual(['OrderPlaced', 'OrderCancelled'])
  await second.close()
})

test('a deadline whose time came just before it was called off is not told', async () => {
  const time = new ManualTime()
  const store = createMemoryStore({ clock: time.clock })
  const app = appOver(store, { clock: time.clock, timer: time.timer, modules: [Order, WaitForPay] })
  await app.execute(PlaceOrder, 'order-1', { account: 'account-1', cents: 1 })
  await settled(app)
  await app.consumer('wait').pause()
  await app.execute(Order.commands.MarkPaid, 'order-1', {})
  time.advance(payWithinMs)
  await settled(app)
  expect(await typesIn(store, 'wait-order-1')).toEqual(['Reacted', 'DeadlinePassed'])
  await app.consumer('wait').resume()
  await settled(app)
  // The payment comes first in the log, so it is reacted to first, and ends the process.
  expect(await typesIn(store, 'wait-order-1')).toEqual(['Reacted', 'DeadlinePassed', 'Reacted'])
  expect(await typesIn(store, 'order-1')).toEqual(['OrderPlaced', 'OrderPaid'])
  await app.close()
})

test('a finished process reacts no more', async () => {
  const store = createMemoryStore()
  const First = defineProcessManager({
    name: 'first',
    reactsTo: Account.events,
    key: ({ stream }) => stream,
    events: { Seen: z.object({}) },
    initialState: () => 0,
    evolve: { Seen: (seen) => seen + 1 },
    on: { MoneyPutIn: () => [{ type: 'Seen', data: {} }, finish()] },
  })
  const app = appOver(store, { modules: [Account, First] })
  for (let times = 0; times < 3; times++) await app.execute(Account.commands.PutIn, 'account-1', { cents: 1 })
  await app.execute(Account.commands.PutIn, 'account-2', { cents: 1 })
  await settled(app)
  expect(await typesIn(store, 'first-account-1')).toEqual(['Seen', 'Reacted'])
  expect(await typesIn(store, 'first-account-2')).toEqual(['Seen', 'Reacted'])
  await app.close()
})

test('an event is reacted to once, also when all are delivered again from the start', async () => {
  const store = createMemoryStore()
  const app = appOver(store)
  await app.execute(Account.commands.PutIn, 'account-1', { cents: 100 })
  for (const order of ['order-1', 'order-2', 'order-3'])
    await app.execute(PlaceOrder, order, { account: 'account-1', cents: 40 })
  await settled(app)
  const before = await Promise.all(['account-1', 'payment-order-1'].map((stream) => typesIn(store, stream)))
  await app.consumer('payment').reset()
  await settled(app)
  expect(await Promise.all(['account-1', 'payment-order-1'].map((stream) => typesIn(store, stream)))).toEqual(
    before,
  )
  expect(before[0]).toEqual(['MoneyPutIn', 'Charged', 'Charged'])
  await app.close()
})

test('a command that fails is tried again, and then the process waits while the others go on, until it is retried', async () => {
  const store = createMemoryStore()
  const app = appOver(store)
  await app.execute(Account.commands.PutIn, 'account-1', { cents: 100 })
  // There is no such account, which is no rejection: it may still be opened.
  await app.execute(PlaceOrder, 'order-1', { account: 'account-9', cents: 40 })
  await app.execute(PlaceOrder, 'order-2', { account: 'account-1', cents: 40 })
  await settled(app)
  expect(await typesIn(store, 'order-2')).toEqual(['OrderPlaced', 'OrderPaid'])
  const payment = app.consumer('payment')
  expect(payment.parked()).toMatchObject([
    { key: 'order-1', type: 'OrderPlaced', attempts: 3, error: expect.stringContaining('account-9') },
  ])
  await app.execute(Account.commands.PutIn, 'account-9', { cents: 100 })
  await payment.retry('order-1')
  await settled(app)
  expect(await typesIn(store, 'order-1')).toEqual(['OrderPlaced', 'OrderPaid'])
  expect(await typesIn(store, 'account-9')).toEqual(['MoneyPutIn', 'Charged'])
  await app.close()
})

test('a parked event that is discarded is passed over, and the process goes on with the next', async () => {
  const store = createMemoryStore()
  const app = appOver(store)
  await app.execute(PlaceOrder, 'order-1', { account: 'account-9', cents: 40 })
  await app.execute(CancelOrder, 'order-1', { why: 'no more' })
  await settled(app)
  const payment = app.consumer('payment')
  expect(payment.parked()).toMatchObject([{ key: 'order-1', type: 'OrderPlaced' }])
  await payment.discard('order-1')
  await settled(app)
  expect(payment.parked()).toEqual([])
  await app.execute(Account.commands.PutIn, 'account-9', { cents: 100 })
  await settled(app)
  expect(await typesIn(store, 'account-9')).toEqual(['MoneyPutIn'])
  await app.close()
})

test('a reaction that cannot be carried out is not recorded, and its event is parked', async () => {
  const store = createMemoryStore()
  const Wrong = defineProcessManager({
    name: 'wrong',
    reactsTo: Order.events,
    key: ({ stream }) => stream,
    on: { OrderPlaced: () => send(Account.commands.Charge, 'account-1', { order: 1, cents: 'x' } as never) },
    retry: { attemptsMax: 1 },
  })
  const app = appOver(store, { modules: [Order, Account, Wrong] })
  await app.execute(PlaceOrder, 'order-1', { account: 'account-1', cents: 40 })
  await settled(app)
  expect(app.consumer('wrong').parked()).toMatchObject([{ error: expect.stringContaining('cents') }])
  expect(await store.stream('wrong-order-1')).toBeUndefined()
  await app.close()
})

test('a key that cannot be part of the name of a stream parks its event', async () => {
  const store = createMemoryStore()
  const Long = defineProcessManager({
    name: 'long',
    reactsTo: Order.events,
    key: () => 'x'.repeat(490),
    on: { OrderPlaced: () => finish() },
  })
  const app = appOver(store, { modules: [Order, Long] })
  await app.execute(PlaceOrder, 'order-1', { account: 'account-1', cents: 40 })
  await settled(app)
  expect(app.consumer('long').parked()).toMatchObject([
    { key: 'order-1', error: expect.stringContaining('at most 445 characters') },
  ])
  await app.close()
})

test('only the selected events are reacted to', async () => {
  const store = createMemoryStore()
  const One = defineProcessManager({
    name: 'one',
    reactsTo: Order.events,
    select: { stream: 'order-1' },
    key: ({ stream }) => stream,
    on: { OrderPlaced: () => finish() },
  })
  const app = appOver(store, { modules: [Order, One] })
  for (const order of ['order-1', 'order-2'])
    await app.execute(PlaceOrder, order, { account: 'account-1', cents: 40 })
  await settled(app)
  expect(await typesIn(store, 'one-order-1')).toEqual(['Reacted'])
  expect(await store.stream('one-order-2')).toBeUndefined()
  await app.close()
})

test('an application does not start with a process manager of a name that is taken', () => {
  const named = (name: string) =>
    defineProcessManager({
      name: name as 'p',
      reactsTo: Order.events,
      key: () => 'k',
      on: { OrderPlaced: () => [] },
    })
  expect(() => appOver(createMemoryStore(), { modules: [Order, named('order')] })).toThrow(
    /more than one category named "order"/,
  )
  expect(() => appOver(createMemoryStore(), { modules: [named('p'), named('p')] })).toThrow(
    /more than one process manager named "p"/,
  )
})

test('an old event that is several of today is reacted to as each of them, once', async () => {
  const store = createMemoryStore()
  const reactsTo = {
    Opened: defineEvent({ data: z.object({}), splitFrom: { OpenedAndPaid: () => ({}) } }),
    Paid: defineEvent({ data: z.object({}), splitFrom: { OpenedAndPaid: () => ({}) } }),
  }
  const Watch = defineProcessManager({
    name: 'watch',
    reactsTo,
    key: ({ stream }) => stream,
    events: { Saw: z.object({ type: z.string() }) },
    initialState: () => 0,
    evolve: { Saw: (seen) => seen + 1 },
    on: {
      Opened: (_seen, { type }) => ({ type: 'Saw', data: { type } }),
      Paid: (_seen, { type }) => ({ type: 'Saw', data: { type } }),
    },
  })
  const app = appOver(store, { modules: [Watch] })
  await store.append({ stream: 'shop-1', events: [{ type: 'OpenedAndPaid', data: {} }] })
  await settled(app)
  await app.consumer('watch').reset()
  await settled(app)
  const saw = (await Array.fromAsync(store.read({ stream: 'watch-shop-1' }))).filter(
    ({ type }) => type === 'Saw',
  )
  expect(saw.map(({ data }) => data)).toEqual([{ type: 'Opened' }, { type: 'Paid' }])
  await app.close()
})

test('the streams of a process manager take no events from an application', async () => {
  const app = appOver(createMemoryStore())
  const events = [{ type: 'ChargeTaken', data: {} }]
  await expect(app.append({ stream: 'payment-order-1', events })).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining('the memory of the process manager payment'),
    details: { argument: 'stream', received: 'payment-order-1' },
  })
  await app.close()
})
