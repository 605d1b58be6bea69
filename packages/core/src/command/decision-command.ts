import { type Authorize, assertAuthorize } from '../authorization.ts'
import { assertEvents, type EventSchemas, type Fold, invalidDefinition } from '../event/fold.ts'
import { isSchema, type OutputOf, type Schema } from '../schema.ts'
import type { Decision, DecisionContext, JsonCheck } from './decider.ts'

/**
 * One of the folds that a decision is based on: it is fed with the events of the types that it handles, and that carry all
 * of the tags, whatever their streams.
 */
export interface ModelPart<F extends PartFold = PartFold> {
  /** A decider, or a fold of its own. */
  readonly fold: F
  /** Left out: whatever their tags. */
  readonly tags?: readonly string[] | undefined
}

/** What a model needs of a fold. A fold both takes and gives its state, so one with a known state is no `Fold<unknown>`. */
export type PartFold = Pick<Fold, 'events'> & {
  readonly initialState: () => unknown
  readonly evolve: object
}

/** What a decision is based on: folds by name. */
export type DecisionModel = { readonly [part: string]: ModelPart }

/** The states of a model, as a decision sees them. */
export type StatesOf<Model extends DecisionModel> = {
  readonly [Part in keyof Model]: ReturnType<Model[Part]['fold']['initialState']>
}

/** A command that is decided on a model of its own rather than on one stream, as a value: what `app.execute` takes. */
export interface DecisionCommand<
  Name extends string = string,
  Input extends Schema = Schema,
  Events extends EventSchemas = EventSchemas,
  Code extends string = string,
> {
  readonly kind: 'decision-command'
  readonly name: Name
  readonly description: string | undefined
  readonly input: Input
  readonly events: Events
  readonly rejections: { readonly [C in Code]: string }
  readonly stream: (input: never) => string
  readonly model: (input: never) => DecisionModel
  readonly authorize: Authorize<never> | undefined
  readonly decide: (states: never, input: never, context: DecisionContext) => Decision<Events, Code>
  /** Type information only; never there at run time. */
  readonly '~types'?: { readonly events: Events; readonly code: Code }
}

/**
 * Defines a command whose decision is based on events of any streams: on a model of folds, each over the events that
 * carry its tags. What is decided is recorded only if no further event of the model has been recorded since it was read;
 * else it is read and decided again. So a rule holds across streams, such as a limit for a course and one for a student,
 * without either being a part of the other (dynamic consistency boundary: dcb.events).
 *
 * An event is a part of the model only if it carries the tags, so give those to what is decided.
 *
 * @throws AnnalsError `invalid-definition` with the reason as a sentence
 */
export function defineCommand<
  const Name extends string,
  Input extends Schema,
  Events extends EventSchemas,
  Model extends DecisionModel,
  const Rejections extends { readonly [code: string]: string } = Record<never, string>,
>(definition: {
  readonly name: Name
  /** One sentence for people: shown in help, in the HTTP description and in forms. */
  readonly description?: string
  readonly input: Input
  /** For each event type that it may decide on the schema of its data. */
  readonly events: Events & JsonCheck<Events>
  /** The reasons for which it can be refused: for each code a sentence for people. */
  readonly rejections?: Rejections
  /** Where what is decided is recorded. */
  readonly stream: (input: OutputOf<Input>) => string
  /** What the decision is based on. At least one part, and each has to handle at least one event type. */
  readonly model: (input: OutputOf<Input>) => Model
  /** Who may give it. It is asked before anything is read. Default: everybody. */
  readonly authorize?: Authorize<OutputOf<Input>>
  /** Pure: the same states, input and context always give the same decision. */
  readonly decide: (
    states: StatesOf<NoInfer<Model>>,
    input: OutputOf<Input>,
    context: DecisionContext,
  ) => Decision<NoInfer<Events>, NoInfer<keyof Rejections & string>>
}): DecisionCommand<Name, Input, Events, keyof Rejections & string> {
  const { name, description, input, events, rejections, stream, model, authorize, decide } = definition
  if (typeof name !== 'string' || name === '') throw invalidDefinition('a command', 'it needs a name')
  const subject = `command ${name}`
  if (!isSchema(input))
    throw invalidDefinition(subject, 'its input has to be a Standard Schema, for example z.object({})')
  assertEvents(subject, events)
  for (const [part, value] of Object.entries({ stream, model, decide })) {
    if (typeof value !== 'function') throw invalidDefinition(subject, `${part} has to be a function`)
  }
  assertAuthorize(subject, authorize)
  return {
    kind: 'decision-command',
    name,
    description,
    input,
    events,
    rejections: (rejections ?? {}) as Rejections,
    stream,
    model,
    authorize,
    decide,
  }
}
