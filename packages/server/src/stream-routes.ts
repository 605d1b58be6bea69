import { AnnalsError, type AppendCondition, type NewEvent, type StreamInfo } from '@annals/core'
import { eventsJson } from './event-json.ts'
import { lastEventId, wantsEventStream } from './event-stream.ts'
import { expectedRevision } from './expected-revision.ts'
import { readJsonBody } from './json-body.ts'
import { eventPage, nextLink, pageLimitDefault, pageLimitMax } from './page.ts'
import { jsonResponse, type Route, type RouteContext } from './route.ts'

/** How streams are listed, read and appended to. */
export const streamRoutes: readonly Route[] = [
  { method: 'GET', path: '/streams', handle: listStreams },
  { method: 'GET', path: '/streams/{stream}', handle: readStream },
  { method: 'POST', path: '/streams/{stream}', handle: appendToStream },
]

async function listStreams({ app, parameters }: RouteContext): Promise<Response> {
  const category = parameters.one('category')
  const after = parameters.one('after')
  const limit = parameters.wholeNumber('limit', { min: 1, max: pageLimitMax })
  parameters.assertAllKnown()
  const count = limit ?? pageLimitDefault
  const streams: StreamInfo[] = []
  for await (const info of app.store.streams({ category, after, limit: count + 1 })) streams.push(info)
  const more = streams.length > count
  if (more) streams.length = count
  const next = more
    ? nextLink('/streams', [
        ['category', category],
        ['after', streams.at(-1)?.stream],
        ['limit', limit],
      ])
    : null
  return jsonResponse(JSON.stringify({ streams, next }))
}

async function readStream(context: RouteContext): Promise<Response> {
  const { app, request, parameters, eventStreams } = context
  const stream = context.path.stream ?? ''
  const from = parameters.wholeNumber('from-revision')
  if (wantsEventStream(request)) {
    parameters.assertAllKnown()
    return eventStreams.open(app.store, request, { stream, fromRevision: from }, lastEventId(request))
  }
  const limit = parameters.wholeNumber('limit', { min: 1, max: pageLimitMax })
  const direction = parameters.word('direction', ['forwards', 'backwards'])
  parameters.assertAllKnown()
  const info = await app.store.stream(stream)
  if (!info) throw streamNotFound(stream)
  const backwards = direction === 'backwards'
  const count = limit ?? pageLimitDefault
  const selection = backwards ? { stream, toRevision: from } : { stream, fromRevision: from }
  const { events, more } = await eventPage(app.store.read(selection, { direction, limit: count + 1 }), count)
  const last = events.at(-1)
  const next =
    more && last
      ? nextLink(`/streams/${encodeURIComponent(stream)}`, [
          ['from-revision', last.revision + (backwards ? -1 : 1)],
          ['limit', limit],
          ['direction', direction],
        ])
      : null
  const { revision, firstRevision, tombstoned } = info
  const head = JSON.stringify({ stream, revision, firstRevision, tombstoned })
  return jsonResponse(`${head.slice(0, -1)},"events":${eventsJson(events)},"next":${JSON.stringify(next)}}`)
}

async function appendToStream(context: RouteContext): Promise<Response> {
  const { app, request, parameters, bodyBytesMax } = context
  const stream = context.path.stream ?? ''
  const expected = expectedRevision(parameters)
  parameters.assertAllKnown()
  const { events, condition } = appendBody(await readJsonBody(request, bodyBytesMax))
  const appended = await app.append({ stream, events, expectedRevision: expected }, condition)
  return jsonResponse(
    `{"stream":${JSON.stringify(stream)},"revision":${appended.streams[0]?.revision},"position":${appended.position},"events":${eventsJson(appended.events)}}`,
  )
}

/** What is to be appended. Only the outer form is checked here; what an event has to be is for the store to say. */
function appendBody(body: unknown): {
  readonly events: readonly NewEvent[]
  readonly condition: AppendCondition | undefined
} {
  if (!isObject(body)) throw invalidBody('body', '{ "events": [ … ] }', body)
  // A misspelt condition that is passed over would let through what it was to stop.
  const other = Object.keys(body).find((name) => name !== 'events' && name !== 'condition')
  if (other !== undefined) throw invalidBody('body', 'only the properties events and condition', other)
  const { events, condition } = body
  if (!Array.isArray(events) || events.length === 0 || !events.every(isObject))
    throw invalidBody('events', 'a list of at least one event, { "type": …, "data": … }', events)
  if (condition !== undefined && !isObject(condition))
    throw invalidBody('condition', '{ "failIfEventsMatch": [ … ], "after": … }', condition)
  return {
    events: events as unknown as readonly NewEvent[],
    condition: condition as unknown as AppendCondition | undefined,
  }
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalidBody(argument: string, expected: string, received: unknown): AnnalsError {
  // What came may be as long as a body may be, and need not all be sent back.
  const shown = JSON.stringify(received)?.slice(0, 100)
  return new AnnalsError(
    'invalid-argument',
    `The ${argument} of the append cannot be used: expected ${expected}, but got ${shown}.`,
    { argument, expected, received: shown },
  )
}

function streamNotFound(stream: string): AnnalsError {
  return new AnnalsError(
    'stream-not-found',
    `There is no stream ${JSON.stringify(stream)}. Check its name.`,
    { stream },
  )
}
