import type { AnyCommand, CommandInput } from '../command/command-handler.ts'
import type { Command, NewEventOf } from '../command/decider.ts'
import type { DecisionCommand } from '../command/decision-command.ts'
import type { EventSchemas } from '../event/fold.ts'
import type { JsonValue } from '../json.ts'
import type { DueTime } from './due-time.ts'

/** What a process does about what it was told: one thing, several in their order, or, as an empty list, nothing. */
export type Reaction<Events extends EventSchemas = EventSchemas, Deadline extends string = string> =
  | ReactionPart<Events, Deadline>
  | readonly ReactionPart<Events, Deadline>[]

/** One part of a reaction: an event of the process's own, or what `send`, `deadline`, `cancelDeadline` and `finish` give. */
export type ReactionPart<Events extends EventSchemas = EventSchemas, Deadline extends string = string> =
  | NewEventOf<Events>
  | Send
  | SetDeadline<Deadline>
  | CancelDeadline<Deadline>
  | Finish

/** A command that is to be executed. */
export interface Send {
  readonly action: 'send'
  readonly command: AnyCommand
  /** `undefined` for a command with a decision model, which chooses it by itself. */
  readonly stream: string | undefined
  readonly input: JsonValue
}

/** A time at which the process wants to be told, unless it calls that off before. */
export interface SetDeadline<Name extends string = string> {
  readonly action: 'set-deadline'
  readonly name: Name
  readonly when: DueTime
}

/** A deadline that is called off. */
export interface CancelDeadline<Name extends string = string> {
  readonly action: 'cancel-deadline'
  readonly name: Name
}

/** The end of the process. */
export interface Finish {
  readonly action: 'finish'
}

/** Has a command of the application executed once the reaction is recorded. One with a decision model is given no stream. */
export function send<C extends Command>(command: C, stream: string, input: CommandInput<C>): Send
export function send<C extends DecisionCommand>(command: C, input: CommandInput<C>): Send
export function send(command: AnyCommand, ...given: readonly unknown[]): Send {
  const [stream, input] = command.kind === 'command' ? given : [undefined, ...given]
  return { action: 'send', command, stream: stream as string | undefined, input: input as JsonValue }
}

/** Has `onDeadline` of this name called when the time has come. Set again under the same name, the new time takes the place of the old. */
export function deadline<const Name extends string>(name: Name, when: DueTime): SetDeadline<Name> {
  return { action: 'set-deadline', name, when }
}

/** Calls a deadline off; one that is not set is none to call off. It is not told any more, even if its time has passed just now. */
export function cancelDeadline<const Name extends string>(name: Name): CancelDeadline<Name> {
  return { action: 'cancel-deadline', name }
}

/**
 * Ends the process: its later events are passed over, its deadlines are called off. What it has sent is still executed,
 * and if that is rejected `onRejected` is still told.
 */
export function finish(): Finish {
  return { action: 'finish' }
}
