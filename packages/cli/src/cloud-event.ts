import { AnnalsError, type JsonObject, type NewEvent, type RecordedEvent } from '@annals/core'

/**
 * A recorded event as a CloudEvent (CloudEvents 1.0.2, JSON format). Extension attributes cannot hold objects and lists, so
 * metadata and tags are in it as JSON texts. `sequence` is the position, as that extension has it: its texts sort as
 * the positions do.
 */
export interface CloudEvent {
  readonly specversion: '1.0'
  readonly id: string
  /** Names the store, as a URN. */
  readonly source: string
  readonly type: string
  /** The stream. */
  readonly subject: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly sequence: string
  readonly revision: number
  readonly metadata?: string
  readonly tags?: string
  readonly data: RecordedEvent['data']
}

/** An event as a CloudEvent of a store. */
export function cloudEventOf(event: RecordedEvent, storeId: string): CloudEvent {
  const { id, type, stream, recordedAt, position, revision, tags, data, metadataJson } = event
  return {
    specversion: '1.0',
    id,
    source: sourceOf(storeId),
    type,
    subject: stream,
    time: recordedAt.toISOString(),
    datacontenttype: 'application/json',
    sequence: String(position).padStart(16, '0'),
    revision,
    ...(metadataJson !== undefined && { metadata: withoutControls(metadataJson) }),
    ...(tags.length > 0 && { tags: withoutControls(JSON.stringify(tags)) }),
    data,
  }
}

/** Whether an object is meant to be a CloudEvent. */
export function isCloudEvent(value: object): boolean {
  return 'specversion' in value
}

/**
 * What a CloudEvent says of an event: its subject is the stream. Where it comes from is passed over; an attribute that
 * would be lost otherwise is refused.
 *
 * @throws AnnalsError `invalid-event`
 */
export function eventOfCloudEvent(value: object): {
  readonly stream: string
  readonly event: NewEvent
  readonly recorded: { readonly revision: unknown; readonly recordedAt: unknown }
} {
  const {
    specversion,
    id,
    type,
    subject,
    datacontenttype,
    metadata,
    tags,
    time,
    revision,
    data = null,
    ...rest
  } = value as {
    readonly [attribute: string]: unknown
  }
  const refuse = (problem: string) => invalidCloudEvent(type, problem)
  if (specversion !== '1.0') throw refuse(`expected specversion 1.0, but got ${JSON.stringify(specversion)}`)
  const unknown = Object.keys(rest).find((name) => !passedOver.has(name))
  if (unknown !== undefined)
    throw refuse(
      `its attribute ${JSON.stringify(unknown)} has no place in an event; put it into data, or into metadata as a JSON text`,
    )
  if (typeof subject !== 'string') throw refuse('expected a subject, the name of the stream')
  if (typeof type !== 'string') throw refuse('expected a type')
  if (typeof id !== 'string') throw refuse('expected an id')
  if (datacontenttype !== undefined && !isJsonType(datacontenttype))
    throw refuse(`expected data as JSON, but its datacontenttype is ${JSON.stringify(datacontenttype)}`)
  const parsed = (name: string, text: unknown) => {
    try {
      return text === undefined ? undefined : JSON.parse(text as string)
    } catch {
      throw refuse(`expected its attribute ${name} to be a JSON text`)
    }
  }
  return {
    stream: subject,
    // The rest is for the store to check, which knows the forms and limits.
    event: {
      type,
      id,
      data,
      metadata: parsed('metadata', metadata) as JsonObject,
      tags: parsed('tags', tags),
    } as NewEvent,
    recorded: { revision, recordedAt: time },
  }
}

const passedOver = new Set(['source', 'sequence'])

function sourceOf(storeId: string): string {
  return `urn:uuid:${storeId.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`
}

// Attributes may hold none (section 3.1.1), and JSON leaves these as they are.
function withoutControls(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
}

function isJsonType(type: unknown): boolean {
  return typeof type === 'string' && /^[^/;]+\/([^;]+\+)?json\s*(;|$)/i.test(type)
}

function invalidCloudEvent(type: unknown, problem: string): AnnalsError<'invalid-event'> {
  return new AnnalsError('invalid-event', `It is no CloudEvent that can be recorded: ${problem}.`, {
    type,
    issues: [{ path: [], message: problem }],
  })
}
