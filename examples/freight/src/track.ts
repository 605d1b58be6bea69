import { defineFold, defineLiveQuery } from '@annals/core'
import { z } from 'zod'
import { Booking } from './booking.ts'
import { Container } from './container.ts'
import { identifier } from './places.ts'

/** One thing that happened to a carriage. */
export interface TrackLine {
  /** When it was recorded, ISO 8601. */
  readonly at: string
  readonly what: string
}

/** Where a carriage has come to. */
export interface TrackAnswer {
  readonly booking: string
  readonly status: 'unknown' | 'booked' | 'under way' | 'late' | 'delivered' | 'cancelled'
  readonly lines: readonly TrackLine[]
}

interface TrackState {
  readonly status: TrackAnswer['status']
  readonly lines: readonly TrackLine[]
}

/** Track and trace: all that happened to one carriage, in whatever stream it is recorded. Watch it to see it move. */
export const Track = defineLiveQuery({
  name: 'Track',
  description: 'Where a carriage has come to, and all that happened to it.',
  input: z.object({ booking: identifier }),
  select: ({ booking }) => ({ query: [{ tags: [`booking:${booking}`] }] }),
  fold: defineFold({
    events: { ...Booking.events, ...Container.events },
    initialState: (): TrackState => ({ status: 'unknown', lines: [] }),
    evolve: {
      CarriageBooked: (track, { from, to }, event) =>
        added(track, event, 'booked', `booked from ${from} to ${to}`),
      ContainerLoaded: (track, { at, to }, event) =>
        added(track, event, 'under way', `handed over to ${to} in ${at}`),
      ContainerUnloaded: (track, { at, to }, event) =>
        added(track, event, 'under way', `handed over to ${to} in ${at}`),
      LegDelayed: (track, { leg, what }, event) =>
        added(
          track,
          event,
          'late',
          `leg ${leg} has ${what === 'not-departed' ? 'not departed' : 'not arrived'} in time`,
        ),
      Rerouted: (track, { legs, reason }, event) =>
        added(track, event, 'under way', `rerouted over ${legs.map(({ to }) => to).join(', ')}: ${reason}`),
      Delivered: (track, _data, event) => added(track, event, 'delivered', 'delivered'),
      BookingCancelled: (track, { reason }, event) =>
        added(track, event, 'cancelled', `cancelled: ${reason}`),
    },
  }),
  answer: (track, { booking }): TrackAnswer => ({ booking, ...track }),
})

function added(
  { lines }: TrackState,
  { recordedAt }: { readonly recordedAt: Date },
  status: TrackState['status'],
  what: string,
): TrackState {
  return { status, lines: [...lines, { at: recordedAt.toISOString(), what }] }
}
