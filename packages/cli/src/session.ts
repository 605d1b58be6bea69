import { once } from 'node:events'
import { resolve } from 'node:path'
import type { GroupCoordinator, Module, OnProgress } from '@annals/core'
import type { LogStore } from '@annals/log'
import { type Command, CommanderError } from 'commander'
import { exit } from './exit-code.ts'
import type { Io } from './io.ts'
import { loadModules } from './load-modules.ts'
import {
  type Data,
  logDirectory,
  type OpenDataOptions,
  openCoordinator,
  openData,
  openStore,
} from './open-data.ts'
import { Output } from './output.ts'
import { terminalProgress } from './terminal-progress.ts'

/** The options that every command takes. */
export interface GlobalOptions {
  readonly data: string
  readonly app?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

/** One run of one command: its output, its data, its application. */
export class Session {
  readonly io: Io
  readonly output: Output
  readonly #command: Command
  readonly #options: GlobalOptions

  constructor(io: Io, command: Command) {
    this.io = io
    this.#command = command
    this.#options = command.optsWithGlobals()
    const { json = false, quiet = false } = this.#options
    this.output = new Output(io, { json, quiet })
  }

  /** The options of the command and of those above it, whose form the caller knows. */
  options<Options>(): Options {
    return this.#command.optsWithGlobals() as Options
  }

  /** The application's modules, if a file was named. @throws AnnalsError `invalid-definition` */
  async modules(): Promise<readonly Module[] | undefined> {
    const { app } = this.#options
    return app === undefined ? undefined : loadModules(resolve(this.io.directory, app))
  }

  /** The application's modules. Wrong usage if no file was named. @throws AnnalsError `invalid-definition` */
  async neededModules(): Promise<readonly Module[]> {
    const modules = await this.modules()
    return modules ?? this.wrongUsage('needs --app FILE, a module that exports `modules`')
  }

  /** Where the event store is. */
  get logDirectory(): string {
    return logDirectory(this.#directory())
  }

  /** Does something with the data directory, and closes it however that ends. */
  async withData<Result>(options: OpenDataOptions, use: (data: Data) => Promise<Result>): Promise<Result> {
    const data = await openData(this.#directory(), options)
    try {
      return await use(data)
    } finally {
      await data.close()
    }
  }

  /** Does something with the event store alone, and closes it however that ends. */
  async withStore<Result>(
    options: OpenDataOptions,
    use: (store: LogStore) => Promise<Result>,
  ): Promise<Result> {
    const store = await openStore(this.#directory(), options)
    try {
      return await use(store)
    } finally {
      await store.close()
    }
  }

  /** What the consumer groups among these modules need of the application, which closes it. Nothing is made for none. */
  async coordination(modules: readonly Module[]): Promise<{ readonly coordinator?: GroupCoordinator }> {
    if (!modules.some(({ kind }) => kind === 'consumer-group')) return {}
    return { coordinator: await openCoordinator(this.#directory()) }
  }

  /** Does something long with a progress bar, if stderr is a terminal and messages are wanted. */
  async withProgress<Result>(
    label: string,
    work: (onProgress: OnProgress) => Promise<Result>,
  ): Promise<Result> {
    const progress = this.progress(label)
    try {
      return await work(progress.onProgress)
    } finally {
      progress.stop()
    }
  }

  /** Such a progress bar, for whoever stops it. */
  progress(label: string): ReturnType<typeof terminalProgress> {
    if (this.output.quiet) return { onProgress: () => {}, stop: () => {} }
    return terminalProgress(label, this.io.stderr)
  }

  /** Ends the command if it is to stop. @throws the reason of the signal */
  throwIfInterrupted(): void {
    this.io.signal.throwIfAborted()
  }

  /** The same promise, or the reason of the signal if that comes first. For work that cannot be told to stop. */
  async orInterrupted<Result>(work: Promise<Result>): Promise<Result> {
    const { signal } = this.io
    this.throwIfInterrupted()
    const interrupted = Promise.withResolvers<never>()
    const onAbort = () => interrupted.reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([work, interrupted.promise])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Says how what now goes on is stopped, and resolves when it is to. */
  async untilInterrupted(): Promise<void> {
    const { output, io } = this
    await output.flush()
    output.message('Ctrl-C stops.')
    if (!io.signal.aborted) await once(io.signal, 'abort')
    output.message('Stopping. Ctrl-C again stops at once.')
  }

  /** Ends the command with exit code 2. */
  wrongUsage(problem: string): never {
    throw new CommanderError(
      exit.usage,
      'annals.usage',
      `annals ${this.#path()} ${problem}. See annals ${this.#path()} --help.`,
    )
  }

  #path(): string {
    const names: string[] = []
    for (let at: Command | null = this.#command; at?.parent; at = at.parent) names.unshift(at.name())
    return names.join(' ')
  }

  #directory(): string {
    const { data } = this.#options
    // Else a directory of such a name would be made, and an event without data recorded in it.
    if (/^[{["]/.test(data))
      this.wrongUsage(
        'takes the directory in --data, not JSON; the data of an event stands behind its stream',
      )
    return resolve(this.io.directory, data)
  }
}
