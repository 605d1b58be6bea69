import type { App, Tenants } from '@annals/core'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { commandRoutes } from './command-routes.ts'
import { consumerRoutes } from './consumer-routes.ts'
import { correlationIdHeader } from './correlation-id.ts'
import { eventRoutes } from './event-routes.ts'
import { EventStreams } from './event-stream.ts'
import { healthRoute } from './health-route.ts'
import { assertHost, isLoopback } from './host.ts'
import { HttpError } from './http-error.ts'
import { assertMayUse, type Identify, type MayOperate } from './identify.ts'
import { InputSchemas } from './input-schema.ts'
import { InsightFeeds, type InsightOptions } from './insight-feed.ts'
import { insightRoutes } from './insight-routes.ts'
import { type CloseOptions, Listeners, type ListenOptions } from './listener.ts'
import { openApiRoute } from './openapi.ts'
import { Parameters } from './parameters.ts'
import { isFault, problemOf, problemResponse } from './problem.ts'
import { queryRoutes } from './query-routes.ts'
import { pathParameters, type Route, type ServerContext } from './route.ts'
import { scheduledRoutes } from './scheduled-routes.ts'
import { streamRoutes } from './stream-routes.ts'

/** Settings of a server. */
export interface ServerOptions {
  /** The name of the application in its description. Default: `'Annals'`. */
  readonly title?: string | undefined
  /** Its version there. Default: `'0.0.0'`. */
  readonly version?: string | undefined
  /** The most bytes that the body of a request may have. Default: 16 MiB. */
  readonly bodyBytesMax?: number | undefined
  /** How often a sign of life is sent to who reads events as they are recorded. Default: 15,000. */
  readonly heartbeatMs?: number | undefined
  /** The origins whose pages may use this server, such as `https://shop.example`. Default: none but its own. */
  readonly corsOrigins?: readonly string[] | undefined
  /** Names beside those of this machine that a server bound to loopback answers for, as behind a proxy. Default: none. */
  readonly allowedHosts?: readonly string[] | undefined
  /** Says who sends a request; commands and queries are asked on behalf of that caller. Default: nothing is known of anybody. */
  readonly identify?: Identify | undefined
  /**
   * Who may use the routes beside commands and queries, which read and record past all rules of the application.
   * Default: nobody if there is an `identify`, else everybody.
   */
  readonly mayOperate?: MayOperate | undefined
  /**
   * Looks for what the history shows of itself: the routes below `/insight`. It follows the log from its start once one
   * of them is asked, and keeps what it found in memory. Default: it does not, and they answer `unknown-finding`.
   */
  readonly insight?: InsightOptions | undefined
  /** Answers what no route of Annals matches, for example with a page. */
  readonly fallback?: ((request: Request) => Response | Promise<Response>) | undefined
  /** Is told of every failure of the server itself, which callers learn little about. Default: `console.error`. */
  readonly onError?: ((error: unknown, request: Request) => void) | undefined
}

/** HTTP for an application. What it answers is in `docs/reference/http.md`. */
export interface Server {
  /** Answers one request. Never rejects. */
  fetch(request: Request): Promise<Response>

  /**
   * Begins to take connections; resolves when it does. Bound to loopback it answers only requests that name this
   * machine, so that no foreign page can reach it under a name of its own.
   *
   * @throws AnnalsError `invalid-argument` if the port is taken, or may not be used
   */
  listen(options?: ListenOptions): Promise<{ readonly url: string; readonly port: number }>

  /**
   * Takes no more connections, ends the streams of events, lets running requests end, and cuts those that do not in
   * time. The application is left open. Closing again changes nothing.
   */
  close(options?: CloseOptions): Promise<void>
}

/** Every route there is. */
export const routes: readonly Route[] = [
  ...commandRoutes,
  ...queryRoutes,
  ...streamRoutes,
  ...eventRoutes,
  ...consumerRoutes,
  ...scheduledRoutes,
  ...insightRoutes,
  openApiRoute,
  healthRoute,
]

/**
 * Makes the HTTP door of an application from its definitions. Opens nothing until it is told to listen. Given tenants, each
 * request is for the application of the tenant that `identify` finds its caller to be of.
 */
export function createServer(served: App | Tenants, options: ServerOptions = {}): Server {
  return new HttpServer(served, options)
}

class HttpServer implements Server {
  readonly #router = new Hono()
  readonly #eventStreams: EventStreams
  readonly #insight: InsightFeeds
  readonly #listeners: Listeners
  readonly #allowedHosts: readonly string[]
  readonly #report: (error: unknown, request: Request) => void
  readonly #identify: Identify
  readonly #mayOperate: MayOperate
  #closing: Promise<void> | undefined

  constructor(served: App | Tenants, options: ServerOptions) {
    const {
      title = 'Annals',
      version = '0.0.0',
      bodyBytesMax = 16 * 1024 * 1024,
      heartbeatMs = 15_000,
      corsOrigins = [],
      allowedHosts = [],
      fallback,
      identify,
      mayOperate = () => identify === undefined,
      insight,
      onError = (error) => console.error(error),
    } = options
    this.#report = (error, request) => {
      try {
        onError(error, request)
      } catch (cause) {
        // Whoever asked is to get an answer all the same.
        console.error(cause)
      }
    }
    this.#allowedHosts = allowedHosts
    this.#identify = identify ?? (() => undefined)
    this.#mayOperate = mayOperate
    this.#eventStreams = new EventStreams({ heartbeatMs, report: this.#report })
    this.#insight = new InsightFeeds(insight)
    this.#listeners = new Listeners((request, boundTo) => this.#respond(request, boundTo))
    const shared = {
      served,
      bodyBytesMax,
      title,
      version,
      inputSchemas: new InputSchemas(),
      eventStreams: this.#eventStreams,
      insight: this.#insight,
    }
    if (corsOrigins.length > 0) {
      this.#router.use(
        cors({
          origin: [...corsOrigins],
          allowMethods: ['GET', 'POST'],
          allowHeaders: [
            'content-type',
            'last-event-id',
            'authorization',
            'idempotency-key',
            correlationIdHeader,
          ],
          exposeHeaders: [correlationIdHeader],
          maxAge: 600,
        }),
      )
    }
    for (const route of routes)
      this.#router.on(route.method, pattern(route), (context) => this.#handle(route, shared, context.req.raw))
    for (const path of new Set(routes.map(pattern)))
      this.#router.all(path, (context) => {
        throw methodNotAllowed(path, context.req.raw)
      })
    this.#router.notFound((context) => {
      const request = context.req.raw
      if (fallback) return fallback(request)
      throw unknownRoute(request)
    })
    this.#router.onError((error, context) => this.#failed(error, context.req.raw))
  }

  fetch(request: Request): Promise<Response> {
    return this.#respond(request)
  }

  async #respond(request: Request, boundTo?: string): Promise<Response> {
    const response = this.#closing
      ? this.#failed(
          new HttpError(
            'server-closing',
            'The server is closing. Try again soon.',
            {},
            { connection: 'close' },
          ),
          request,
        )
      : await this.#answer(request, boundTo)
    return withNoSniff(response)
  }

  listen(options: ListenOptions = {}): Promise<{ readonly url: string; readonly port: number }> {
    return this.#listeners.listen(options)
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  async #close(options: CloseOptions): Promise<void> {
    this.#eventStreams.close()
    await this.#listeners.close(options)
    await this.#insight.close()
  }

  async #answer(request: Request, boundTo: string | undefined): Promise<Response> {
    try {
      if (boundTo !== undefined && isLoopback(boundTo))
        assertHost(request.headers.get('host'), this.#allowedHosts)
      return await this.#router.fetch(request)
    } catch (error) {
      // What the router does not catch, such as a thrown value that is no Error.
      return this.#failed(error, request)
    }
  }

  async #handle(route: Route, shared: SharedContext, request: Request): Promise<Response> {
    const answerHeaders = new Headers()
    const response = await this.#answerOf(route, { ...shared, request, answerHeaders }).catch(
      (error: unknown) => this.#failed(error, request),
    )
    for (const [name, value] of answerHeaders) response.headers.set(name, value)
    return response
  }

  async #answerOf(
    route: Route,
    unidentified: Omit<ServerContext, 'path' | 'parameters' | 'caller'>,
  ): Promise<Response> {
    const { request, served } = unidentified
    const { pathname, search } = new URL(request.url)
    const path = pathParameters(route, pathname)
    const caller = await this.#identify(request)
    await assertMayUse(route, request, caller, this.#mayOperate)
    const context = { ...unidentified, caller, path, parameters: new Parameters(search) }
    if (route.isOfServer) return route.handle(context)
    const app = 'of' in served ? await served.for(caller) : served
    return route.handle({ ...context, app })
  }

  #failed(error: unknown, request: Request): Response {
    if (isFault(error)) this.#report(error, request)
    return problemResponse(problemOf(error), error instanceof HttpError ? error.headers : undefined)
  }
}

// What is the same for each request.
type SharedContext = Omit<ServerContext, 'request' | 'path' | 'parameters' | 'caller' | 'answerHeaders'>

function pattern({ path }: Route): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

function methodNotAllowed(path: string, { method }: Request): HttpError {
  const allowed = routes.filter((route) => pattern(route) === path).map((route) => route.method)
  const allow = allowed.flatMap((each) => (each === 'GET' ? ['GET', 'HEAD'] : [each])).join(', ')
  return new HttpError(
    'method-not-allowed',
    `This address does not take ${method}. It takes ${allow}.`,
    { method, allowed },
    { allow },
  )
}

function unknownRoute({ method, url }: Request): HttpError {
  const { pathname } = new URL(url)
  const first = pathname.split('/')[1]
  const near = routes.filter(({ path }) => path.split('/')[1] === first)
  const hints = (near.length > 0 ? near : routes).map((route) => `${route.method} ${route.path}`)
  return new HttpError(
    'unknown-route',
    `There is no ${method} ${pathname.slice(0, 200)}. There is ${hints.join(', ')}; GET /openapi.json describes it all.`,
    { known: hints },
  )
}

function withNoSniff(response: Response): Response {
  try {
    response.headers.set('x-content-type-options', 'nosniff')
    return response
  } catch {
    // A response that came from elsewhere, as by fetch, has headers that cannot be changed.
    const { status, statusText, body } = response
    const headers = new Headers(response.headers)
    headers.set('x-content-type-options', 'nosniff')
    return new Response(body, { status, statusText, headers })
  }
}
