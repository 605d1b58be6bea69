import { defineConsumerGroup } from '@annals/core'
import { expectTypeOf, test } from 'vitest'
import { Order } from '../../test/orders.ts'

test('a handler sees the data of its event', () => {
  const group = defineConsumerGroup({
    name: 'ship',
    events: Order.events,
    on: {
      OrderPlaced: async ({ data }, { key, token, attempt, signal }) => {
        expectTypeOf(data).toEqualTypeOf<{ account: string; cents: number }>()
        expectTypeOf([key, token]).toEqualTypeOf<string[]>()
        expectTypeOf(attempt).toEqualTypeOf<number>()
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      },
      // @ts-expect-error OrderShipped is not among its events
      OrderShipped: () => {},
    },
  })
  expectTypeOf(group.name).toEqualTypeOf<'ship'>()
})

test('the key sees each of its events', () => {
  defineConsumerGroup({
    name: 'g',
    events: Order.events,
    key: (event) => (event.type === 'OrderPlaced' ? event.data.account : undefined),
    on: { OrderPlaced: () => {} },
  })
})

test('a handler gives nothing back', () => {
  defineConsumerGroup({
    name: 'g',
    events: Order.events,
    // @ts-expect-error what it gives would be lost
    on: { OrderPlaced: async ({ data }) => data.cents },
  })
})
