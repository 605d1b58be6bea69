import type { RecordedEvent } from '@annals/core'

/** An event as insight looks at it: what was done, when, and in which case. */
export interface CaseEvent {
  /** What the event belongs to, such as one order. An event that belongs to several is given once for each. */
  readonly case: string
  /** What was done; usually the event type. */
  readonly activity: string
  /** In milliseconds since 1970-01-01T00:00:00Z; finite. */
  readonly atMs: number
  /** What else is known of it, by name: who did it, for how much. */
  readonly attributes?: { readonly [name: string]: AttributeValue } | undefined
  /** Leads back to the event itself: its position in a store, its place in a file. */
  readonly source?: number | undefined
}

/** A value of an attribute. */
export type AttributeValue = string | number | boolean | null

/** How recorded events become events of cases. */
export interface CaseOptions {
  /** The cases that an event belongs to. Default: its stream. None: it is passed over. */
  readonly cases?: ((event: RecordedEvent) => string | readonly string[]) | undefined
  /** Default: the event type. */
  readonly activity?: ((event: RecordedEvent) => string) | undefined
  /** Default: when it was recorded. */
  readonly atMs?: ((event: RecordedEvent) => number) | undefined
  /** Default: the properties of its data that are a string, a number, a boolean or null. */
  readonly attributes?: ((event: RecordedEvent) => CaseEvent['attributes']) | undefined
}

/** The events of cases that a recorded event stands for: one for each case it belongs to. */
export function caseEventsOf(event: RecordedEvent, options: CaseOptions = {}): readonly CaseEvent[] {
  const {
    cases = (each) => each.stream,
    activity = (each) => each.type,
    atMs = (each) => each.recordedAt.getTime(),
    attributes = plainProperties,
  } = options
  const names = cases(event)
  const shared = {
    activity: activity(event),
    atMs: atMs(event),
    attributes: attributes(event),
    source: event.position,
  }
  return (typeof names === 'string' ? [names] : names).map((name) => ({ case: name, ...shared }))
}

/** The cases of an event by its tags: `order:42` is a case of `order`. For `CaseOptions.cases`. */
export function casesByTag(concept: string): (event: RecordedEvent) => readonly string[] {
  const prefix = `${concept}:`
  return ({ tags }) => tags.filter((tag) => tag.startsWith(prefix))
}

function plainProperties({ data }: RecordedEvent): CaseEvent['attributes'] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined
  return Object.fromEntries(
    Object.entries(data).filter(
      (entry): entry is [string, AttributeValue] =>
        entry[1] === null || ['string', 'number', 'boolean'].includes(typeof entry[1]),
    ),
  )
}
