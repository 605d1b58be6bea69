import type { RecordedEvent } from '../event/event.ts'
import { type EventSchemas, invalidDefinition } from '../event/fold.ts'
import { assertSelection, type Selection } from '../event/selection.ts'
import type { OutputOf } from '../schema.ts'
import type { ReadModelKind } from './read-model.ts'

/** Keeps a read model up to date by replaying events into it. */
export interface Projection<Model = unknown, Name extends string = string> {
  readonly kind: 'projection'
  readonly name: Name
  readonly description: string | undefined
  readonly version: number
  readonly select: Selection
  readonly readModel: ReadModelKind<Model>
  readonly on: { readonly [type: string]: ProjectionHandler<Model> }
}

/** Writes what one event means into the read model. */
export type ProjectionHandler<Model, Type extends string = string, Data = unknown> = (
  model: Model,
  event: RecordedEvent<Type, Data>,
) => void

/**
 * Defines a projection. Each selected event is handed to the handler of its type, in the order of the log; with its
 * checkpoint the read model is written in batches, all or none, so each event counts exactly once through any crash.
 *
 * @throws AnnalsError `invalid-definition`
 */
export function defineProjection<const Name extends string, Model, Events extends EventSchemas>(definition: {
  readonly name: Name
  /** One sentence for people. */
  readonly description?: string
  /** To be raised when the read model or a handler changes: the read model is then made anew. From 1. Default: 1. */
  readonly version?: number
  readonly select: Selection
  /** The event types it may meet; usually those of a decider, `Cart.events`. */
  readonly events: Events
  /** What it writes: `inMemory(…)` or, for example, `sqlite(…)` of `@annals/sqlite`. */
  readonly readModel: ReadModelKind<Model>
  /** A handler for each event type of interest. Synchronous; it may do nothing but change the model. */
  readonly on: {
    readonly [Type in keyof Events & string]?: ProjectionHandler<NoInfer<Model>, Type, OutputOf<Events[Type]>>
  }
}): Projection<Model, Name> {
  const { name, description, version = 1, select, events, readModel, on } = definition
  if (typeof name !== 'string' || name === '') throw invalidDefinition('a projection', 'it needs a name')
  if (!Number.isSafeInteger(version) || version < 1)
    throw invalidDefinition(`projection ${name}`, 'its version has to be a whole number from 1 up')
  if (typeof readModel?.kind !== 'string')
    throw invalidDefinition(
      `projection ${name}`,
      'it needs a readModel, for example inMemory(() => new Map())',
    )
  const types = Object.keys(on)
  if (types.length === 0)
    throw invalidDefinition(
      `projection ${name}`,
      'it has no handler under on, so its read model would stay empty',
    )
  for (const type of types) {
    if (!Object.hasOwn(events, type))
      throw invalidDefinition(
        `projection ${name}`,
        `it handles ${type}, which is not among its events; declare it or remove the handler`,
      )
  }
  try {
    assertSelection(select)
  } catch (error) {
    throw invalidDefinition(`projection ${name}`, (error as Error).message.replace(/\.$/, ''))
  }
  return {
    kind: 'projection',
    name,
    description,
    version,
    select,
    readModel,
    on: on as unknown as Projection<Model>['on'],
  }
}
