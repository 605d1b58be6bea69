import {
  cancelDeadline,
  deadline,
  defineDecider,
  defineProcessManager,
  finish,
  reject,
  send,
} from '@annals/core'
import { z } from 'zod'

const none = z.object({})

/** An order: placed, and then paid or cancelled. */
export const Order = defineDecider({
  category: 'order',
  events: {
    OrderPlaced: z.object({ account: z.string(), cents: z.int().min(0) }),
    OrderPaid: none,
    OrderCancelled: z.object({ why: z.string() }),
  },
  rejections: { closed: 'The order is paid or cancelled already.' },
  initialState: () => ({ status: 'open' as 'open' | 'paid' | 'cancelled' }),
  evolve: {
    OrderPlaced: (order) => order,
    OrderPaid: () => ({ status: 'paid' }),
    OrderCancelled: () => ({ status: 'cancelled' }),
  },
  commands: {
    PlaceOrder: {
      requires: 'no-stream',
      input: z.object({ account: z.string(), cents: z.int().min(0) }),
      decide: (_order, input) => ({ type: 'OrderPlaced', data: input }),
    },
    MarkPaid: {
      input: none,
      decide: ({ status }) => (status === 'open' ? { type: 'OrderPaid', data: {} } : reject('closed')),
    },
    CancelOrder: {
      input: z.object({ why: z.string() }),
      decide: ({ status }, { why }) =>
        status === 'open' ? { type: 'OrderCancelled', data: { why } } : reject('closed'),
    },
  },
})

/** An account that money is put into and taken from, which a command that takes effect twice would show. */
export const Account = defineDecider({
  category: 'account',
  events: {
    MoneyPutIn: z.object({ cents: z.int() }),
    Charged: z.object({ order: z.string(), cents: z.int() }),
    Refunded: z.object({ order: z.string(), cents: z.int() }),
  },
  rejections: { 'not-enough': 'There is not enough money in the account.' },
  initialState: () => ({ cents: 0 }),
  evolve: {
    MoneyPutIn: (account, { cents }) => ({ cents: account.cents + cents }),
    Charged: (account, { cents }) => ({ cents: account.cents - cents }),
    Refunded: (account, { cents }) => ({ cents: account.cents + cents }),
  },
  commands: {
    PutIn: {
      requires: 'any',
      input: z.object({ cents: z.int() }),
      decide: (_account, input) => ({ type: 'MoneyPutIn', data: input }),
    },
    Charge: {
      input: z.object({ order: z.string(), cents: z.int() }),
      decide: (account, input) =>
        account.cents >= input.cents
          ? { type: 'Charged', data: input }
          : reject('not-enough', { missing: input.cents - account.cents }),
    },
    Refund: {
      input: z.object({ order: z.string(), cents: z.int() }),
      decide: (_account, input) => ({ type: 'Refunded', data: input }),
    },
  },
})

/** How long an order may stay unpaid. */
export const payWithinMs = 60_000

/**
 * Has an order paid for: charges the account, marks the order paid, gives the money back if the order was cancelled
 * meanwhile, and cancels the order if there is no money or it takes too long.
 */
export const PayOrder = defineProcessManager({
  name: 'payment',
  reactsTo: { ...Order.events, ...Account.events },
  key: ({ type, stream, data }) =>
    type === 'Charged' || type === 'Refunded' ? data.order : type === 'MoneyPutIn' ? undefined : stream,
  events: {
    ChargeAsked: z.object({ account: z.string(), cents: z.int() }),
    ChargeTaken: none,
    RefundAsked: none,
  },
  initialState: () => ({ account: '', cents: 0, owesBack: false }),
  evolve: {
    ChargeAsked: (_payment, { account, cents }) => ({ account, cents, owesBack: false }),
    ChargeTaken: (payment) => ({ ...payment, owesBack: true }),
    RefundAsked: (payment) => ({ ...payment, owesBack: false }),
  },
  on: {
    OrderPlaced: (_payment, { data: { account, cents } }, { key: order }) => [
      { type: 'ChargeAsked', data: { account, cents } },
      send(Account.commands.Charge, account, { order, cents }),
      deadline('unpaid', { afterMs: payWithinMs }),
    ],
    Charged: (_payment, _event, { key: order }) => [
      { type: 'ChargeTaken', data: {} },
      send(Order.commands.MarkPaid, order, {}),
    ],
    OrderPaid: () => [cancelDeadline('unpaid'), finish()],
    OrderCancelled: (payment, _event, { key: order }) => giveBack(payment, order),
    Refunded: () => finish(),
  },
  onDeadline: {
    unpaid: (_payment, { key: order }) =>
      send(Order.commands.CancelOrder, order, { why: 'not paid in time' }),
  },
  onRejected: (payment, { command, message }, { key: order }) =>
    command === 'Charge'
      ? send(Order.commands.CancelOrder, order, { why: message })
      : // Charged, but cancelled before it could be marked as paid.
        giveBack(payment, order),
  retry: { attemptsMax: 3, firstDelayMs: 0 },
})

/** Cancels an order that is not paid in time, and does nothing else. */
export const WaitForPay = defineProcessManager({
  name: 'wait',
  reactsTo: Order.events,
  key: ({ stream }) => stream,
  on: {
    OrderPlaced: () => deadline('late', { afterMs: payWithinMs }),
    OrderPaid: () => finish(),
    OrderCancelled: () => finish(),
  },
  onDeadline: { late: (_state, { key }) => send(Order.commands.CancelOrder, key, { why: 'too late' }) },
})

function giveBack(
  { account, cents, owesBack }: { account: string; cents: number; owesBack: boolean },
  order: string,
) {
  if (!owesBack) return []
  return [
    { type: 'RefundAsked', data: {} } as const,
    send(Account.commands.Refund, account, { order, cents }),
  ]
}
