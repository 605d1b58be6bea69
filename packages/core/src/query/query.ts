import { type Authorize, assertAuthorize } from '../authorization.ts'
import type { Caller } from '../caller.ts'
import { AnnalsError } from '../errors.ts'
import { currentEvents } from '../event/current-events.ts'
import type { RecordedEvent } from '../event/event.ts'
import { type EventSchemas, evolveOne, type Fold, invalidDefinition } from '../event/fold.ts'
import { type Position, startOfLog } from '../event/position.ts'
import type { Selection } from '../event/selection.ts'
import type { Revision } from '../event/stream.ts'
import type { Projection } from '../projection/projection.ts'
import { type InputOf, isSchema, type OutputOf, type Schema } from '../schema.ts'
import type { EventStore, ReadOptions, StreamAppend } from '../store/event-store.ts'

/** A query as a value: what `app.query` takes. */
export type Query<Name extends string = string, Input extends Schema = Schema, Answer = unknown> =
  | LiveQuery<Name, Input, Answer>
  | ProjectedQuery<Name, Input, Answer>

/** What `app.query` needs to be given for a query. */
export type QueryInput<Q extends Query> =
  Q extends Query<string, infer Input extends Schema, unknown> ? InputOf<Input> : never

/** What `app.query` answers for a query. */
export type QueryAnswer<Q extends Query> = Q extends Query<string, Schema, infer Answer> ? Answer : never

/** What both kinds of query say alike. */
interface QueryParts<Name extends string, Input extends Schema> {
  readonly name: Name
  readonly description: string | undefined
  readonly input: Input
  readonly authorize: Authorize<never> | undefined
  readonly audit: ((input: never, context: AuditContext) => StreamAppend) | undefined
}

/** A query that is answered by replaying the events it needs. */
export interface LiveQuery<Name extends string = string, Input extends Schema = Schema, Answer = unknown>
  extends QueryParts<Name, Input> {
  readonly kind: 'live-query'
  readonly select: (input: never) => Selection
  readonly fold: Fold
  readonly answer: (state: never, input: never, context: LiveQueryContext) => Answer | Promise<Answer>
}

/** A query that is answered from the read model of a projection. */
export interface ProjectedQuery<Name extends string = string, Input extends Schema = Schema, Answer = unknown>
  extends QueryParts<Name, Input> {
  readonly kind: 'projected-query'
  readonly projection: Projection
  readonly answer: (model: never, input: never) => Answer | Promise<Answer>
}

/** What the record of a query may tell beside its input. */
export interface AuditContext {
  /** Who asks, as far as it is known. */
  readonly caller: Caller | undefined
  /** The application's clock. */
  readonly now: Date
}

/** What the definitions of both kinds of query say alike. */
interface QueryDefinition<Name extends string, Input extends Schema> {
  readonly name: Name
  /** One sentence for people. */
  readonly description?: string
  readonly input: Input
  /** Who may ask it. It is asked before anything is read. Default: everybody. */
  readonly authorize?: Authorize<OutputOf<Input>>
  /** What is recorded of each time it is asked, before it is answered: no record, no answer. Default: nothing. */
  readonly audit?: (input: OutputOf<Input>, context: AuditContext) => StreamAppend
}

/** How far the events went that a live query was answered from. */
export interface LiveQueryContext {
  /** The position of the last event, or `startOfLog` if there was none. */
  readonly position: Position
  /** The revision of the last event; of use if the query selects one stream. `undefined` if there was no event. */
  readonly revision: Revision | undefined
  /** When the last event was recorded. */
  readonly recordedAt: Date | undefined
}

/**
 * Defines a query that is answered by replaying the events it selects, so always from the whole truth, at any moment
 * of the past too. Costs as much as reading those events.
 *
 * If it selects one stream and that stream has no events at the moment asked about, the query fails with `stream-not-found`.
 *
 * @throws AnnalsError `invalid-definition`
 */
export function defineLiveQuery<
  const Name extends string,
  Input extends Schema,
  State,
  Events extends EventSchemas,
  Answer,
>(
  definition: QueryDefinition<Name, Input> & {
    /** The events that answer it. */
    readonly select: (input: OutputOf<Input>) => Selection
    /** How they add up: a decider, or a fold of its own. */
    readonly fold: Fold<State, Events>
    readonly answer: (
      state: NoInfer<State>,
      input: OutputOf<Input>,
      context: LiveQueryContext,
    ) => Answer | Promise<Answer>
  },
): LiveQuery<Name, Input, Answer> {
  const { select, answer } = definition
  return {
    kind: 'live-query',
    ...queryParts(definition),
    select,
    fold: definition.fold as unknown as Fold,
    answer,
  }
}

/** Defines a query that is answered from the read model that a projection keeps. @throws AnnalsError `invalid-definition` */
export function defineProjectedQuery<const Name extends string, Input extends Schema, Model, Answer>(
  definition: QueryDefinition<Name, Input> & {
    /** The projection that keeps the read model. */
    readonly projection: Projection<Model>
    /** Reads the read model; it may not change it. */
    readonly answer: (model: NoInfer<Model>, input: OutputOf<Input>) => Answer | Promise<Answer>
  },
): ProjectedQuery<Name, Input, Answer> {
  return {
    kind: 'projected-query',
    ...queryParts(definition),
    projection: definition.projection as unknown as Projection,
    answer: definition.answer,
  }
}

/** The moment of the past that a live query is asked about; of the stream, of the log, or of the store's clock. Inclusive. */
export type AsOf = { readonly revision: Revision } | { readonly position: Position } | { readonly time: Date }

/** Answers a live query. @throws AnnalsError `stream-not-found`, `invalid-argument` */
export async function answerLive(
  store: EventStore,
  query: LiveQuery,
  input: unknown,
  asOf?: AsOf,
): Promise<unknown> {
  return answerFrom(query, input, await foldLive(store, query, input, asOf))
}

/** What a live query answers from: the sum of its events, and the last of them. */
export interface Folded {
  readonly state: unknown
  readonly last: RecordedEvent | undefined
}

/** Folds the events that answer a live query. @throws AnnalsError `stream-not-found`, `invalid-argument` */
export async function foldLive(
  store: EventStore,
  query: LiveQuery,
  input: unknown,
  asOf?: AsOf,
): Promise<Folded> {
  const { fold } = query
  const [select, bounds] = bound(query.select(input as never), asOf)
  const { selection, current } = currentEvents(store, fold.events, select)
  const untilMs = asOf && 'time' in asOf ? asOf.time.getTime() : Infinity
  let state = fold.initialState()
  let last: RecordedEvent | undefined
  for await (const batch of store.read(selection, bounds).batches()) {
    // Recording times never run backwards, so nothing that belongs to the answer comes after the first that is later.
    const later = untilMs === Infinity ? -1 : batch.findIndex((event) => event.recordedAt.getTime() > untilMs)
    const events = later === -1 ? batch : batch.slice(0, later)
    for (const event of await current(events)) state = evolveOne(fold, state, event)
    last = events.at(-1) ?? last
    if (later !== -1) break
  }
  if (!last && typeof selection === 'object' && 'stream' in selection)
    throw streamNotFound(query, selection.stream, asOf)
  return { state, last }
}

/** What a live query answers once its events are folded. */
export async function answerFrom(
  query: LiveQuery,
  input: unknown,
  { state, last }: Folded,
): Promise<unknown> {
  const context = {
    position: last?.position ?? startOfLog,
    revision: last?.revision,
    recordedAt: last?.recordedAt,
  }
  return query.answer(state as never, input as never, context)
}

function bound(selection: Selection, asOf: AsOf | undefined): [Selection, ReadOptions] {
  if (!asOf) return [selection, {}]
  if ('position' in asOf) return [selection, { upTo: asOf.position }]
  if ('time' in asOf) {
    if (!Number.isNaN(asOf.time.getTime())) return [selection, {}]
    throw new AnnalsError(
      'invalid-argument',
      'The moment asked about cannot be used: expected a valid date, but got an invalid one.',
      {
        argument: 'asOf',
        expected: 'a valid date',
        received: asOf.time,
      },
    )
  }
  if (typeof selection === 'object' && 'stream' in selection)
    return [{ ...selection, toRevision: asOf.revision }, {}]
  const expected = 'a position or a time, since the query selects more than one stream'
  throw new AnnalsError(
    'invalid-argument',
    `The moment asked about cannot be a revision: expected ${expected}.`,
    { argument: 'asOf', expected, received: asOf },
  )
}

function streamNotFound(
  { name }: LiveQuery,
  stream: string,
  asOf: AsOf | undefined,
): AnnalsError<'stream-not-found'> {
  const when = asOf ? ' at the moment asked about' : ''
  return new AnnalsError(
    'stream-not-found',
    `Query ${name} is about stream "${stream}", which has no events${when}. Check its name.`,
    { stream },
  )
}

function queryParts<Name extends string, Input extends Schema>({
  name,
  description,
  input,
  authorize,
  audit,
}: QueryDefinition<Name, Input>): QueryParts<Name, Input> {
  if (typeof name !== 'string' || name === '') throw invalidDefinition('a query', 'it needs a name')
  if (!isSchema(input))
    throw invalidDefinition(
      `query ${name}`,
      'its input has to be a Standard Schema, for example z.object({})',
    )
  assertAuthorize(`query ${name}`, authorize)
  if (audit !== undefined && typeof audit !== 'function')
    throw invalidDefinition(`query ${name}`, 'audit has to be a function that gives { stream, events }')
  return { name, description, input, authorize, audit }
}
