import { type Authorize, assertAuthorize } from '../authorization.ts'
import type { Caller } from '../caller.ts'
import type { NewEvent } from '../event/event.ts'
import {
  assertFold,
  type EventSchemas,
  type Evolve,
  type Fold,
  invalidDefinition,
  type Primitive,
} from '../event/fold.ts'
import { assertCategoryName, isSystemStream } from '../event/stream.ts'
import { upcastingOf } from '../event/upcasting.ts'
import type { JsonValue } from '../json.ts'
import { limits } from '../limits.ts'
import { invalidName } from '../name.ts'
import { type InputOf, isSchema, type OutputOf, type Schema } from '../schema.ts'
import type { Rejection } from './rejection.ts'
import { assertSnapshotPolicy, type SnapshotPolicy } from './snapshot.ts'

/** An event that a decider may decide on, its data typed by its schema. A literal in it may need `as const`. */
export type NewEventOf<Events extends EventSchemas> = {
  [Type in keyof Events & string]: NewEvent<Type, Immutable<InputOf<Events[Type]>>>
}[keyof Events & string]

/** The same data, whether or not it may be changed, so that frozen state and `as const` can be handed on. */
export type Immutable<Data> = unknown extends Data
  ? Data
  : { readonly [Key in keyof Data]: Immutable<Data[Key]> }

/** What comes of a command: one event, several, none, or a rejection. */
export type Decision<Events extends EventSchemas, Code extends string> =
  | NewEventOf<Events>
  | readonly NewEventOf<Events>[]
  | Rejection<Code>

/** What a decision may look at beside the state and the input. */
export interface DecisionContext {
  /** The stream that the command is for. */
  readonly stream: string
  /** The application's clock. */
  readonly now: Date
  /** Who gave the command, as far as it is known. */
  readonly caller: Caller | undefined
}

/** One command of a decider. */
export interface CommandDefinition<
  State,
  Events extends EventSchemas,
  Code extends string,
  Input extends Schema,
> {
  readonly input: Input
  /** Pure: the same state, input and context always give the same decision. */
  readonly decide: (state: State, input: OutputOf<Input>, context: DecisionContext) => Decision<Events, Code>
  /**
   * The stream that the command needs: one that has events, one that has none yet, or either.
   * Default: `'stream-exists'`.
   */
  readonly requires?: 'stream-exists' | 'no-stream' | 'any'
  /** Who may give it. It is asked before anything is read. Default: everybody. */
  readonly authorize?: Authorize<OutputOf<Input>>
  /** One sentence for people: shown in help, in the HTTP description and in forms. */
  readonly description?: string
}

/** A command as a value: what `app.execute` takes. */
export interface Command<
  Name extends string = string,
  Input extends Schema = Schema,
  Events extends EventSchemas = EventSchemas,
  Code extends string = string,
> {
  readonly kind: 'command'
  readonly name: Name
  readonly category: string
  readonly input: Input
  readonly requires: 'stream-exists' | 'no-stream' | 'any'
  readonly authorize: Authorize<never> | undefined
  readonly description: string | undefined
  /** Type information only; never there at run time. */
  readonly '~types'?: { readonly events: Events; readonly code: Code }
}

/** The commands, events and rules of one category of streams. */
export interface Decider<
  State = unknown,
  Events extends EventSchemas = EventSchemas,
  Code extends string = string,
  Inputs extends { readonly [name: string]: Schema } = { readonly [name: string]: Schema },
> extends Fold<State, Events> {
  readonly kind: 'decider'
  readonly category: string
  readonly description: string | undefined
  readonly rejections: { readonly [C in Code]: string }
  /** Event types that were recorded once and mean nothing any more. */
  readonly retired: readonly string[]
  readonly snapshot: SnapshotPolicy<State> | undefined
  readonly commands: { readonly [Name in keyof Inputs & string]: Command<Name, Inputs[Name], Events, Code> }
  readonly decide: {
    readonly [Name in keyof Inputs & string]: CommandDefinition<State, Events, Code, Inputs[Name]>['decide']
  }
}

/**
 * Defines the commands, events and rules of one category of streams; everything else is inferred from it.
 *
 * What an event's schema lets through is what is recorded, so its output has to be JSON. Events are validated when they
 * are decided on, never when they are read.
 *
 * @throws AnnalsError `invalid-definition` with the reason as a sentence
 */
export function defineDecider<
  const Category extends string,
  Events extends EventSchemas,
  State,
  Inputs extends { readonly [name: string]: Schema },
  const Rejections extends { readonly [code: string]: string } = Record<never, string>,
  Literal extends Primitive = never,
>(definition: {
  /** The category of its streams: the part of their names before the first `-`. */
  readonly category: Category & CategoryCheck<Category>
  /** One sentence for people. */
  readonly description?: string
  /** For each event type the schema of its data. Types are facts in the past tense. */
  readonly events: Events & JsonCheck<Events>
  /** The reasons for which a command can be refused: for each code a sentence for people. */
  readonly rejections?: Rejections
  /** Event types that its streams may still hold and that mean nothing any more: they are passed over. */
  readonly retired?: readonly string[]
  /**
   * Keeps the states of its streams where `createApp` is told to under `snapshots`, so that long ones need not be folded
   * from their beginning. Changes no decision.
   */
  readonly snapshot?: SnapshotPolicy<NoInfer<State>>
  /** The state of a stream without events. */
  readonly initialState: () => State
  readonly evolve: Evolve<NoInfer<State>, Events, Literal>
  readonly commands: {
    readonly [Name in keyof Inputs]: CommandDefinition<
      NoInfer<State>,
      Events,
      keyof Rejections & string,
      Inputs[Name]
    >
  }
}): Decider<State, Events, keyof Rejections & string, Inputs> {
  const {
    category,
    description,
    events,
    rejections,
    retired = [],
    snapshot,
    initialState,
    evolve,
  } = definition
  assertCategoryName(category)
  if (isSystemStream(category))
    throw invalidDefinition(
      `decider ${category}`,
      'streams whose name begins with "$" are those of Annals itself; give it another category',
    )
  assertFold(`decider ${category}`, { events, initialState, evolve })
  for (const type of Object.keys(events)) {
    const problem = invalidName(type, limits.eventTypeLengthMax)
    if (problem)
      throw invalidDefinition(
        `decider ${category}`,
        `the event type ${JSON.stringify(type)} has to be ${problem}`,
      )
    if (!Object.hasOwn(evolve, type))
      throw invalidDefinition(
        `decider ${category}`,
        `evolve has no handler for ${type}; add one, even if it returns the state as it is`,
      )
  }
  assertRetired(`decider ${category}`, retired, events)
  assertSnapshotPolicy(`decider ${category}`, snapshot)
  const commands: Record<string, Command> = {}
  const decide: Record<string, unknown> = {}
  for (const [name, command] of Object.entries<AnyCommandDefinition>(definition.commands)) {
    if (!isSchema(command.input))
      throw invalidDefinition(
        `command ${name}`,
        'its input has to be a Standard Schema, for example z.object({})',
      )
    if (typeof command.decide !== 'function')
      throw invalidDefinition(`command ${name}`, 'decide has to be a function')
    assertAuthorize(`command ${name}`, command.authorize)
    commands[name] = {
      kind: 'command',
      name,
      category,
      input: command.input,
      requires: command.requires ?? 'stream-exists',
      authorize: command.authorize as Authorize<never> | undefined,
      description: command.description,
    }
    decide[name] = command.decide
  }
  return {
    kind: 'decider',
    category,
    description,
    events,
    rejections: rejections ?? {},
    retired,
    snapshot,
    initialState,
    evolve,
    commands,
    decide,
  } as unknown as Decider<State, Events, keyof Rejections & string, Inputs>
}

function assertRetired(name: string, retired: readonly string[], events: EventSchemas): void {
  if (!Array.isArray(retired)) throw invalidDefinition(name, 'retired has to be a list of event types')
  const upcasting = upcastingOf(events)
  const used = retired.find((type) => Object.hasOwn(events, type) || upcasting.isOlderType(type))
  if (used !== undefined)
    throw invalidDefinition(
      name,
      `the event type ${used} is retired but still declared under events; keep it in one of the two`,
    )
}

type AnyCommandDefinition = Pick<
  CommandDefinition<unknown, EventSchemas, string, Schema>,
  'input' | 'requires' | 'description'
> & { readonly decide: unknown; readonly authorize?: unknown }

// A definition that cannot work is given a sentence as the type it would have to have, which is what the editor shows.
export type CategoryCheck<Category extends string> = Category extends `$${string}`
  ? `The category "${Category}" begins with "$"; such streams are those of Annals itself.`
  : Category extends `${string}-${string}`
    ? `The category "${Category}" contains "-"; a category is the part of a stream name before the first "-".`
    : Category extends ''
      ? 'A category cannot be empty.'
      : Category

/** The same events if their data is JSON; else a sentence for each whose data is not. */
export type JsonCheck<Events extends EventSchemas> = {
  readonly [Type in keyof Events & string]: unknown extends OutputOf<Events[Type]>
    ? Events[Type]
    : OutputOf<Events[Type]> extends JsonLike<OutputOf<Events[Type]>>
      ? Events[Type]
      : `The data of ${Type} is not JSON; use strings, finite numbers, booleans, null, arrays and plain objects (a Date as an ISO string).`
}

// An interface has no index signature, so it is compared property by property.
type JsonLike<T> = T extends JsonValue | undefined
  ? T
  : T extends (...args: never) => unknown
    ? never
    : T extends Date | bigint | symbol | Map<unknown, unknown> | Set<unknown>
      ? never
      : T extends object
        ? { readonly [K in keyof T]: JsonLike<T[K]> }
        : never
