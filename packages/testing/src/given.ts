import {
  AnnalsError,
  type AnyCommand,
  type AppOptions,
  type Command,
  type CommandInput,
  type Decider,
  type DecisionCommand,
  type ErrorCode,
  type EventSchemas,
  type ExecuteOptions,
  type JsonObject,
  type NewEvent,
  type NewEventOf,
  type Query,
  type QueryAnswer,
  type QueryInput,
  type QueryOptions,
} from '@annals/core'
import { asked, decided, eventsAre, stateIs } from './expectations.ts'
import {
  type EventOwner,
  type GivenEvent,
  type GivenEvents,
  isProcessManager,
  streamOf,
  withHistory,
} from './history.ts'
import { type Reacting, reacting } from './reacting.ts'
import { strictCommand, strictQuery } from './strict.ts'

/**
 * The events that were recorded before: the beginning of every test of a definition. They are held to their
 * schemas, and recorded in an application of their own over a store in memory; what is tested runs as it does in
 * production, except that `decide` and `evolve` are called twice with frozen values, so that one that is not pure fails.
 *
 * What is expected is a promise for the test to return or await; it rejects with a table of what differs.
 *
 * @example
 * test('more of an item is one line', () =>
 *   given(Cart, opened, { type: 'ItemAdded', data: { item: 'tea', quantity: 1, unitPrice: '2.49' } })
 *     .when(Cart.commands.AddItem, { item: 'tea', quantity: 2 })
 *     .thenEvents({ type: 'ItemAdded', data: { item: 'tea', quantity: 2, unitPrice: '2.49' } }))
 */
export function given<Owner extends EventOwner>(
  owner: Owner,
  ...events: readonly GivenEvent<Owner['events']>[]
): Given<Owner, Owner> & ReactingOf<Owner> {
  const history = [{ owner, events: events as readonly GivenEvent[] }]
  const all = givenAll<Owner, Owner>(history)
  return { ...all, ...(isProcessManager(owner) && reacting(owner, history)) } as typeof all &
    ReactingOf<Owner>
}

/** A history, and what may be done with it. `Subject` is what was named first. */
export interface Given<Subject extends EventOwner, Owner extends EventOwner> {
  /** More events, recorded after those before. */
  and<Other extends EventOwner>(
    owner: Other,
    ...events: readonly GivenEvent<Other['events']>[]
  ): Given<Subject, Owner | Other>
  /** A command of a decider that was named. Its input may be one that does not fit, to see it refused. */
  when<C extends CommandOf<Owner>>(
    command: C,
    input: CommandInput<C>,
    options?: WhenOptions,
  ): Decided<C, StateOf<OwnerOf<Owner, C>>>
  /** A command with a decision model, which finds its part of the history by tags and chooses its stream by itself. */
  when<C extends DecisionCommand>(
    command: C,
    input: CommandInput<C>,
    options?: Omit<WhenOptions, 'stream'>,
  ): Omit<Decided<C, never>, 'thenState'>
  /** A query. One that a projection answers is asked when the projection has seen all events. */
  whenAsked<Q extends Query>(query: Q, input: QueryInput<Q>, options?: AskOptions): Asked<QueryAnswer<Q>>
  /** What the events add up to: the state itself, or what holds of it. Of a decider, that of one stream. */
  thenState(expected: Expected<StateOf<Subject>>): Promise<void>
  /**
   * What the given events are to whoever reads them today: what upcasters, new names, splits and merges make of old ones.
   * Their data has to fit the schemas of today. Of a decider, those of one stream.
   */
  thenEvents(...expected: readonly NewEventOf<Subject['events']>[]): Promise<void>
}

/** What can be said with a command. */
export interface WhenOptions extends ExecuteOptions {
  /** Default: the first stream of its category among the given events, or its category and `-1`. */
  readonly stream?: string | undefined
  /** The time of the decision. Default: when the last given event was recorded, or 2030-01-01T00:00:00Z. */
  readonly now?: Date | undefined
}

/** What can be said with a query. */
export interface AskOptions extends QueryOptions {
  /** The time at which it is asked. Default: when the last given event was recorded, or 2030-01-01T00:00:00Z. */
  readonly now?: Date | undefined
  /** Where read models other than `inMemory` ones are kept. They are closed after the answer. */
  readonly readModels?: AppOptions['readModels'] | undefined
}

/** What came of a command. All of it may be asked about, and the command is executed once. */
export interface Decided<C extends AnyCommand, State> {
  /**
   * Exactly these events were recorded, in this order. Data is compared as its schema gives it; `tags`, `metadata` and
   * the single properties of the metadata are compared if they are given.
   */
  thenEvents(...expected: readonly NewEventOf<EventsOf<C>>[]): Promise<void>
  /** The command was accepted, and nothing had to change. */
  thenNothing(): Promise<void>
  /** The command was rejected; details are compared if they are given. */
  thenRejected(code: CodeOf<C>, details?: JsonObject): Promise<void>
  /** What the events add up to afterwards: the state itself, or what holds of it. */
  thenState(expected: Expected<State>): Promise<void>
  /** The command could not be decided at all, such as for an input that does not fit or a stream that is not there. */
  thenFails(code: ErrorCode): Promise<void>
  /** The command was decided, whichever way: nothing failed. */
  thenDecided(): Promise<void>
}

/** What came of a query. */
export interface Asked<Answer> {
  thenAnswer(expected: Answer): Promise<void>
  /** The query could not be answered. */
  thenFails(code: ErrorCode): Promise<void>
}

/** A value, or what holds of it. */
export type Expected<Value> = Value | ((value: Value) => boolean)

type CommandOf<Owner> = Owner extends { readonly commands: infer Commands }
  ? Extract<Commands[keyof Commands], Command>
  : never

type OwnerOf<Owner, C> = Owner extends { readonly commands: infer Commands }
  ? C extends Commands[keyof Commands]
    ? Owner
    : never
  : never

type StateOf<Owner> = Owner extends { readonly initialState: () => infer State } ? State : never

type EventsOf<C extends AnyCommand> = C extends {
  readonly '~types'?: { readonly events: infer Events extends EventSchemas }
}
  ? Events
  : never

type CodeOf<C extends AnyCommand> = C extends {
  readonly '~types'?: { readonly code: infer Code extends string }
}
  ? Code
  : never

// What else there is to say if a process manager was given.
type ReactingOf<Owner> = Owner extends {
  readonly kind: 'process-manager'
  readonly events: infer Events extends EventSchemas
}
  ? Reacting<StateOf<Owner>, Events>
  : unknown

function givenAll<Subject extends EventOwner, Owner extends EventOwner>(
  history: readonly GivenEvents[],
): Given<Subject, Owner> {
  const when = (command: AnyCommand, input: unknown, { stream, now, ...options }: WhenOptions = {}) => {
    if (command.kind === 'decision-command') {
      const strict = strictCommand(command)
      return decided(command.name, command, () =>
        withHistory(history, { now, modules: [strict] }, async ({ app }) => {
          const outcome = await app.execute(strict, input, options)
          return { outcome, state: undefined }
        }),
      )
    }
    const decider = deciderOf(history, command)
    const where = stream ?? streamOf(decider, history) ?? ''
    return decided(command.name, decider, () =>
      withHistory(history, { now }, async (test) => {
        const outcome = await test.app.execute(command, where, input, options)
        return { outcome, state: await test.stateOf(decider, where) }
      }),
    )
  }
  return {
    and: (owner, ...events) => givenAll([...history, { owner, events: events as readonly GivenEvent[] }]),
    when: when as unknown as Given<Subject, Owner>['when'],
    whenAsked: (given, input, { now, readModels, ...options } = {}) => {
      const query = strictQuery(given)
      return asked(query.name, () =>
        withHistory(history, { now, readModels, modules: [query] }, async ({ app, settled }) => {
          await settled()
          return app.query(query, input, options)
        }),
      )
    },
    thenState: (expected) => {
      const owner = history[0]?.owner as EventOwner
      const stream = streamOf(owner, history)
      return stateIs(expected, () => withHistory(history, {}, ({ stateOf }) => stateOf(owner, stream)))
    },
    thenEvents: (...expected) => {
      const owner = history[0]?.owner as EventOwner
      const stream = streamOf(owner, history)
      const select = stream === undefined ? 'everything' : { stream }
      return eventsAre(owner, expected as readonly NewEvent[], () =>
        withHistory(history, {}, ({ eventsOf }) => eventsOf(owner, select)),
      )
    },
  }
}

function deciderOf(history: readonly GivenEvents[], command: Command): Decider {
  const deciders = history.map(({ owner }) => owner as Decider)
  const found = deciders.find((decider) => decider.commands?.[command.name] === command)
  if (found) return found
  const expected = `a command of ${deciders.map(({ category }) => category).join(', ')}`
  throw new AnnalsError(
    'invalid-argument',
    `The command ${command.name} belongs to none of what was given: expected ${expected}. Name its decider first, be it without events: given(…).and(ItsDecider).`,
    { argument: 'command', expected, received: command.name },
  )
}
