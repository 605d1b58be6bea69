import { AnnalsError } from '../errors.ts'
import type { RecordedEvent } from '../event/event.ts'
import type { Position } from '../event/position.ts'
import { type Revision, systemStream } from '../event/stream.ts'
import type { JsonObject } from '../json.ts'
import type { EventStore, StreamAppend } from '../store/event-store.ts'
import type { Accepted, Rejected } from './command-handler.ts'

/** A command that has an id, and what tells its repeats from other commands under the same id. */
export interface IdentifiedCommand {
  readonly commandId: string
  readonly command: string
  readonly stream: string
  readonly inputHash: string
}

/** What came of a command: what is recorded of it under its id. */
export type CommandResult =
  | { readonly accepted: true; readonly eventCount: number }
  | {
      readonly accepted: true
      readonly eventCount: 0
      readonly revision: Revision
      readonly position: Position
    }
  | {
      readonly accepted: false
      readonly code: string
      readonly message: string
      readonly details?: JsonObject | undefined
    }

/**
 * Remembers what came of each command that has an id, in the stream `$command-<id>`: recorded in one append with the
 * events of the command, so that neither is there without the other, and only once, whoever else tries.
 */
export class CommandAnswers {
  readonly #store: EventStore
  readonly #keptMs: number
  readonly #running = new Map<
    string,
    { readonly is: IdentifiedCommand; readonly outcome: Promise<Outcome> }
  >()
  #retained: Promise<void> | undefined

  constructor({ store, keptMs }: { readonly store: EventStore; readonly keptMs: number }) {
    this.#store = store
    this.#keptMs = keptMs
  }

  /** Executes a command unless it is being executed; then it answers with the same. @throws AnnalsError `command-id-reused` */
  once(command: IdentifiedCommand, execute: () => Promise<Outcome>): Promise<Outcome> {
    const running = this.#running.get(command.commandId)
    if (running) {
      assertSame(command, running.is)
      return running.outcome
    }
    const outcome = execute().finally(() => this.#running.delete(command.commandId))
    this.#running.set(command.commandId, { is: command, outcome })
    return outcome
  }

  /**
   * What came of a command, or where its stream has to be when that is recorded. An answer that is no longer kept is as
   * good as none; of events that are no longer there it does not tell.
   *
   * @throws AnnalsError `command-id-reused`
   */
  async find(
    command: IdentifiedCommand,
  ): Promise<{ readonly outcome: Outcome } | { readonly expectedRevision: Revision | 'no-stream' }> {
    const stream = streamOf(command)
    const info = await this.#store.stream(stream)
    if (!info) return { expectedRevision: 'no-stream' }
    for await (const event of this.#store.read({ stream }, { direction: 'backwards', limit: 1 })) {
      const { commandId } = command
      const answer = event.data as unknown as Omit<IdentifiedCommand, 'commandId'> & CommandResult
      assertSame(command, { ...answer, commandId })
      return { outcome: await this.#outcomeOf(command, answer, event.position) }
    }
    return { expectedRevision: info.revision }
  }

  /** What is to be recorded with the events of a command, after them. */
  async toRecord(
    command: IdentifiedCommand,
    result: CommandResult,
    {
      metadata,
      expectedRevision,
    }: Pick<StreamAppend, 'expectedRevision'> & { readonly metadata: JsonObject },
  ): Promise<StreamAppend> {
    this.#retained ??= this.#retain()
    await this.#retained
    const { commandId: _, ...facts } = command
    return {
      stream: streamOf(command),
      events: [{ type: 'CommandAnswered', data: { ...facts, ...result }, metadata }],
      expectedRevision,
    }
  }

  async #outcomeOf(
    { stream, commandId }: IdentifiedCommand,
    result: CommandResult,
    answeredAt: Position,
  ): Promise<Outcome> {
    if (!result.accepted) {
      const { code, message, details } = result
      return { accepted: false, stream, code, message, details }
    }
    if ('position' in result) {
      const { revision, position } = result
      return { accepted: true, stream, revision, position, events: [] }
    }
    // They were recorded together with the answer, so they are the last ones of their stream before it.
    const events: RecordedEvent[] = []
    const bounds = { direction: 'backwards', upTo: answeredAt, limit: result.eventCount } as const
    for await (const event of this.#store.read({ stream }, bounds))
      if (event.metadata?.$commandId === commandId) events.unshift(event)
    const last = events.at(-1)
    return {
      accepted: true,
      stream,
      revision: last?.revision ?? (await this.#store.stream(stream))?.revision ?? -1,
      position: last?.position ?? answeredAt,
      events: events as readonly RecordedEvent<string, unknown>[],
    }
  }

  async #retain(): Promise<void> {
    try {
      // Each time it is set it is written down, and mostly it is set already.
      for await (const { retention } of this.#store.streams({ category, limit: 1 }))
        if (retention?.maxAgeMs === this.#keptMs) return
      await this.#store.retain({ category }, { maxAgeMs: this.#keptMs })
    } catch (error) {
      this.#retained = undefined
      throw error
    }
  }
}

type Outcome = Accepted | Rejected

const category = '$command'

function streamOf({ commandId }: IdentifiedCommand): string {
  return systemStream('command', commandId)
}

function assertSame(given: IdentifiedCommand, earlier: IdentifiedCommand): void {
  const { commandId, command, stream } = earlier
  if (command === given.command && stream === given.stream && earlier.inputHash === given.inputHash) return
  const what =
    command === given.command && stream === given.stream
      ? 'with another input'
      : `for command ${command} on stream "${stream}"`
  throw new AnnalsError(
    'command-id-reused',
    `The command id ${JSON.stringify(commandId)} has been used ${what}. Nothing was recorded. Give each command an id of its own, and repeat only what is the same.`,
    { commandId, command, stream },
  )
}
