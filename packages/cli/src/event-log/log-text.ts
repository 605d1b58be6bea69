import { TextDecoder } from 'node:util'
import { AnnalsError } from '@annals/core'
import type { InputStream } from '../io.ts'

/**
 * The text of a file of events, in pieces as its bytes come: in the encoding that its XML declaration names, else UTF-8.
 *
 * @throws AnnalsError `invalid-input` for bytes that are no text
 */
export async function* logText(input: InputStream, name: string): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (bytes.length === 0) continue
    decoder ??= new TextDecoder(encodingOf(bytes, name), { fatal: true })
    yield decoded(decoder, bytes, name)
  }
  if (decoder) yield decoded(decoder, undefined, name)
}

function encodingOf(bytes: Uint8Array, name: string): string {
  const start = Buffer.from(bytes.subarray(0, 200)).toString('latin1')
  const encoding = /^<\?xml[^>]*\sencoding=["']([^"']+)["']/.exec(start)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(encoding).encoding
  } catch {
    throw noText(name, `the encoding ${JSON.stringify(encoding)}, which is not known`)
  }
}

function decoded(decoder: TextDecoder, bytes: Uint8Array | undefined, name: string): string {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
  } catch {
    throw noText(name, `bytes that are no ${decoder.encoding}`)
  }
}

function noText(name: string, got: string): AnnalsError<'invalid-input'> {
  const message = `expected text in UTF-8, but got ${got}`
  return new AnnalsError('invalid-input', `The file ${name} cannot be read: ${message}. Convert it first.`, {
    of: 'event log',
    issues: [{ path: [], message }],
  })
}
