import { cancelDeadline, deadline, defineProcessManager, finish, send } from '@annals/core'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { Account, Order, PayOrder } from '../../test/orders.ts'

const reactsTo = { ...Order.events, ...Account.events }
const events = { Asked: z.object({ times: z.int() }), Ended: z.object({}) }
const initialState = () => ({ times: 0, status: 'open' as 'open' | 'ended' })
const evolve = {
  Asked: (state: ReturnType<typeof initialState>, { times }: { times: number }) => ({ ...state, times }),
  Ended: (state: ReturnType<typeof initialState>) => ({ ...state, status: 'ended' as const }),
}
const own = { name: 'p', reactsTo, key: () => 'k', events, initialState, evolve } as const

test('the state is inferred from initialState alone', () => {
  expectTypeOf(PayOrder.initialState()).toEqualTypeOf<{
    account: string
    cents: number
    owesBack: boolean
  }>()
  expectTypeOf(PayOrder.name).toEqualTypeOf<'payment'>()
})

test('the key sees the data of each event type', () => {
  defineProcessManager({
    name: 'p',
    reactsTo,
    key: (event) => {
      if (event.type === 'Charged') expectTypeOf(event.data).toEqualTypeOf<{ order: string; cents: number }>()
      return undefined
    },
    on: { Charged: () => [] },
  })
})

test('a handler sees the state, the data of its event and the key', () => {
  defineProcessManager({
    ...own,
    on: {
      OrderPlaced: (state, event, { key, now }) => {
        expectTypeOf(state).toEqualTypeOf<{ times: number; status: 'open' | 'ended' }>()
        expectTypeOf(event.data).toEqualTypeOf<{ account: string; cents: number }>()
        expectTypeOf(key).toEqualTypeOf<string>()
        expectTypeOf(now).toEqualTypeOf<Date>()
        return []
      },
      // @ts-expect-error OrderShipped is not among the events it reacts to
      OrderShipped: () => [],
    },
  })
})

test('a literal in the state of evolve needs no annotation', () => {
  defineProcessManager({
    ...own,
    evolve: {
      Asked: (state) => ({ ...state, status: 'open' }),
      Ended: ({ times }) => ({ times, status: 'ended' }),
    },
    on: { OrderPaid: () => [] },
  })
})

test('a process without a state of its own has none', () => {
  const plain = defineProcessManager({
    name: 'p',
    reactsTo,
    key: ({ stream }) => stream,
    on: {
      OrderPaid: (state) => {
        expectTypeOf(state).toEqualTypeOf<undefined>()
        return finish()
      },
    },
  })
  expectTypeOf(plain.initialState()).toEqualTypeOf<undefined>()
  defineProcessManager({
    name: 'p',
    reactsTo,
    key: ({ stream }) => stream,
    // @ts-expect-error it has no events of its own
    on: { OrderPaid: () => [{ type: 'Asked', data: { times: 1 } }] },
  })
})

test('it decides only on its own events, with data that fits', () => {
  defineProcessManager({ ...own, on: { OrderPaid: () => [{ type: 'Asked', data: { times: 1 } }, finish()] } })
  // @ts-expect-error Sold is not one of its events
  defineProcessManager({ ...own, on: { OrderPaid: () => [{ type: 'Sold', data: {} }] } })
  // @ts-expect-error times is a number
  defineProcessManager({ ...own, on: { OrderPaid: () => [{ type: 'Asked', data: { times: 'x' } }] } })
})

test('a command is sent with its input', () => {
  send(Account.commands.Charge, 'account-1', { order: 'order-1', cents: 1 })
  // @ts-expect-error cents is missing
  send(Account.commands.Charge, 'account-1', { order: 'order-1' })
  // @ts-expect-error the stream is missing
  send(Account.commands.Charge, { order: 'order-1', cents: 1 })
})

test('only deadlines that it handles can be set and called off', () => {
  const onDeadline = { late: () => [], tooLate: () => [deadline('late', { afterMs: 1 })] }
  defineProcessManager({ ...own, onDeadline, on: { OrderPaid: () => deadline('late', { at: new Date() }) } })
  defineProcessManager({ ...own, onDeadline, on: { OrderPaid: () => cancelDeadline('tooLate') } })
  // @ts-expect-error there is no deadline "early"
  defineProcessManager({ ...own, onDeadline, on: { OrderPaid: () => deadline('early', { afterMs: 1 }) } })
  // @ts-expect-error it has no deadlines at all
  defineProcessManager({ ...own, on: { OrderPaid: () => deadline('late', { afterMs: 1 }) } })
  // @ts-expect-error when is missing
  deadline('late')
})

test('a name with a dash does not compile', () => {
  // @ts-expect-error The category "pay-order" contains "-"
  void (() => defineProcessManager({ ...own, name: 'pay-order', on: { OrderPaid: () => [] } }))
})
