import type { App, Caller, Tenants } from '@annals/core'
import type { EventStreams } from './event-stream.ts'
import type { InputSchemas } from './input-schema.ts'
import type { InsightFeeds } from './insight-feed.ts'
import { decodePathSegment, type Parameters } from './parameters.ts'

/** One address of the server and what it does. Routing, `Allow`, hints and the reference are all held against this list. */
export type Route = AppRoute | ServerRoute

/** An address of an application: that of the caller's tenant, if the server has tenants. */
export interface AppRoute extends Address {
  readonly isOfServer?: never
  readonly handle: (context: RouteContext) => Promise<Response>
}

/** An address of the server itself, the same for every caller. */
export interface ServerRoute extends Address {
  readonly isOfServer: true
  readonly handle: (context: ServerContext) => Promise<Response>
}

interface Address {
  readonly method: 'GET' | 'POST'
  /** With its variable parts in braces: `/streams/{stream}`. */
  readonly path: string
  /** Whether any caller may use it, or the application asks by itself who may. Left out: who operates the server. */
  readonly isForCallers?: true
}

/** What a route of an application is given. */
export interface RouteContext extends ServerContext {
  readonly app: App
}

/** What a route of the server is given. */
export interface ServerContext {
  /** One application, or one for each tenant. */
  readonly served: App | Tenants
  readonly request: Request
  /** Who sends it, as far as it is known. */
  readonly caller: Caller | undefined
  /** Headers of the answer, whether it is one or a problem. */
  readonly answerHeaders: Headers
  /** The variable parts of the path, decoded. */
  readonly path: { readonly [name: string]: string }
  readonly parameters: Parameters
  readonly bodyBytesMax: number
  /** The name and version of the application, for its description. */
  readonly title: string
  readonly version: string
  readonly inputSchemas: InputSchemas
  readonly eventStreams: EventStreams
  readonly insight: InsightFeeds
}

/** The variable parts of a path, decoded. @throws HttpError `bad-encoding` */
export function pathParameters(route: Route, pathname: string): { readonly [name: string]: string } {
  const segments = pathname.split('/')
  return Object.fromEntries(
    route.path
      .split('/')
      .flatMap((part, index) =>
        part.startsWith('{') ? [[part.slice(1, -1), decodePathSegment(segments[index] ?? '')]] : [],
      ),
  )
}

/** A JSON text as a response that nobody may keep. */
export function jsonResponse(json: string, status = 200): Response {
  return new Response(json, {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}
