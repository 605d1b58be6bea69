import type { Caller } from '../caller.ts'
import type { Accepted, AnyCommand, Rejected } from '../command/command-handler.ts'

/** What Annals executes commands with that nobody is there to ask for: what a process sent, what was scheduled. */
export interface CommandExecution {
  /** By name. */
  readonly commands: ReadonlyMap<string, AnyCommand>
  /** Without asking whether the caller may: that was asked, or decided, when the command was recorded. */
  execute(
    command: AnyCommand,
    stream: string | undefined,
    input: unknown,
    options: ExecutionOptions,
  ): Promise<Accepted | Rejected>
}

/** What goes with such a command. */
export interface ExecutionOptions {
  /** The same however often it is executed, so that it takes effect once. */
  readonly commandId: string
  readonly correlationId: string | undefined
  readonly causationId: string | undefined
  readonly caller?: Caller | undefined
}
