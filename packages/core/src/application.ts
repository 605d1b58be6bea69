import type { App, AppOptions, NamedStatus, QueryOptions, WatchOptions } from './app.ts'
import { type AuthorizeRequest, assertAuthorized } from './authorization.ts'
import type { Caller } from './caller.ts'
import { type Clock, systemTimer } from './clock.ts'
import {
  type AnyCommand,
  type CommandArguments,
  CommandHandler,
  type CommandOutcome,
  type ExecuteOptions,
} from './command/command-handler.ts'
import type { Decider } from './command/decider.ts'
import { Snapshots } from './command/snapshots.ts'
import type { Consumer } from './consumer/consumer.ts'
import { Defined, definitionsOf } from './definitions.ts'
import { AnnalsError } from './errors.ts'
import type { AppendCondition } from './event/append-condition.ts'
import { invalidDefinition } from './event/fold.ts'
import type { Position } from './event/position.ts'
import type { ConsumerGroup } from './group/consumer-group.ts'
import type { GroupCoordinator } from './group/coordinator.ts'
import { countingIds, type NewId } from './new-id.ts'
import { Background } from './process/background.ts'
import type { ScheduledCommand } from './process/schedule-state.ts'
import type { ScheduleArguments, Scheduled, ScheduleOptions } from './process/scheduler.ts'
import { createMemoryReadModels } from './projection/in-memory.ts'
import type { Projection } from './projection/projection.ts'
import { ProjectionRunner } from './projection/projection-runner.ts'
import type { ReadModelStore } from './projection/read-model.ts'
import type { ReadModelRunner, RebuildOptions, Rebuilt } from './projection/runner.ts'
import { TargetRunner } from './projection/target-runner.ts'
import { endable } from './query/endable.ts'
import { answerLive, type Query, type QueryAnswer, type QueryInput } from './query/query.ts'
import { watchLive, watchProjected } from './query/watch.ts'
import { validateInput } from './schema.ts'
import type { Appended, EventStore, StreamAppend } from './store/event-store.ts'
import { validateAppends } from './validate-appends.ts'

/** The two sides of CQRS over one store, and what goes on by itself. See `App` for what it promises. */
export class Application extends Defined implements App {
  readonly store: EventStore
  readonly #decidersByCategory: ReadonlyMap<string, Decider>
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
    super(definitionsOf(options.modules))
    const { store, readModels = [], clock = Date.now, timer = systemTimer } = options
    const { newId = countingIds(), authorize, random = Math.random, rebuilds = 'at-start' } = options
    const { commandAttemptsMax = 10, commandIdsKeptMs = 30 * 24 * 60 * 60 * 1000 } = options
    const { coordinator, joinsGroups = true } = options
    const { cachedStatesMax = 10_000, snapshots, onSnapshotError = () => undefined } = options
    this.#clock = clock
    this.#authorize = authorize
    this.newId = newId
    const { deciders, commands, processManagers, outboxes, consumerGroups } = this
    this.store = store
    this.#decidersByCategory = new Map(deciders.map((decider) => [decider.category, decider]))
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
    const valid = await validateAppends(appends, {
      deciders: this.#decidersByCategory,
      processManagers: this.processManagers,
    })
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

function unknown(what: 'command' | 'query', name: string, items: ReadonlyMap<string, unknown>): AnnalsError {
  const known = [...items.keys()]
  const message = `There is no ${what} "${name}" in this application; it has ${known.join(', ') || 'none'}. Check the name, or add its definition to modules.`
  return what === 'command'
    ? new AnnalsError('unknown-command', message, { command: name, known })
    : new AnnalsError('unknown-query', message, { query: name, known })
}
