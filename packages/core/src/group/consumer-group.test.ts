import { expect, test } from 'vitest'
import { z } from 'zod'
import { Order } from '../../test/orders.ts'
import { settled } from '../../test/settled.ts'
import {
  createApp,
  createMemoryCoordinator,
  createMemoryStore,
  createTenants,
  defineConsumerGroup,
  defineEvent,
  isAnnalsError,
} from '../index.ts'

const groupOf = (changes: object = {}) =>
  defineConsumerGroup({ name: 'ship', events: Order.events, on: { OrderPlaced: () => {} }, ...changes })

test('a handler is given events as they are today, in the order of the key, with a token that is that of the event', async () => {
  const store = createMemoryStore()
  const events = {
    Sold: defineEvent({
      data: z.object({ cents: z.number() }),
      version: 2,
      upcasters: { 1: (data) => ({ cents: (data as { euros: number }).euros * 100 }) },
    }),
  }
  await store.append({ stream: 'sale-1', events: [{ type: 'Sold', data: { euros: 2 } }] })
  await store.append({
    stream: 'sale-1',
    events: [
      { type: 'Sold', data: { cents: 5 }, metadata: { $version: 2 } },
      { type: 'Other', data: {} },
    ],
  })
  await store.append({ stream: 'sale-2', events: [{ type: 'Sold', data: { euros: 1 } }] })
  const handled: unknown[] = []
  const Count = defineConsumerGroup({
    name: 'count',
    events,
    select: { stream: 'sale-1' },
    on: {
      Sold: async ({ id, data }, { key, token, attempt }) => {
        expect(token).toBe(`count:${id}`)
        handled.push([key, attempt, data.cents])
      },
    },
  })
  const app = createApp({ store, modules: [Count], coordinator: createMemoryCoordinator() })
  await settled(app)
  expect(handled).toEqual([
    ['sale-1', 1, 200],
    ['sale-1', 1, 5],
  ])
  const { group, ...status } = await app.consumer('count').status()
  expect(status).toMatchObject({ state: 'live', parkedKeys: 0, error: undefined })
  expect(group).toMatchObject({ partitions: 16, workers: 1 })
  await app.close()
})

test('tenants have groups of their own', async () => {
  const handled: string[] = []
  const tenants = createTenants({
    store: createMemoryStore(),
    modules: [
      Order,
      groupOf({ on: { OrderPlaced: ({ stream }: { stream: string }) => void handled.push(stream) } }),
    ],
    coordinator: () => createMemoryCoordinator(),
  })
  for (const tenant of ['acme', 'bolt']) {
    const app = await tenants.of(tenant)
    await app.execute(Order.commands.PlaceOrder, `order-${tenant}`, { account: 'a', cents: 1 })
    await settled(app)
  }
  expect(handled).toEqual(['order-acme', 'order-bolt'])
  expect(tenants.consumerGroups.has('ship')).toBe(true)
  await tenants.close()
})

test('an application without a coordinator refuses consumer groups with a sentence', () => {
  expect(problemOf(() => createApp({ store: createMemoryStore(), modules: [groupOf()] }))).toMatch(
    /consumer group ship .* given no coordinator/,
  )
})

test('the name of a consumer group is its own among all that follows the log', () => {
  const coordinator = createMemoryCoordinator()
  expect(
    problemOf(() => createApp({ store: createMemoryStore(), modules: [groupOf(), groupOf()], coordinator })),
  ).toContain('more than one consumer named "ship"')
})

test.each<[string, object, RegExp]>([
  ['no name', { name: '' }, /needs a name/],
  ['a name of Annals itself', { name: '$ship' }, /begin with "\$"/],
  ['a bad selection', { select: { category: 'a-b' } }, /before the first "-"/],
  ['events that have no schema', { events: { OrderPlaced: {} } }, /no Standard Schema/],
  ['no handlers', { on: {} }, /no handler under on/],
  ['no on at all', { on: undefined }, /no handler under on/],
  ['a handler of an undeclared type', { on: { Sold: () => {} } }, /handles Sold/],
  ['a handler that is none', { on: { OrderPlaced: 'ship it' } }, /on\.OrderPlaced/],
  ['a key that is none', { key: 'stream' }, /key has to be a function/],
  ['no room to work', { parallelMax: 0.5 }, /parallelMax has to be a whole number from 1 up/],
  ['no partitions', { partitions: 0 }, /partitions has to be a whole number from 1 to 256/],
  ['too many partitions', { partitions: 257 }, /partitions/],
  ['a lease too short', { leaseMs: 99 }, /leaseMs has to be a whole number from 100 to 3600000/],
  ['retries that are none', { retry: { attemptsMax: 0 } }, /retry\.attemptsMax/],
])('a consumer group with %s is refused at its definition', (_case, change, sentence) => {
  expect(problemOf(() => groupOf(change))).toMatch(sentence)
})

function problemOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (isAnnalsError(error, 'invalid-definition')) return error.message
    throw error
  }
  return 'it was accepted'
}
