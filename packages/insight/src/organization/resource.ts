import type { CaseEvent } from '../event-log/case-event.ts'

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
