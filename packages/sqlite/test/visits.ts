import { defineDecider, defineProjectedQuery, defineProjection, type Position } from '@annals/core'
import { z } from 'zod'
import { sqlite } from '../src/index.ts'

/** The small domain of the tests: rooms that people enter. */
export const Room = defineDecider({
  category: 'room',
  events: { PersonEntered: z.object({ person: z.string() }), RoomAired: z.object({}) },
  rejections: {},
  initialState: () => ({}),
  evolve: { PersonEntered: (room) => room, RoomAired: (room) => room },
  commands: {
    Enter: {
      requires: 'any',
      input: z.object({ person: z.string() }),
      decide: (_room, { person }) => ({ type: 'PersonEntered', data: { person } }),
    },
  },
})

/** How often each person entered, and where in the log that was last seen. */
export const Visits = defineProjection({
  name: 'visits',
  select: { category: 'room' },
  events: Room.events,
  readModel: sqlite({
    tables: [
      'CREATE TABLE visit (person TEXT PRIMARY KEY, times INTEGER NOT NULL, last INTEGER NOT NULL) STRICT, WITHOUT ROWID',
      'CREATE INDEX visit_by_times ON visit (times DESC, person)',
    ],
  }),
  on: {
    PersonEntered: (model, { data, position }) =>
      model.run(
        'INSERT INTO visit VALUES (?, 1, ?) ON CONFLICT (person) DO UPDATE SET times = times + 1, last = excluded.last',
        data.person,
        position,
      ),
  },
})

/** All visits, by person. */
export const AllVisits = defineProjectedQuery({
  name: 'AllVisits',
  input: z.object({}),
  projection: Visits,
  answer: (model): Visit[] => model.all<Visit>('SELECT person, times, last FROM visit ORDER BY person'),
})

/** A row of the read model. */
export interface Visit {
  readonly person: string
  readonly times: number
  readonly last: Position
}

/** What the read model has to be, folded without SQL. */
export function visitsOf(
  events: readonly { readonly person: string; readonly position: Position }[],
): Visit[] {
  const visits = new Map<string, Visit>()
  for (const { person, position } of events)
    visits.set(person, { person, times: (visits.get(person)?.times ?? 0) + 1, last: position })
  return [...visits.values()].sort((one, other) => (one.person < other.person ? -1 : 1))
}
