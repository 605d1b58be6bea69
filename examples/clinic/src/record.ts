import { defineLiveQuery } from '@annals/core'
import { z } from 'zod'
import { recordViewed } from './access.ts'
import { only } from './roles.ts'
import { type Order, openOrders, Stay, type StayState } from './stay.ts'

/** What is known of a stay. */
export interface StayRecordAnswer {
  readonly stay: string
  readonly patient: string
  readonly status: StayState['status']
  readonly ward: string
  readonly orders: readonly Order[]
  readonly openOrders: readonly string[]
  /** The revision that this is the state after. */
  readonly revision: number
}

/** The record of one stay, now or as it was at any moment before. Whoever asks is recorded. */
export const StayRecord = defineLiveQuery({
  name: 'StayRecord',
  description: 'The record of a stay: ward, orders and results. That it was looked at is recorded too.',
  authorize: only('nurse', 'physician'),
  audit: ({ stay }, { caller }) => recordViewed(stay, 'the whole record', caller),
  input: z.object({ stay: z.string().regex(/^stay-/, 'Expected the name of a stay, such as "stay-1"') }),
  select: ({ stay }) => ({ stream: stay }),
  fold: Stay,
  answer: (state, { stay }, { revision }): StayRecordAnswer => ({
    stay,
    patient: state.patient,
    status: state.status,
    ward: state.ward,
    orders: [...state.orders.values()],
    openOrders: openOrders(state),
    // A query about one stream is answered only if the stream has an event.
    revision: revision as number,
  }),
})
