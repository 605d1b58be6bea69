import {
  AnnalsError,
  type AppOptions,
  categoryOf,
  type Decider,
  defineLiveQuery,
  type EventSchemas,
  type Fold,
  isAnnalsError,
  type JsonObject,
  type JsonValue,
  type LiveQuery,
  type Module,
  type NewEvent,
  type NewEventOf,
  type ProcessManager,
  type RecordedEvent,
  type Schema,
  type Selection,
} from '@annals/core'
import { invariant } from '@annals/core/store'
import { strictDecider, strictFold } from './strict.ts'
import { createTestApp, type TestApp } from './test-app.ts'

/** What declares event types: a decider, a fold, a command with a decision model, a process manager. */
export interface EventOwner {
  readonly events: EventSchemas
}

/** An event that was recorded before whatever is tested: one of today, or an old one as it was recorded then. */
export type GivenEvent<Events extends EventSchemas = EventSchemas> =
  | (NewEventOf<Events> & GivenPlace)
  | (OldEvent & GivenPlace)

/** Where and when a given event was recorded. */
export interface GivenPlace {
  /**
   * The stream it was recorded in. Default: the category of its decider, or the name of its process manager, and `-1`,
   * such as `cart-1`.
   */
  readonly stream?: string | undefined
  /** When it was recorded. Default: at the same time as the one before it. */
  readonly recordedAt?: Date | undefined
}

/** An event in the version and under the name that it was recorded with, which no schema of today is held against. */
export interface OldEvent {
  readonly type: string
  readonly data: JsonValue
  /** From 1. */
  readonly version: number
  readonly metadata?: JsonObject | undefined
  readonly tags?: readonly string[] | undefined
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
  /** The events of its types, as whatever folds sees them today. */
  eventsOf(owner: EventOwner, select: Selection): Promise<readonly RecordedEvent[]>
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
  const states = new Map<EventOwner, LiveQuery>(
    folds.map((fold, index) => [fold, foldQuery(strictFold(fold, nameOf(fold)), `$state ${index}`)]),
  )
  const lists = new Map(owners.map((owner, index) => [owner, foldQuery(listOf(owner), `$events ${index}`)]))
  await using test = createTestApp({
    modules: [
      ...deciders.map(strictDecider),
      ...standIns(events, deciders),
      ...states.values(),
      ...lists.values(),
      ...modules,
    ],
    now: events.find(({ recordedAt }) => recordedAt)?.recordedAt ?? now,
    ...(readModels && { readModels }),
  })
  for (const { stream, recordedAt, version, event } of events) {
    if (recordedAt) await goTo(test, recordedAt)
    // Past what is declared today, which an old event need not fit.
    if (version === undefined) await test.app.append({ stream, events: [event] })
    else await test.app.store.append({ stream, events: [inVersion(event, version)] })
  }
  if (now) await goTo(test, now)
  const fold = async (query: LiveQuery | undefined, select: Selection) => {
    invariant(query, 'what is folded is not among what was given')
    try {
      return await test.app.query(query, select)
    } catch (error) {
      if (!isAnnalsError(error, 'stream-not-found')) throw error
      return query.fold.initialState()
    }
  }
  const stateOf = (owner: EventOwner, stream: string | undefined) =>
    fold(states.get(owner), stream === undefined ? 'everything' : { stream })
  const eventsOf = async (owner: EventOwner, select: Selection) =>
    (await fold(lists.get(owner), select)) as readonly RecordedEvent[]
  // Awaited here, since the application is closed when this function returns.
  return await act({ ...test, stateOf, eventsOf })
}

/**
 * The stream that is meant if none is named: the first one of its category with given events, or else its category and
 * `-1`; `undefined` for what has no category.
 */
export function streamOf(owner: EventOwner, history: readonly GivenEvents[]): string | undefined {
  const category = categoryOfOwner(owner)
  if (category === undefined) return undefined
  const streams = history.flatMap(({ events }) => events.flatMap(({ stream }) => stream ?? []))
  return streams.find((stream) => categoryOf(stream) === category) ?? `${category}-1`
}

function categoryOfOwner(owner: EventOwner): string | undefined {
  if (isDecider(owner)) return owner.category
  return isProcessManager(owner) ? owner.name : undefined
}

/** Given events of one stream after the other. @throws AnnalsError `invalid-argument` if one has no stream */
function placed(history: readonly GivenEvents[]): readonly PlacedEvent[] {
  return history.flatMap(({ owner, events }) =>
    events.map(({ stream: named, recordedAt, ...given }) => {
      const category = categoryOfOwner(owner)
      const stream = named ?? (category === undefined ? undefined : `${category}-1`)
      if (stream === undefined) throw noStream(given.type)
      const { version, ...event } = { version: undefined, ...given }
      return { owner, stream, recordedAt, version, event: event as NewEvent }
    }),
  )
}

interface PlacedEvent {
  readonly owner: EventOwner
  readonly stream: string
  readonly recordedAt: Date | undefined
  readonly version: number | undefined
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
    snapshot: undefined,
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
    `The given event ${type} has no decider whose stream it could be in: expected ${expected}. Add stream to it, such as { type, data, stream: 'cart-1' }.`,
    { argument: 'stream', expected, received: undefined },
  )
}

function inVersion({ metadata, ...event }: NewEvent, version: number): NewEvent {
  // Version 1 is what has none.
  return { ...event, metadata: { ...metadata, ...(version > 1 && { $version: version }) } }
}

// A live query folds just as everything else does, so that it sees events as they are seen elsewhere.
function foldQuery(fold: Fold, name: string): LiveQuery {
  return defineLiveQuery({
    name,
    input: anything as Schema<Selection>,
    select: (selection) => selection,
    fold,
    answer: (state) => state,
  })
}

function listOf({ events }: EventOwner): Fold {
  const add = (list: unknown, _data: unknown, event: RecordedEvent<string, unknown>) => [
    ...(list as readonly unknown[]),
    event,
  ]
  return {
    events,
    initialState: () => [],
    evolve: Object.fromEntries(Object.keys(events).map((type) => [type, add])),
  }
}

function nameOf(owner: EventOwner): string {
  const category = categoryOfOwner(owner)
  if (category === undefined) return 'fold'
  return `${isDecider(owner) ? 'decider' : 'process manager'} ${category}`
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

/** Whether what declares events is a process manager. */
export function isProcessManager(owner: EventOwner): owner is ProcessManager {
  return (owner as Partial<ProcessManager>).kind === 'process-manager'
}
