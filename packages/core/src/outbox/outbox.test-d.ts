import { defineOutbox, webhook } from '@annals/core'
import { expectTypeOf, test } from 'vitest'
import { Order } from '../../test/orders.ts'

const deliver = webhook({ url: 'https://example.com', secret: `whsec_${btoa('x'.repeat(32))}` })

test('a message sees the data of its event', () => {
  const outbox = defineOutbox({
    name: 'mail',
    events: Order.events,
    messages: {
      OrderPlaced: ({ data }) => {
        expectTypeOf(data).toEqualTypeOf<{ account: string; cents: number }>()
        return { body: data.cents }
      },
      // @ts-expect-error OrderShipped is not among its events
      OrderShipped: () => undefined,
    },
    deliver,
  })
  expectTypeOf(outbox.name).toEqualTypeOf<'mail'>()
})

test('a message has a body that JSON can carry', () => {
  const at = new Date()
  defineOutbox({
    name: 'm',
    events: Order.events,
    // @ts-expect-error a date is no JSON
    messages: { OrderPaid: () => ({ body: at }) },
    deliver,
  })
})

test('the key sees each of its events', () => {
  defineOutbox({
    name: 'm',
    events: Order.events,
    key: (event) => (event.type === 'OrderPlaced' ? event.data.account : undefined),
    messages: { OrderPlaced: () => undefined },
    deliver,
  })
})
