import { AnnalsError } from '../errors.ts'
import type { EventSchemas } from '../event/fold.ts'
import { assertStreamName, categoryOf, type Revision } from '../event/stream.ts'
import type { Command, Decider, Decision, DecisionContext } from './decider.ts'
import type { Deciding } from './deciding.ts'
import type { StateLoader } from './load-state.ts'

/** A command of a decider: it is decided on the state of its stream, and recorded if that has not moved since. */
export function decideOnStream(
  states: StateLoader,
  decider: Decider,
  command: Command,
  stream: string,
  input: unknown,
): Deciding {
  const decide = decider.decide[command.name] as AnyDecide
  return {
    name: command.name,
    stream,
    declaredBy: decider,
    rejections: decider.rejections,
    keys: [`stream ${stream}`],
    read: async () => {
      const { state, revision, position, recorded } = await states.load(decider, stream)
      return {
        position,
        expectedRevision: revision,
        condition: undefined,
        revision: async () => revision,
        recorded,
        decide: (context) => {
          assertRequired(command, stream, revision)
          return decide(state, input, context)
        },
      }
    },
  }
}

type AnyDecide = (state: unknown, input: unknown, context: DecisionContext) => Decision<EventSchemas, string>

/** Stops unless a command can be for a stream. @throws AnnalsError `invalid-argument` */
export function assertStreamOf(command: Command, stream: string): void {
  assertStreamName(stream)
  if (categoryOf(stream) === command.category) return
  const expected = `a stream of the category "${command.category}", such as "${command.category}-1"`
  throw new AnnalsError(
    'invalid-argument',
    `Command ${command.name} cannot be executed on stream "${stream}": expected ${expected}.`,
    { argument: 'stream', expected, received: stream },
  )
}

function assertRequired(command: Command, stream: string, revision: Revision | 'no-stream'): void {
  if (command.requires === 'stream-exists' && revision === 'no-stream') {
    throw new AnnalsError(
      'stream-not-found',
      `Command ${command.name} is for a stream that exists, but there is no stream "${stream}". Check its name.`,
      { stream },
    )
  }
  if (command.requires === 'no-stream' && revision !== 'no-stream') {
    throw new AnnalsError(
      'stream-already-exists',
      `Command ${command.name} begins a new stream, but stream "${stream}" exists already, at revision ${revision}. Use another name.`,
      { stream, revision },
    )
  }
}
