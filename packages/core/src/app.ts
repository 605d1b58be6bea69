import { type AuthorizeRequest, assertAuthorized } from './authorization.ts'
import type { Caller } from './caller.ts'
import { type Clock, systemTimer, type Timer } from './clock.ts'
import {
  type AnyCommand,
  type CommandArguments,
  CommandHandler,
  type CommandOutcome,
  type ExecuteOptions,
} from './command/command-handler.ts'
import type { Decider } from './command/decider.ts'
import type { DecisionCommand } from './command/decision-command.ts'
import { validateEvent } from './command/event-data.ts'
import type { SnapshotStore } from './command/snapshot.ts'
import { type OnSnapshotError, Snapshots } from './command/snapshots.ts'
import type { Consumer, ConsumerStatus } from './consumer/consumer.ts'
import { type Definitions, definitionsOf } from './definitions.ts'
import { AnnalsError } from './errors.ts'
import type { AppendCondition } from './event/append-condition.ts'
import type { NewEvent } from './event/event.ts'
import { invalidDefinition } from './event/fold.ts'
import type { Position } from './event/position.ts'
import { categoryOf, isSystemStream } from './event/stream.ts'
import type { ConsumerGroup } from './group/consumer-group.ts'
import type { GroupCoordinator } from './group/coordinator.ts'
import { countingIds, type NewId } from './new-id.ts'
import type { Outbox } from './outbox/outbox.ts'
import { Background } from './process/background.ts'
import type { ProcessManager } from './process/process-manager.ts'
import type { ScheduledCommand } from './process/schedule-state.ts'
import type { ScheduleArguments, Scheduled, ScheduleOptions } from './process/scheduler.ts'
import { createMemoryReadModels } from './projection/in-memory.ts'
import type { Projection } from './projection/projection.ts'
import { ProjectionRunner } from './projection/projection-runner.ts'
import type { ReadModelStore } from './projection/read-model.ts'
import type { ReadModelRunner, RebuildOptions, Rebuilt } from './projection/runner.ts'
import { TargetRunner } from './projection/target-runner.ts'
import { endable } from './query/endable.ts'
import { type AsOf, answerLive, type Query, type QueryAnswer, type QueryInput } from './query/query.ts'
import { watchLive, watchProjected } from './query/watch.ts'
import { validateInput } from './schema.ts'
import type { Appended, EventStore, StreamAppend } from './store/event-store.ts'

/** What an application is made of. Projections that a query names need not be listed. */
export type Module =
  | AnyDecider
  | DecisionCommand
  | Query
  | AnyProjection
  | AnyProcessManager
  | Outbox
  | ConsumerGroup

// A decider both takes and gives its state, so one with a known state is no Decider<unknown>; this is what they share. The
// handlers of a projection take their model, so the same goes for it.
type AnyDecider = Pick<Decider, 'kind' | 'category'>
type AnyProjection = Omit<Projection, 'on' | 'onBatch'>
type AnyProcessManager = Pick<ProcessManager, 'kind' | 'name'>

/** What `createApp` is given. */
export interface AppOptions {
  readonly store: EventStore
  readonly modules: readonly Module[]
  /** Where read models other than `inMemory` ones are kept. */
  readonly readModels?: readonly ReadModelStore[]
  /** Tells deciders the time. Default: the system's clock. */
  readonly clock?: Clock
  /** Makes the ids of what has none, such as correlation ids. Default: `countingIds()`. */
  readonly newId?: NewId
  /** Who may execute which command and ask which query; the definition of each has to agree too. Default: everybody everything. */
  readonly authorize?: AuthorizeRequest
  /** Calls back at a time of that clock, as for retries and deadlines. Default: the system's timers. */
  readonly timer?: Timer
  /**
   * When the read model of a projection is made anew whose version or tables have changed: at once, beside the one there
   * is, or only when `rebuild` asks for it; until then the old one answers. Default: `'at-start'`.
   */
  readonly rebuilds?: 'at-start' | 'on-request'
  /** How often a command that meets a concurrent change is decided, the first time included. From 1. Default: 10. */
  readonly commandAttemptsMax?: number
  /** How long it is known what came of a command with an id, or of one that was scheduled. Default: 30 days. */
  readonly commandIdsKeptMs?: number
  /**
   * Of how many streams the state is kept in memory, those used last; each state there is counts, whatever its size. From
   * 0. Default: 10,000.
   */
  readonly cachedStatesMax?: number
  /** Where the snapshots of deciders that declare one are kept. Default: nowhere. */
  readonly snapshots?: SnapshotStore
  /** Is told what keeps snapshots from being kept or used, which is no failure of a command. Default: nobody is told. */
  readonly onSnapshotError?: OnSnapshotError
  /** What the workers of consumer groups share: all that are given the same one work together. Needed if there are groups. */
  readonly coordinator?: GroupCoordinator
  /**
   * Whether this application works in its consumer groups. If not, it tells how they are doing, and lets be dealt with what
   * they have parked. Default: true.
   */
  readonly joinsGroups?: boolean
  /** Gives numbers from 0 to below 1, to spread out commands that met each other. Default: `Math.random`. */
  readonly random?: () => number
}

/** What can be said with a query. */
export interface QueryOptions {
  /** Live queries: the moment of the past to answer for. Default: now. */
  readonly asOf?: AsOf | undefined
  /** Projected queries: answer only when the read model has seen this position, such as one that a command answered with. */
  readonly waitFor?: Position | undefined
  /** How long to wait for that. Default: 5,000. */
  readonly timeoutMs?: number | undefined
  /** Who asks. */
  readonly caller?: Caller | undefined
}

/** What can be said when a query is watched. */
export interface WatchOptions {
  /** Who asks. */
  readonly caller?: Caller | undefined
  /** Ends it without an error. */
  readonly signal?: AbortSignal | undefined
}

/** How something that follows the log is doing, and what it is. */
export interface NamedStatus extends ConsumerStatus, Pick<Consumer, 'name' | 'kind' | 'version'> {}

/** A running application: the two sides of CQRS over one store. */
export interface App extends Definitions {
  readonly store: EventStore

  /**
   * Executes a command: validates its input, folds the events of its stream, or of its model, decides, and records what
   * was decided. A decision against it is a value, `{ accepted: false, code }`. A command with a decision model is given
   * no stream.
   *
   * @throws AnnalsError `unknown-command`, `invalid-input`, `invalid-argument`, `not-authorized`, `stream-not-found`,
   *   `stream-already-exists`, `wrong-expected-revision`, `command-conflict`, `command-id-reused`, `unknown-event-type`, `invalid-event`, and
   *   what `EventStore.append` throws
   */
  execute<C extends AnyCommand>(command: C, ...given: CommandArguments<C>): Promise<CommandOutcome<C>>

  /**
   * Answers a query. One that has an `audit` is answered only once that is recorded.
   *
   * @throws AnnalsError `unknown-query`, `invalid-input`, `invalid-argument`, `not-authorized`, `stream-not-found`,
   *   `read-model-behind`, `read-model-building`, `projection-failed`; if it has an audit, also what `append` throws
   */
  query<Q extends Query>(query: Q, input: QueryInput<Q>, options?: QueryOptions): Promise<QueryAnswer<Q>>

  /**
   * The answers of a query: now, and whenever another one follows from what is recorded. Only answers that differ from the
   * one before are given, and whoever reads them slowly passes some over, but never the last. It ends without an error
   * when the loop is left, the signal aborts or the application is closed. What is asked first is allowed and audited as
   * by `query`; that holds for all that follows.
   *
   * A live query folds what comes onto what it had; a projected query is asked again when its read model has moved.
   *
   * @throws AnnalsError when the first answer is awaited what `query` throws; later what keeps it from an answer
   */
  watch<Q extends Query>(
    query: Q,
    input: QueryInput<Q>,
    options?: WatchOptions,
  ): AsyncIterableIterator<QueryAnswer<Q>>

  /**
   * Records events past the deciders, as an import does. In a category that has a decider their types have to be declared
   * and their data has to fit; in others they are taken as they are. Streams whose name begins with `$` are those of
   * Annals itself and take none, nor do those of process managers.
   *
   * @throws AnnalsError `unknown-event-type`, `invalid-event`, and what `EventStore.append` throws
   */
  append(appends: StreamAppend | readonly StreamAppend[], condition?: AppendCondition): Promise<Appended>

  /** Resolves when the read model of a projection, or of all of them, has seen a position. @throws AnnalsError `read-model-behind`, `projection-failed` */
  waitFor(
    position: Position,
    options?: { readonly projection?: string; readonly timeoutMs?: number },
  ): Promise<void>

  /**
   * Makes the read model of a projection anew from the start of the log, beside the one in use, which goes on and answers;
   * when it has caught up it takes the place of that one in one step. If it fails, the one in use stays. Progress counts
   * positions. A target has nothing beside it: it is emptied, if it says how, and written again.
   *
   * @throws AnnalsError `invalid-argument`, `projection-failed`, and what the disk says
   */
  rebuild(projection: string, options?: RebuildOptions): Promise<Rebuilt>

  /**
   * Has a command executed at a later time. Resolves when that is recorded, so it survives restarts; if its time comes
   * while the application is down, it is executed at the next start. Its input is validated now, and whether the caller
   * may is asked now. Scheduled again under the same id, it answers as it did the first time.
   *
   * @throws AnnalsError `unknown-command`, `invalid-input`, `invalid-argument`, `not-authorized`, `schedule-id-reused`,
   *   and what `EventStore.append` throws
   */
  schedule<C extends AnyCommand>(command: C, ...given: ScheduleArguments<C>): Promise<Scheduled>

  /**
   * Calls a scheduled command off, and answers whether it will not be executed: not if its time has come already, for of
   * the two only one is recorded. Calling it off again answers the same.
   *
   * @throws AnnalsError `schedule-not-found`
   */
  cancelScheduled(id: string, options?: { readonly caller?: Caller | undefined }): Promise<boolean>

  /** The scheduled commands that wait for their time or are being executed, soonest first. Reads all there ever were. */
  scheduled(): Promise<readonly ScheduledCommand[]>

  /** An id that nothing else has, as they are made for what comes without one. */
  newId(): string

  /** The control of what follows the log under a name. @throws AnnalsError `unknown-consumer` */
  consumer(name: string): Consumer

  /** How everything that follows the log is doing, in the order in which it was defined. */
  status(): Promise<readonly NamedStatus[]>

  /** Resolves when all read models are open. Commands and queries wait for it by themselves. */
  ready(): Promise<void>

  /** Ends what works in the background and closes the read models, snapshots and coordinator. The store is left open, since the application did not open it. */
  close(): Promise<void>
}

/**
 * Joins deciders, queries and projections with a store. Projections begin to work at once.
 *
 * @throws AnnalsError `invalid-definition` if two modules have the same name, or a read model has nowhere to be kept
 */
export function createApp(options: AppOptions): App {
  return new Application(options)
}

class Application implements App {
  readonly store: EventStore
  readonly deciders: readonly Decider[]
  readonly commands: ReadonlyMap<string, AnyCommand>
  readonly queries: ReadonlyMap<string, Query>
  readonly projections: ReadonlyMap<string, Projection>
  readonly #decidersByCategory: ReadonlyMap<string, Decider>
  readonly processManagers: ReadonlyMap<string, ProcessManager>
  readonly outboxes: ReadonlyMap<string, Outbox>
  readonly consumerGroups: ReadonlyMap<string, ConsumerGroup>
  readonly #handler: CommandHandler
  readonly #background: Background
  readonly #runners: ReadonlyMap<string, ReadModelRunner>
  readonly #readModels: readonly ReadModelStore[]
  readonly #snapshots: Snapshots | undefined
  readonly #coordinator: GroupCoordinator | undefined
  readonly #ready: Promise<void>
  readonly #clock: Clock
  readonly #closing = new AbortController()
  readonly #authorize: AuthorizeRequest | undefined
  readonly newId: NewId

  constructor(options: AppOptions) {
    const { store, modules, readModels = [], clock = Date.now, timer = systemTimer } = options
    const { newId = countingIds(), authorize, random = Math.random, rebuilds = 'at-start' } = options
    const { commandAttemptsMax = 10, commandIdsKeptMs = 30 * 24 * 60 * 60 * 1000 } = options
    const { coordinator, joinsGroups = true } = options
    const { cachedStatesMax = 10_000, snapshots, onSnapshotError = () => undefined } = options
    this.#clock = clock
    this.#authorize = authorize
    this.newId = newId
    const { deciders, commands, queries, projections, processManagers, outboxes, consumerGroups } =
      definitionsOf(modules)
    this.store = store
    this.deciders = deciders
    this.#decidersByCategory = new Map(deciders.map((decider) => [decider.category, decider]))
    this.commands = commands
    this.queries = queries
    this.projections = projections
    this.processManagers = processManagers
    this.outboxes = outboxes
    this.consumerGroups = consumerGroups
    this.#coordinator = coordinator
    this.#readModels = [...readModels, createMemoryReadModels()]
    const rebuildsAtStart = rebuilds === 'at-start'
    const following = { store, clock, timer }
    const runners = [...this.projections.values()].map((projection): ReadModelRunner => {
      if (projection.readModel.kind === 'target') return new TargetRunner({ projection, ...following })
      const readModels = this.#readModelsFor(projection)
      return new ProjectionRunner({ projection, ...following, readModels, rebuildsAtStart })
    })
    this.#runners = new Map(runners.map((runner) => [runner.name, runner]))
    this.#snapshots = snapshots && new Snapshots(snapshots, onSnapshotError)
    this.#handler = new CommandHandler({
      store,
      clock,
      newId,
      authorize,
      deciderOf: (category) => this.#decidersByCategory.get(category),
      attemptsMax: commandAttemptsMax,
      commandIdsKeptMs,
      random,
      cachedStatesMax,
      snapshots: this.#snapshots,
    })
    this.#background = new Background({
      processManagers: [...processManagers.values()],
      outboxes: [...outboxes.values()],
      groups: [...consumerGroups.values()],
      coordinatorOf: (group) => this.#coordinatorOf(group),
      joinsGroups,
      store,
      execution: {
        commands,
        execute: (command, stream, input, options) =>
          this.#handler.execute(command, stream, input, { ...options, isOwn: true }),
      },
      newId,
      schedulesKeptMs: commandIdsKeptMs,
      clock,
      timer,
    })
    this.#ready = Promise.all([...runners, this.#background].map((each) => each.start())).then(
      () => undefined,
    )
    // Whoever awaits it is told of the error; nobody may ever do so, and that is no reason to end the process.
    this.#ready.catch(() => undefined)
  }

  async execute<C extends AnyCommand>(command: C, ...given: CommandArguments<C>): Promise<CommandOutcome<C>> {
    if (this.commands.get(command.name) !== command) throw unknown('command', command.name, this.commands)
    const [stream, input, options] = withStream<ExecuteOptions>(command, given)
    const outcome = await this.#handler.execute(command, stream, input, options)
    if (outcome.accepted && outcome.events.length > 0) await this.#settled(outcome.position)
    return outcome as CommandOutcome<C>
  }

  async query<Q extends Query>(
    query: Q,
    input: QueryInput<Q>,
    options: QueryOptions = {},
  ): Promise<QueryAnswer<Q>> {
    const valid = await this.#admitted(query, input, options.caller)
    if (query.kind === 'live-query')
      return (await answerLive(this.store, query, valid, options.asOf)) as QueryAnswer<Q>
    if (options.asOf) {
      const expected = 'a live query, since a read model knows only the present'
      throw new AnnalsError(
        'invalid-argument',
        `Query ${query.name} cannot be asked about the past: expected ${expected}.`,
        { argument: 'asOf', expected, received: options.asOf },
      )
    }
    await this.#ready
    const runner = this.#runner(query.projection.name)
    if (options.waitFor !== undefined)
      await runner.waitFor(options.waitFor, options.timeoutMs ?? defaultTimeoutMs)
    return (await runner.answer((model) => query.answer(model as never, valid as never))) as QueryAnswer<Q>
  }

  watch<Q extends Query>(
    query: Q,
    input: QueryInput<Q>,
    { caller, signal }: WatchOptions = {},
  ): AsyncIterableIterator<QueryAnswer<Q>> {
    const answers = async function* (this: Application, ended: AbortSignal) {
      const valid = await this.#admitted(query, input, caller)
      if (query.kind === 'live-query') return yield* watchLive(this.store, query, valid, ended)
      await this.#ready
      yield* watchProjected(this.#runner(query.projection.name), query, valid, ended)
    }
    return endable(
      (ended) => answers.call(this, ended),
      [this.#closing.signal, ...(signal ? [signal] : [])],
    ) as AsyncIterableIterator<QueryAnswer<Q>>
  }

  async append(
    appends: StreamAppend | readonly StreamAppend[],
    condition?: AppendCondition,
  ): Promise<Appended> {
    const list = Array.isArray(appends) ? (appends as readonly StreamAppend[]) : [appends as StreamAppend]
    const valid: StreamAppend[] = []
    for (const append of list) {
      assertOwnStream(append, this.processManagers)
      const decider = this.#decidersByCategory.get(categoryOf(String(append.stream)))
      valid.push(
        decider && Array.isArray(append.events)
          ? { ...append, events: await validateEvents(decider, append.events) }
          : append,
      )
    }
    const appended = await this.store.append(valid, condition)
    await this.#settled(appended.position)
    return appended
  }

  async waitFor(
    position: Position,
    {
      projection,
      timeoutMs = defaultTimeoutMs,
    }: { readonly projection?: string; readonly timeoutMs?: number } = {},
  ): Promise<void> {
    await this.#ready
    const runners = projection === undefined ? [...this.#runners.values()] : [this.#runner(projection)]
    await Promise.all(runners.map((runner) => runner.waitFor(position, timeoutMs)))
  }

  async rebuild(projection: string, options?: RebuildOptions): Promise<Rebuilt> {
    await this.#ready
    return this.#runner(projection).rebuild(options)
  }

  consumer(name: string): Consumer {
    const consumers = this.#consumers()
    const consumer = consumers.find((each) => each.name === name)
    if (consumer) return consumer
    const known = consumers.map((each) => each.name)
    throw new AnnalsError(
      'unknown-consumer',
      `Nothing that follows the log is named "${name}"; there is ${known.join(', ') || 'none'}. Check the name.`,
      { consumer: name, known },
    )
  }

  status(): Promise<readonly NamedStatus[]> {
    return Promise.all(
      this.#consumers().map(async (consumer) => {
        const { name, kind, version } = consumer
        return { name, kind, version, ...(await consumer.status()) }
      }),
    )
  }

  async schedule<C extends AnyCommand>(command: C, ...given: ScheduleArguments<C>): Promise<Scheduled> {
    const { name, authorize } = command
    if (this.commands.get(name) !== command) throw unknown('command', name, this.commands)
    const [stream, input, options] = withStream<ScheduleOptions>(command, given)
    const caller = options?.caller
    const valid = await validateInput(command.input, input, `command ${name}`)
    await assertAuthorized(
      { kind: 'command', name, caller, input: valid, stream },
      this.#authorize,
      authorize,
    )
    return this.#background.scheduler.schedule(command, stream, input, options)
  }

  cancelScheduled(id: string, { caller }: { readonly caller?: Caller | undefined } = {}): Promise<boolean> {
    return this.#background.scheduler.cancel(id, caller)
  }

  scheduled(): Promise<readonly ScheduledCommand[]> {
    return this.#background.scheduler.list()
  }

  ready(): Promise<void> {
    return this.#ready
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#ready.catch(() => undefined)
    await Promise.all([...this.#runners.values(), this.#background].map((each) => each.stop()))
    await Promise.all([...this.#readModels, this.#snapshots, this.#coordinator].map((kept) => kept?.close()))
  }

  /** The input of a query that may be asked, as its schema gives it. */
  async #admitted(query: Query, input: unknown, caller: Caller | undefined): Promise<unknown> {
    if (this.queries.get(query.name) !== query) throw unknown('query', query.name, this.queries)
    const { name, authorize, audit } = query
    const valid = await validateInput(query.input, input, `query ${name}`)
    const request = { kind: 'query', name, caller, input: valid } as const
    await assertAuthorized(request, this.#authorize, authorize)
    if (audit) await this.append(audit(valid as never, { caller, now: new Date(this.#clock()) }))
    return valid
  }

  /** Resolves when the inline projections have seen a position. */
  async #settled(position: Position): Promise<void> {
    for (const runner of this.#runners.values()) if (runner.projection.inline) await runner.settled(position)
  }

  #consumers(): readonly Consumer[] {
    return [...this.#runners.values(), ...this.#background.consumers]
  }

  #runner(name: string): ReadModelRunner {
    const runner = this.#runners.get(name)
    if (runner) return runner
    const expected = `one of ${[...this.#runners.keys()].join(', ') || 'none, since the application has no projections'}`
    throw new AnnalsError('invalid-argument', `There is no projection "${name}": expected ${expected}.`, {
      argument: 'projection',
      expected,
      received: name,
    })
  }

  #coordinatorOf({ name }: ConsumerGroup): GroupCoordinator {
    if (this.#coordinator) return this.#coordinator
    throw invalidDefinition(
      `consumer group ${name}`,
      'its workers have nothing to share, since createApp was given no coordinator; give it createMemoryCoordinator() for one process, or openSqliteCoordinator(directory) of @annals/sqlite',
    )
  }

  #readModelsFor({ name, readModel }: Projection): ReadModelStore {
    const found = this.#readModels.find(({ kind }) => kind === readModel.kind)
    if (found) return found
    throw invalidDefinition(
      `projection ${name}`,
      `its read model is of the kind "${readModel.kind}", but createApp was given no readModels of that kind`,
    )
  }
}

const defaultTimeoutMs = 5_000

/** What is given with a command: a command with a decision model chooses its stream by itself. */
function withStream<Options>(
  command: AnyCommand,
  given: readonly unknown[],
): [stream: string | undefined, input: unknown, options: Options | undefined] {
  const [stream, input, options] = command.kind === 'command' ? given : [undefined, ...given]
  return [stream as string | undefined, input, options as Options | undefined]
}

function assertOwnStream(append: StreamAppend, processManagers: ReadonlyMap<string, ProcessManager>): void {
  // What is no append is for the store to refuse.
  const stream: unknown = append?.stream
  if (typeof stream !== 'string') return
  if (processManagers.has(categoryOf(stream))) {
    const expected = 'a stream of no process manager'
    throw new AnnalsError(
      'invalid-argument',
      `Stream "${stream}" takes no events from applications, since it is the memory of the process manager ${categoryOf(stream)}, which records in it what it has done: expected ${expected}.`,
      { argument: 'stream', expected, received: stream },
    )
  }
  if (!isSystemStream(stream)) return
  const expected = 'a stream whose name does not begin with "$"'
  throw new AnnalsError(
    'invalid-argument',
    `Stream "${stream}" takes no events from applications, since it is one of Annals itself: expected ${expected}.`,
    { argument: 'stream', expected, received: stream },
  )
}

async function validateEvents(decider: Decider, events: readonly NewEvent[]): Promise<NewEvent[]> {
  const valid: NewEvent[] = []
  for (const event of events) {
    // What is no event is for the store to refuse.
    const isEvent = typeof event === 'object' && event !== null
    valid.push(isEvent ? await validateEvent(decider, event, 'An event was given') : event)
  }
  return valid
}

function unknown(what: 'command' | 'query', name: string, items: ReadonlyMap<string, unknown>): AnnalsError {
  const known = [...items.keys()]
  const message = `There is no ${what} "${name}" in this application; it has ${known.join(', ') || 'none'}. Check the name, or add its definition to modules.`
  return what === 'command'
    ? new AnnalsError('unknown-command', message, { command: name, known })
    : new AnnalsError('unknown-query', message, { query: name, known })
}
