import type { Clock } from '../clock.ts'
import { AnnalsError } from '../errors.ts'
import { invalidDefinition } from '../event/fold.ts'
import type { Deliver, OutboxMessage } from './outbox.ts'
import { retryAfterMs } from './retry-after.ts'
import { secretKey, signWebhook } from './signature.ts'

/** Where messages are sent, and how. */
export interface WebhookOptions {
  /** `http:` or `https:`. */
  readonly url: string
  /** `whsec_` and 24 to 64 bytes in base64. While a secret is changed both may be given; each message is signed with both. */
  readonly secret: string | readonly string[]
  /** Sent with each message. */
  readonly headers?: { readonly [name: string]: string } | undefined
  /** How long the receiver may take to answer. Default: 15,000. */
  readonly timeoutMs?: number | undefined
  /** Sends a request. Default: the global `fetch`. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
  /** Gives the time that is signed. Default: the system's clock. */
  readonly clock?: Clock | undefined
}

/**
 * Delivers messages as webhooks, signed by the Standard Webhooks scheme: a POST of `{ type, timestamp, data }` with the
 * headers `webhook-id`, which is the same at each delivery, `webhook-timestamp` and `webhook-signature`.
 *
 * An answer of 2xx is success. 408, 409, 425, 429 and 5xx, no answer and none in time are tried again, not before
 * `Retry-After` if there is one. Any other answer will not change, redirections included, and parks the key at once.
 *
 * @throws AnnalsError `invalid-definition` if the address or the secret cannot be used
 */
export function webhook(options: WebhookOptions): Deliver {
  const { url, secret, headers = {}, timeoutMs = 15_000, clock = Date.now } = options
  const send = options.fetch ?? ((address, init) => fetch(address, init))
  assertUrl(url)
  const secrets = typeof secret === 'string' ? [secret] : secret
  if (!Array.isArray(secrets) || secrets.length === 0 || !secrets.every(isSecret))
    throw invalidDefinition(
      `webhook ${url}`,
      'its secret has to be "whsec_" and 24 to 64 random bytes in base64',
    )
  const keys = Promise.all(secrets.map(secretKey)) as Promise<CryptoKey[]>
  return async (message, { signal }) => {
    const id = await messageId(message.id)
    const timestamp = String(Math.floor(clock() / 1000))
    const body = bodyOf(message)
    const signatures: string[] = []
    for (const key of await keys) signatures.push(await signWebhook(key, { id, timestamp, body }))
    const init = {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signatures.join(' '),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    } as const
    const response = await send(url, init).catch((cause: unknown) => {
      throw noAnswer(url, timeoutMs, cause)
    })
    // Nobody reads it, and left as it is it would hold its connection.
    await response.body?.cancel().catch(() => undefined)
    if (response.status < 200 || response.status > 299) throw refused(url, response, clock())
  }
}

function bodyOf({ topic, body, recordedAt }: OutboxMessage): string {
  return JSON.stringify({ type: topic, timestamp: recordedAt.toISOString(), data: body })
}

// The names that make up a token may hold what a header cannot, and the dots with which what is signed is divided.
async function messageId(token: string): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  const hex = Array.from(new Uint8Array(digest, 0, 16), (byte) => byte.toString(16).padStart(2, '0'))
  return `msg_${hex.join('')}`
}

const retriedStatuses: readonly number[] = [408, 409, 425, 429]

function refused(url: string, { status, headers }: Response, nowMs: number): AnnalsError {
  const isFinal = status < 500 && !retriedStatuses.includes(status)
  const advice = status === 410 ? 'It wants no more messages' : 'It will not change its mind'
  return new AnnalsError(
    'delivery-failed',
    `The webhook ${url} was answered with status ${status}, but one from 200 to 299 was expected. ${isFinal ? `${advice}, so it is not tried again` : 'It is tried again'}.`,
    { target: url, status, isFinal, retryAfterMs: retryAfterMs(headers.get('retry-after'), nowMs) },
  )
}

function noAnswer(url: string, timeoutMs: number, cause: unknown): AnnalsError {
  const { name = '', message = String(cause) } = cause instanceof Error ? cause : {}
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : message
  const what = name === 'TimeoutError' ? `within ${timeoutMs} ms` : `at all: ${reason}`
  return new AnnalsError(
    'delivery-failed',
    `The webhook ${url} was not answered ${what}. It is tried again.`,
    { target: url, status: undefined, isFinal: false, retryAfterMs: undefined },
    { cause },
  )
}

function assertUrl(url: unknown): void {
  const protocol = typeof url === 'string' && URL.canParse(url) ? new URL(url).protocol : ''
  if (protocol !== 'http:' && protocol !== 'https:')
    throw invalidDefinition('a webhook', `its url has to be one of http: or https:, but is ${String(url)}`)
}

// Whether it can be decoded; what `secretKey` makes of it comes only later, and a definition is to fail at once.
function isSecret(secret: unknown): boolean {
  const base64 = typeof secret === 'string' ? /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] : undefined
  const bytes = base64 === undefined ? 0 : Math.floor((base64.replace(/=+$/, '').length * 3) / 4)
  return bytes >= 24 && bytes <= 64
}
