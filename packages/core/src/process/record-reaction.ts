import type { AnyCommand } from '../command/command-handler.ts'
import { validateEvent } from '../command/event-data.ts'
import type { NewEvent } from '../event/event.ts'
import { invalidDefinition } from '../event/fold.ts'
import type { Position } from '../event/position.ts'
import type { JsonObject } from '../json.ts'
import { dueAtMs } from './due-time.ts'
import type { Reacted, SentCommand } from './process-events.ts'
import type { ProcessState } from './process-state.ts'
import type { Reaction, ReactionPart, SetDeadline } from './reaction.ts'
import { sentCommand } from './sent-command.ts'

/** What a process reacts to. */
export interface Cause {
  readonly position: Position
  readonly eventId: string
  readonly eventType: string
  /** The id of the command whose rejection it is. */
  readonly rejected?: string
  /** The deadline that has passed. */
  readonly deadline?: string
}

/**
 * What a reaction is recorded as: the process's own events, and then one `Reacted` with all that is to be done. Nothing,
 * if there is nothing to do.
 *
 * @throws AnnalsError `invalid-definition`, `invalid-event`, `unknown-event-type`, `unknown-command`, `invalid-argument`,
 *   `invalid-input` for a reaction that could not be carried out
 */
export async function recordedReaction(
  process: ProcessState,
  cause: Cause,
  reaction: Reaction,
  commands: ReadonlyMap<string, AnyCommand>,
  nowMs: number,
  metadata: JsonObject,
): Promise<readonly NewEvent[]> {
  const { manager } = process
  const parts = partsOf(manager.name, reaction)
  if (parts.length === 0) return []
  const own: NewEvent[] = []
  const sent: SentCommand[] = []
  const set = new Map<string, number>()
  const ended = new Set<string>(cause.deadline === undefined ? [] : [cause.deadline])
  let isFinished = process.isFinished
  for (const part of parts) {
    if (!('action' in part)) {
      const subject = `The process manager ${manager.name} decided on an event`
      const declaredBy = { category: manager.name, events: manager.events }
      const event = { ...part, metadata: { ...metadata, ...part.metadata } } as NewEvent
      own.push(await validateEvent(declaredBy, event, subject))
      continue
    }
    switch (part.action) {
      case 'send':
        sent.push(await sentCommand(commands, part.command, part.stream, part.input))
        break
      case 'set-deadline':
        assertDeadline(process, part.name)
        set.set(part.name, momentOf(process, part, nowMs))
        break
      case 'cancel-deadline':
        assertDeadline(process, part.name)
        set.delete(part.name)
        if (process.deadlines.has(part.name)) ended.add(part.name)
        break
      case 'finish':
        isFinished = true
    }
  }
  if (isFinished) {
    // Nothing would come of them, and nobody is to wait for them.
    set.clear()
    for (const name of process.deadlines.keys()) ended.add(name)
  }
  const { deadline, ...facts } = cause
  const reacted: Reacted = {
    ...facts,
    ...(sent.length > 0 && { commands: sent }),
    ...(set.size > 0 && { deadlines: [...set].map(([name, atMs]) => ({ name, at: isoTime(atMs) })) }),
    ...(ended.size > 0 && { ended: [...ended] }),
    ...(isFinished && { finished: true }),
  }
  return [...own, { type: 'Reacted', data: reacted as unknown as JsonObject, metadata }]
}

function partsOf(manager: string, reaction: Reaction): readonly ReactionPart[] {
  const parts: readonly unknown[] = Array.isArray(reaction) ? reaction : [reaction]
  for (const part of parts) {
    if (typeof part === 'object' && part !== null && ('action' in part || 'type' in part)) continue
    throw invalidDefinition(
      `process manager ${manager}`,
      `a handler gave ${String(part)}; it has to give events, what send, deadline, cancelDeadline and finish give, or [] for nothing`,
    )
  }
  return parts as readonly ReactionPart[]
}

function assertDeadline({ manager }: ProcessState, name: string): void {
  if (!Object.hasOwn(manager.onDeadline, name))
    throw invalidDefinition(
      `process manager ${manager.name}`,
      `it sets the deadline "${name}", which has no handler under onDeadline; add one`,
    )
}

function momentOf({ manager }: ProcessState, { name, when }: SetDeadline, nowMs: number): number {
  const atMs = dueAtMs(when, nowMs)
  if (atMs !== undefined) return atMs
  throw invalidDefinition(
    `process manager ${manager.name}`,
    `it sets the deadline "${name}" for no moment there is; give { afterMs } as a number of milliseconds or { at } as a date`,
  )
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString()
}
