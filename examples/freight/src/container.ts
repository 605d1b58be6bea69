import { defineDecider, defineEvent, reject } from '@annals/core'
import { z } from 'zod'
import { identifier, port } from './places.ts'

const hand = z.string().trim().min(1).max(60)
const move = z.object({
  container: identifier,
  /** The carriage it is moved for. */
  booking: identifier,
  leg: identifier,
  at: port,
  /** Who had it before, and who has it now. */
  from: hand,
  to: hand,
})
const tags = ({ container, booking }: { readonly container: string; readonly booking: string }) => [
  `container:${container}`,
  `booking:${booking}`,
]

/** Where a container is: always in exactly one place, and in exactly one hand. */
export type Place =
  | { readonly kind: 'yard'; readonly at: string; readonly hand: string }
  | { readonly kind: 'vehicle'; readonly leg: string; readonly hand: string }

/** A container: one stream for each, `container-…`. */
export const Container = defineDecider({
  category: 'container',
  description: 'A container, and where it is.',
  events: {
    ContainerPlaced: defineEvent({
      data: z.object({ container: identifier, at: port, hand }),
      tags: ({ container }) => [`container:${container}`],
    }),
    ContainerLoaded: defineEvent({ data: move, tags }),
    ContainerUnloaded: defineEvent({ data: move, tags }),
  },
  rejections: {
    'not-here': 'The container is somewhere else.',
    'not-on-board': 'The container is not on the vehicle of this leg.',
  },
  initialState: (): { readonly place: Place | undefined } => ({ place: undefined }),
  evolve: {
    ContainerPlaced: (_container, { at, hand }) => ({ place: { kind: 'yard', at, hand } }),
    ContainerLoaded: (_container, { leg, to }) => ({ place: { kind: 'vehicle', leg, hand: to } }),
    ContainerUnloaded: (_container, { at, to }) => ({ place: { kind: 'yard', at, hand: to } }),
  },
  commands: {
    PlaceContainer: {
      description: 'Says where a new container stands.',
      requires: 'no-stream',
      input: z.object({ at: port, hand }),
      decide: (_container, input, { stream }) => ({
        type: 'ContainerPlaced',
        data: { container: nameOf(stream), ...input },
      }),
    },
    Load: {
      description: 'Hands the container over to the carrier of a leg, in the port where it stands.',
      input: z.object({ booking: identifier, leg: identifier, at: port, carrier: hand }),
      decide: ({ place }, { booking, leg, at, carrier }, { stream }) => {
        if (place?.kind !== 'yard' || place.at !== at) return reject('not-here', { place })
        const data = { container: nameOf(stream), booking, leg, at, from: place.hand, to: carrier }
        return { type: 'ContainerLoaded', data }
      },
    },
    Unload: {
      description: 'Takes the container off the vehicle of a leg, and hands it over to a terminal.',
      input: z.object({ booking: identifier, leg: identifier, at: port, terminal: hand }),
      decide: ({ place }, { booking, leg, at, terminal }, { stream }) => {
        if (place?.kind !== 'vehicle' || place.leg !== leg) return reject('not-on-board', { place })
        const data = { container: nameOf(stream), booking, leg, at, from: place.hand, to: terminal }
        return { type: 'ContainerUnloaded', data }
      },
    },
  },
})

function nameOf(stream: string): string {
  return stream.slice('container-'.length)
}
