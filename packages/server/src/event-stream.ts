import type { EventStore, Position, Selection, Subscription, SubscriptionBatch } from '@annals/core'
import { answerJson } from './answer-json.ts'
import { eventJson } from './event-json.ts'
import { wholeNumber } from './parameters.ts'
import { isFault, problemOf } from './problem.ts'

/**
 * Sends events as they are recorded, as server-sent events (HTML standard, section 9.2): catch-up first, then live, with
 * neither gap nor duplicate, and with a signal between the two. The answers of a query that is watched are sent likewise.
 *
 * A slow reader is simply behind: its events wait in the store, and here at most one batch of them.
 */
export class EventStreams {
  readonly #heartbeatMs: number
  readonly #report: (error: unknown, request: Request) => void
  readonly #open = new Set<() => void>()
  #closed = false

  constructor(options: {
    readonly heartbeatMs: number
    readonly report: (error: unknown, request: Request) => void
  }) {
    this.#heartbeatMs = options.heartbeatMs
    this.#report = options.report
  }

  /** The selected events after a position, without an end. @throws AnnalsError `invalid-argument`, `store-closed` */
  open(store: EventStore, request: Request, selection: Selection, after: Position | undefined): Response {
    const subscription = store.subscribe(selection, { after })
    return this.#response(request, { texts: textOf(subscription), close: () => subscription.close() })
  }

  /** Answers of a query, the first of which is there already. */
  openAnswers(request: Request, first: unknown, answers: AsyncIterableIterator<unknown>): Response {
    const close = () => void answers.return?.()
    return this.#response(request, { texts: answerTexts(first, answers), close })
  }

  #response(request: Request, sent: Sent): Response {
    // A HEAD request gets what the head of the answer is, and nobody would ever read its body.
    if (request.method === 'HEAD') sent.close()
    const body = request.method === 'HEAD' ? null : this.#body(request, sent)
    return new Response(body, {
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        // Some proxies hold back what they forward until they have enough of it.
        'x-accel-buffering': 'no',
      },
    })
  }

  /** Ends all of them, and each that is still opened. */
  close(): void {
    this.#closed = true
    for (const end of [...this.#open]) end()
  }

  #body(request: Request, { texts: chunks, close }: Sent): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder()
    let heartbeat: NodeJS.Timeout | undefined
    let cancelled = false
    const end = () => {
      close()
      clearInterval(heartbeat)
      request.signal.removeEventListener('abort', end)
      this.#open.delete(end)
    }
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        heartbeat = setInterval(() => {
          // A reader that is behind has enough to read, and is not to be buried under signs of life.
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(': heartbeat\n\n'))
        }, this.#heartbeatMs)
        heartbeat.unref()
        request.signal.addEventListener('abort', end, { once: true })
        this.#open.add(end)
        if (this.#closed || request.signal.aborted) end()
      },
      pull: async (controller) => {
        const text = await next(chunks).catch((error: unknown) => {
          if (isFault(error)) this.#report(error, request)
          return field('problem', JSON.stringify(problemOf(error)))
        })
        // It may have been cancelled while the next events were awaited.
        if (cancelled) return
        if (text !== undefined) return controller.enqueue(encoder.encode(text))
        end()
        controller.close()
      },
      cancel: async () => {
        cancelled = true
        end()
        await chunks.return()
      },
    })
  }
}

/** What is sent bit by bit, and what ends it. */
interface Sent {
  readonly texts: AsyncGenerator<string, void, void>
  readonly close: () => void
}

async function next(chunks: AsyncGenerator<string, void, void>): Promise<string | undefined> {
  const { done, value } = await chunks.next()
  return done ? undefined : value
}

/** Whether a request asks to be sent what comes, rather than what is there now. */
export function wantsEventStream(request: Request): boolean {
  return (request.headers.get('accept') ?? '').toLowerCase().includes('text/event-stream')
}

/** The position of the last event that a reader saw before it was cut off. @throws HttpError `invalid-parameter` */
export function lastEventId(request: Request): Position | undefined {
  const text = request.headers.get('last-event-id')
  // A browser that saw no id yet sends none, or an empty one.
  if (text === null || text === '') return undefined
  return wholeNumber('Last-Event-ID', text, { min: 0, max: Number.MAX_SAFE_INTEGER })
}

async function* textOf(subscription: Subscription): AsyncGenerator<string, void, void> {
  let wasLive = false
  for await (const batch of subscription.batches()) {
    yield* textsOf(batch, wasLive)
    wasLive = batch.live
  }
}

async function* answerTexts(
  first: unknown,
  answers: AsyncIterable<unknown>,
): AsyncGenerator<string, void, void> {
  yield field('answer', answerJson(first))
  for await (const answer of answers) yield field('answer', answerJson(answer))
}

// Many small events in one chunk are sent much faster, and few large ones are not to be held in memory all at once.
const chunkLength = 64 * 1024

function* textsOf({ events, position, live }: SubscriptionBatch, wasLive: boolean): Generator<string> {
  let chunk = ''
  for (const event of events) {
    chunk += field('event', eventJson(event), event.position)
    if (chunk.length < chunkLength) continue
    yield chunk
    chunk = ''
  }
  if (live && !wasLive) chunk += field('caught-up', `{"position":${position}}`, position)
  if (chunk !== '') yield chunk
}

function field(name: string, data: string, id?: Position): string {
  const head = id === undefined ? '' : `id: ${id}\n`
  // JSON text holds line breaks only between its parts; each line then needs the field's name again.
  return `${head}event: ${name}\ndata: ${data.replaceAll(/\r\n|\r|\n/g, '\ndata: ')}\n\n`
}
