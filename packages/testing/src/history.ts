import {
  AnnalsError,
  type AppOptions,
  categoryOf,
  type Decider,
  defineLiveQuery,
  type EventSchemas,
  type Fold,
  isAnnalsError,
  type LiveQuery,
  type Module,
  type NewEvent,
  type NewEventOf,
  type Schema,
} from '@annals/core'
import { strictDecider, strictFold } from './strict.ts'
import { createTestApp, type TestApp } from './test-app.ts'

/** What declares event types: a decider, or a fold. */
export interface EventOwner {
  readonly events: EventSchemas
}

/** An event that was recorded before whatever is tested. */
export type GivenEvent<Events extends EventSchemas = EventSchemas> = NewEventOf<Events> & {
  /** The stream it was recorded in. Default, for a decider: its category and `-1`, such as `cart-1`. */
  readonly stream?: string | undefined
  /** When it was recorded. Default: at the same time as the one before it. */
  readonly recordedAt?: Date | undefined
}

/** Some given events and what declares their types. */
export interface GivenEvents {
  readonly owner: EventOwner
  readonly events: readonly GivenEvent[]
}

/** What else an application needs for what is tested. */
export interface HistoryOptions {
  /** Default: when the last given event was recorded, or 2030-01-01T00:00:00Z. */
  readonly now?: Date | undefined
  readonly modules?: readonly Module[] | undefined
  readonly readModels?: AppOptions['readModels'] | undefined
}

/** An application with a history, whose deciders and folds have to be pure. */
export interface HistoryApp extends TestApp {
  /** The state that a fold has over its part of the history. */
  stateOf(owner: EventOwner, stream: string | undefined): Promise<unknown>
}

/** Lets something be done in an application with a history of its own. */
export async function withHistory<Result>(
  history: readonly GivenEvents[],
  { now, modules = [], readModels }: HistoryOptions,
  act: (app: HistoryApp) => Promise<Result>,
): Promise<Result> {
  const owners = [...new Set(history.map(({ owner }) => owner))]
  const folds = owners.filter(isFold)
  const deciders = owners.filter(isDecider)
  const events = placed(history)
  const states = new Map(
    folds.map((fold, index) => [fold as EventOwner, stateQuery(fold, `$state ${index}`)]),
  )
  await using test = createTestApp({
    modules: [...deciders.map(strictDecider), ...standIns(events, deciders), ...states.values(), ...modules],
    now: events.find(({ recordedAt }) => recordedAt)?.recordedAt ?? now,
    ...(readModels && { readModels }),
  })
  for (const { stream, recordedAt, event } of events) {
    if (recordedAt) await goTo(test, recordedAt)
    await test.app.append({ stream, events: [event] })
  }
  if (now) await goTo(test, now)
  const stateOf = async (owner: EventOwner, stream: string | undefined) => {
    const query = states.get(owner) as LiveQuery
    try {
      return await test.app.query(query, stream)
    } catch (error) {
      if (!isAnnalsError(error, 'stream-not-found')) throw error
      return query.fold.initialState()
    }
  }
  // Awaited here, since the application is closed when this function returns.
  return await act({ ...test, stateOf })
}

/** The stream that is meant if none is named: the first one of its category with given events, or else its category and `-1`. */
export function streamOf({ category }: Pick<Decider, 'category'>, history: readonly GivenEvents[]): string {
  const streams = history.flatMap(({ events }) => events.flatMap(({ stream }) => stream ?? []))
  return streams.find((stream) => categoryOf(stream) === category) ?? `${category}-1`
}

/** Given events of one stream after the other. @throws AnnalsError `invalid-argument` if one has no stream */
function placed(history: readonly GivenEvents[]): readonly PlacedEvent[] {
  return history.flatMap(({ owner, events }) =>
    events.map(({ stream: named, recordedAt, ...event }) => {
      const stream = named ?? (isDecider(owner) ? `${owner.category}-1` : undefined)
      if (stream === undefined) throw noStream(event.type)
      return { owner, stream, recordedAt, event: event as NewEvent }
    }),
  )
}

interface PlacedEvent {
  readonly owner: EventOwner
  readonly stream: string
  readonly recordedAt: Date | undefined
  readonly event: NewEvent
}

/** An application holds the events of a category to their schemas only where it has a decider. */
function standIns(events: readonly PlacedEvent[], deciders: readonly Decider[]): readonly Decider[] {
  const schemas = new Map<string, EventSchemas>()
  for (const { owner, stream } of events) {
    const category = categoryOf(stream)
    if (deciders.every((decider) => decider.category !== category))
      schemas.set(category, { ...schemas.get(category), ...owner.events })
  }
  return [...schemas].map(([category, events]) => ({
    kind: 'decider',
    category,
    description: undefined,
    events,
    rejections: {},
    retired: [],
    initialState: () => null,
    evolve: {},
    commands: {},
    decide: {},
  }))
}

async function goTo({ clock }: TestApp, time: Date): Promise<void> {
  const ms = time.getTime() - clock.now.getTime()
  if (ms >= 0) return clock.advance(ms)
  const expected = `a moment from ${clock.now.toISOString()} on, when the event before it was recorded`
  throw new AnnalsError(
    'invalid-argument',
    `Given events are recorded one after the other: expected ${expected}, but got ${time.toISOString()}.`,
    { argument: 'recordedAt', expected, received: time },
  )
}

function noStream(type: string): AnnalsError<'invalid-argument'> {
  const expected = 'the stream that it was recorded in'
  return new AnnalsError(
    'invalid-argument',
    `The given event ${type} belongs to no decider: expected ${expected}. Add stream to it, such as { type, data, stream: 'cart-1' }.`,
    { argument: 'stream', expected, received: undefined },
  )
}

// A live query folds just as everything else does, so that it sees events as they are seen elsewhere.
function stateQuery(fold: Fold & EventOwner, name: string): LiveQuery {
  return defineLiveQuery({
    name,
    input: anything as Schema<string | undefined>,
    select: (stream) => (stream === undefined ? 'everything' : { stream }),
    fold: strictFold(fold, isDecider(fold) ? `decider ${fold.category}` : 'fold'),
    answer: (state) => state,
  })
}

const anything: Schema = {
  '~standard': { version: 1, vendor: 'annals', validate: (value) => ({ value }) },
}

function isFold(owner: EventOwner): owner is Fold {
  return typeof (owner as Partial<Fold>).initialState === 'function'
}

function isDecider(owner: EventOwner): owner is Decider {
  return (owner as Partial<Decider>).kind === 'decider'
}
