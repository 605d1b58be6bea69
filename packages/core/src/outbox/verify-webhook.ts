import type { Clock } from '../clock.ts'
import { AnnalsError } from '../errors.ts'
import type { JsonValue } from '../json.ts'
import { hasSignature, secretKey } from './signature.ts'

/** A webhook as it was received. */
export interface ReceivedWebhook {
  readonly headers: Pick<Headers, 'get'>
  /** The body as it came, to the byte: parsed and written again it is another one. */
  readonly body: string
  /** The secret that both sides know. While it is changed both may be given. */
  readonly secret: string | readonly string[]
  /** How far its time may lie from now, either way. Default: 300,000. */
  readonly toleranceMs?: number | undefined
  /** Default: the system's clock. */
  readonly clock?: Clock | undefined
}

/** What a verified webhook says. */
export interface VerifiedWebhook {
  /** The same at each delivery of the same message, so that a receiver can pass over repeats. */
  readonly id: string
  readonly payload: JsonValue
}

/**
 * The content of a webhook that is signed by the Standard Webhooks scheme, if it comes from who has the secret and is not
 * an old one sent again. For receivers; works with any sender that follows the scheme.
 *
 * @throws AnnalsError `webhook-not-verified`
 */
export async function verifyWebhook(received: ReceivedWebhook): Promise<VerifiedWebhook> {
  const { headers, body, secret, toleranceMs = 5 * 60 * 1000, clock = Date.now } = received
  const id = headers.get('webhook-id')
  const timestamp = headers.get('webhook-timestamp')
  const signatures = headers.get('webhook-signature')
  if (!id || !timestamp || !signatures)
    throw notVerified('the headers webhook-id, webhook-timestamp and webhook-signature were expected')
  if (!/^\d{1,15}$/.test(timestamp)) throw notVerified('its time was expected in seconds since 1970')
  const agoMs = clock() - Number(timestamp) * 1000
  if (Math.abs(agoMs) > toleranceMs)
    throw notVerified(`its time lies ${Math.round(Math.abs(agoMs) / 1000)} s from now; check both clocks`)
  for (const each of typeof secret === 'string' ? [secret] : secret) {
    const key = await secretKey(each)
    if (!key) throw notVerified('the secret has to be "whsec_" and 24 to 64 bytes in base64')
    if (await hasSignature(key, signatures, { id, timestamp, body })) return { id, payload: parsed(body) }
  }
  throw notVerified('no signature fits; check the secret, and that the body is as it was received')
}

function parsed(body: string): JsonValue {
  try {
    return JSON.parse(body) as JsonValue
  } catch {
    throw notVerified('its body is signed, but is not JSON')
  }
}

function notVerified(problem: string): AnnalsError<'webhook-not-verified'> {
  return new AnnalsError('webhook-not-verified', `The webhook cannot be trusted: ${problem}.`, { problem })
}
