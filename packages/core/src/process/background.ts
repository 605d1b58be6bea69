import type { Clock, Timer } from '../clock.ts'
import type { Consumer } from '../consumer/consumer.ts'
import type { ConsumerGroup } from '../group/consumer-group.ts'
import type { GroupCoordinator } from '../group/coordinator.ts'
import { GroupRunner } from '../group/group-runner.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { OutboxRunner } from '../outbox/outbox-runner.ts'
import type { EventStore } from '../store/event-store.ts'
import type { CommandExecution } from './command-execution.ts'
import type { ProcessManager } from './process-manager.ts'
import { ProcessRunner } from './process-runner.ts'
import { Scheduler } from './scheduler.ts'

/** What an application does by itself: its process managers, outboxes and consumer groups, and commands whose time has come. */
export class Background {
  readonly scheduler: Scheduler
  readonly #runners: readonly (ProcessRunner | OutboxRunner | GroupRunner)[]
  readonly #hasCommands: boolean

  constructor(options: {
    readonly processManagers: readonly ProcessManager[]
    readonly outboxes: readonly Outbox[]
    readonly groups: readonly ConsumerGroup[]
    readonly coordinatorOf: (group: ConsumerGroup) => GroupCoordinator
    readonly joinsGroups: boolean
    readonly store: EventStore
    readonly execution: CommandExecution
    readonly newId: () => string
    /** How long it is known what came of a scheduled command. */
    readonly schedulesKeptMs: number
    readonly clock: Clock
    readonly timer: Timer
  }) {
    const {
      processManagers,
      outboxes,
      groups,
      coordinatorOf,
      joinsGroups: joins,
      schedulesKeptMs,
      ...shared
    } = options
    this.scheduler = new Scheduler({ ...shared, keptMs: schedulesKeptMs })
    this.#runners = [
      ...processManagers.map((manager) => new ProcessRunner({ manager, ...shared })),
      ...outboxes.map((outbox) => new OutboxRunner({ outbox, ...shared })),
      ...groups.map(
        (group) => new GroupRunner({ group, coordinator: coordinatorOf(group), joins, ...shared }),
      ),
    ]
    this.#hasCommands = shared.execution.commands.size > 0
  }

  /** What follows the log, each under its own name. */
  get consumers(): readonly Consumer[] {
    return this.scheduler.hasBegun ? [...this.#runners, this.scheduler] : this.#runners
  }

  /** Resolves when all of it has begun to follow the log, caught up or not. */
  async start(): Promise<void> {
    // Who has no commands has none to execute, and may not even be able to write.
    if (this.#hasCommands) this.scheduler.start()
    await Promise.all(this.#runners.map((runner) => runner.start()))
  }

  /** Resolves when what is in work is done. */
  async stop(): Promise<void> {
    await Promise.all([this.scheduler, ...this.#runners].map((each) => each.stop()))
  }
}
