import type { Position } from '../event/position.ts'
import type { Revision } from '../event/stream.ts'
import type { JsonValue } from '../json.ts'

/** What a process did about what it was told, beside events of its own, which are recorded in front of it. */
export interface Reacted {
  /** The event that led to it, directly or, after a rejection, by a command. */
  readonly position: Position
  readonly eventId: string
  readonly eventType: string
  /** The id of the command whose rejection it is about. */
  readonly rejected?: string
  /** What is to be executed, in this order. */
  readonly commands?: readonly SentCommand[]
  readonly deadlines?: readonly { readonly name: string; readonly at: string }[]
  /** The deadlines that are called off, or were told of and so are over. */
  readonly ended?: readonly string[]
  readonly finished?: true
}

/** A command as it is recorded. */
export interface SentCommand {
  readonly command: string
  /** Left out for a command with a decision model, which chooses it by itself. */
  readonly stream?: string
  readonly input: JsonValue
}

/** What came of all commands of a reaction. */
export interface CommandsSettled {
  /** The revision of the `Reacted` that has them. */
  readonly reaction: Revision
  readonly answers: readonly CommandAnswer[]
}

/** What came of one command. */
export type CommandAnswer =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly code: string; readonly message: string }

/** The time of a deadline has come. */
export interface DeadlinePassed {
  readonly name: string
  /** The revision of the `Reacted` that set it: a deadline of the same name may have been set anew since. */
  readonly set: Revision
}

/** Whether an event type is one that Annals itself records in the stream of a process. */
export function isProcessEventType(type: string): boolean {
  return type === 'Reacted' || type === 'CommandsSettled' || type === 'DeadlinePassed'
}

/** The id under which a command of a reaction is executed: the same however often it is. */
export function sentCommandId(stream: string, reaction: Revision, number: number): string {
  return `${stream}:${reaction}:${number}`
}
