import type { Clock, Timer } from '../clock.ts'
import type { Consumer } from '../consumer/consumer.ts'
import type { EventStore } from '../store/event-store.ts'
import type { CommandExecution } from './command-execution.ts'
import type { ProcessManager } from './process-manager.ts'
import { ProcessRunner } from './process-runner.ts'
import { Scheduler } from './scheduler.ts'

/** What an application does by itself: its process managers, and commands whose time has come. */
export class Background {
  readonly scheduler: Scheduler
  readonly #workers: readonly Worker[]

  constructor(options: {
    readonly processManagers: readonly ProcessManager[]
    readonly store: EventStore
    readonly execution: CommandExecution
    readonly newId: () => string
    readonly clock: Clock
    readonly timer: Timer
  }) {
    const { processManagers, ...shared } = options
    this.scheduler = new Scheduler(shared)
    this.#workers = [
      ...processManagers.map((manager) => new ProcessRunner({ manager, ...shared })),
      // Who has no commands has none to execute, and may not even be able to write.
      ...(shared.execution.commands.size > 0 ? [this.scheduler] : []),
    ]
  }

  /** Each under its own name. */
  get consumers(): readonly Consumer[] {
    return this.#workers
  }

  /** Resolves when all of it has begun to follow the log, caught up or not. */
  async start(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.start()))
  }

  /** Resolves when what is in work is done. */
  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()))
  }
}

interface Worker extends Consumer {
  start(): Promise<void>
  stop(): Promise<void>
}
