import {
  createApp,
  deadline,
  defineDecider,
  defineOutbox,
  defineProcessManager,
  finish,
  send,
} from '@annals/core'
import { openLog } from '@annals/log'
import { z } from 'zod'

const none = z.object({})
const charge = z.object({ order: z.string() })

/** Counts what it was charged for, which a command that takes effect twice would show. */
export const Account = defineDecider({
  category: 'account',
  events: { Charged: charge },
  initialState: () => 0,
  evolve: { Charged: (count) => count + 1 },
  commands: {
    Charge: { requires: 'any', input: charge, decide: (_count, data) => ({ type: 'Charged', data }) },
  },
})

export const Order = defineDecider({
  category: 'order',
  events: { OrderPlaced: none, OrderPaid: none, OrderReminded: none, OrderAudited: none },
  initialState: () => 0,
  evolve: {
    OrderPlaced: (count) => count + 1,
    OrderPaid: (count) => count + 1,
    OrderReminded: (count) => count + 1,
    OrderAudited: (count) => count + 1,
  },
  commands: {
    Place: { requires: 'no-stream', input: none, decide: () => ({ type: 'OrderPlaced', data: {} }) },
    MarkPaid: { input: none, decide: () => ({ type: 'OrderPaid', data: {} }) },
    Remind: { input: none, decide: () => ({ type: 'OrderReminded', data: {} }) },
    Audit: { input: none, decide: () => ({ type: 'OrderAudited', data: {} }) },
  },
})

/** Each order is charged to one of eight accounts, then marked as paid, and a moment later its buyer is reminded of it. */
const Paying = defineProcessManager({
  name: 'paying',
  reactsTo: { ...Order.events, ...Account.events },
  key: (event) => (event.type === 'Charged' ? event.data.order : event.stream),
  on: {
    OrderPlaced: (_state, _event, { key }) => [
      send(Account.commands.Charge, `account-${Number(key.split('-')[1]) % 8}`, { order: key }),
      deadline('remind', { afterMs: 50 }),
    ],
    Charged: (_state, _event, { key }) => send(Order.commands.MarkPaid, key, {}),
    OrderReminded: () => finish(),
  },
  onDeadline: { remind: (_state, { key }) => send(Order.commands.Remind, key, {}) },
})

const printed = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)

/** Tells the one who started this process which orders were paid. */
const Telling = defineOutbox({
  name: 'telling',
  select: { category: 'order' },
  events: Order.events,
  messages: { OrderPaid: ({ stream }) => ({ body: stream }) },
  deliver: async ({ body }, { token }) => void printed({ paid: body, token }),
})

/** Opens the log in a directory and starts the application over it. */
export async function startOrders(directory: string) {
  const store = await openLog(directory, { segmentBytesMax: 256 * 1024 })
  const app = createApp({ store, modules: [Account, Order, Paying, Telling] })
  await app.ready()
  return { store, app }
}

if (process.argv[1] === import.meta.filename) {
  // Places orders from a number on until it is killed, and says which have been.
  const [, , directory = '', first = '0'] = process.argv
  const { app } = await startOrders(directory)
  let next = Number(first)
  printed({ opened: true })
  const caller = async () => {
    for (;;) {
      const number = next++
      const order = `order-${number}`
      await app.execute(Order.commands.Place, order, {}, { commandId: `place-${number}` })
      await app.schedule(Order.commands.Audit, order, {}, { afterMs: 40, id: `audit-${number}` })
      printed({ placed: number })
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  await Promise.all(Array.from({ length: 4 }, caller))
}
