/** The signature of a webhook, as the Standard Webhooks specification has it: `v1,` and the HMAC-SHA256 in base64. */
export async function signWebhook(key: CryptoKey, signed: SignedContent): Promise<string> {
  const signature = await globalThis.crypto.subtle.sign('HMAC', key, bytesOf(signed))
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(signature)))}`
}

/** Whether one of the signatures, of which there may be several with spaces between, is that of the content. */
export async function hasSignature(
  key: CryptoKey,
  signatures: string,
  signed: SignedContent,
): Promise<boolean> {
  for (const signature of signatures.split(' ')) {
    const [version, base64 = ''] = signature.split(',')
    const given = version === 'v1' ? decodeBase64(base64) : undefined
    // Takes the same time wherever the two differ.
    if (given && (await globalThis.crypto.subtle.verify('HMAC', key, given, bytesOf(signed)))) return true
  }
  return false
}

/** What is signed. */
export interface SignedContent {
  readonly id: string
  /** In seconds since 1970. */
  readonly timestamp: string
  readonly body: string
}

/** The key of a secret: `whsec_` and 24 to 64 bytes in base64. `undefined` if it is none. */
export async function secretKey(secret: unknown): Promise<CryptoKey | undefined> {
  const base64 = typeof secret === 'string' && secret.startsWith(prefix) ? secret.slice(prefix.length) : ''
  const bytes = decodeBase64(base64)
  if (!bytes || bytes.length < 24 || bytes.length > 64) return undefined
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return globalThis.crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign', 'verify'])
}

const prefix = 'whsec_'

function bytesOf({ id, timestamp, body }: SignedContent): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${id}.${timestamp}.${body}`)
}

function decodeBase64(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
