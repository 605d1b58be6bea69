import type { AttributeValue, CaseEvent } from '../event-log/case-event.ts'

/** Events that each belong to several objects, and what is known of these: an object-centric log, as OCEL 2.0 has it. */
export interface ObjectLog {
  readonly events: readonly ObjectEvent[]
  readonly objects: readonly LogObject[]
}

/** An event and the objects that take part in it. */
export interface ObjectEvent {
  readonly id: string
  readonly type: string
  readonly atMs: number
  readonly attributes: { readonly [name: string]: AttributeValue }
  readonly objects: readonly ObjectReference[]
}

/** That something has to do with an object, and how. */
export interface ObjectReference {
  readonly id: string
  /** What the object is in it; may be empty. */
  readonly qualifier: string
}

/** An object: an order, an item, a container. */
export interface LogObject {
  readonly id: string
  readonly type: string
  /** What each attribute was from when on. */
  readonly attributes: readonly {
    readonly name: string
    readonly atMs: number
    readonly value: AttributeValue
  }[]
  /** What it has to do with other objects. */
  readonly relations: readonly ObjectReference[]
}

/** The types of objects in a log, in the order in which they first appear. */
export function objectTypesOf({ objects }: ObjectLog): readonly string[] {
  return [...new Set(objects.map(({ type }) => type))]
}

/**
 * The events of a log by the objects of one type: each such object is a case, named `type:id` as a tag would be. An event
 * of several is given once for each, one of none not at all.
 *
 * Source: van der Aalst, "Object-centric process mining: dealing with divergence and convergence in event data", 2019.
 */
export function* caseEventsOfObjects({ events, objects }: ObjectLog, type: string): Generator<CaseEvent> {
  const wanted = new Set(objects.filter((object) => object.type === type).map(({ id }) => id))
  // By time, as an object-centric log need not be in order.
  const places = [...events.keys()].sort(
    (one, other) => (events[one] as ObjectEvent).atMs - (events[other] as ObjectEvent).atMs,
  )
  for (const source of places) {
    const { type: activity, atMs, attributes, objects: own } = events[source] as ObjectEvent
    for (const id of new Set(own.map((each) => each.id)))
      if (wanted.has(id)) yield { case: `${type}:${id}`, activity, atMs, attributes, source }
  }
}

/** How many references of a log lead to objects that it does not hold. */
export function danglingReferences({ events, objects }: ObjectLog): number {
  const known = new Set(objects.map(({ id }) => id))
  const dangling = (references: readonly ObjectReference[]) =>
    references.filter(({ id }) => !known.has(id)).length
  return (
    events.reduce((sum, event) => sum + dangling(event.objects), 0) +
    objects.reduce((sum, object) => sum + dangling(object.relations), 0)
  )
}
