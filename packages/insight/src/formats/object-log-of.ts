import type { JsonValue, RecordedEvent } from '@annals/core'
import { type AttributeValue, caseEventsOf } from '../event-log/case-event.ts'
import { metadataKey } from './events-to-record.ts'
import type { LogObject, ObjectEvent, ObjectLog, ObjectReference } from './object-log.ts'
import { parseTimeMs } from './time.ts'

/**
 * Recorded events as an object-centric log: a tag `order:42` is the object `42` of the type `order`, and so is the stream
 * `order-42`, in that an event has to do with itself. Where two types have an object of the same id, ids are whole tags.
 * Attributes are the properties of the data that are no objects and lists. Events that came from an object-centric log
 * become what they were there.
 */
export function objectLogOf(recorded: Iterable<RecordedEvent>): ObjectLog {
  const events: (Omit<ObjectEvent, 'objects'> & { objects: Named[] })[] = []
  const described = new Map<string, LogObject>()
  const types = new Map<string, Set<string>>()
  for (const event of recorded) {
    const origin = originOf(event)
    for (const object of origin?.described ?? []) described.set(object.id, object)
    const objects = origin ? namedBy(event, origin.objects) : [...new Map(placesOf(event)).values()]
    for (const { id, type } of objects) types.set(id, (types.get(id) ?? new Set()).add(type))
    const [own] = caseEventsOf(event)
    events.push({
      id: origin?.id ?? event.id,
      type: event.type,
      atMs: event.recordedAt.getTime(),
      attributes: own?.attributes ?? {},
      objects,
    })
  }
  const isAmbiguous = (id: string) => (types.get(id)?.size ?? 0) > 1
  const idOf = ({ id, type }: Named) => (isAmbiguous(id) ? `${type}:${id}` : id)
  const known = new Map<string, LogObject>()
  for (const { objects } of events)
    for (const object of objects) {
      const id = idOf(object)
      const own = described.get(object.id)
      if (!known.has(id))
        known.set(id, {
          ...(own?.type === object.type ? own : { attributes: [], relations: [] }),
          id,
          type: object.type,
        })
    }
  return {
    events: events.map((event) => ({
      ...event,
      objects: event.objects.map((object) => ({ id: idOf(object), qualifier: object.qualifier })),
    })),
    objects: [...known.values()],
  }
}

interface Named {
  readonly type: string
  readonly id: string
  readonly qualifier: string
}

function placesOf({ stream, tags }: RecordedEvent): [string, Named][] {
  const names = [stream.replace('-', ':'), ...tags].filter(
    (name) => name.indexOf(':') > 0 && !name.endsWith(':'),
  )
  return names.map((name) => [name, named(name)])
}

function named(tag: string, qualifier = ''): Named {
  const colon = tag.indexOf(':')
  return { type: tag.slice(0, colon), id: tag.slice(colon + 1), qualifier }
}

/** The objects of a log it came from. Their types are in its tags, one for each, in the order of the objects. */
function namedBy({ tags }: RecordedEvent, references: readonly ObjectReference[]): Named[] {
  const ids = [...new Set(references.map(({ id }) => id))]
  return references.flatMap(({ id, qualifier }) => {
    const tag = tags[ids.indexOf(id)]
    return tag?.endsWith(`:${id}`) ? [{ type: tag.slice(0, -id.length - 1), id, qualifier }] : []
  })
}

interface Origin {
  readonly id: string
  readonly objects: readonly ObjectReference[]
  readonly described: readonly LogObject[]
}

/** What `eventsOfObjectLog` has put into metadata; `undefined` for anything else that may stand there. */
function originOf({ metadata }: RecordedEvent): Origin | undefined {
  const ocel = objectOf(metadata?.[metadataKey])
  if (!ocel || typeof ocel.id !== 'string' || !Array.isArray(ocel.objects)) return undefined
  return {
    id: ocel.id,
    objects: pairsOf(ocel.objects),
    described: listOf(ocel.described).flatMap((value) => {
      const object = objectOf(value)
      if (!object) return []
      return [
        {
          id: String(object.id),
          type: String(object.type),
          attributes: listOf(object.attributes).flatMap((attribute) => {
            const own = objectOf(attribute)
            const atMs = parseTimeMs(String(own?.time))
            return own && atMs !== undefined
              ? [{ name: String(own.name), atMs, value: own.value as AttributeValue }]
              : []
          }),
          relations: pairsOf(listOf(object.relations)),
        },
      ]
    }),
  }
}

const pairsOf = (pairs: readonly JsonValue[]): ObjectReference[] =>
  pairs.flatMap((pair) => (Array.isArray(pair) ? [{ id: String(pair[0]), qualifier: String(pair[1]) }] : []))

const listOf = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : [])

const objectOf = (value: JsonValue | undefined) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: JsonValue | undefined })
    : undefined
