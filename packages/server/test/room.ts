import {
  type App,
  type AppOptions,
  createApp,
  createMemoryStore,
  defineCommand,
  defineDecider,
  defineFold,
  defineLiveQuery,
  defineProjectedQuery,
  defineProjection,
  inMemory,
  reject,
  type Schema,
} from '@annals/core'
import { z } from 'zod'

/** The small domain of the tests: a room whose seats are taken and given back. */
export const Room = defineDecider({
  category: 'room',
  description: 'A room with seats.',
  events: {
    RoomOpened: z.object({ seats: z.int().min(1) }),
    SeatTaken: z.object({ by: z.string().min(1) }),
    SeatGivenBack: z.object({ by: z.string() }),
  },
  rejections: { 'room-full': 'Every seat is taken.', 'no-seat': 'This person has no seat.' },
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
        return { type: 'SeatTaken', data: { by }, tags: [`person:${by}`] }
      },
    },
    GiveBack: {
      requires: 'any',
      input: z.object({ by: z.string() }),
      decide: (room, { by }) =>
        room.takenBy.includes(by) ? { type: 'SeatGivenBack', data: { by } } : reject('no-seat'),
    },
    GiveAllBack: {
      input: z.object({}),
      decide: (room) => room.takenBy.map((by) => ({ type: 'SeatGivenBack' as const, data: { by } })),
    },
  },
})

const keyEvents = { KeyLent: z.object({ key: z.string(), to: z.string() }) }

/** Lends a key to a person, who may have but one, as a key may have but one holder. */
export const LendKey = defineCommand({
  name: 'LendKey',
  description: 'Lends a key to a person.',
  input: z.object({ key: z.string().min(1), to: z.string().min(1) }),
  events: keyEvents,
  rejections: { 'key-lent': 'The key is lent already.', 'has-key': 'The person has a key already.' },
  stream: ({ key }) => `key-${key}`,
  model: ({ key, to }) => ({
    ofKey: { fold: Lendings, tags: [`key:${key}`] },
    ofPerson: { fold: Lendings, tags: [`person:${to}`] },
  }),
  decide: ({ ofKey, ofPerson }, { key, to }) => {
    if (ofKey > 0) return reject('key-lent')
    if (ofPerson > 0) return reject('has-key')
    return { type: 'KeyLent', data: { key, to }, tags: [`key:${key}`, `person:${to}`] }
  },
})

const Lendings = defineFold({
  events: keyEvents,
  initialState: () => 0,
  evolve: { KeyLent: (count) => count + 1 },
})

/** Who sits in a room, now or at an earlier moment. */
export const WhoSits = defineLiveQuery({
  name: 'WhoSits',
  description: 'Who sits in a room.',
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
  on: {
    // A handler that gives a promise stops its projection, whatever the event.
    SeatTaken: (visits, { data }) =>
      data.by === 'Nobody' ? Promise.resolve() : void visits.set(data.by, (visits.get(data.by) ?? 0) + 1),
  },
})

/** The visits of one person. */
export const VisitsOf = defineProjectedQuery({
  name: 'VisitsOf',
  input: z.object({ person: z.string() }),
  projection: Visits,
  answer: (visits, { person }) => visits.get(person) ?? 0,
})

const Filter = z.object({
  prefix: z.string(),
  get or() {
    return z.array(Filter).optional()
  },
})

/** A query that gives back its input: one field of each form. */
export const Forms = defineProjectedQuery({
  name: 'Forms',
  input: z.object({
    text: z.string().optional(),
    count: z.int().min(0).optional(),
    open: z.boolean().optional(),
    names: z.array(z.string()).optional(),
    sizes: z.array(z.number()).optional(),
    size: z.enum(['small', 'large']).optional(),
    nothing: z.null().optional(),
    seat: z.union([z.literal('any'), z.number()]).optional(),
    label: z.union([z.number(), z.string()]).optional(),
    'wait-for': z.string().optional(),
    filter: Filter.optional(),
  }),
  projection: Visits,
  answer: (_visits, input) => input,
})

/** A query whose input has no JSON Schema, since JSON Schema has no dates. */
export const Open = defineProjectedQuery({
  name: 'Open',
  input: z.object({
    since: z.coerce.date().optional(),
    names: z.union([z.string(), z.array(z.string())]).optional(),
  }),
  projection: Visits,
  answer: (_visits, input) => input,
})

/** A query of a schema library that knows nothing of JSON Schema. */
export const Plain = defineProjectedQuery({
  name: 'Plain',
  input: {
    '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
  } as Schema,
  projection: Visits,
  answer: (_visits, input) => input,
})

/** An application of the domain, in memory. */
export function roomApp(options: Partial<AppOptions> = {}): App {
  return createApp({
    store: createMemoryStore(),
    modules: [Room, LendKey, WhoSits, VisitsOf, Forms, Open, Plain],
    ...options,
  })
}
