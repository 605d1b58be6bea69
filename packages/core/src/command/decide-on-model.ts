import type { ExpectedRevision } from '../event/append-condition.ts'
import { type CurrentEvents, currentEvents } from '../event/current-events.ts'
import { type EventQuery, matchesEventQuery } from '../event/event-query.ts'
import { evolveOne, type Fold, invalidDefinition } from '../event/fold.ts'
import { type Position, startOfLog } from '../event/position.ts'
import type { QuerySelection } from '../event/selection.ts'
import { assertStreamName, isSystemStream } from '../event/stream.ts'
import type { EventStore } from '../store/event-store.ts'
import type { Deciding } from './deciding.ts'
import type { DecisionCommand, DecisionModel } from './decision-command.ts'

/**
 * A command with a decision model: one read of all events of the model feeds its folds, and what is decided is recorded
 * if there has been none since.
 */
export function decideOnModel(
  store: EventStore,
  command: DecisionCommand,
  stream: string,
  input: unknown,
  expectedRevision: ExpectedRevision = 'any',
): Deciding {
  const parts = partsOf(store, command, command.model(input as never))
  const query = parts.flatMap((part) => part.query)
  return {
    name: command.name,
    stream,
    declaredBy: { category: command.name, events: command.events },
    rejections: command.rejections,
    keys: keysOf(query),
    read: async () => {
      const { states, position } = await readStates(store, query, parts)
      return {
        position,
        expectedRevision,
        condition: { failIfEventsMatch: query, after: position },
        revision: async () => (await store.stream(stream))?.revision ?? 'no-stream',
        decide: (context) => command.decide(states as never, input as never, context),
      }
    },
  }
}

/** The stream that a command records in. @throws AnnalsError `invalid-definition`, `invalid-argument` */
export function streamChosenBy(command: DecisionCommand, input: unknown): string {
  const stream = command.stream(input as never)
  assertStreamName(stream)
  if (!isSystemStream(stream)) return stream
  throw invalidDefinition(
    `command ${command.name}`,
    `it records in stream "${stream}", but streams whose name begins with "$" are those of Annals itself`,
  )
}

interface Part {
  readonly name: string
  readonly fold: Fold
  /** The events that its fold is fed with, and those of older types that became such ones. */
  readonly query: EventQuery
  readonly current: CurrentEvents['current']
}

function partsOf(
  store: EventStore,
  { name: command }: DecisionCommand,
  model: DecisionModel,
): readonly Part[] {
  const parts = Object.entries(model).map(([name, { fold, tags }]) => {
    const types = Object.keys(fold.evolve)
    if (types.length === 0)
      throw invalidDefinition(`command ${command}`, `the fold ${name} of its model handles no event type`)
    const asked = [{ types, ...(tags && { tags }) }]
    const { selection, current } = currentEvents(store, fold.events, { query: asked })
    const { query } = selection as QuerySelection
    return { name, fold: fold as unknown as Fold, query, current }
  })
  if (parts.length > 0) return parts
  throw invalidDefinition(`command ${command}`, 'its model has no part, so there is nothing to decide on')
}

async function readStates(
  store: EventStore,
  query: EventQuery,
  parts: readonly Part[],
): Promise<{ readonly states: { readonly [part: string]: unknown }; readonly position: Position }> {
  const states = Object.fromEntries(parts.map(({ name, fold }) => [name, fold.initialState()]))
  let position = startOfLog
  for await (const events of store.read({ query }).batches()) {
    for (const part of parts) {
      const { name, fold } = part
      const own = events.filter((event) => matchesEventQuery(part.query, event))
      for (const event of await part.current(own)) states[name] = evolveOne(fold, states[name], event)
    }
    position = events.at(-1)?.position ?? position
  }
  return { states, position }
}

/** Commands that share a tag, or a type where no tag is asked for, are likely to change what the other is based on. */
function keysOf(query: EventQuery): readonly string[] {
  const keys = query.flatMap(({ types = [], tags }) =>
    tags ? tags.map((tag) => `tag ${tag}`) : types.map((type) => `type ${type}`),
  )
  return [...new Set(keys)]
}
