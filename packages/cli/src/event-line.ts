import { AnnalsError, type JsonObject, type NewEvent } from '@annals/core'
import { eventOfCloudEvent, isCloudEvent } from './cloud-event.ts'

/** An event read from a line. */
export interface EventLine {
  readonly line: number
  /** How long the line is. */
  readonly bytes: number
  readonly stream: string
  readonly event: NewEvent
  /** What the line says that a store has said of it. */
  readonly recorded: { readonly revision: unknown; readonly recordedAt: unknown }
}

/**
 * An event from one line of JSON Lines, in the form in which events are printed; `undefined` for an empty line. A CloudEvent
 * is taken as well.
 *
 * @throws AnnalsError `invalid-event` if it is none
 */
export function parseEventLine(line: number, bytes: Uint8Array): EventLine | undefined {
  const text = textOf(bytes)
  if (text.trim() === '') return undefined
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidLine(undefined, 'expected a JSON object with stream, type and data')
  if (isCloudEvent(value)) return { line, bytes: bytes.length, ...eventOfCloudEvent(value) }
  const {
    stream,
    type,
    data = null,
    metadata,
    tags,
    id,
    revision,
    recordedAt,
    position: _position,
    ...rest
  } = value as { readonly [key: string]: unknown }
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined)
    throw invalidLine(
      type,
      `there is no field ${JSON.stringify(unknown)} of an event; there is ${known.join(', ')}`,
    )
  if (typeof stream !== 'string') throw invalidLine(type, 'expected a field stream, the name of its stream')
  if (typeof type !== 'string') throw invalidLine(type, 'expected a field type, the type of the event')
  // The rest is for the store to check, which knows the forms and limits.
  const event = { type, data, metadata: metadata as JsonObject | undefined, tags, id } as NewEvent
  return { line, bytes: bytes.length, stream, event, recorded: { revision, recordedAt } }
}

const known = ['stream', 'type', 'data', 'metadata', 'tags', 'id']
const utf8 = new TextDecoder('utf-8', { fatal: true })

// Without this, what is no text would be recorded as another text than was given.
function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw invalidLine(undefined, 'expected UTF-8, but some of its bytes are none; convert it first')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalidLine(undefined, error instanceof Error ? error.message : String(error))
  }
}

/** The error for a line that is no event. */
export function invalidLine(type: unknown, problem: string): AnnalsError<'invalid-event'> {
  return new AnnalsError('invalid-event', `It is no event: ${problem}.`, {
    type,
    issues: [{ path: [], message: problem }],
  })
}
