import { cancelDeadline, deadline, defineProcessManager, finish, send } from '@annals/core'
import { z } from 'zod'
import { Booking, bookingStream } from './booking.ts'
import { Container } from './container.ts'
import { identifier, type Leg, leg } from './places.ts'

/** How long after its time a departure or an arrival counts as late. */
export const graceMs = 2 * 3_600_000

const { ConfirmLeg, ReportDelay } = Booking.commands
const legs = z.array(leg)

/** What the process knows of its carriage. */
interface CarriageState {
  readonly legs: readonly Leg[]
  readonly isOnBoard: boolean
}

/**
 * Watches over each carriage: that the container departs and arrives in time, which is said to the booking if it does
 * not, and that a leg counts as travelled once the container is unloaded where it should be.
 */
export const Carriage = defineProcessManager({
  name: 'carriage',
  description: 'Watches over each carriage, leg by leg.',
  reactsTo: { ...Booking.events, ...Container.events },
  key: ({ data }) => ('booking' in data ? data.booking : undefined),
  events: {
    RouteKnown: z.object({ booking: identifier, legs }),
    WentOnBoard: z.object({ leg: identifier }),
    LegDone: z.object({ leg: identifier }),
  },
  initialState: (): CarriageState => ({ legs: [], isOnBoard: false }),
  evolve: {
    RouteKnown: (carriage, { legs }) => ({ ...carriage, legs }),
    WentOnBoard: (carriage) => ({ ...carriage, isOnBoard: true }),
    LegDone: ({ legs }) => ({ legs: legs.slice(1), isOnBoard: false }),
  },
  on: {
    CarriageBooked: (_carriage, { data: { booking, legs } }) => [
      { type: 'RouteKnown', data: { booking, legs } },
      ...departure(legs[0]),
    ],
    Rerouted: (_carriage, { data: { booking, legs } }) => [
      { type: 'RouteKnown', data: { booking, legs } },
      cancelDeadline('not-arrived'),
      ...departure(legs[0]),
    ],
    ContainerLoaded: ({ legs: [next] }, { data }) =>
      next && next.leg === data.leg
        ? [
            { type: 'WentOnBoard', data: { leg: data.leg } },
            cancelDeadline('not-departed'),
            deadline('not-arrived', { at: after(next.arrives) }),
          ]
        : [],
    ContainerUnloaded: ({ legs: [next, following] }, { data }) =>
      next && next.leg === data.leg && next.to === data.at
        ? [
            { type: 'LegDone', data: { leg: data.leg } },
            cancelDeadline('not-arrived'),
            send(ConfirmLeg, bookingStream(data.booking), { leg: data.leg }),
            ...departure(following),
          ]
        : [],
    Delivered: () => finish(),
    BookingCancelled: () => finish(),
  },
  onDeadline: {
    'not-departed': ({ legs: [next] }, { key: booking }) =>
      next ? send(ReportDelay, bookingStream(booking), { leg: next.leg, what: 'not-departed' }) : [],
    'not-arrived': ({ legs: [next] }, { key: booking }) =>
      next ? send(ReportDelay, bookingStream(booking), { leg: next.leg, what: 'not-arrived' }) : [],
  },
})

function departure(next: Leg | undefined) {
  return next ? [deadline('not-departed', { at: after(next.departs) })] : []
}

function after(time: string): Date {
  return new Date(Date.parse(time) + graceMs)
}
