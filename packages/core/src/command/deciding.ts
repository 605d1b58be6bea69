import type { AppendCondition, ExpectedRevision } from '../event/append-condition.ts'
import type { RecordedEvent } from '../event/event.ts'
import type { EventSchemas } from '../event/fold.ts'
import type { Position } from '../event/position.ts'
import type { Revision } from '../event/stream.ts'
import type { Decision, DecisionContext } from './decider.ts'

/** One command that is to be decided, whatever its decision is based on. */
export interface Deciding {
  /** Of the command. */
  readonly name: string
  /** Where what is decided is recorded. */
  readonly stream: string
  /** Who declares the events that may be decided on. */
  readonly declaredBy: { readonly category: string; readonly events: EventSchemas }
  readonly rejections: { readonly [code: string]: string }
  /** Commands that share a key would meet each other, so they are decided one after the other. */
  readonly keys: readonly string[]
  /** Reads what the decision is based on, as it is now. */
  read(): Promise<Basis>
}

/** What a decision is based on, as it was read. */
export interface Basis {
  /** The position of the last event of it. */
  readonly position: Position
  /** What has to hold still when what is decided is recorded. */
  readonly expectedRevision: ExpectedRevision
  readonly condition: AppendCondition | undefined
  /** Where the stream is. */
  revision(): Promise<Revision | 'no-stream'>
  /** Is told what was recorded on it, if it wants to know. */
  recorded?(events: readonly RecordedEvent[]): void
  decide(context: DecisionContext): Decision<EventSchemas, string>
}
