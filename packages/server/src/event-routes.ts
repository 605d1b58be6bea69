import type { QuerySelection, Selection } from '@annals/core'
import { eventsJson } from './event-json.ts'
import { lastEventId, wantsEventStream } from './event-stream.ts'
import { eventPage, nextLink, pageLimitDefault, pageLimitMax } from './page.ts'
import { invalidParameter, type Parameters } from './parameters.ts'
import { jsonResponse, type Route } from './route.ts'

/** How the events of all streams are read: as pages, or as they are recorded. */
export const eventRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/events',
    async handle({ app, request, parameters, eventStreams }) {
      const after = parameters.wholeNumber('after')
      const { selection, named } = selectionOf(parameters)
      if (wantsEventStream(request)) {
        parameters.assertAllKnown()
        return eventStreams.open(app.store, request, selection, lastEventId(request) ?? after)
      }
      const limit = parameters.wholeNumber('limit', { min: 1, max: pageLimitMax })
      parameters.assertAllKnown()
      const count = limit ?? pageLimitDefault
      const { events, more } = await eventPage(app.store.read(selection, { after, limit: count + 1 }), count)
      const next = more
        ? nextLink('/events', [...named, ['after', events.at(-1)?.position], ['limit', limit]])
        : null
      return jsonResponse(`{"events":${eventsJson(events)},"next":${JSON.stringify(next)}}`)
    },
  },
]

function selectionOf(parameters: Parameters): {
  readonly selection: Selection
  readonly named: readonly (readonly [string, string])[]
} {
  const category = parameters.one('category')
  const types = parameters.all('types')
  const tags = parameters.all('tags')
  const named = [
    ...(types ?? []).map((type) => ['types', type] as const),
    ...(tags ?? []).map((tag) => ['tags', tag] as const),
  ]
  if (category === undefined) {
    if (named.length === 0) return { selection: 'everything', named }
    const item: QuerySelection['query'][number] = { ...(types && { types }), ...(tags && { tags }) }
    return { selection: { query: [item] }, named }
  }
  if (named.length > 0)
    throw invalidParameter('category', 'to be given without types and tags', 'them together')
  return { selection: { category }, named: [['category', category]] }
}
