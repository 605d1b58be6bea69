import type { CategoryCheck, JsonCheck } from '../command/decider.ts'
import type { RetryPolicy } from '../consumer/retry-policy.ts'
import { type Retries, retriesOf } from '../consumer/retry-policy.ts'
import type { RecordedEvent } from '../event/event.ts'
import {
  asDefinition,
  assertDefinedWhole,
  assertFold,
  type EventSchemas,
  type Evolve,
  type Fold,
  invalidDefinition,
  type Primitive,
  type RecordedEventOf,
} from '../event/fold.ts'
import { assertSelection, type Selection } from '../event/selection.ts'
import { assertCategoryName } from '../event/stream.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { limits } from '../limits.ts'
import { invalidName } from '../name.ts'
import type { OutputOf } from '../schema.ts'
import { isProcessEventType } from './process-events.ts'
import type { Reaction } from './reaction.ts'

/** Reacts to events with commands and deadlines; its state is event-sourced. One process for each key. */
export interface ProcessManager<
  Name extends string = string,
  State = unknown,
  Events extends EventSchemas = EventSchemas,
> extends Fold<State, Events> {
  readonly kind: 'process-manager'
  readonly name: Name
  readonly description: string | undefined
  readonly reactsTo: EventSchemas
  readonly select: Selection
  readonly key: (event: RecordedEvent) => string | undefined
  readonly on: {
    readonly [type: string]: (state: State, event: RecordedEvent, context: ProcessContext) => Reaction
  }
  readonly onDeadline: { readonly [name: string]: (state: State, context: ProcessContext) => Reaction }
  readonly onRejected:
    | ((state: State, rejected: RejectedCommand, context: ProcessContext) => Reaction)
    | undefined
  readonly retries: Retries
  readonly parallelMax: number
}

/** What a reaction may look at beside the state and what it reacts to. */
export interface ProcessContext {
  /** Which process: what `key` gave. */
  readonly key: string
  /** The application's clock. */
  readonly now: Date
}

/** A command that the process sent and that was decided against. */
export interface RejectedCommand {
  readonly command: string
  /** The stream it was for, or chose. */
  readonly stream: string
  readonly input: JsonValue
  readonly code: string
  readonly message: string
  readonly details: JsonObject | undefined
}

/**
 * Defines a process manager: for each key a process, whose state is folded from events of its own, in the stream
 * `<name>-<key>`. It is told of the events of a key one after the other, in their order.
 *
 * What it does about an event is recorded in its stream in one append, at most once for each event, and then the commands
 * in it are executed, with ids that follow from where they are recorded: so each takes effect once, however often the
 * event is delivered, for as long as the application keeps command ids. A command that is decided against is told to
 * `onRejected`. If a handler throws or a command fails, it is tried again as `retry` says, and then the key is parked:
 * the event and those of its key behind it wait, and everything else goes on.
 *
 * @throws AnnalsError `invalid-definition` with the reason as a sentence
 */
export function defineProcessManager<
  const Name extends string,
  ReactsTo extends EventSchemas,
  Deadline extends string = never,
  Events extends EventSchemas = Record<never, never>,
  State = undefined,
  Literal extends Primitive = never,
>(definition: {
  /** Unique among all that follows the log, and the category of its streams: without "-". */
  readonly name: Name & CategoryCheck<Name>
  /** One sentence for people. */
  readonly description?: string
  /** The events it may be told of, each type with its schema: `{ ...Order.events, ...Payment.events }`. */
  readonly reactsTo: ReactsTo
  /** Which of them. Default: all of the types that have a handler under `on`, wherever they are recorded. */
  readonly select?: Selection
  /** Which process an event belongs to; `undefined`: to none. It becomes part of the name of a stream. */
  readonly key: (event: RecordedEventOf<ReactsTo>) => string | undefined
  /** Its own events: for each type the schema of its data. Left out, it has no state. */
  readonly events?: Events & JsonCheck<Events>
  /** The state of a process that has no events yet. */
  readonly initialState?: () => State
  readonly evolve?: Evolve<NoInfer<State>, Events, Literal>
  /** What it does about an event of each type. Pure: all it wants to have done is in what it gives. */
  readonly on: {
    readonly [Type in keyof ReactsTo & string]?: (
      state: NoInfer<State>,
      event: RecordedEvent<Type, OutputOf<ReactsTo[Type]>>,
      context: ProcessContext,
    ) => Reaction<Events, NoInfer<Deadline>>
  }
  /** For each deadline that it may set, what it does when the time has come. */
  readonly onDeadline?: {
    readonly [D in Deadline]: (
      state: NoInfer<State>,
      context: ProcessContext,
    ) => Reaction<Events, NoInfer<Deadline>>
  }
  /** What it does when a command it sent was decided against. Default: nothing; that it was is recorded all the same. */
  readonly onRejected?: (
    state: NoInfer<State>,
    rejected: RejectedCommand,
    context: ProcessContext,
  ) => Reaction<Events, NoInfer<Deadline>>
  readonly retry?: RetryPolicy
  /** How many processes are at work at once. From 1. Default: 16. */
  readonly parallelMax?: number
}): ProcessManager<Name, State, Events> {
  const { name, description, reactsTo, select = 'everything', key, on, onRejected, retry } = definition
  const { parallelMax = 16, initialState = () => undefined, evolve = {} } = definition
  const onDeadline: object = definition.onDeadline ?? {}
  const events: EventSchemas = definition.events ?? {}
  if (typeof name !== 'string' || name === '') throw invalidDefinition('a process manager', 'it needs a name')
  const owner = `process manager ${name}`
  asDefinition(owner, () => {
    assertCategoryName(name)
    assertSelection(select)
  })
  if (name.startsWith('$'))
    throw invalidDefinition(
      owner,
      'names that begin with "$" are those of streams that Annals keeps for itself',
    )
  assertFold(owner, { events, initialState, evolve })
  for (const type of Object.keys(events)) {
    const problem = invalidName(type, limits.eventTypeLengthMax)
    if (problem) throw invalidDefinition(owner, `the event type ${JSON.stringify(type)} has to be ${problem}`)
    if (isProcessEventType(type))
      throw invalidDefinition(
        owner,
        `${type} is an event that Annals records for it; give its own another name`,
      )
    if (!Object.hasOwn(evolve, type))
      throw invalidDefinition(
        owner,
        `evolve has no handler for ${type}; add one, even if it returns the state as it is`,
      )
  }
  if (typeof key !== 'function')
    throw invalidDefinition(owner, 'key has to be a function that says which process an event belongs to')
  const types = Object.keys(on ?? {})
  if (types.length === 0)
    throw invalidDefinition(owner, 'it has no handler under on, so it would never do anything')
  for (const type of types) {
    if (!Object.hasOwn(reactsTo, type))
      throw invalidDefinition(
        owner,
        `it handles ${type}, which is not among the events under reactsTo; declare it or remove the handler`,
      )
  }
  for (const [what, handlers] of Object.entries({ on, onDeadline })) {
    for (const [handled, handler] of Object.entries(handlers as Record<string, unknown>)) {
      if (typeof handler !== 'function')
        throw invalidDefinition(owner, `${what}.${handled} has to be a function`)
    }
  }
  assertDefinedWhole(owner, 'parallelMax', parallelMax)
  return {
    kind: 'process-manager',
    name,
    description,
    reactsTo,
    select,
    key,
    events,
    initialState,
    evolve,
    on,
    onDeadline,
    onRejected,
    retries: retriesOf(owner, retry),
    parallelMax,
  } as unknown as ProcessManager<Name, State, Events>
}
