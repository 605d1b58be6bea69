import type { Caller } from '../caller.ts'
import type { Clock, Timer } from '../clock.ts'
import type { AnyCommand, CommandInput } from '../command/command-handler.ts'
import type { Command } from '../command/decider.ts'
import { inputHash } from '../command/input-hash.ts'
import type { Consumer, ConsumerStatus } from '../consumer/consumer.ts'
import { KeyedConsumer } from '../consumer/keyed-consumer.ts'
import { KeyedControl } from '../consumer/keyed-control.ts'
import { retriesOf } from '../consumer/retry-policy.ts'
import { AnnalsError, asError, isAnnalsError } from '../errors.ts'
import type { ExpectedRevision } from '../event/append-condition.ts'
import type { NewEvent, RecordedEvent } from '../event/event.ts'
import { describe, type JsonObject } from '../json.ts'
import { invalidName, nameError } from '../name.ts'
import type { EventStore } from '../store/event-store.ts'
import { Agenda, type AgendaEntry } from './agenda.ts'
import type { CommandExecution } from './command-execution.ts'
import { type DueTime, dueAtMs } from './due-time.ts'
import type { SentCommand } from './process-events.ts'
import {
  type CommandScheduled,
  endsSchedule,
  isOver,
  loadSchedule,
  openSchedules,
  type ScheduledCommand,
  scheduleCategory,
  scheduleIdOf,
  scheduleStream,
} from './schedule-state.ts'
import { commandNamed, sentCommand } from './sent-command.ts'
import { tracesOf } from './traces.ts'

/** When a command is to be executed, and what else can be said with it. */
export type ScheduleOptions = DueTime & {
  /** Names it, so that scheduling may be repeated: the first time counts. Default: an id of its own. */
  readonly id?: string | undefined
  /** On whose behalf. Whether the caller may is asked now, and not again when the time has come. */
  readonly caller?: Caller | undefined
}

/** What is given with a command that is to be scheduled: a stream only if the command does not choose it by itself. */
export type ScheduleArguments<C extends AnyCommand> = C extends Command
  ? [stream: string, input: CommandInput<C>, options: ScheduleOptions]
  : [input: CommandInput<C>, options: ScheduleOptions]

/** A command that is scheduled. */
export interface Scheduled {
  readonly id: string
  readonly at: Date
}

/** Settings of a scheduler. */
export interface SchedulerOptions {
  readonly store: EventStore
  readonly execution: CommandExecution
  readonly newId: () => string
  /** How long it is known what came of a command. */
  readonly keptMs: number
  readonly clock: Clock
  readonly timer: Timer
}

/**
 * Executes commands at a later time. Each has a stream, `$schedule-<id>`, in which it is recorded that it is scheduled,
 * that its time has come, and what came of it; so it survives restarts, and one that became due meanwhile is executed
 * at the start. That its time has come is recorded before it is executed, and it is called off by an event too: of the
 * two, the store takes one. What is over is hidden when it has been kept for long enough.
 */
export class Scheduler extends KeyedControl implements Consumer {
  readonly name = '$schedule'
  readonly kind = 'schedule'
  readonly version = 1
  readonly #options: SchedulerOptions
  readonly #agenda: Agenda
  #begun: KeyedConsumer | undefined
  #beginning: Promise<void> | undefined
  #error: Error | undefined
  #forgetting: Promise<void> = Promise.resolve()
  #cancelForgetting: (() => void) | undefined
  #isStopped = false

  constructor(options: SchedulerOptions) {
    super()
    this.#options = options
    const { store, clock, timer } = options
    this.#agenda = new Agenda({
      store,
      category: scheduleCategory,
      note: (event) => {
        this.#begin()
        return agendaEntries(event)
      },
      act: (id) => this.#recordDue(id),
      clock,
      timer,
    })
  }

  start(): void {
    this.#agenda.start()
    this.#forget()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelForgetting?.()
    await this.#forgetting
    await this.#agenda.stop()
    await this.#beginning
    await this.#begun?.stop()
  }

  /** Whether anything was ever scheduled; before, there is nothing to follow. */
  get hasBegun(): boolean {
    return this.#begun !== undefined
  }

  /** @throws AnnalsError `unknown-command`, `invalid-argument`, `invalid-input`, `schedule-id-reused` */
  async schedule(
    command: AnyCommand,
    stream: string | undefined,
    input: unknown,
    options: Partial<ScheduleOptions> = {},
  ): Promise<Scheduled> {
    const { store, execution, newId, clock } = this.#options
    const { caller, id = newId() } = options
    assertScheduleId(id)
    const at = isoTimeOf(options, clock())
    const sent = await sentCommand(execution.commands, command, stream, input)
    const scheduled: CommandScheduled = { ...sent, at, ...(caller && { caller }) }
    const metadata = caller && { $callerId: caller.id }
    const event = { type: 'CommandScheduled', data: scheduled as unknown as JsonObject, metadata }
    for (let expected: ExpectedRevision = 'no-stream'; ; ) {
      if (await this.#record(id, event, expected)) {
        await this.#begin()
        return { id, at: new Date(at) }
      }
      const known = await loadSchedule(store, id)
      if (known && (await isSame(known.scheduled, sent))) return { id, at: new Date(known.scheduled.at) }
      if (known) throw scheduleIdReused(id, known.scheduled)
      // One that had this id has been forgotten.
      expected = (await store.stream(scheduleStream(id)))?.revision ?? 'no-stream'
    }
  }

  /** Whether it will not be executed; not if its time has come already. @throws AnnalsError `schedule-not-found` */
  async cancel(id: string, caller?: Caller): Promise<boolean> {
    const metadata = caller && { $callerId: caller.id }
    for (;;) {
      const schedule = await loadSchedule(this.#options.store, id)
      if (!schedule) throw scheduleNotFound(id)
      if (schedule.state !== 'waiting') return schedule.state === 'cancelled'
      const event = { type: 'ScheduleCancelled', data: {}, metadata }
      if (await this.#record(id, event, schedule.revision)) return true
    }
  }

  /** Those that wait for their time or are being executed, soonest first. */
  list(): Promise<readonly ScheduledCommand[]> {
    return openSchedules(this.#options.store)
  }

  override async status(): Promise<ConsumerStatus> {
    const status = await super.status()
    return { ...status, error: status.error ?? this.#error ?? this.#agenda.error }
  }

  /** Begins to execute what is due. Resolves when it has. */
  #begin(): Promise<void> {
    this.#beginning ??= this.consumer.start().catch((error: unknown) => {
      this.#error = asError(error)
    })
    return this.#beginning
  }

  protected get consumer(): KeyedConsumer {
    const { store, clock, timer } = this.#options
    this.#begun ??= new KeyedConsumer({
      consumer: this.name,
      store,
      select: { category: scheduleCategory },
      key: (event) => (event.type === 'ScheduleDue' ? scheduleIdOf(event) : undefined),
      handle: (_event, { key }) => this.#execute(key),
      retries: retriesOf('scheduled commands'),
      parallelMax: 16,
      clock,
      timer,
    })
    return this.#begun
  }

  /** Hides what has been over for long enough, and again once a day. */
  #forget(): void {
    const { clock, timer } = this.#options
    this.#forgetting = this.#forgetBefore(clock() - this.#options.keptMs)
      .catch((error: unknown) => {
        // Whoever only reads a store forgets nothing in it.
        if (!isAnnalsError(error, 'store-read-only') && !isAnnalsError(error, 'store-closed'))
          this.#error = asError(error)
      })
      .then(() => {
        if (!this.#isStopped) this.#cancelForgetting = timer(clock() + dayMs, () => this.#forget())
      })
  }

  async #forgetBefore(timeMs: number): Promise<void> {
    const { store } = this.#options
    for await (const events of store.read({ category: scheduleCategory }).batches()) {
      for (const { stream, type, revision, recordedAt } of events) {
        if (recordedAt.getTime() >= timeMs || this.#isStopped) return
        if (endsSchedule(type)) await store.truncate(stream, { beforeRevision: revision + 1 })
      }
    }
  }

  async #recordDue(id: string): Promise<void> {
    for (;;) {
      const schedule = await loadSchedule(this.#options.store, id)
      if (schedule?.state !== 'waiting') return
      const event = { type: 'ScheduleDue', data: {}, metadata: tracesOf(schedule.event) }
      if (await this.#record(id, event, schedule.revision)) return
    }
  }

  async #execute(id: string): Promise<void> {
    const { store, execution } = this.#options
    const schedule = await loadSchedule(store, id)
    if (!schedule || isOver(schedule)) return
    const { command, stream, input, caller } = schedule.scheduled
    const traces = tracesOf(schedule.event)
    const outcome = await execution.execute(commandNamed(execution.commands, command), stream, input, {
      commandId: scheduleStream(id),
      correlationId: traces.$correlationId,
      causationId: traces.$causationId,
      caller,
    })
    const data = outcome.accepted
      ? { accepted: true }
      : { accepted: false, code: outcome.code, message: outcome.message }
    // Another process may have been faster; it was given the same answer.
    await this.#record(id, { type: 'ScheduleSettled', data, metadata: traces }, schedule.revision)
  }

  /** Whether it is recorded; not if another was faster. */
  async #record(id: string, event: NewEvent, expectedRevision: ExpectedRevision): Promise<boolean> {
    try {
      await this.#options.store.append({ stream: scheduleStream(id), events: [event], expectedRevision })
      return true
    } catch (error) {
      if (isAnnalsError(error, 'wrong-expected-revision')) return false
      throw error
    }
  }
}

function agendaEntries(event: RecordedEvent): readonly AgendaEntry[] {
  const id = scheduleIdOf(event)
  if (event.type !== 'CommandScheduled') return [{ id, atMs: undefined }]
  return [{ id, atMs: Date.parse((event.data as unknown as CommandScheduled).at) }]
}

function isoTimeOf(when: Partial<DueTime>, nowMs: number): string {
  const atMs = 'at' in when || 'afterMs' in when ? dueAtMs(when as DueTime, nowMs) : undefined
  if (atMs !== undefined) return new Date(atMs).toISOString()
  const expected = '{ afterMs } as a number of milliseconds or { at } as a date'
  const received = 'at' in when ? when.at : 'afterMs' in when ? when.afterMs : undefined
  throw new AnnalsError(
    'invalid-argument',
    `A command cannot be scheduled for no moment there is: expected ${expected}, but got ${describe(received)}.`,
    { argument: 'at' in when ? 'at' : 'afterMs', expected, received },
  )
}

function assertScheduleId(id: string): void {
  const problem = invalidName(id, scheduleIdLengthMax)
  if (problem) throw nameError('id', problem, id)
}

const dayMs = 24 * 60 * 60 * 1000

// It becomes part of the names of streams.
const scheduleIdLengthMax = 200

async function isSame(known: SentCommand, given: SentCommand): Promise<boolean> {
  if (known.command !== given.command || known.stream !== given.stream) return false
  return (await inputHash(known.input)) === (await inputHash(given.input))
}

function scheduleIdReused(id: string, { command }: SentCommand): AnnalsError<'schedule-id-reused'> {
  return new AnnalsError(
    'schedule-id-reused',
    `The id ${describe(id)} was used to schedule ${command}, for another stream or with another input. Nothing was recorded. Give each an id of its own, and repeat only what is the same.`,
    { id, command },
  )
}

function scheduleNotFound(id: string): AnnalsError<'schedule-not-found'> {
  return new AnnalsError(
    'schedule-not-found',
    `No command was scheduled under the id ${describe(id)}, or what came of it is no longer kept. Check the id.`,
    { id },
  )
}
