import { request } from 'node:http'

/** One message of a stream of server-sent events. */
export interface SseMessage {
  readonly event: string
  readonly id: string | undefined
  readonly data: string
}

/** A connection to a stream of server-sent events, over a real socket. */
export interface SseConnection extends AsyncIterable<SseMessage> {
  readonly status: number
  readonly headers: Record<string, unknown>
  /** Everything that came so far that is no message, such as heartbeats. */
  readonly comments: readonly string[]
  /** Cuts the connection. */
  cut(): void
  /** Reads nothing until `resume`. */
  pause(): void
  resume(): void
}

/** Opens a stream. Written by the rules of the HTML standard, and with nothing of the server's. */
export function openSse(url: string, headers: Record<string, string> = {}): Promise<SseConnection> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { headers: { accept: 'text/event-stream', ...headers }, agent: false },
      (response) => {
        response.setEncoding('utf8')
        const comments: string[] = []
        async function* messages(): AsyncGenerator<SseMessage> {
          let text = ''
          for await (const chunk of response) {
            text += chunk
            for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
              const message = parse(text.slice(0, end), comments)
              text = text.slice(end + 2)
              if (message) yield message
            }
          }
        }
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          comments,
          cut: () => sent.destroy(),
          pause: () => response.pause(),
          resume: () => response.resume(),
          [Symbol.asyncIterator]: messages,
        })
      },
    )
    sent.on('error', reject)
    sent.end()
  })
}

function parse(block: string, comments: string[]): SseMessage | undefined {
  let event = 'message'
  let id: string | undefined
  const data: string[] = []
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    const value = line.slice(colon + 1).replace(/^ /, '')
    if (name === '') comments.push(value)
    if (name === 'event') event = value
    if (name === 'id') id = value
    if (name === 'data') data.push(value)
  }
  return data.length > 0 ? { event, id, data: data.join('\n') } : undefined
}
