import { defineDecider, defineEvent, reject } from '@annals/core'
import { z } from 'zod'
import { identifier, type Leg, leg, port, routeProblem } from './places.ts'

const tags = ({ booking }: { readonly booking: string }) => [`booking:${booking}`]
const legs = z.array(leg).min(1).max(20)

/** What a booking decides on. */
export interface BookingState {
  readonly status: 'open' | 'delivered' | 'cancelled'
  readonly container: string
  readonly to: string
  readonly legs: readonly Leg[]
  /** How many legs have been travelled. */
  readonly travelled: number
  /** The legs that are late, until they are travelled or replaced. */
  readonly late: readonly string[]
}

/** The carriage of one container from one port to another: one stream for each, `booking-…`. */
export const Booking = defineDecider({
  category: 'booking',
  description: 'The carriage of a container over one or several legs.',
  events: {
    CarriageBooked: defineEvent({
      data: z.object({ booking: identifier, container: identifier, from: port, to: port, legs }),
      tags,
    }),
    LegTravelled: defineEvent({ data: z.object({ booking: identifier, leg: identifier }), tags }),
    LegDelayed: defineEvent({
      data: z.object({ booking: identifier, leg: identifier, what: z.enum(['not-departed', 'not-arrived']) }),
      tags,
    }),
    Rerouted: defineEvent({ data: z.object({ booking: identifier, legs, reason: z.string() }), tags }),
    Delivered: defineEvent({ data: z.object({ booking: identifier }), tags }),
    BookingCancelled: defineEvent({ data: z.object({ booking: identifier, reason: z.string() }), tags }),
  },
  rejections: {
    'not-open': 'The carriage is over: it has been delivered or cancelled.',
    'broken-route': 'The legs of a route have to follow each other in space and time, and lead to its end.',
    'not-next': 'This is not the next leg of the carriage.',
    'under-way': 'A carriage that is under way cannot be cancelled, only rerouted.',
  },
  initialState: (): BookingState => ({
    status: 'open',
    container: '',
    to: '',
    legs: [],
    travelled: 0,
    late: [],
  }),
  evolve: {
    CarriageBooked: (booking, { container, to, legs }) => ({ ...booking, container, to, legs }),
    LegTravelled: (booking, { leg }) => ({
      ...booking,
      travelled: booking.travelled + 1,
      late: booking.late.filter((late) => late !== leg),
    }),
    LegDelayed: (booking, { leg }) => ({ ...booking, late: [...booking.late, leg] }),
    Rerouted: (booking, { legs }) => ({
      ...booking,
      legs: [...booking.legs.slice(0, booking.travelled), ...legs],
      late: [],
    }),
    Delivered: (booking) => ({ ...booking, status: 'delivered' }),
    BookingCancelled: (booking) => ({ ...booking, status: 'cancelled' }),
  },
  commands: {
    BookCarriage: {
      description: 'Books the carriage of a container over the legs of a route.',
      requires: 'no-stream',
      input: z.object({ container: identifier, from: port, to: port, legs }),
      decide: (_booking, input, { stream }) => {
        const problem = routeProblem(input.legs, input.from, input.to)
        if (problem) return reject('broken-route', { problem })
        return { type: 'CarriageBooked', data: { booking: nameOf(stream), ...input } }
      },
    },
    ConfirmLeg: {
      description: 'Says that the next leg has been travelled.',
      input: z.object({ leg: identifier }),
      decide: (booking, { leg }, { stream }) => {
        if (booking.status !== 'open') return reject('not-open')
        if (booking.legs[booking.travelled]?.leg !== leg)
          return reject('not-next', { next: booking.legs[booking.travelled]?.leg })
        const data = { booking: nameOf(stream) }
        const travelled = { type: 'LegTravelled', data: { ...data, leg } } as const
        return booking.travelled + 1 === booking.legs.length
          ? [travelled, { type: 'Delivered', data }]
          : travelled
      },
    },
    ReportDelay: {
      description: 'Says that the next leg has not departed or not arrived when it should have.',
      input: z.object({ leg: identifier, what: z.enum(['not-departed', 'not-arrived']) }),
      decide: (booking, { leg, what }, { stream }) => {
        if (booking.status !== 'open') return reject('not-open')
        if (booking.legs[booking.travelled]?.leg !== leg)
          return reject('not-next', { next: booking.legs[booking.travelled]?.leg })
        return { type: 'LegDelayed', data: { booking: nameOf(stream), leg, what } }
      },
    },
    Reroute: {
      description: 'Replaces the legs that have not been travelled by others.',
      input: z.object({ legs, reason: z.string().trim().min(1).max(200) }),
      decide: (booking, { legs, reason }, { stream }) => {
        if (booking.status !== 'open') return reject('not-open')
        const start = booking.legs[booking.travelled]?.from as string
        const problem = routeProblem(legs, start, booking.to)
        if (problem) return reject('broken-route', { problem })
        return { type: 'Rerouted', data: { booking: nameOf(stream), legs, reason } }
      },
    },
    CancelBooking: {
      description: 'Cancels a carriage that has not begun.',
      input: z.object({ reason: z.string().trim().min(1).max(200) }),
      decide: (booking, { reason }, { stream }) => {
        if (booking.status !== 'open') return reject('not-open')
        if (booking.travelled > 0) return reject('under-way')
        return { type: 'BookingCancelled', data: { booking: nameOf(stream), reason } }
      },
    },
  },
})

/** The stream of a booking. */
export function bookingStream(booking: string): string {
  return `booking-${booking}`
}

function nameOf(stream: string): string {
  return stream.slice('booking-'.length)
}
