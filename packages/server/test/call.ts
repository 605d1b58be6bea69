import type { Server } from '../src/index.ts'

/** What a request came to. */
export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // The tests look at answers of any form.
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of it.
  readonly body: any
}

/** Sends a request to a server without a socket: `call(server, 'GET /health')`. A body is sent as JSON. */
export async function call(
  server: Server,
  request: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Answered> {
  const [method = 'GET', target = '/'] = request.split(' ')
  const response = await server.fetch(
    new Request(`http://localhost${target}`, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    }),
  )
  const text = await response.text()
  const isJson = text !== '' && response.headers.get('content-type')?.includes('json')
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  }
}
