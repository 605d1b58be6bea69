import fc from 'fast-check'
import type { CaseEvent } from '../src/index.ts'

// Names that code which joins, splits or looks up by names may stumble over.
const names = [
  'a',
  'b',
  'c',
  'a,b',
  'a > b',
  '"',
  "it's",
  '\\',
  '🙂',
  '\uFFEE',
  '__proto__',
  'constructor',
  ' ',
  '0',
]

/**
 * Logs as they may come: cases interleaved, times that are equal or run backwards, cases of one event, activities that
 * follow themselves, resources that are not always known, and names with anything in them.
 */
export const randomEvents = ({
  activitiesMax = names.length,
  eventsMax = 30,
} = {}): fc.Arbitrary<CaseEvent[]> =>
  fc
    .array(
      fc.record({
        case: fc.constantFrom('1', '2', '3', '__proto__', '1,2'),
        activity: fc.constantFrom(...names.slice(0, activitiesMax)),
        atMs: fc.integer({ min: 0, max: 6 }),
        resource: fc.option(fc.constantFrom('X', 'Y', 'toString', 'X,Y'), { nil: undefined }),
      }),
      { maxLength: eventsMax },
    )
    .map((events) =>
      events.map(({ resource, ...event }, source) => ({
        ...event,
        source,
        ...(resource === undefined ? {} : { attributes: { resource } }),
      })),
    )

/** By case, its events in order of time; those of one time as they came. */
export function casesOf(events: readonly CaseEvent[]): CaseEvent[][] {
  const cases: { name: string; own: CaseEvent[] }[] = []
  for (const event of events) {
    const known = cases.find(({ name }) => name === event.case)
    if (known) known.own.push(event)
    else cases.push({ name: event.case, own: [event] })
  }
  return cases.map(({ own }) => own.sort((one, other) => one.atMs - other.atMs))
}
