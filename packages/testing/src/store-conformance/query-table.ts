import type { EventQuery, EventStore, Position } from '@annals/core'

/** The history that the table of event queries is about; an event is called by its place in this list. */
export const taggedEvents = [
  { type: 'Enrolled', data: 0, tags: ['student:1'] },
  { type: 'Paid', data: 1, tags: ['student:1', 'course:2'] },
  { type: 'Enrolled', data: 2, tags: ['course:2', 'term:3'] },
] as const

/** Event queries and which of `taggedEvents` they match. */
export const queryTable: readonly { readonly query: EventQuery; readonly matches: readonly number[] }[] = [
  { query: [{ types: ['Enrolled'] }], matches: [0, 2] },
  { query: [{ types: ['Paid'] }], matches: [1] },
  { query: [{ types: ['Enrolled', 'Paid'] }], matches: [0, 1, 2] },
  { query: [{ types: ['Paid', 'Unheard'] }], matches: [1] },
  { query: [{ types: ['Unheard'] }], matches: [] },
  { query: [{ types: ['enrolled'] }], matches: [] },
  { query: [{ types: ['student:1'] }], matches: [] },
  { query: [{ tags: ['student:1'] }], matches: [0, 1] },
  { query: [{ tags: ['student:1', 'course:2'] }], matches: [1] },
  { query: [{ tags: ['course:2', 'student:1'] }], matches: [1] },
  { query: [{ tags: ['student:1', 'term:3'] }], matches: [] },
  { query: [{ tags: ['student'] }], matches: [] },
  { query: [{ tags: ['Paid'] }], matches: [] },
  { query: [{ types: ['Enrolled'], tags: ['course:2'] }], matches: [2] },
  { query: [{ types: ['Paid'], tags: ['term:3'] }], matches: [] },
  { query: [{ types: ['Enrolled', 'Paid'], tags: ['course:2'] }], matches: [1, 2] },
  { query: [{ types: ['Paid'] }, { tags: ['term:3'] }], matches: [1, 2] },
  { query: [{ types: ['Paid'] }, { tags: ['student:1'] }], matches: [0, 1] },
  { query: [{ types: ['Paid'], tags: ['term:3'] }, { types: ['Unheard'] }], matches: [] },
  { query: [{ types: ['Unheard'] }, { types: ['Enrolled'], tags: ['student:1'] }], matches: [0] },
]

/** Records `taggedEvents` in different streams, in order, and gives their positions. */
export async function recordTaggedEvents(store: EventStore): Promise<Position[]> {
  const { events } = await store.append(
    taggedEvents.map((event, n) => ({ stream: `register-${n}`, events: [event] })),
  )
  return events.map(({ position }) => position)
}

/** Values that are no event query. */
export const invalidQueries: readonly unknown[] = [
  [],
  [{}],
  [{ types: [] }],
  [{ tags: [] }],
  [{ types: ['Paid'], tags: [] }],
  [{ types: ['Paid'] }, {}],
  [{ types: [''] }],
  [{ types: [7] }],
  [{ tags: ['a\u0000b'] }],
  [{ tags: ['a\ud800b'] }],
  [{ types: 'Paid' }],
  [null],
  null,
  'Paid',
  { types: ['Paid'] },
]
