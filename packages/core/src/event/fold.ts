import { AnnalsError } from '../errors.ts'
import { isSchema, type OutputOf, type Schema } from '../schema.ts'
import type { RecordedEvent } from './event.ts'
import { upcastingProblem } from './upcasting.ts'

/** The event types that something knows, each with the schema of its data. */
export type EventSchemas = { readonly [type: string]: Schema }

/** An event as it comes out of a store, its data typed by its schema. */
export type RecordedEventOf<Events extends EventSchemas> = {
  [Type in keyof Events & string]: RecordedEvent<Type, OutputOf<Events[Type]>>
}[keyof Events & string]

/** For each event type how the state changes with it. Pure; it may not change the state it is given, which others still use. */
export type Evolve<State, Events extends EventSchemas, Literal extends Primitive = never> = {
  readonly [Type in keyof Events & string]: EvolveHandler<State, Events, Type, Literal>
}

/** How the state changes with an event of one type. */
export type EvolveHandler<
  State,
  Events extends EventSchemas,
  Type extends keyof Events & string,
  Literal extends Primitive = never,
> = (
  state: State,
  data: OutputOf<Events[Type]>,
  event: RecordedEvent<Type, OutputOf<Events[Type]>>,
) => State | LiteralHint<Literal>

/**
 * Adds nothing to a type: with `never`, which is what `Literal` always is in the end, it is `never`. While the compiler
 * is still inferring it cannot know that, and so keeps `status: 'open'` a literal instead of widening it to a string.
 */
export type LiteralHint<Literal extends Primitive> = Literal extends unknown
  ? AnyLiteral | readonly AnyLiteral[]
  : never

interface AnyLiteral {
  readonly [key: string]: '' | 0 | true | false | AnyLiteral | readonly AnyLiteral[]
}

/** What a literal can be a literal of. */
export type Primitive = string | number | boolean | null | undefined

/** A state as the sum of events: where it begins and how each event changes it. A decider is one too. */
export interface Fold<State = unknown, Events extends EventSchemas = EventSchemas> {
  readonly events: Events
  readonly initialState: () => State
  readonly evolve: { readonly [Type in keyof Events & string]?: EvolveHandler<State, Events, Type> }
}

/**
 * Defines a fold over events of the types it names. Events of types that have no handler leave the state as it is.
 *
 * @throws AnnalsError `invalid-definition`
 */
export function defineFold<
  State,
  Events extends EventSchemas,
  Literal extends Primitive = never,
>(definition: {
  /** The event types it may meet; usually those of a decider, `Cart.events`. */
  readonly events: Events
  readonly initialState: () => State
  readonly evolve: {
    readonly [Type in keyof Events & string]?: EvolveHandler<NoInfer<State>, Events, Type, Literal>
  }
}): Fold<State, Events> {
  assertFold('fold', definition)
  return definition as unknown as Fold<State, Events>
}

/** Stops unless the parts of a fold fit together. @throws AnnalsError `invalid-definition` */
export function assertFold(
  name: string,
  {
    events,
    initialState,
    evolve,
  }: { readonly events: EventSchemas; readonly initialState: unknown; readonly evolve: object },
): void {
  if (typeof initialState !== 'function')
    throw invalidDefinition(name, 'its initialState has to be a function that makes a new state')
  assertEvents(name, events)
  for (const type of Object.keys(evolve ?? {})) {
    if (!Object.hasOwn(events, type))
      throw invalidDefinition(
        name,
        `evolve handles ${type}, which is not among its events; declare it or remove the handler`,
      )
  }
}

/** Stops unless event types are declared as they have to be. @throws AnnalsError `invalid-definition` */
export function assertEvents(name: string, events: EventSchemas): void {
  if (sound.has(events)) return
  for (const [type, schema] of Object.entries(events ?? {})) {
    if (!isSchema(schema))
      throw invalidDefinition(
        name,
        `the event type ${type} has no Standard Schema; give it one, for example z.object({})`,
      )
  }
  const problem = upcastingProblem(events ?? {})
  if (problem) throw invalidDefinition(name, problem)
  if (events) sound.add(events)
}

const sound = new WeakSet<EventSchemas>()

/** The state after one more event. Types without a handler change nothing. */
export function evolveOne<State>(fold: Fold<State>, state: State, event: RecordedEvent): State {
  const { evolve } = fold
  // An event type may be any name, "constructor" too, so only the object's own handlers count.
  const handler = Object.hasOwn(evolve, event.type) ? evolve[event.type] : undefined
  return handler ? handler(state, event.data, event) : state
}

/** The error for a definition that cannot work. */
export function invalidDefinition(definition: string, problem: string): AnnalsError<'invalid-definition'> {
  return new AnnalsError('invalid-definition', `The definition of ${definition} cannot work: ${problem}.`, {
    definition,
    problem,
  })
}

/** Turns what is wrong with an argument into what is wrong with the definition. */
export function asDefinition(definition: string, check: () => void): void {
  try {
    check()
  } catch (error) {
    throw invalidDefinition(definition, (error as Error).message.replace(/\.$/, ''))
  }
}

/** Stops at a part of a definition that has to be a whole number. @throws AnnalsError `invalid-definition` */
export function assertDefinedWhole(
  definition: string,
  part: string,
  value: number,
  { min = 1, max }: { readonly min?: number; readonly max?: number } = {},
): void {
  if (Number.isSafeInteger(value) && value >= min && (max === undefined || value <= max)) return
  throw invalidDefinition(
    definition,
    `${part} has to be a whole number from ${min} ${max === undefined ? 'up' : `to ${max}`}`,
  )
}
