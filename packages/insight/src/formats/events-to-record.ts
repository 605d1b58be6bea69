import type { JsonObject, NewEvent } from '@annals/core'
import type { CaseEvent } from '../event-log/case-event.ts'
import type { LogObject, ObjectEvent, ObjectLog } from './object-log.ts'
import { formatTime } from './time.ts'

/** An event of a log as it can be recorded: in which stream, and when it happened. */
export interface EventToRecord {
  readonly stream: string
  readonly event: NewEvent
  readonly atMs: number
}

/** The events of cases: each case is a stream of the category, its attributes are the data. */
export function* eventsOfCases(events: Iterable<CaseEvent>, category: string): Generator<EventToRecord> {
  for (const { case: name, activity, atMs, attributes = {} } of events)
    yield { stream: `${category}-${name}`, event: { type: activity, data: attributes }, atMs }
}

/**
 * The events of an object-centric log: the objects of an event are its tags, `type:id`, and the first of them is its
 * stream, `type-id`. What an event has no place for is in its metadata under `ocel`: its id, qualifiers, and of each
 * object that is named there for the first time the attributes and relations. So `objectLogOf` makes the same log of it;
 * only objects that no event names are lost.
 */
export function* eventsOfObjectLog({ events, objects }: ObjectLog): Generator<EventToRecord> {
  const unnamed = new Map(objects.map((object) => [object.id, object]))
  const types = new Map(objects.map(({ id, type }) => [id, type]))
  for (const event of [...events].sort((one, other) => one.atMs - other.atMs)) {
    const { id, type, atMs, attributes } = event
    const known = event.objects.filter((object) => types.has(object.id))
    const ids = [...new Set(known.map((object) => object.id))]
    const tags = ids.map((object) => tagOf(types.get(object) as string, object))
    const described = ids.flatMap((object) => {
      const own = unnamed.get(object)
      unnamed.delete(object)
      return own ? [own] : []
    })
    const metadata = { [metadataKey]: ocelMetadata(event, known, described) }
    const [first] = ids
    const stream =
      first === undefined ? `event-${id}` : `${(types.get(first) as string).replaceAll('-', '_')}-${first}`
    yield { stream, event: { type, data: attributes, tags, metadata }, atMs }
  }
}

/** Where in the metadata stands what an object-centric log says of an event beyond what an event has. */
export const metadataKey = 'ocel'

export const tagOf = (type: string, id: string) => `${type}:${id}`

function ocelMetadata(
  { id }: ObjectEvent,
  references: ObjectEvent['objects'],
  described: readonly LogObject[],
): JsonObject {
  return {
    id,
    // In the order of the log: one object may take part in several ways.
    objects: references.map((reference) => [reference.id, reference.qualifier]),
    ...(described.length > 0 && {
      described: described.map((object) => ({
        id: object.id,
        type: object.type,
        attributes: object.attributes.map(({ name, atMs, value }) => ({
          name,
          time: formatTime(atMs),
          value,
        })),
        relations: object.relations.map((relation) => [relation.id, relation.qualifier]),
      })),
    }),
  }
}
