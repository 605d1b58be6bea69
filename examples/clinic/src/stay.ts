import { defineDecider, reject } from '@annals/core'
import { z } from 'zod'
import { idOf, only } from './roles.ts'

const name = z.string().trim().min(1).max(100)
const ward = z.string().trim().min(1).max(40)
const order = z.string().trim().min(1).max(40)
const by = z.string()
const kind = z.enum(['laboratory', 'imaging', 'medication'])
const result = z.object({
  value: z.string().trim().min(1).max(200),
  /** Whether a physician should look at it soon. */
  isAbnormal: z.boolean(),
})

/** What was ordered for a patient, and what came of it. */
export interface Order {
  readonly order: string
  readonly kind: z.infer<typeof kind>
  readonly what: string
  readonly status: 'open' | 'cancelled' | 'done'
  readonly result: z.infer<typeof result> | undefined
}

/** What a stay decides on. */
export interface StayState {
  readonly patient: string
  readonly status: 'admitted' | 'discharged'
  readonly ward: string
  /** By the name of the order, in the order in which they were placed. */
  readonly orders: ReadonlyMap<string, Order>
}

/** A patient's stay, from admission to discharge: one stream for each, `stay-…`. */
export const Stay = defineDecider({
  category: 'stay',
  description: "A patient's stay: admission, wards, orders and their results, discharge.",
  events: {
    PatientAdmitted: z.object({
      patient: name,
      birthDate: z.iso.date(),
      ward,
      reason: z.string().max(500),
      by,
    }),
    PatientMoved: z.object({ ward, by }),
    OrderPlaced: z.object({ order, kind, what: z.string().trim().min(1).max(200), by }),
    OrderCancelled: z.object({ order, reason: z.string().trim().min(1).max(200), by }),
    ResultReported: result.extend({ order, by }),
    ResultCorrected: result.extend({ order, reason: z.string().trim().min(1).max(200), by }),
    PatientDischarged: z.object({ to: z.enum(['home', 'other-clinic', 'deceased']), by }),
  },
  rejections: {
    'already-discharged':
      'The patient has been discharged, so the stay no longer changes, but for corrections of results.',
    'already-there': 'The patient is on this ward already.',
    'order-exists': 'There is an order of this name already.',
    'no-such-order': 'There is no order of this name.',
    'order-not-open': 'The order has been cancelled, or its result has been reported.',
    'no-result-yet': 'Only a result that has been reported can be corrected.',
    'orders-open': 'Nobody is discharged while an order is open: wait for its result, or cancel it.',
  },
  initialState: (): StayState => ({ patient: '', status: 'admitted', ward: '', orders: new Map() }),
  evolve: {
    PatientAdmitted: (stay, { patient, ward }) => ({ ...stay, patient, ward }),
    PatientMoved: (stay, { ward }) => ({ ...stay, ward }),
    OrderPlaced: (stay, { order, kind, what }) =>
      withOrder(stay, { order, kind, what, status: 'open', result: undefined }),
    OrderCancelled: (stay, { order }) => changeOrder(stay, order, { status: 'cancelled' }),
    ResultReported: (stay, { order, value, isAbnormal }) =>
      changeOrder(stay, order, { status: 'done', result: { value, isAbnormal } }),
    ResultCorrected: (stay, { order, value, isAbnormal }) =>
      changeOrder(stay, order, { result: { value, isAbnormal } }),
    PatientDischarged: (stay) => ({ ...stay, status: 'discharged' }),
  },
  commands: {
    Admit: {
      description: 'Admits a patient to a ward; begins the stay.',
      requires: 'no-stream',
      authorize: only('reception', 'physician'),
      input: z.object({
        patient: name,
        birthDate: z.iso.date(),
        ward,
        reason: z.string().max(500).default(''),
      }),
      decide: (_stay, input, { caller }) => ({
        type: 'PatientAdmitted',
        data: { ...input, by: idOf(caller) },
      }),
    },
    Move: {
      description: 'Moves the patient to another ward.',
      authorize: only('nurse', 'physician'),
      input: z.object({ ward }),
      decide: (stay, { ward }, { caller }) => {
        if (stay.status !== 'admitted') return reject('already-discharged')
        if (stay.ward === ward) return reject('already-there', { ward })
        return { type: 'PatientMoved', data: { ward, by: idOf(caller) } }
      },
    },
    PlaceOrder: {
      description: 'Orders a laboratory test, an image or a medication.',
      authorize: only('physician'),
      input: z.object({ order, kind, what: z.string().trim().min(1).max(200) }),
      decide: (stay, input, { caller }) => {
        if (stay.status !== 'admitted') return reject('already-discharged')
        if (stay.orders.has(input.order)) return reject('order-exists', { order: input.order })
        return { type: 'OrderPlaced', data: { ...input, by: idOf(caller) } }
      },
    },
    CancelOrder: {
      description: 'Cancels an order that is still open.',
      authorize: only('physician'),
      input: z.object({ order, reason: z.string().trim().min(1).max(200) }),
      decide: (stay, { order, reason }, { caller }) => {
        const found = stay.orders.get(order)
        if (!found) return reject('no-such-order', { order })
        if (found.status !== 'open') return reject('order-not-open', { order, status: found.status })
        return { type: 'OrderCancelled', data: { order, reason, by: idOf(caller) } }
      },
    },
    ReportResult: {
      description: 'Reports what came of an order.',
      authorize: only('laboratory', 'physician'),
      input: result.extend({ order }),
      decide: (stay, input, { caller }) => {
        const found = stay.orders.get(input.order)
        if (!found) return reject('no-such-order', { order: input.order })
        if (found.status !== 'open')
          return reject('order-not-open', { order: input.order, status: found.status })
        return { type: 'ResultReported', data: { ...input, by: idOf(caller) } }
      },
    },
    CorrectResult: {
      description:
        'Corrects a result that was reported wrongly. What was reported first stays in the history.',
      authorize: only('laboratory', 'physician'),
      input: result.extend({ order, reason: z.string().trim().min(1).max(200) }),
      decide: (stay, input, { caller }) => {
        const found = stay.orders.get(input.order)
        if (!found) return reject('no-such-order', { order: input.order })
        if (!found.result) return reject('no-result-yet', { order: input.order })
        return { type: 'ResultCorrected', data: { ...input, by: idOf(caller) } }
      },
    },
    Discharge: {
      description: 'Ends the stay.',
      authorize: only('physician'),
      input: z.object({ to: z.enum(['home', 'other-clinic', 'deceased']) }),
      decide: (stay, { to }, { caller }) => {
        if (stay.status !== 'admitted') return reject('already-discharged')
        const open = openOrders(stay)
        if (open.length > 0) return reject('orders-open', { open })
        return { type: 'PatientDischarged', data: { to, by: idOf(caller) } }
      },
    },
  },
})

/** The names of the orders that are waited for. */
export function openOrders({ orders }: StayState): readonly string[] {
  return [...orders.values()].filter(({ status }) => status === 'open').map(({ order }) => order)
}

function withOrder(stay: StayState, order: Order): StayState {
  return { ...stay, orders: new Map(stay.orders).set(order.order, order) }
}

function changeOrder(stay: StayState, name: string, change: Partial<Order>): StayState {
  const order = stay.orders.get(name)
  return order ? withOrder(stay, { ...order, ...change }) : stay
}
