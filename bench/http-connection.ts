import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number
  /** With the chunks' lengths still between them, if it was sent in chunks. */
  readonly body: string
}

/**
 * One kept-alive connection that posts JSON, one request at a time. Only as much of HTTP/1.1 as a load needs: with
 * the client of `node:http` it would be the client that is measured, since it takes longer than a bare server.
 */
export class HttpConnection {
  readonly #socket: Socket
  readonly #host: string
  #received = ''
  #waiting:
    | { readonly resolve: (answer: HttpAnswer) => void; readonly reject: (error: Error) => void }
    | undefined
  #ended: Error | undefined

  private constructor(socket: Socket, host: string) {
    this.#socket = socket
    this.#host = host
    socket.setEncoding('latin1')
    socket.on('data', (part: string) => this.#take(part))
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end(new Error('The server closed the connection.')))
  }

  static async open(url: string): Promise<HttpConnection> {
    const { hostname, port, host } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    await once(socket, 'connect')
    return new HttpConnection(socket, host)
  }

  post(path: string, json: string): Promise<HttpAnswer> {
    if (this.#ended) return Promise.reject(this.#ended)
    if (this.#waiting) return Promise.reject(new Error('A connection has one request at a time.'))
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(
        `POST ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
      )
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(part: string): void {
    this.#received += part
    const answer = answerIn(this.#received)
    if (!answer) return
    this.#received = ''
    const { resolve } = this.#waiting ?? {}
    this.#waiting = undefined
    resolve?.(answer)
  }

  #end(error: Error): void {
    this.#ended ??= error
    this.#waiting?.reject(this.#ended)
    this.#waiting = undefined
  }
}

/** The answer that the text is, in latin1, so that a character is a byte; `undefined` while some of it is missing. */
export function answerIn(text: string): HttpAnswer | undefined {
  const headersEnd = text.indexOf('\r\n\r\n')
  if (headersEnd < 0) return undefined
  const headers = text.slice(0, headersEnd)
  const body = text.slice(headersEnd + 4)
  const length = /\r\ncontent-length: *(\d+)/i.exec(headers)?.[1]
  // There is only one answer at a time, so the last chunk is at the very end.
  const complete =
    length === undefined
      ? body === '0\r\n\r\n' || body.endsWith('\r\n0\r\n\r\n')
      : body.length >= Number(length)
  return complete ? { status: Number(headers.slice(9, 12)), body } : undefined
}
