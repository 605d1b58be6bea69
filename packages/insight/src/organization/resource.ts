import type { CaseEvent } from '../event-log/case-event.ts'
import { byCodePoint } from '../event-log/code-point-order.ts'

/** Where it stands who did an event. */
export interface ResourceOptions {
  /** The attribute that says who did an event. Events without it are left out. Default: `resource`. */
  readonly resource?: string | undefined
}

/** Who did an event, by an attribute; undefined if it is not known. */
export function resourceOf({ attributes }: CaseEvent, attribute: string): string | undefined {
  const value = attributes?.[attribute]
  return value === undefined || value === null ? undefined : String(value)
}

/** By activity, in the order of the log, how often each did it. */
export function doneBy(
  {
    activities: names,
    traces,
  }: {
    readonly activities: readonly string[]
    readonly traces: Iterable<{ readonly events: readonly CaseEvent[] }>
  },
  attribute: string,
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const counts = new Map(names.map((name) => [name, new Map<string, number>()]))
  for (const { events } of traces)
    for (const event of events) {
      const resource = resourceOf(event, attribute)
      const own = counts.get(event.activity)
      if (resource !== undefined) own?.set(resource, (own.get(resource) ?? 0) + 1)
    }
  return counts
}

/** How many events each did. */
export function eventsByResource(
  { traces }: { readonly traces: Iterable<{ readonly events: readonly CaseEvent[] }> },
  attribute: string,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { events } of traces)
    for (const event of events) {
      const resource = resourceOf(event, attribute)
      if (resource !== undefined) counts.set(resource, (counts.get(resource) ?? 0) + 1)
    }
  return counts
}

/** Those with the most, no more than a number of them, of as many the first by code points; in code-point order. */
export function mostOf(counts: ReadonlyMap<string, number>, max: number): readonly string[] {
  const names = [...counts.keys()]
  const most =
    names.length <= max
      ? names
      : [...counts]
          .sort(([one, ofOne], [other, ofOther]) => ofOther - ofOne || byCodePoint(one, other))
          .slice(0, max)
          .map(([name]) => name)
  return most.sort(byCodePoint)
}
