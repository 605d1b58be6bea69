import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AnnalsError } from '@annals/core'
import { getRequestListener } from '@hono/node-server'
import { HttpError } from './http-error.ts'
import { problemOf, problemResponse } from './problem.ts'

/** Where to listen. */
export interface ListenOptions {
  /** 0 takes any that is free. Default: 0. */
  readonly port?: number | undefined
  /** The address to bind to. Default: `'127.0.0.1'`, which only this machine can reach. */
  readonly host?: string | undefined
}

/** How to close. */
export interface CloseOptions {
  /** How long running requests may still take. Default: 10,000. */
  readonly graceMs?: number | undefined
}

/** The sockets of a server. */
export class Listeners {
  readonly #respond: (request: Request, boundTo: string) => Promise<Response>
  readonly #servers = new Set<Server>()
  #closing = false

  /** Requests are handed on with the address that they came in by. */
  constructor(respond: (request: Request, boundTo: string) => Promise<Response>) {
    this.#respond = respond
  }

  async listen({ port = 0, host = '127.0.0.1' }: ListenOptions): Promise<{
    readonly url: string
    readonly port: number
  }> {
    if (this.#closing) throw invalidListen('port', 'a server that has not been closed', port)
    const server = createServer(
      getRequestListener((request) => this.#respond(request, host), {
        // Replacing the Request and Response of the whole process is not ours to do.
        overrideGlobalObjects: false,
        errorHandler: (error) => malformed(error),
      }),
    )
    server.on('request', (_request, response) =>
      // A connection that is kept alive becomes idle again, and would hold up the closing.
      response.once('close', () => this.#closing && setImmediate(() => server.closeIdleConnections())),
    )
    await started(server, port, host)
    this.#servers.add(server)
    const address = server.address() as AddressInfo
    return { url: `http://${inUrl(host)}:${address.port}`, port: address.port }
  }

  async close({ graceMs = 10_000 }: CloseOptions): Promise<void> {
    this.#closing = true
    await Promise.all([...this.#servers].map((server) => closed(server, graceMs)))
    this.#servers.clear()
  }
}

function started(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(listenError(error, port, host))
    server.once('error', failed)
    // Node.js throws for a port that is none, rather than telling of it.
    try {
      server.listen({ port, host }, () => {
        server.off('error', failed)
        resolve()
      })
    } catch (error) {
      failed(error as NodeJS.ErrnoException)
    }
  })
}

function closed(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): AnnalsError {
  switch (error.code) {
    case 'EADDRINUSE':
      return invalidListen(
        'port',
        `a free port, but port ${port} of ${host} is taken by another program`,
        port,
        error,
      )
    case 'EACCES':
      return invalidListen('port', `a port that this user may use, such as 3000`, port, error)
    case 'ERR_SOCKET_BAD_PORT':
      return invalidListen('port', 'a whole number from 0 to 65535', port, error)
    default:
      return invalidListen('host', `an address of this machine (${error.message})`, host, error)
  }
}

function invalidListen(argument: string, expected: string, received: unknown, cause?: unknown): AnnalsError {
  return new AnnalsError(
    'invalid-argument',
    `The server cannot listen at the ${argument} ${received}: expected ${expected}.`,
    { argument, expected, received },
    { cause },
  )
}

/** The answer to a request that is no HTTP that could be understood, such as one without a host. */
function malformed(error: unknown): Response {
  const reason = error instanceof Error ? error.message : String(error)
  return problemResponse(
    problemOf(
      new HttpError('bad-encoding', `The address of the request cannot be understood: ${reason}.`, {}),
    ),
    { connection: 'close', 'x-content-type-options': 'nosniff' },
  )
}

function inUrl(host: string): string {
  // Bound to every address, it is reached by this one too.
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
