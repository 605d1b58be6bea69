import type { AttributeValue } from '../event-log/case-event.ts'
import type { ObjectLog } from './object-log.ts'
import { formatTime } from './time.ts'

/**
 * An object-centric log as OCEL 2.0 in JSON, in pieces. What `parseOcel` makes of it is the same log. The types of
 * attributes are what their values are; where these differ, `string`. Times are to the
 * millisecond, and numbers that are not finite become null.
 *
 * Source: A. Berti et al., "OCEL (Object-Centric Event Log) 2.0 Specification", 2024.
 */
export function* formatOcel({ events, objects }: ObjectLog): Generator<string> {
  const eventTypes = new Types()
  for (const { type, attributes } of events)
    for (const [name, value] of eventTypes.entries(type, Object.entries(attributes)))
      eventTypes.add(type, name, value)
  const objectTypes = new Types()
  for (const { type, attributes } of objects)
    for (const [name, value] of objectTypes.entries(
      type,
      attributes.map((each) => [each.name, each.value]),
    ))
      objectTypes.add(type, name, value)
  yield `{\n"objectTypes":${JSON.stringify(objectTypes)},\n"eventTypes":${JSON.stringify(eventTypes)},\n"objects":[`
  yield* joined(objects, ({ id, type, attributes, relations }) => ({
    id,
    type,
    attributes: attributes.map(({ name, atMs, value }) => ({ name, time: formatTime(atMs), value })),
    relationships: relations.map((each) => ({ objectId: each.id, qualifier: each.qualifier })),
  }))
  yield '\n],\n"events":['
  yield* joined(events, ({ id, type, atMs, attributes, objects: own }) => ({
    id,
    type,
    time: formatTime(atMs),
    attributes: Object.entries(attributes).map(([name, value]) => ({ name, value })),
    relationships: own.map((each) => ({ objectId: each.id, qualifier: each.qualifier })),
  }))
  yield '\n]\n}\n'
}

function* joined<Item>(items: readonly Item[], form: (item: Item) => object): Generator<string> {
  for (const [index, item] of items.entries()) yield `${index > 0 ? ',' : ''}\n${JSON.stringify(form(item))}`
}

/** The types of events, or of objects, and of their attributes. */
class Types {
  readonly #types = new Map<string, Map<string, string>>()

  /** The same entries; the type is known from then on, even if there are none. */
  entries(type: string, entries: readonly (readonly [string, AttributeValue])[]) {
    if (!this.#types.has(type)) this.#types.set(type, new Map())
    return entries
  }

  add(type: string, name: string, value: AttributeValue): void {
    const attributes = this.#types.get(type)
    const [known, own] = [attributes?.get(name), typeOf(value)]
    attributes?.set(name, common(known, own))
  }

  toJSON(): object {
    return Array.from(this.#types, ([name, attributes]) => ({
      name,
      attributes: Array.from(attributes, ([attribute, type]) => ({ name: attribute, type })),
    }))
  }
}

function typeOf(value: AttributeValue): string {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'integer' : 'float'
  return typeof value === 'boolean' ? 'boolean' : 'string'
}

function common(one: string | undefined, other: string): string {
  if (one === undefined || one === other) return other
  const numbers = ['integer', 'float']
  return numbers.includes(one) && numbers.includes(other) ? 'float' : 'string'
}
