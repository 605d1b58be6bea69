import type {
  EventSchemas,
  NewEvent,
  ProcessContext,
  ProcessManager,
  Reaction,
  ReactionPart,
  RejectedCommand,
  Send,
} from '@annals/core'
import { deepFreeze } from './deep-freeze.ts'
import { asRecorded, expectation, once, stateProblem, unless } from './expectations.ts'
import type { Expected } from './given.ts'
import { type GivenEvent, type GivenEvents, streamOf, withHistory } from './history.ts'
import { twice } from './strict.ts'

/** What may be told to a process whose own events are given. */
export interface Reacting<State, Events extends EventSchemas> {
  /** An event of those it reacts to, and in the stream that it names. The process is that of the event's key. */
  whenRecorded(event: NewEvent & { readonly stream: string }, options?: TellOptions): Reacted<State, Events>
  /** The time of a deadline has come. */
  whenDeadline(name: string, options?: TellOptions): Reacted<State, Events>
  /** A command that it sent was decided against. */
  whenRejected(rejected: RejectedCommand, options?: TellOptions): Reacted<State, Events>
}

/** What can be said with what a process is told. */
export interface TellOptions {
  /** Which process, where no event says it. Default: `'1'`. */
  readonly key?: string | undefined
  /** The time at which it is told. Default: when the last given event was recorded, or 2030-01-01T00:00:00Z. */
  readonly now?: Date | undefined
}

/** What a process does about what it is told. Nothing of it is carried out. */
export interface Reacted<State, Events extends EventSchemas> {
  /** Exactly these, in this order: own events, and what `send`, `deadline`, `cancelDeadline` and `finish` give. */
  thenReacts(...expected: readonly ReactionPart<Events>[]): Promise<void>
  /** There is nothing to do, or the event is none of its business. */
  thenNothing(): Promise<void>
  /** What its own events add up to afterwards: the state itself, or what holds of it. */
  thenState(expected: Expected<State>): Promise<void>
}

/** Tells a process manager of things, over a history. */
export function reacting(
  manager: ProcessManager,
  history: readonly GivenEvents[],
): Reacting<unknown, EventSchemas> {
  const stream = streamOf(manager, history) as string
  const tell = (what: string, owners: readonly GivenEvents[], { now }: TellOptions, react: React) => {
    const reaction = once(() =>
      withHistory([...history, ...owners], { now }, async (test) => {
        const state = deepFreeze(await test.stateOf(manager, stream))
        const told = owners[0] && (await test.eventsOf(owners[0].owner, manager.select))
        const came = twice(`The reaction of ${manager.name} to ${what}`, () =>
          react(state, told?.at(-1), test.clock.now),
        )
        const parts = (Array.isArray(came) ? came : [came]) as readonly ReactionPart[]
        await assertCommands(parts)
        return parts
      }),
    )
    return reacted(manager, history, what, reaction)
  }
  return {
    whenRecorded: (event, options = {}) => {
      const told = { owner: { events: manager.reactsTo }, events: [event as GivenEvent] }
      return tell(event.type, [told], options, (state, recorded, now) => {
        const handler =
          recorded && Object.hasOwn(manager.on, recorded.type) ? manager.on[recorded.type] : undefined
        // An event that is not selected is not the last of those that are.
        const isTold = recorded?.stream === event.stream && handler !== undefined
        const key = isTold ? manager.key(recorded) : undefined
        return key === undefined || !isTold ? [] : handler(state, recorded, { key, now })
      })
    },
    whenDeadline: (name, options = {}) =>
      tell(`the deadline ${name}`, [], options, (state, _event, now) => {
        const handler = Object.hasOwn(manager.onDeadline, name) ? manager.onDeadline[name] : undefined
        if (handler) return handler(state, contextOf(options, now))
        throw new Error(
          `The process manager ${manager.name} has no deadline "${name}"; it has ${Object.keys(manager.onDeadline).join(', ') || 'none'}.`,
        )
      }),
    whenRejected: (rejected, options = {}) =>
      tell(`the rejection of ${rejected.command}`, [], options, (state, _event, now) =>
        manager.onRejected ? manager.onRejected(state, rejected, contextOf(options, now)) : [],
      ),
  }
}

type React = (state: unknown, event: Parameters<ProcessManager['key']>[0] | undefined, now: Date) => Reaction

function reacted(
  manager: ProcessManager,
  history: readonly GivenEvents[],
  what: string,
  reaction: () => Promise<readonly ReactionPart[]>,
): Reacted<unknown, EventSchemas> {
  const compare = async (expected: readonly ReactionPart[]) => {
    const came = await reaction()
    return unless(
      `${manager.name} was expected to react to ${what} with ${partsText(expected)}, but did so with ${partsText(came)}.`,
      await comparable(manager, expected),
      await comparable(manager, came),
    )
  }
  return {
    thenReacts: expectation((...expected: readonly ReactionPart[]) => compare(expected)),
    thenNothing: expectation(() => compare([])),
    thenState: expectation(async (expected: Expected<unknown>) => {
      const own = (await reaction()).filter((part) => !('action' in part)) as readonly GivenEvent[]
      const stream = streamOf(manager, history)
      const after = own.map((event) => ({ ...event, stream }))
      const state = await withHistory([...history, { owner: manager, events: after }], {}, (test) =>
        test.stateOf(manager, stream),
      )
      return stateProblem(`The state of ${manager.name} after ${what}`, expected, state)
    }),
  }
}

function contextOf({ key = '1' }: TellOptions, now: Date): ProcessContext {
  return { key, now }
}

/** Own events as they would be recorded, and the rest with commands by their names. */
async function comparable(
  manager: ProcessManager,
  parts: readonly ReactionPart[],
): Promise<readonly object[]> {
  const own = await asRecorded(manager, parts.filter((part) => !('action' in part)) as readonly NewEvent[])
  const events = own.map(({ type, data }) => ({ type, data }))
  return parts.map((part) => {
    if (!('action' in part)) return events.shift() ?? {}
    return part.action === 'send' ? { ...part, command: part.command.name } : part
  })
}

// An application would refuse to record a reaction with an input that does not fit.
async function assertCommands(parts: readonly ReactionPart[]): Promise<void> {
  for (const part of parts.filter(isSend)) {
    const { issues = [] } = (await part.command.input['~standard'].validate(part.input)) as {
      issues?: readonly { readonly message: string }[]
    }
    if (issues.length > 0)
      throw new Error(
        `The input of ${part.command.name}, which is sent, does not fit: ${issues.map(({ message }) => message).join(' ')}`,
      )
  }
}

function isSend(part: ReactionPart): part is Send {
  return 'action' in part && part.action === 'send'
}

function partsText(parts: readonly ReactionPart[]): string {
  const names = parts.map((part) => {
    if (!('action' in part)) return part.type
    return part.action === 'send' ? `send ${part.command.name}` : part.action
  })
  return names.join(', ') || 'nothing'
}
