import { type AuthorizeRequest, assertAuthorized } from '../authorization.ts'
import type { Caller } from '../caller.ts'
import type { Clock } from '../clock.ts'
import { AnnalsError, invariant, isAnnalsError } from '../errors.ts'
import { checkExpectedRevision, type ExpectedRevision } from '../event/append-condition.ts'
import type { NewEvent } from '../event/event.ts'
import { type EventSchemas, invalidDefinition, type RecordedEventOf } from '../event/fold.ts'
import type { Position } from '../event/position.ts'
import { assertStreamName, categoryOf, type Revision } from '../event/stream.ts'
import type { JsonObject } from '../json.ts'
import type { NewId } from '../new-id.ts'
import { type InputOf, type Schema, validateInput } from '../schema.ts'
import type { Appended, EventStore } from '../store/event-store.ts'
import { commandMetadata } from './command-metadata.ts'
import { decidedEvents } from './decided-events.ts'
import type { Command, Decider, Decision, DecisionContext } from './decider.ts'
import { KeyedQueue } from './keyed-queue.ts'
import { loadState } from './load-state.ts'
import type { Rejection } from './rejection.ts'

/** What `app.execute` needs to be given for a command. */
export type CommandInput<C extends Command> =
  C extends Command<string, infer Input extends Schema, EventSchemas, string> ? InputOf<Input> : never

/** What `app.execute` answers for a command. */
export type CommandOutcome<C extends Command> =
  C extends Command<string, Schema, infer Events extends EventSchemas, infer Code extends string>
    ? Accepted<Events> | Rejected<Code>
    : never

/** A command that was accepted and whose events are recorded. */
export interface Accepted<Events extends EventSchemas = EventSchemas> {
  readonly accepted: true
  readonly stream: string
  /** The revision of the stream after the command. */
  readonly revision: Revision
  /** The position of the stream's last event: what a read model has to have seen to know of the command. */
  readonly position: Position
  /** What was recorded; empty if nothing had to change. */
  readonly events: readonly RecordedEventOf<Events>[]
}

/** A command that its decider decided against. Nothing was recorded. */
export interface Rejected<Code extends string = string> {
  readonly accepted: false
  readonly stream: string
  readonly code: Code
  /** The sentence that the decider declares for the code. */
  readonly message: string
  readonly details: JsonObject | undefined
}

/** What can be said with a command. */
export interface ExecuteOptions {
  /** The revision that the caller decided on; if the stream is elsewhere the command fails and is not retried. */
  readonly expectedRevision?: ExpectedRevision | undefined
  /** Recorded with each event. Keys that begin with `$` are those of Annals itself. */
  readonly metadata?: JsonObject | undefined
  /** Names this command; recorded with each event. */
  readonly commandId?: string | undefined
  /** What this command is a part of, such as a request; recorded with each event. Default: an id of its own. */
  readonly correlationId?: string | undefined
  /** What brought it about, such as the id of an event; recorded with each event. Default: the id of the command, if it has one. */
  readonly causationId?: string | undefined
  /** Who gives the command; asked for by `authorize`, and recorded with each event. */
  readonly caller?: Caller | undefined
}

/** What is said with a command inside of Annals. */
export interface CommandRequest extends ExecuteOptions {
  /** Whether Annals gives the command by itself, so that nobody is asked whether it may. */
  readonly isOwn?: boolean | undefined
}

/** Settings of a command handler. */
export interface CommandHandlerOptions {
  readonly store: EventStore
  readonly clock: Clock
  readonly newId: NewId
  readonly authorize: AuthorizeRequest | undefined
  /** How often a command that meets a concurrent change is decided, the first time included. */
  readonly attemptsMax: number
}

/**
 * Executes commands: validate, load and fold, decide, append; and again from loading on if another writer was faster.
 * Commands for one stream run one after the other in this process, so that only other processes can be faster.
 */
export class CommandHandler {
  readonly #options: CommandHandlerOptions
  readonly #queue = new KeyedQueue()

  constructor(options: CommandHandlerOptions) {
    this.#options = options
  }

  async execute(
    decider: Decider,
    command: Command,
    stream: string,
    input: unknown,
    options: CommandRequest = {},
  ): Promise<Accepted | Rejected> {
    assertStreamName(stream)
    assertCategory(command, stream)
    const { name, authorize } = command
    const { caller, isOwn = false } = options
    const metadata = commandMetadata(options, this.#options.newId)
    const valid = await validateInput(command.input, input, `command ${name}`)
    if (!isOwn)
      await assertAuthorized(
        { kind: 'command', name, caller, input: valid, stream },
        this.#options.authorize,
        authorize,
      )
    return this.#queue.run(stream, () => this.#attempt(decider, command, stream, valid, options, metadata))
  }

  async #attempt(
    decider: Decider,
    command: Command,
    stream: string,
    input: unknown,
    options: ExecuteOptions,
    metadata: JsonObject,
  ): Promise<Accepted | Rejected> {
    const { store, clock, attemptsMax } = this.#options
    for (let attempt = 1; ; attempt++) {
      const { state, revision, position } = await loadState(store, decider, stream)
      if (options.expectedRevision !== undefined)
        checkExpectedRevision(stream, options.expectedRevision, revision)
      assertRequired(command, stream, revision)
      const decide = decider.decide[command.name] as AnyDecide
      const decision = decide(state, input, { stream, now: new Date(clock()), caller: options.caller })
      if (isRejection(decision)) return rejected(decider, command, stream, decision)
      const decided = Array.isArray(decision) ? (decision as readonly NewEvent[]) : [decision as NewEvent]
      if (decided.length === 0)
        return {
          accepted: true,
          stream,
          revision: revision === 'no-stream' ? -1 : revision,
          position,
          events: [],
        }
      const events = await decidedEvents(decider, command.name, decided, metadata)
      try {
        return accepted(stream, await store.append({ stream, events, expectedRevision: revision }))
      } catch (error) {
        if (!isAnnalsError(error, 'wrong-expected-revision')) throw error
        if (attempt >= attemptsMax) throw commandConflict(command, stream, attempt, error)
      }
    }
  }
}

type AnyDecide = (state: unknown, input: unknown, context: DecisionContext) => Decision<EventSchemas, string>

function assertCategory(command: Command, stream: string): void {
  if (categoryOf(stream) === command.category) return
  const expected = `a stream of the category "${command.category}", such as "${command.category}-1"`
  throw new AnnalsError(
    'invalid-argument',
    `Command ${command.name} cannot be executed on stream "${stream}": expected ${expected}.`,
    { argument: 'stream', expected, received: stream },
  )
}

function assertRequired(command: Command, stream: string, revision: Revision | 'no-stream'): void {
  if (command.requires === 'stream-exists' && revision === 'no-stream') {
    throw new AnnalsError(
      'stream-not-found',
      `Command ${command.name} is for a stream that exists, but there is no stream "${stream}". Check its name.`,
      { stream },
    )
  }
  if (command.requires === 'no-stream' && revision !== 'no-stream') {
    throw new AnnalsError(
      'stream-already-exists',
      `Command ${command.name} begins a new stream, but stream "${stream}" exists already, at revision ${revision}. Use another name.`,
      {
        stream,
        revision,
      },
    )
  }
}

function accepted(stream: string, { events, position, streams }: Appended): Accepted {
  const revision = streams[0]?.revision
  invariant(revision !== undefined, 'an append answered without a revision')
  return { accepted: true, stream, revision, position, events: events as Accepted['events'] }
}

function isRejection(decision: Decision<EventSchemas, string>): decision is Rejection {
  return 'rejected' in decision
}

function rejected(
  decider: Decider,
  command: Command,
  stream: string,
  { code, details }: Rejection,
): Rejected {
  const message = Object.hasOwn(decider.rejections, code) ? decider.rejections[code] : undefined
  if (message === undefined)
    throw invalidDefinition(
      `command ${command.name}`,
      `it rejects with the code "${code}", which is not declared under rejections`,
    )
  return { accepted: false, stream, code, message, details }
}

function commandConflict(
  command: Command,
  stream: string,
  attempts: number,
  cause: unknown,
): AnnalsError<'command-conflict'> {
  return new AnnalsError(
    'command-conflict',
    `Command ${command.name} on stream "${stream}" met a concurrent change on each of its ${attempts} attempts. Nothing was recorded. Try again.`,
    { command: command.name, stream, attempts },
    { cause },
  )
}
