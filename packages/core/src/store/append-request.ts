import { AnnalsError, type Issue } from '../errors.ts'
import {
  type AppendCondition,
  assertAppendCondition,
  assertExpectedRevision,
  type ExpectedRevision,
} from '../event/append-condition.ts'
import type { NewEvent } from '../event/event.ts'
import { assertStreamName } from '../event/stream.ts'
import { describe, findJsonIssue } from '../json.ts'
import { limits } from '../limits.ts'
import { invalidName } from '../name.ts'
import type { StreamAppend } from './event-store.ts'

/** An append that has been checked against everything but the history, with its data as JSON text. */
export interface AppendRequest {
  readonly streams: readonly StreamRequest[]
  readonly eventCount: number
  readonly condition: AppendCondition | undefined
}

/** The checked events for one stream. */
export interface StreamRequest {
  readonly stream: string
  readonly expectedRevision: ExpectedRevision
  readonly events: readonly EventRequest[]
}

/** A checked event with its JSON text. */
export interface EventRequest {
  readonly type: string
  readonly id: string | undefined
  readonly tags: readonly string[]
  readonly dataJson: string
  readonly metadataJson: string | undefined
}

/**
 * Checks the arguments of an append, and turns data and metadata into JSON text. Every store begins with it, so that
 * every store refuses the same things with the same words.
 *
 * @throws AnnalsError `invalid-argument`, `invalid-event`, `limit-exceeded`
 */
export function prepareAppend(
  appends: StreamAppend | readonly StreamAppend[],
  condition?: AppendCondition,
): AppendRequest {
  const list = Array.isArray(appends) ? (appends as readonly StreamAppend[]) : [appends as StreamAppend]
  if (list.length === 0) throw emptyAppend('at least one stream')
  if (condition) assertAppendCondition(condition)
  let eventCount = 0
  let jsonLength = 0
  const streams: StreamRequest[] = []
  // Not with `map`, which passes over the holes of an array.
  for (const append of list) {
    if (typeof append !== 'object' || append === null) throw noStreamAppend(append)
    const { stream, events, expectedRevision = 'any' } = append
    assertStreamName(stream)
    assertExpectedRevision(expectedRevision)
    if (!Array.isArray(events) || events.length === 0)
      throw emptyAppend(`at least one event for stream "${stream}"`)
    eventCount += events.length
    assertLimit('appendEventsMax', eventCount, 'events in one append')
    const requests: EventRequest[] = []
    for (const event of events as readonly NewEvent[]) {
      const request = prepareEvent(event)
      jsonLength += request.dataJson.length + (request.metadataJson?.length ?? 0)
      // After each, or many large events would fill the memory before the limit is looked at.
      assertLimit('appendJsonLengthMax', jsonLength, 'characters of JSON in one append')
      requests.push(request)
    }
    streams.push({ stream, expectedRevision, events: requests })
  }
  if (list.length > 1)
    assertDistinct(
      'stream',
      streams.map(({ stream }) => stream),
    )
  if (eventCount > 1)
    assertDistinct(
      'event id',
      streams.flatMap(({ events }) => events.flatMap(({ id }) => id ?? [])),
    )
  return { streams, eventCount, condition: condition && copyOf(condition) }
}

function prepareEvent(event: NewEvent): EventRequest {
  if (typeof event !== 'object' || event === null)
    throw invalidEvent(undefined, [
      { path: [], message: `Expected an event, { type, data }, but got ${describe(event)}.` },
    ])
  const { type, id, tags = noTags, data, metadata } = event
  const problem = invalidName(type, limits.eventTypeLengthMax)
  if (problem)
    throw invalidEvent(type, [{ path: ['type'], message: `Expected ${problem}, but got ${describe(type)}.` }])
  if (id !== undefined) {
    const idProblem = invalidName(id, limits.eventIdLengthMax)
    if (idProblem)
      throw invalidEvent(type, [{ path: ['id'], message: `Expected ${idProblem}, but got ${describe(id)}.` }])
  }
  return {
    type,
    id,
    tags: tags === noTags ? noTags : prepareTags(type, tags),
    dataJson: data === undefined ? 'null' : toJson(type, 'data', data),
    metadataJson: metadata === undefined ? undefined : metadataToJson(type, metadata),
  }
}

// Tags are shared by every copy of an event, so nobody may change them.
const noTags: readonly string[] = Object.freeze([])

function prepareTags(type: string, tags: readonly string[]): readonly string[] {
  if (!Array.isArray(tags))
    throw invalidEvent(type, [
      { path: ['tags'], message: `Expected a list of tags, but got ${describe(tags)}.` },
    ])
  assertLimit('tagsMax', tags.length, 'tags on one event')
  for (const [index, tag] of tags.entries()) {
    const problem = invalidName(tag, limits.tagLengthMax)
    if (problem)
      throw invalidEvent(type, [
        { path: ['tags', index], message: `Expected ${problem}, but got ${describe(tag)}.` },
      ])
  }
  return tags.length === 0 ? noTags : Object.freeze([...new Set(tags)])
}

function metadataToJson(type: string, metadata: unknown): string {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw invalidEvent(type, [
      { path: ['metadata'], message: `Expected an object, but got ${describe(metadata)}.` },
    ])
  }
  return toJson(type, 'metadata', metadata)
}

function toJson(type: string, part: 'data' | 'metadata', value: unknown): string {
  const issue = findJsonIssue(value)
  if (issue) throw invalidEvent(type, [{ path: [part, ...issue.path], message: issue.message }])
  const json = stringify(value)
  if (json !== undefined && json.length <= limits.jsonLengthMax) return json
  throw limitExceeded(
    'jsonLengthMax',
    json?.length ?? Infinity,
    `characters of JSON in the ${part} of one event`,
  )
}

/** The JSON text, or `undefined` if it is longer than the engine lets any string be. */
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function assertLimit(limit: keyof typeof limits, actual: number, of: string): void {
  if (actual > limits[limit]) throw limitExceeded(limit, actual, of)
}

function limitExceeded(
  limit: keyof typeof limits,
  actual: number,
  of: string,
): AnnalsError<'limit-exceeded'> {
  const max = limits[limit]
  const found = Number.isFinite(actual) ? actual : 'far more'
  return new AnnalsError(
    'limit-exceeded',
    `There can be at most ${max} ${of}, but there are ${found}. Nothing was recorded. Split it up.`,
    { limit, max, actual },
  )
}

function assertDistinct(what: string, names: readonly string[]): void {
  const seen = new Set<string>()
  const received = names.find((name) => seen.has(name) || !seen.add(name))
  if (received === undefined) return
  const expected = `each ${what} once in an append`
  throw new AnnalsError(
    'invalid-argument',
    `The append cannot be made: expected ${expected}, but "${received}" is there more than once.`,
    { argument: what, expected, received },
  )
}

function emptyAppend(expected: string): AnnalsError<'invalid-argument'> {
  return new AnnalsError('invalid-argument', `The append cannot be made: expected ${expected}.`, {
    argument: 'events',
    expected,
    received: [],
  })
}

function noStreamAppend(received: unknown): AnnalsError<'invalid-argument'> {
  const expected = '{ stream, events } or a list of them'
  return new AnnalsError(
    'invalid-argument',
    `The append cannot be made: expected ${expected}, but got ${describe(received)}.`,
    { argument: 'appends', expected, received },
  )
}

function invalidEvent(type: unknown, issues: readonly Issue[]): AnnalsError<'invalid-event'> {
  const [first] = issues
  const place = first && first.path.length > 0 ? ` at ${first.path.join('.')}` : ''
  return new AnnalsError(
    'invalid-event',
    `The event ${describe(type)} cannot be recorded${place}: ${first?.message} Nothing was recorded.`,
    { type, issues },
  )
}

// It is checked when the append has its turn, and the caller may have changed its own by then.
function copyOf({ failIfEventsMatch, ...rest }: AppendCondition): AppendCondition {
  return {
    ...rest,
    failIfEventsMatch: failIfEventsMatch.map(({ types, tags }) => ({
      ...(types && { types: [...types] }),
      ...(tags && { tags: [...tags] }),
    })),
  }
}
