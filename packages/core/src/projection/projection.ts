import { type Retries, type RetryPolicy, retriesOf } from '../consumer/retry-policy.ts'
import type { RecordedEvent } from '../event/event.ts'
import {
  asDefinition,
  assertDefinedWhole,
  assertEvents,
  type EventSchemas,
  invalidDefinition,
  type RecordedEventOf,
} from '../event/fold.ts'
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
  readonly events: EventSchemas
  readonly readModel: ReadModelKind<Model>
  /** `undefined`: the stream of an event. */
  readonly key: ((event: RecordedEvent) => string) | undefined
  readonly inline: boolean
  readonly retries: Retries
  /** Either of the two. */
  readonly on: { readonly [type: string]: ProjectionHandler<Model> } | undefined
  readonly onBatch: ((model: Model, events: readonly RecordedEvent[]) => void) | undefined
}

/** Writes what one event means into the read model. */
export type ProjectionHandler<Model, Type extends string = string, Data = unknown, Context = never> = (
  model: Model,
  event: RecordedEvent<Type, Data>,
  context: Context,
) => void

/**
 * Defines a projection. Each selected event is handed to the handler of its type, in the order of the log; with its
 * checkpoint the read model is written in batches, all or none, so each event counts exactly once.
 *
 * An event whose handler fails is tried again, and then its key is parked: the event and those of its key behind it are
 * held back until someone retries, edits or discards it (`app.consumer(name)`), and all others go on.
 *
 * @throws AnnalsError `invalid-definition`
 */
export function defineProjection<
  const Name extends string,
  Model,
  Context,
  Events extends EventSchemas,
>(definition: {
  /** Its own among all that follow the log: projections, process managers, outboxes, consumer groups. */
  readonly name: Name
  /** One sentence for people. */
  readonly description?: string
  /**
   * To be raised when the read model or a handler changes: the read model is then made anew, beside the old one, which
   * answers queries until the new one takes its place. From 1. Default: 1.
   */
  readonly version?: number
  readonly select: Selection
  /** The event types it may meet; usually those of a decider, `Cart.events`. */
  readonly events: Events
  /** What it writes: `inMemory(…)`, `target(…)` or, for example, `sqlite(…)` of `@annals/sqlite`. */
  readonly readModel: ReadModelKind<Model, Context>
  /** What an event is about. Events of a key that is parked wait; the others do not. Default: its stream. */
  readonly key?: (event: RecordedEventOf<Events>) => string
  /**
   * Whether `app.execute` and `app.append` wait until the read model has seen what they recorded, so that whoever asks
   * afterwards sees it without `waitFor`. They do not wait while it is paused, failed or being made anew. Default: false.
   */
  readonly inline?: boolean
  /** How often an event whose handler fails is tried. Meanwhile the events behind it wait. */
  readonly retry?: RetryPolicy
  /**
   * A handler for each event type of interest. Synchronous, unless the read model is a target; it may do nothing but
   * change the model.
   */
  readonly on?: {
    readonly [Type in keyof Events & string]?: ProjectionHandler<
      NoInfer<Model>,
      Type,
      OutputOf<Events[Type]>,
      NoInfer<Context>
    >
  }
  /**
   * In place of `on`: takes all events of the declared types, in order, as many at a time as are written at once. For
   * read models that undo what a failed batch has written; a batch that fails is given again, event by event.
   */
  readonly onBatch?: (model: NoInfer<Model>, events: readonly RecordedEventOf<Events>[]) => void
}): Projection<Model, Name> {
  const {
    name,
    description,
    version = 1,
    select,
    events,
    readModel,
    key,
    inline = false,
    on,
    onBatch,
  } = definition
  if (typeof name !== 'string' || name === '') throw invalidDefinition('a projection', 'it needs a name')
  const refuse = (problem: string) => invalidDefinition(`projection ${name}`, problem)
  assertDefinedWhole(`projection ${name}`, 'its version', version)
  if (typeof readModel?.kind !== 'string')
    throw refuse('it needs a readModel, for example inMemory(() => new Map())')
  if (key !== undefined && typeof key !== 'function')
    throw refuse('its key has to be a function that gives the key of an event')
  if (on && onBatch) throw refuse('it has both on and onBatch; an event is handled by one of the two')
  if (onBatch && (readModel.kind === 'memory' || readModel.kind === 'target'))
    throw refuse(
      'onBatch needs a read model that undoes what a failed batch has written, such as sqlite(…); give it handlers under on',
    )
  assertEvents(`projection ${name}`, events)
  assertHandlers(events, on, onBatch, refuse)
  asDefinition(`projection ${name}`, () => assertSelection(select))
  return {
    kind: 'projection',
    name,
    description,
    version,
    select,
    events,
    readModel,
    key: key as unknown as Projection['key'],
    inline,
    retries: retriesOf(`projection ${name}`, definition.retry),
    on: on as unknown as Projection<Model>['on'],
    onBatch: onBatch as unknown as Projection<Model>['onBatch'],
  }
}

function assertHandlers(
  events: EventSchemas,
  on: object | undefined,
  onBatch: unknown,
  refuse: (problem: string) => Error,
): void {
  if (typeof onBatch === 'function') return
  const types = Object.keys(on ?? {})
  if (types.length === 0) throw refuse('it has no handler under on, so its read model would stay empty')
  for (const type of types) {
    if (!Object.hasOwn(events, type))
      throw refuse(`it handles ${type}, which is not among its events; declare it or remove the handler`)
  }
}
