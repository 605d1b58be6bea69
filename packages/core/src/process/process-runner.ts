import type { Clock, Timer } from '../clock.ts'
import type { Accepted, Rejected } from '../command/command-handler.ts'
import type { Consumer, ConsumerStatus } from '../consumer/consumer.ts'
import { KeyedConsumer } from '../consumer/keyed-consumer.ts'
import { KeyedControl } from '../consumer/keyed-control.ts'
import { AnnalsError, isAnnalsError } from '../errors.ts'
import { currentEvents } from '../event/current-events.ts'
import type { NewEvent, RecordedEvent } from '../event/event.ts'
import { isSelected, narrowedTo, type Selection } from '../event/selection.ts'
import { assertStreamName, categoryOf } from '../event/stream.ts'
import type { JsonObject } from '../json.ts'
import { limits } from '../limits.ts'
import type { EventStore } from '../store/event-store.ts'
import { Agenda, type AgendaEntry } from './agenda.ts'
import type { CommandExecution } from './command-execution.ts'
import {
  type CommandAnswer,
  type CommandsSettled,
  type DeadlinePassed,
  type Reacted,
  type SentCommand,
  sentCommandId,
} from './process-events.ts'
import type { ProcessContext, ProcessManager } from './process-manager.ts'
import { type OpenReaction, ProcessState } from './process-state.ts'
import type { Reaction } from './reaction.ts'
import { type Cause, recordedReaction } from './record-reaction.ts'
import { commandNamed } from './sent-command.ts'
import { tracesOf } from './traces.ts'

/** Settings of what runs a process manager. */
export interface ProcessRunnerOptions {
  readonly manager: ProcessManager
  readonly store: EventStore
  readonly execution: CommandExecution
  readonly clock: Clock
  readonly timer: Timer
}

/**
 * Runs the processes of one manager: follows the log, records what each process does about each event, and executes what
 * it sends. Times that have come are recorded too, as events of the process, and then reacted to as any other event; so
 * there is one order, one retry and one parking for both.
 */
export class ProcessRunner extends KeyedControl implements Consumer {
  readonly kind = 'process-manager'
  readonly version = 1
  readonly name: string
  readonly #options: ProcessRunnerOptions
  protected readonly consumer: KeyedConsumer
  readonly #agenda: Agenda

  constructor(options: ProcessRunnerOptions) {
    super()
    const { manager, store, clock, timer } = options
    this.name = manager.name
    this.#options = options
    const { selection, current } = currentEvents(store, manager.reactsTo, selectionOf(manager), {
      unreadable: 'keep',
    })
    this.consumer = new KeyedConsumer({
      consumer: manager.name,
      store,
      select: selection,
      current,
      key: (event) => keyOf(manager, event),
      handle: (event, { key, signal }) => this.#handle(event, key, signal),
      retries: manager.retries,
      parallelMax: manager.parallelMax,
      clock,
      timer,
    })
    this.#agenda = new Agenda({
      store,
      category: manager.name,
      note: agendaEntries,
      act: (id) => this.#recordPassed(id),
      clock,
      timer,
    })
  }

  async start(): Promise<void> {
    await this.consumer.start()
    if (Object.keys(this.#options.manager.onDeadline).length > 0) this.#agenda.start()
  }

  async stop(): Promise<void> {
    await this.#agenda.stop()
    await this.consumer.stop()
  }

  override async status(): Promise<ConsumerStatus> {
    const status = await super.status()
    return { ...status, error: status.error ?? this.#agenda.error }
  }

  async #handle(event: RecordedEvent, key: string, signal: AbortSignal): Promise<void> {
    const { manager, store } = this.#options
    const stream = streamOf(manager, key)
    let process = await ProcessState.load(store, manager, stream)
    for (;;) {
      signal.throwIfAborted()
      const open = process.openReactionTo(event.position)
      let isRecorded: boolean
      if (open) isRecorded = await this.#settle(process, open, event, key, signal)
      else if (process.isFinished || process.hasReactedTo(event)) return
      else {
        const reacted = await this.#reactionTo(process, event, key)
        if (reacted.length === 0) return
        isRecorded = await this.#record(process, reacted)
      }
      // Another process was faster; what it recorded counts.
      if (!isRecorded) process = await ProcessState.load(store, manager, stream)
    }
  }

  async #reactionTo(process: ProcessState, event: RecordedEvent, key: string): Promise<readonly NewEvent[]> {
    const { manager } = this.#options
    const { type, position, id } = event
    const cause = { position, eventId: id, eventType: type }
    if (!isOfItself(manager, event)) {
      const handler = manager.on[type] as ProcessManager['on'][string]
      return this.#reaction(process, cause, event, key, (context) => handler(process.state, event, context))
    }
    const { name, set } = event.data as unknown as DeadlinePassed
    // It may have been called off, or set anew, by what was reacted to since its time came.
    if (process.deadlines.get(name)?.set !== set) return []
    const handler = Object.hasOwn(manager.onDeadline, name) ? manager.onDeadline[name] : undefined
    if (!handler) throw noSuchDeadline(manager, name)
    return this.#reaction(process, { ...cause, deadline: name }, event, key, (context) =>
      handler(process.state, context),
    )
  }

  async #reaction(
    process: ProcessState,
    cause: Cause,
    event: RecordedEvent,
    key: string,
    react: (context: ProcessContext) => Reaction,
  ): Promise<readonly NewEvent[]> {
    const { execution, clock } = this.#options
    const nowMs = clock()
    const reaction = react({ key, now: new Date(nowMs) })
    return recordedReaction(process, cause, reaction, execution.commands, nowMs, tracesOf(event))
  }

  /**
   * Executes the commands of a reaction, in order, and records that it did, or the reaction to the first that was
   * rejected and has not been reacted to. Whether it was the one who recorded it.
   */
  async #settle(
    process: ProcessState,
    { revision, commands }: OpenReaction,
    event: RecordedEvent,
    key: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { manager } = this.#options
    const answers: CommandAnswer[] = []
    for (const [number, sent] of commands.entries()) {
      signal.throwIfAborted()
      const commandId = sentCommandId(process.stream, revision, number)
      const outcome = await this.#execute(sent, commandId, event)
      if (outcome.accepted) {
        answers.push({ accepted: true })
        continue
      }
      const { code, message, details } = outcome
      answers.push({ accepted: false, code, message })
      const { onRejected } = manager
      if (!onRejected || process.hasReactedToRejection(commandId)) continue
      const cause = { ...causeOf(event), rejected: commandId }
      const reacted = await this.#reaction(process, cause, event, key, (context) =>
        onRejected(process.state, { ...sent, stream: outcome.stream, code, message, details }, context),
      )
      if (reacted.length > 0 && !(await this.#record(process, reacted))) return false
    }
    const settled: CommandsSettled = { reaction: revision, answers }
    const data = settled as unknown as JsonObject
    return this.#record(process, [{ type: 'CommandsSettled', data, metadata: tracesOf(event) }])
  }

  #execute(sent: SentCommand, commandId: string, event: RecordedEvent): Promise<Accepted | Rejected> {
    const { execution } = this.#options
    const { $correlationId: correlationId, $causationId: causationId } = tracesOf(event)
    return execution.execute(commandNamed(execution.commands, sent.command), sent.stream, sent.input, {
      commandId,
      correlationId,
      causationId,
    })
  }

  /** Whether it is recorded; not if the process has come to something else meanwhile. */
  async #record(process: ProcessState, events: readonly NewEvent[]): Promise<boolean> {
    const { stream, revision } = process
    try {
      const appended = await this.#options.store.append({ stream, events, expectedRevision: revision })
      process.apply(appended.events)
      return true
    } catch (error) {
      if (isAnnalsError(error, 'wrong-expected-revision')) return false
      throw error
    }
  }

  async #recordPassed(id: string): Promise<void> {
    const { manager, store, clock } = this.#options
    const [stream, name] = deadlineOf(id)
    for (;;) {
      const process = await ProcessState.load(store, manager, stream)
      const open = process.deadlines.get(name)
      if (!open || open.isPassed || open.atMs > clock()) return
      const passed: DeadlinePassed = { name, set: open.set }
      const metadata = { $correlationId: open.correlationId, $causationId: open.eventId }
      const event = { type: 'DeadlinePassed', data: passed as unknown as JsonObject, metadata }
      if (await this.#record(process, [event])) return
    }
  }
}

/** What the consumer of a process manager reads: the events it may react to, and those of its own that tell of deadlines. */
function selectionOf({ on, onDeadline, select }: ProcessManager): Selection {
  const deadlines = Object.keys(onDeadline).length > 0 ? [{ types: ['DeadlinePassed'] }] : []
  const { query } = narrowedTo(Object.keys(on), select)
  return { query: [...query, ...deadlines] }
}

function keyOf(manager: ProcessManager, event: RecordedEvent): string | undefined {
  const { name, on, select, key } = manager
  if (isOfItself(manager, event))
    return event.type === 'DeadlinePassed' ? event.stream.slice(name.length + 1) : undefined
  if (!Object.hasOwn(on, event.type) || !isSelected(select, event)) return undefined
  const found: unknown = key(event)
  if (typeof found === 'string') streamOf(manager, found)
  return found as string | undefined
}

/** The stream of a process. @throws AnnalsError `invalid-argument` for a key that cannot be part of a name */
function streamOf({ name }: ProcessManager, key: string): string {
  const stream = `${name}-${key}`
  assertStreamName(stream)
  if (stream.length <= processStreamLengthMax) return stream
  const expected = `a key of at most ${processStreamLengthMax - name.length - 1} characters`
  throw new AnnalsError(
    'invalid-argument',
    `The process manager ${name} cannot have a process of this key: expected ${expected}, but got ${key.length}.`,
    { argument: 'key', expected, received: key },
  )
}

// The ids of the commands that it sends become part of stream names too.
const processStreamLengthMax = limits.streamNameLengthMax - 50

function isOfItself({ name }: ProcessManager, event: RecordedEvent): boolean {
  return categoryOf(event.stream) === name
}

function causeOf({ position, id, type }: RecordedEvent): Cause {
  return { position, eventId: id, eventType: type }
}

function agendaEntries({ stream, type, data }: RecordedEvent): readonly AgendaEntry[] {
  if (type !== 'Reacted') return []
  const { deadlines = [], ended = [] } = data as unknown as Reacted
  return [
    ...ended.map((name) => ({ id: deadlineId(stream, name), atMs: undefined })),
    ...deadlines.map(({ name, at }) => ({ id: deadlineId(stream, name), atMs: Date.parse(at) })),
  ]
}

// Neither a stream nor, since it comes after, the name of a deadline can be mistaken: a stream's has no control characters.
function deadlineId(stream: string, name: string): string {
  return `${stream}\n${name}`
}

function deadlineOf(id: string): [stream: string, name: string] {
  const end = id.indexOf('\n')
  return [id.slice(0, end), id.slice(end + 1)]
}

function noSuchDeadline({ name, onDeadline }: ProcessManager, deadline: string): AnnalsError {
  const known = Object.keys(onDeadline).join(', ') || 'none'
  const problem = `a process has set the deadline "${deadline}", which has no handler under onDeadline; it has ${known}`
  return new AnnalsError(
    'invalid-definition',
    `The definition of process manager ${name} cannot work: ${problem}.`,
    { definition: `process manager ${name}`, problem },
  )
}
