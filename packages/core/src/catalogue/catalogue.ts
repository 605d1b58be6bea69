import type { Module } from '../app.ts'
import { definitionsOf } from '../definitions.ts'
import { declarationOf } from '../event/define-event.ts'
import type { EventSchemas } from '../event/fold.ts'
import { isProcessEventType } from '../process/process-events.ts'
import { type JsonSchema, jsonSchemaOf, type Schema } from '../schema.ts'

/** What an application declares of the events it records. */
export interface Catalogue {
  /** By category, then by type; those without a category last. */
  readonly events: readonly CatalogueEvent[]
  readonly retired: readonly RetiredEvent[]
}

/** One event type that is recorded today. */
export interface CatalogueEvent {
  readonly type: string
  /** The category of the streams it is recorded in; `undefined` if each command chooses its stream. */
  readonly category: string | undefined
  /** Who records it: `decider cart`, `command SubscribeStudent`, `process manager payment`. */
  readonly owners: readonly string[]
  readonly description: string | undefined
  readonly version: number
  /** The versions it is upcast from. */
  readonly olderVersions: readonly number[]
  /** The older types it is read from. */
  readonly renamedFrom: readonly string[]
  readonly splitFrom: readonly string[]
  readonly mergedFrom: readonly string[]
  /** What a version that is still to come does to whoever reads it. */
  readonly laterVersions: 'fail' | 'skip'
  /** The JSON Schema of the recorded data, draft 2020-12; `undefined` if its schema cannot say. */
  readonly jsonSchema: JsonSchema | undefined
}

/** An event type that means nothing any more. */
export interface RetiredEvent {
  readonly type: string
  readonly category: string
}

/**
 * The event types that an application records, from its definitions alone. A type that several declare with the same
 * schema is one entry with several owners.
 *
 * @throws AnnalsError `invalid-definition`
 */
export function catalogueOf(modules: readonly Module[]): Catalogue {
  const entries = new Map<string, Map<Schema, CatalogueEvent>>()
  for (const { owner, category, events } of recordersOf(modules)) {
    for (const [type, schema] of Object.entries(events)) {
      const known = entries.get(type) ?? new Map<Schema, CatalogueEvent>()
      entries.set(type, known)
      const entry = known.get(schema) ?? entryOf(type, schema)
      const owners = [...entry.owners, owner]
      known.set(schema, { ...entry, owners, category: entry.category ?? category })
    }
  }
  return {
    events: [...entries.values()].flatMap((known) => [...known.values()]).sort(inOrder),
    retired: definitionsOf(modules).deciders.flatMap(({ category, retired }) =>
      retired.map((type) => ({ type, category })),
    ),
  }
}

/** Whoever records events, and those it declares. */
export interface Recorder {
  readonly owner: string
  /** `undefined`: each command chooses its stream. */
  readonly category: string | undefined
  readonly events: EventSchemas
  /** Whether it passes over events of a type that it does not declare. */
  readonly passesOver: (type: string) => boolean
}

/** Everything in an application that records events. */
export function recordersOf(modules: readonly Module[]): readonly Recorder[] {
  const { deciders, processManagers, commands } = definitionsOf(modules)
  return [
    ...deciders.map(({ category, events, retired }) => ({
      owner: `decider ${category}`,
      category,
      events,
      passesOver: (type: string) => retired.includes(type),
    })),
    ...[...processManagers.values()].map(({ name, events }) => ({
      owner: `process manager ${name}`,
      category: name,
      events,
      passesOver: isProcessEventType,
    })),
    ...[...commands.values()].flatMap((command) =>
      command.kind === 'decision-command'
        ? [
            {
              owner: `command ${command.name}`,
              category: undefined,
              events: command.events,
              passesOver: () => false,
            },
          ]
        : [],
    ),
  ]
}

function entryOf(type: string, schema: Schema): CatalogueEvent {
  const { description, version, upcasters, renamedFrom, splitFrom, mergedFrom, laterVersions } =
    declarationOf(schema)
  return {
    type,
    category: undefined,
    owners: [],
    description,
    version,
    olderVersions: Object.keys(upcasters).map(Number),
    renamedFrom,
    splitFrom: Object.keys(splitFrom),
    mergedFrom: mergedFrom?.types ?? [],
    laterVersions,
    jsonSchema: jsonSchemaOf(schema, 'output'),
  }
}

function inOrder(a: CatalogueEvent, b: CatalogueEvent): number {
  if (a.category !== b.category) {
    if (a.category === undefined || b.category === undefined) return a.category === undefined ? 1 : -1
    return a.category < b.category ? -1 : 1
  }
  return a.type < b.type ? -1 : 1
}
