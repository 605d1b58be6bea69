import { AnnalsError } from '../errors.ts'
import { currentEvents } from '../event/current-events.ts'
import type { RecordedEvent } from '../event/event.ts'
import { evolveOne } from '../event/fold.ts'
import { type Position, startOfLog } from '../event/position.ts'
import type { Revision } from '../event/stream.ts'
import type { EventStore } from '../store/event-store.ts'
import type { CommandsSettled, DeadlinePassed, Reacted, SentCommand } from './process-events.ts'
import type { ProcessManager } from './process-manager.ts'

/** A deadline that is set and neither called off nor reacted to. */
export interface OpenDeadline {
  readonly atMs: number
  /** Whether it is recorded that its time has come. */
  readonly isPassed: boolean
  /** The revision of the `Reacted` that set it. */
  readonly set: Revision
  /** What set it, so that what it leads to can be traced back. */
  readonly eventId: string
  readonly correlationId: string | undefined
}

/** A reaction whose commands have not all been answered, as far as is recorded. */
export interface OpenReaction {
  readonly revision: Revision
  /** The event that led to it. */
  readonly position: Position
  readonly commands: readonly SentCommand[]
}

/** One process, folded from its stream: its own state, and what it has done and has still to do. */
export class ProcessState {
  readonly manager: ProcessManager
  readonly stream: string
  state: unknown
  revision: Revision | 'no-stream' = 'no-stream'
  isFinished = false
  readonly deadlines = new Map<string, OpenDeadline>()
  #position: Position = startOfLog
  // At that position; an event that was split stands at it as several of different types.
  #types = new Set<string>()
  readonly #open = new Map<Revision, OpenReaction>()
  readonly #rejected = new Set<string>()

  private constructor(manager: ProcessManager, stream: string) {
    this.manager = manager
    this.stream = stream
    this.state = manager.initialState()
  }

  /** @throws AnnalsError `unknown-event-type`, `unsupported-event-version`, `upcaster-failed` */
  static async load(store: EventStore, manager: ProcessManager, stream: string): Promise<ProcessState> {
    const process = new ProcessState(manager, stream)
    const { selection, current } = currentEvents(store, manager.events, { stream })
    for await (const events of store.read(selection).batches()) {
      process.apply(await current(events))
      // The last of them may be nothing of today.
      process.revision = events.at(-1)?.revision ?? process.revision
    }
    return process
  }

  /** Whether an event has been reacted to, or one that came after it. */
  hasReactedTo({ position, type }: Pick<RecordedEvent, 'position' | 'type'>): boolean {
    return position < this.#position || (position === this.#position && this.#types.has(type))
  }

  /** The first reaction to an event, or to what came of it, whose commands are still to be executed. */
  openReactionTo(position: Position): OpenReaction | undefined {
    return [...this.#open.values()].find((reaction) => reaction.position === position)
  }

  /** Whether it has reacted to the rejection of a command. */
  hasReactedToRejection(commandId: string): boolean {
    return this.#rejected.has(commandId)
  }

  apply(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      this.#applyOne(event)
      this.revision = event.revision
    }
  }

  #applyOne(event: RecordedEvent): void {
    switch (event.type) {
      case 'Reacted':
        this.#reacted(event, event.data as unknown as Reacted)
        return
      case 'CommandsSettled':
        this.#open.delete((event.data as unknown as CommandsSettled).reaction)
        return
      case 'DeadlinePassed':
        this.#passed(event.data as unknown as DeadlinePassed)
        return
    }
    if (!Object.hasOwn(this.manager.events, event.type)) throw unknownEvent(this.manager, event)
    this.state = evolveOne(this.manager, this.state, event)
  }

  #reacted({ id, revision, metadata }: RecordedEvent, reacted: Reacted): void {
    const { position, eventType, commands, deadlines = [], ended = [], rejected, finished } = reacted
    if (position > this.#position) this.#types = new Set()
    this.#position = Math.max(this.#position, position)
    this.#types.add(eventType)
    if (commands) this.#open.set(revision, { revision, position, commands })
    if (rejected !== undefined) this.#rejected.add(rejected)
    for (const name of ended) this.deadlines.delete(name)
    for (const { name, at } of deadlines) {
      const correlationId = metadata?.$correlationId as string | undefined
      const facts = { atMs: Date.parse(at), isPassed: false, set: revision, eventId: id, correlationId }
      this.deadlines.set(name, facts)
    }
    if (finished) this.isFinished = true
  }

  #passed({ name, set }: DeadlinePassed): void {
    const open = this.deadlines.get(name)
    if (open?.set === set) this.deadlines.set(name, { ...open, isPassed: true })
  }
}

function unknownEvent({ name, events }: ProcessManager, event: RecordedEvent): AnnalsError {
  return new AnnalsError(
    'unknown-event-type',
    `Stream "${event.stream}" holds an event of type ${event.type} at revision ${event.revision}, which the process manager ${name} does not declare. Declare it under events.`,
    { type: event.type, known: Object.keys(events) },
  )
}
