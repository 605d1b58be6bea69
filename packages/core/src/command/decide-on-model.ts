import type { ExpectedRevision } from '../event/append-condition.ts'
import { type EventQueryItem, matchesEventQuery } from '../event/event-query.ts'
import { evolveOne, type Fold, invalidDefinition } from '../event/fold.ts'
import { type Position, startOfLog } from '../event/position.ts'
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
  const parts = partsOf(command, command.model(input as never))
  const query = parts.map(({ item }) => item)
  return {
    name: command.name,
    stream,
    declaredBy: { category: command.name, events: command.events },
    rejections: command.rejections,
    keys: keysOf(query),
    read: async () => {
      const { states, position } = await readStates(store, parts)
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
  readonly item: EventQueryItem
}

function partsOf({ name: command }: DecisionCommand, model: DecisionModel): readonly Part[] {
  const parts = Object.entries(model).map(([name, { fold, tags }]) => {
    const types = Object.keys(fold.evolve)
    if (types.length === 0)
      throw invalidDefinition(`command ${command}`, `the fold ${name} of its model handles no event type`)
    return { name, fold: fold as unknown as Fold, item: { types, ...(tags && { tags }) } }
  })
  if (parts.length > 0) return parts
  throw invalidDefinition(`command ${command}`, 'its model has no part, so there is nothing to decide on')
}

async function readStates(
  store: EventStore,
  parts: readonly Part[],
): Promise<{ readonly states: { readonly [part: string]: unknown }; readonly position: Position }> {
  const states = Object.fromEntries(parts.map(({ name, fold }) => [name, fold.initialState()]))
  let position = startOfLog
  for await (const events of store.read({ query: parts.map(({ item }) => item) }).batches()) {
    for (const event of events) {
      for (const { name, fold, item } of parts)
        if (matchesEventQuery([item], event)) states[name] = evolveOne(fold, states[name], event)
      position = event.position
    }
  }
  return { states, position }
}

/** Commands that share a tag, or a type where no tag is asked for, are likely to change what the other is based on. */
function keysOf(query: readonly EventQueryItem[]): readonly string[] {
  const keys = query.flatMap(({ types = [], tags }) =>
    tags ? tags.map((tag) => `tag ${tag}`) : types.map((type) => `type ${type}`),
  )
  return [...new Set(keys)]
}
