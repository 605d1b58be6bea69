import {
  defineDecider,
  defineLiveQuery,
  defineProjectedQuery,
  defineProjection,
  inMemory,
  reject,
} from '@annals/core'
import { z } from 'zod'

/** The small domain of the tests: a room whose seats are taken and given back. */
export const Room = defineDecider({
  category: 'room',
  events: {
    RoomOpened: z.object({ seats: z.int().min(1) }),
    SeatTaken: z.object({ by: z.string().min(1), side: z.enum(['left', 'right']).default('left') }),
    SeatGivenBack: z.object({ by: z.string() }),
  },
  rejections: {
    'room-full': 'Every seat is taken.',
    'no-seat': 'This person has no seat.',
  },
  initialState: () => ({ seats: 0, takenBy: [] as string[] }),
  evolve: {
    RoomOpened: (room, { seats }) => ({ ...room, seats }),
    SeatTaken: (room, { by }) => ({ ...room, takenBy: [...room.takenBy, by] }),
    SeatGivenBack: (room, { by }) => ({ ...room, takenBy: room.takenBy.filter((person) => person !== by) }),
  },
  commands: {
    OpenRoom: {
      requires: 'no-stream',
      input: z.object({ seats: z.int().min(1).max(100) }),
      decide: (_room, { seats }) => ({ type: 'RoomOpened', data: { seats } }),
    },
    TakeSeat: {
      description: 'Takes a seat for a person.',
      input: z.object({ by: z.string().min(1) }),
      decide: (room, { by }) => {
        if (room.takenBy.includes(by)) return []
        if (room.takenBy.length >= room.seats) return reject('room-full', { seats: room.seats })
        return { type: 'SeatTaken', data: { by } }
      },
    },
    GiveBack: {
      requires: 'any',
      input: z.object({ by: z.string() }),
      decide: (room, { by }) =>
        room.takenBy.includes(by) ? [{ type: 'SeatGivenBack', data: { by } }] : reject('no-seat'),
    },
  },
})

/** Who sits in a room, now or at an earlier moment. */
export const WhoSits = defineLiveQuery({
  name: 'WhoSits',
  input: z.object({ room: z.string() }),
  select: ({ room }) => ({ stream: room }),
  fold: Room,
  answer: ({ takenBy }, _input, { revision }) => ({ takenBy, revision }),
})

/** How often each person took a seat, in any room. */
export const Visits = defineProjection({
  name: 'visits',
  select: { category: 'room' },
  events: Room.events,
  readModel: inMemory(() => new Map<string, number>()),
  on: { SeatTaken: (visits, { data }) => void visits.set(data.by, (visits.get(data.by) ?? 0) + 1) },
})

/** The visits of one person. */
export const VisitsOf = defineProjectedQuery({
  name: 'VisitsOf',
  input: z.object({ person: z.string() }),
  projection: Visits,
  answer: (visits, { person }) => visits.get(person) ?? 0,
})
