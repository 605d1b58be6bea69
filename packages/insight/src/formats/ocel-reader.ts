import type { AttributeValue } from '../event-log/case-event.ts'
import type { LogObject, ObjectEvent, ObjectLog, ObjectReference } from './object-log.ts'
import { parseTimeMs, timeForm } from './time.ts'
import { quoted, unreadable } from './unreadable.ts'

/**
 * An object-centric log from its JSON text: OCEL 2.0, or 1.0. Values that are texts are turned into numbers and truth
 * values where their type is declared so. The whole text is needed at once, so it has to be shorter than the longest
 * string there can be, about 500 million characters.
 *
 * Source: A. Berti et al., "OCEL (Object-Centric Event Log) 2.0 Specification", 2024; A. F. Ghahfarokhi et al., "OCEL: a
 * standard for object-centric event logs", 2021.
 *
 * @throws AnnalsError `invalid-input` for what is no such log
 */
export function parseOcel(text: string): ObjectLog {
  const root = objectAt(parse(text), 'a log')
  return 'ocel:events' in root ? firstVersion(root) : secondVersion(root)
}

type Json = { readonly [key: string]: unknown }

function parse(text: string): unknown {
  if (text.trim() === '') throw invalid('a log', 'an empty file')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid('JSON', error instanceof Error ? error.message : String(error))
  }
}

function secondVersion(root: Json): ObjectLog {
  const eventTypes = typesOf(root.eventTypes, 'eventTypes')
  const objectTypes = typesOf(root.objectTypes, 'objectTypes')
  const events = listAt(root.events, '"events", a list').map((value, index): ObjectEvent => {
    const where = `events[${index}]`
    const { id, type, time, attributes, relationships } = objectAt(value, `an object at ${where}`)
    const name = textAt(type, `a type at ${where}`)
    return {
      id: textAt(id, `an id at ${where}`),
      type: name,
      atMs: timeAt(time, where),
      attributes: Object.fromEntries(
        optionalList(attributes, where).map((attribute) => {
          const { name: key, value: own } = objectAt(attribute, `attributes at ${where}`)
          const text = textAt(key, `the name of an attribute at ${where}`)
          return [text, ocelValue(own, eventTypes.get(name)?.get(text))]
        }),
      ),
      objects: referencesAt(relationships, where),
    }
  })
  const objects = optionalList(root.objects, 'objects').map((value, index): LogObject => {
    const where = `objects[${index}]`
    const { id, type, attributes, relationships } = objectAt(value, `an object at ${where}`)
    const name = textAt(type, `a type at ${where}`)
    return {
      id: textAt(id, `an id at ${where}`),
      type: name,
      attributes: optionalList(attributes, where).map((attribute) => {
        const { name: key, time, value: own } = objectAt(attribute, `attributes at ${where}`)
        const text = textAt(key, `the name of an attribute at ${where}`)
        return {
          name: text,
          atMs: timeAt(time, where),
          value: ocelValue(own, objectTypes.get(name)?.get(text)),
        }
      }),
      relations: referencesAt(relationships, where),
    }
  })
  return assertUnique({ events, objects })
}

function firstVersion(root: Json): ObjectLog {
  const events = Object.entries(objectAt(root['ocel:events'], '"ocel:events"')).map(
    ([id, value]): ObjectEvent => {
      const event = objectAt(value, `an object at event ${quoted(id)}`)
      return {
        id,
        type: textAt(event['ocel:activity'], `"ocel:activity" at event ${quoted(id)}`),
        atMs: timeAt(event['ocel:timestamp'], `event ${quoted(id)}`),
        attributes: plainAt(event['ocel:vmap']),
        objects: optionalList(event['ocel:omap'], `event ${quoted(id)}`).map((object) => ({
          id: textAt(object, `ids of objects at event ${quoted(id)}`),
          qualifier: '',
        })),
      }
    },
  )
  const objects = Object.entries(objectAt(root['ocel:objects'] ?? {}, '"ocel:objects"')).map(
    ([id, value]): LogObject => {
      const object = objectAt(value, `an object at ${quoted(id)}`)
      return {
        id,
        type: textAt(object['ocel:type'], `"ocel:type" at object ${quoted(id)}`),
        // It has no times of attributes: they are so from the beginning.
        attributes: Object.entries(plainAt(object['ocel:ovmap'])).map(([name, own]) => ({
          name,
          atMs: 0,
          value: own,
        })),
        relations: [],
      }
    },
  )
  return { events, objects }
}

/** @throws AnnalsError `invalid-input` if two events, or two objects, have the same id */
export function assertUnique(log: ObjectLog): ObjectLog {
  for (const [what, things] of Object.entries(log) as [string, readonly { id: string }[]][]) {
    const ids = new Set<string>()
    for (const { id } of things) {
      if (ids.has(id)) throw invalid(`${what} with ids that differ`, `${quoted(id)} twice`)
      ids.add(id)
    }
  }
  return log
}

function typesOf(value: unknown, where: string): Map<string, Map<string, string>> {
  return new Map(
    optionalList(value, where).map((each) => {
      const { name, attributes } = objectAt(each, `objects in ${where}`)
      const types = optionalList(attributes, where).map((attribute): [string, string] => {
        const own = objectAt(attribute, `attributes in ${where}`)
        return [String(own.name), String(own.type)]
      })
      return [String(name), new Map(types)]
    }),
  )
}

function referencesAt(value: unknown, where: string): readonly ObjectReference[] {
  return optionalList(value, where).map((each) => {
    const { objectId, qualifier = '' } = objectAt(each, `relationships at ${where}`)
    return { id: textAt(objectId, `an objectId at ${where}`), qualifier: String(qualifier) }
  })
}

/** A value as its declared type has it. */
export function ocelValue(value: unknown, type: string | undefined): AttributeValue {
  if (typeof value === 'string') {
    if ((type === 'integer' || type === 'float') && value.trim() !== '' && Number.isFinite(Number(value)))
      return Number(value)
    if (type === 'boolean' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
    return value
  }
  if (value === null || value === undefined) return null
  return typeof value === 'number' || typeof value === 'boolean' ? value : JSON.stringify(value)
}

function plainAt(value: unknown): { readonly [name: string]: AttributeValue } {
  return Object.fromEntries(
    Object.entries(objectAt(value ?? {}, 'an object of attributes')).map(([name, own]) => [
      name,
      ocelValue(own, undefined),
    ]),
  )
}

function timeAt(value: unknown, where: string): number {
  const atMs = typeof value === 'string' ? parseTimeMs(value) : undefined
  if (atMs === undefined) throw invalid(`${timeForm}, at ${where}`, shown(value))
  return atMs
}

function textAt(value: unknown, expected: string): string {
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number') return String(value)
  throw invalid(expected, shown(value))
}

function objectAt(value: unknown, expected: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw invalid(`${expected}, a JSON object`, shown(value))
}

function listAt(value: unknown, expected: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw invalid(expected, shown(value))
}

function optionalList(value: unknown, where: string): readonly unknown[] {
  return value === undefined || value === null ? [] : listAt(value, `a list at ${where}`)
}

const shown = (value: unknown) => (value === undefined ? 'none' : quoted(JSON.stringify(value) ?? 'none'))

const invalid = (expected: string, got: string) => unreadable('OCEL', { expected, got })
