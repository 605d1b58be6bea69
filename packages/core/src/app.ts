import { Application } from './application.ts'
import type { AuthorizeRequest } from './authorization.ts'
import type { Caller } from './caller.ts'
import type { Clock, Timer } from './clock.ts'
import type { AnyCommand, CommandArguments, CommandOutcome } from './command/command-handler.ts'
import type { Decider } from './command/decider.ts'
import type { DecisionCommand } from './command/decision-command.ts'
import type { SnapshotStore } from './command/snapshot.ts'
import type { OnSnapshotError } from './command/snapshots.ts'
import type { Consumer, ConsumerStatus } from './consumer/consumer.ts'
import type { Definitions } from './definitions.ts'
import type { AppendCondition } from './event/append-condition.ts'
import type { Position } from './event/position.ts'
import type { ConsumerGroup } from './group/consumer-group.ts'
import type { GroupCoordinator } from './group/coordinator.ts'
import type { NewId } from './new-id.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { ProcessManager } from './process/process-manager.ts'
import type { ScheduledCommand } from './process/schedule-state.ts'
import type { ScheduleArguments, Scheduled } from './process/scheduler.ts'
import type { Projection } from './projection/projection.ts'
import type { ReadModelStore } from './projection/read-model.ts'
import type { RebuildOptions, Rebuilt } from './projection/runner.ts'
import type { AsOf, Query, QueryAnswer, QueryInput } from './query/query.ts'
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
