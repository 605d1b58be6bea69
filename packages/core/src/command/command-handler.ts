import { type AuthorizeRequest, assertAuthorized } from '../authorization.ts'
import type { Caller } from '../caller.ts'
import type { Clock } from '../clock.ts'
import { AnnalsError, invariant, isAnnalsError } from '../errors.ts'
import { checkExpectedRevision, type ExpectedRevision } from '../event/append-condition.ts'
import type { NewEvent, RecordedEvent } from '../event/event.ts'
import { type EventSchemas, invalidDefinition, type RecordedEventOf } from '../event/fold.ts'
import type { Position } from '../event/position.ts'
import type { Revision } from '../event/stream.ts'
import type { JsonObject } from '../json.ts'
import type { NewId } from '../new-id.ts'
import { type InputOf, validateInput } from '../schema.ts'
import type { Appended, EventStore, StreamAppend } from '../store/event-store.ts'
import { backOff } from './back-off.ts'
import { CommandAnswers, type CommandResult, type IdentifiedCommand } from './command-answers.ts'
import { commandMetadata } from './command-metadata.ts'
import { decideOnModel, streamChosenBy } from './decide-on-model.ts'
import { assertStreamOf, decideOnStream } from './decide-on-stream.ts'
import { decidedEvents } from './decided-events.ts'
import type { Command, Decider, Decision } from './decider.ts'
import type { Basis, Deciding } from './deciding.ts'
import type { DecisionCommand } from './decision-command.ts'
import { inputHash } from './input-hash.ts'
import { KeyedQueue } from './keyed-queue.ts'
import { StateLoader } from './load-state.ts'
import type { Rejection } from './rejection.ts'
import type { Snapshots } from './snapshots.ts'

/** A command of a decider, or one with a decision model. */
export type AnyCommand = Command | DecisionCommand

/** What `app.execute` needs to be given for a command. */
export type CommandInput<C extends AnyCommand> = InputOf<C['input']>

/** What `app.execute` is given beside a command: a stream only if the command does not choose it by itself. */
export type CommandArguments<C extends AnyCommand> = C extends Command
  ? [stream: string, input: CommandInput<C>, options?: ExecuteOptions]
  : [input: CommandInput<C>, options?: ExecuteOptions]

/** What `app.execute` answers for a command. */
export type CommandOutcome<C extends AnyCommand> = C extends {
  readonly '~types'?: {
    readonly events: infer Events extends EventSchemas
    readonly code: infer Code extends string
  }
}
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
  /**
   * Names this command, so that it may be given again: it takes effect once, and its repeats are answered as it was, across
   * restarts and processes, for as long as `commandIdsKeptMs` says. Recorded with each event.
   */
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
  /** The decider of a category. */
  readonly deciderOf: (category: string) => Decider | undefined
  /** How often a command that meets a concurrent change is decided, the first time included. */
  readonly attemptsMax: number
  /** How long what came of a command with an id is kept. */
  readonly commandIdsKeptMs: number
  /** Gives numbers from 0 to below 1. */
  readonly random: () => number
  /** How many states of streams are kept in memory. */
  readonly cachedStatesMax: number
  readonly snapshots: Snapshots | undefined
}

/**
 * Executes commands: validate, read and fold, decide, append; and again from reading on if another writer was faster.
 * Commands that would meet each other run one after the other in this process, so that only other processes can be faster.
 */
export class CommandHandler {
  readonly #options: CommandHandlerOptions
  readonly #queue = new KeyedQueue()
  readonly #states: StateLoader
  readonly #answers: CommandAnswers

  constructor(options: CommandHandlerOptions) {
    const { store, clock, commandIdsKeptMs, cachedStatesMax, snapshots } = options
    this.#options = options
    this.#states = new StateLoader({ store, clock, cachedStatesMax, snapshots })
    this.#answers = new CommandAnswers({ store, keptMs: commandIdsKeptMs })
  }

  /** @param stream The stream of a command of a decider; one with a decision model chooses it by itself. */
  async execute(
    command: AnyCommand,
    stream: string | undefined,
    input: unknown,
    options: CommandRequest = {},
  ): Promise<Accepted | Rejected> {
    const { newId, authorize } = this.#options
    const { caller, commandId, isOwn = false } = options
    const { name } = command
    if (command.kind === 'command') assertStreamOf(command, stream as string)
    const metadata = commandMetadata(options, newId)
    const valid = await validateInput(command.input, input, `command ${name}`)
    const target = command.kind === 'command' ? (stream as string) : streamChosenBy(command, valid)
    if (!isOwn) {
      const request = { kind: 'command', name, caller, input: valid, stream: target } as const
      await assertAuthorized(request, authorize, command.authorize)
    }
    const deciding = this.#decidingOf(command, target, valid, options)
    if (commandId === undefined) return this.#decide(deciding, options, metadata)
    const identified = { commandId, command: name, stream: target, inputHash: await inputHash(input) }
    return this.#answers.once(identified, () => this.#decide(deciding, options, metadata, identified))
  }

  #decidingOf(
    command: AnyCommand,
    stream: string,
    input: unknown,
    { expectedRevision }: ExecuteOptions,
  ): Deciding {
    const { store, deciderOf } = this.#options
    if (command.kind === 'decision-command')
      return decideOnModel(store, command, stream, input, expectedRevision)
    const decider = deciderOf(command.category)
    invariant(decider, `command ${command.name} has no decider`)
    return decideOnStream(this.#states, decider, command, stream, input)
  }

  #decide(
    deciding: Deciding,
    options: ExecuteOptions,
    metadata: JsonObject,
    identified?: IdentifiedCommand,
  ): Promise<Accepted | Rejected> {
    const { attemptsMax, random } = this.#options
    return this.#queue.run(deciding.keys, async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#attempt(deciding, options, metadata, identified)
        } catch (error) {
          if (!(error instanceof Conflict)) throw error
          if (attempt >= attemptsMax) throw commandConflict(deciding, attempt, error.cause)
          await backOff(attempt, random)
        }
      }
    })
  }

  /** @throws Conflict if another writer was faster */
  async #attempt(
    deciding: Deciding,
    { expectedRevision, caller }: ExecuteOptions,
    metadata: JsonObject,
    identified: IdentifiedCommand | undefined,
  ): Promise<Accepted | Rejected> {
    const { stream } = deciding
    const found = identified && (await this.#answers.find(identified))
    if (found && 'outcome' in found) return found.outcome
    const answer = async (result: CommandResult): Promise<StreamAppend[]> =>
      identified ? [await this.#answers.toRecord(identified, result, { metadata, ...found })] : []
    const basis = await deciding.read()
    if (expectedRevision !== undefined)
      checkExpectedRevision(stream, expectedRevision, await basis.revision())
    const decision = basis.decide({ stream, now: new Date(this.#options.clock()), caller })
    if (isRejection(decision)) {
      const outcome = rejected(deciding, decision)
      const { code, message, details } = outcome
      await this.#append(await answer({ accepted: false, code, message, ...(details && { details }) }))
      return outcome
    }
    const decided = Array.isArray(decision) ? (decision as readonly NewEvent[]) : [decision as NewEvent]
    if (decided.length === 0) {
      const outcome = await nothingChanged(stream, basis)
      const { revision, position } = outcome
      await this.#append(await answer({ accepted: true, eventCount: 0, revision, position }))
      return outcome
    }
    const events = await decidedEvents(deciding, decided, metadata)
    const appends = [
      { stream, events, expectedRevision: basis.expectedRevision },
      ...(await answer({ accepted: true, eventCount: events.length })),
    ]
    const outcome = accepted(stream, events.length, (await this.#append(appends, basis)) as Appended)
    basis.recorded?.(outcome.events as readonly RecordedEvent[])
    return outcome
  }

  async #append(appends: readonly StreamAppend[], basis?: Basis): Promise<Appended | undefined> {
    if (appends.length === 0) return undefined
    try {
      return await this.#options.store.append(appends, basis?.condition)
    } catch (error) {
      if (isAnnalsError(error, 'wrong-expected-revision') || isAnnalsError(error, 'append-condition-failed'))
        throw new Conflict('another writer was faster', { cause: error })
      throw error
    }
  }
}

// Apart from the same errors of a caller's own expectation, which are no reason to try again.
class Conflict extends Error {}

function accepted(stream: string, eventCount: number, { events: recorded, streams }: Appended): Accepted {
  // What is recorded of the command itself comes after its events.
  const events = recorded.slice(0, eventCount)
  const revision = streams[0]?.revision
  const position = events.at(-1)?.position
  invariant(revision !== undefined && position !== undefined, 'an append answered without its events')
  return { accepted: true, stream, revision, position, events: events as Accepted['events'] }
}

async function nothingChanged(stream: string, basis: Basis): Promise<Accepted> {
  const revision = await basis.revision()
  return {
    accepted: true,
    stream,
    revision: revision === 'no-stream' ? -1 : revision,
    position: basis.position,
    events: [],
  }
}

function isRejection(decision: Decision<EventSchemas, string>): decision is Rejection {
  return 'rejected' in decision
}

function rejected({ name, stream, rejections }: Deciding, { code, details }: Rejection): Rejected {
  const message = Object.hasOwn(rejections, code) ? rejections[code] : undefined
  if (message === undefined)
    throw invalidDefinition(
      `command ${name}`,
      `it rejects with the code "${code}", which is not declared under rejections`,
    )
  return { accepted: false, stream, code, message, details }
}

function commandConflict(
  { name, stream }: Deciding,
  attempts: number,
  cause: unknown,
): AnnalsError<'command-conflict'> {
  return new AnnalsError(
    'command-conflict',
    `Command ${name} on stream "${stream}" met a concurrent change on each of its ${attempts} attempts. Nothing was recorded. Try again.`,
    { command: name, stream, attempts },
    { cause },
  )
}
