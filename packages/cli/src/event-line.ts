import { AnnalsError, type JsonObject, type NewEvent } from '@annals/core'
import { eventOfCloudEvent, isCloudEvent } from './cloud-event.ts'

/** An event read from a line. */
export interface EventLine {
  readonly line: number
  readonly stream: string
  readonly event: NewEvent
}

/**
 * An event from one line of JSON Lines, in the form in which events are printed. What the store says of a recorded event
 * (revision, position, recordedAt) is passed over, since it will say it anew. A CloudEvent is taken as well.
 *
 * @throws AnnalsError `invalid-event` if it is none
 */
export function parseEventLine(line: number, text: string): EventLine {
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidLine(undefined, 'expected a JSON object with stream, type and data')
  if (isCloudEvent(value)) return { line, ...eventOfCloudEvent(value) }
  const {
    stream,
    type,
    data = null,
    metadata,
    tags,
    id,
    ...rest
  } = value as { readonly [key: string]: unknown }
  const unknown = Object.keys(rest).find((key) => !saidByTheStore.has(key))
  if (unknown !== undefined)
    throw invalidLine(
      type,
      `there is no field ${JSON.stringify(unknown)} of an event; there is ${known.join(', ')}`,
    )
  if (typeof stream !== 'string') throw invalidLine(type, 'expected a field stream, the name of its stream')
  if (typeof type !== 'string') throw invalidLine(type, 'expected a field type, the type of the event')
  // The rest is for the store to check, which knows the forms and limits.
  const event = { type, data, metadata: metadata as JsonObject | undefined, tags, id } as NewEvent
  return { line, stream, event }
}

const known = ['stream', 'type', 'data', 'metadata', 'tags', 'id']
const saidByTheStore = new Set(['revision', 'position', 'recordedAt'])

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalidLine(undefined, error instanceof Error ? error.message : String(error))
  }
}

function invalidLine(type: unknown, problem: string): AnnalsError<'invalid-event'> {
  return new AnnalsError('invalid-event', `It is no event: ${problem}.`, {
    type,
    issues: [{ path: [], message: problem }],
  })
}
