import type { Caller } from '../caller.ts'
import type { RecordedEvent } from '../event/event.ts'
import { type Revision, systemStream } from '../event/stream.ts'
import type { JsonValue } from '../json.ts'
import type { EventStore } from '../store/event-store.ts'
import type { SentCommand } from './process-events.ts'

/** A command that waits for its time. */
export interface ScheduledCommand {
  readonly id: string
  readonly command: string
  /** `undefined` for a command with a decision model, which chooses it by itself. */
  readonly stream: string | undefined
  readonly input: JsonValue
  readonly at: Date
  readonly caller: Caller | undefined
  readonly scheduledAt: Date
  /** `due`: its time has come, and it is being executed or, if it cannot be, parked. */
  readonly state: 'waiting' | 'due'
}

/** What is recorded when a command is scheduled. */
export interface CommandScheduled extends SentCommand {
  readonly at: string
  readonly caller?: Caller
}

/** One scheduled command, folded from its stream. */
export interface ScheduleState {
  readonly id: string
  readonly scheduled: CommandScheduled
  readonly event: RecordedEvent
  readonly state: 'waiting' | 'due' | 'cancelled' | 'settled'
  readonly revision: Revision
}

/** The category of the streams of scheduled commands. */
export const scheduleCategory = '$schedule'

/** The stream of a scheduled command. */
export function scheduleStream(id: string): string {
  return systemStream('schedule', id)
}

/** The id of a scheduled command, of whose stream an event is. */
export function scheduleIdOf({ stream }: RecordedEvent): string {
  return stream.slice(scheduleCategory.length + 1)
}

/** A scheduled command, or `undefined` if none of this id ever was. */
export async function loadSchedule(store: EventStore, id: string): Promise<ScheduleState | undefined> {
  let schedule: ScheduleState | undefined
  for await (const event of store.read({ stream: scheduleStream(id) })) schedule = evolve(schedule, event)
  return schedule
}

/** The commands that wait for their time or are being executed, soonest first. Costs a read of all there ever were. */
export async function openSchedules(store: EventStore): Promise<readonly ScheduledCommand[]> {
  const open = new Map<string, ScheduleState>()
  for await (const events of store.read({ category: scheduleCategory }).batches()) {
    for (const event of events) {
      const id = scheduleIdOf(event)
      const schedule = evolve(open.get(id), event)
      if (schedule && !isOver(schedule)) open.set(id, schedule)
      else open.delete(id)
    }
  }
  return [...open.values()].map(scheduledCommand).sort((a, b) => a.at.getTime() - b.at.getTime())
}

/** Whether nothing more will come of it. */
export function isOver({ state }: ScheduleState): boolean {
  return state === 'cancelled' || state === 'settled'
}

/** Whether nothing more comes of a scheduled command after an event of this type. */
export function endsSchedule(type: string): boolean {
  const state = states[type]
  return state === 'cancelled' || state === 'settled'
}

function evolve(schedule: ScheduleState | undefined, event: RecordedEvent): ScheduleState | undefined {
  const { revision } = event
  if (event.type === 'CommandScheduled') {
    const scheduled = event.data as unknown as CommandScheduled
    return { id: scheduleIdOf(event), scheduled, event, state: 'waiting', revision }
  }
  const state = states[event.type]
  return schedule && state ? { ...schedule, state, revision } : schedule
}

const states: { readonly [type: string]: ScheduleState['state'] | undefined } = {
  ScheduleDue: 'due',
  ScheduleCancelled: 'cancelled',
  ScheduleSettled: 'settled',
}

function scheduledCommand({ id, scheduled, event, state }: ScheduleState): ScheduledCommand {
  const { command, stream, input, at, caller } = scheduled
  return {
    id,
    command,
    stream,
    input,
    at: new Date(at),
    caller,
    scheduledAt: event.recordedAt,
    state: state === 'due' ? 'due' : 'waiting',
  }
}
