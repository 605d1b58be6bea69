import { TextDecoder } from 'node:util'
import { AnnalsError } from '@annals/core'
import type { InputStream } from '../io.ts'

/**
 * The text of a file of events, in pieces as its bytes come: in UTF-16 if it begins so, else in the encoding that its XML
 * declaration names, else in UTF-8.
 *
 * @throws AnnalsError `invalid-input` for bytes that are no text
 */
export async function* logText(input: InputStream, name: string): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined
  for await (const bytes of withLongStart(input)) {
    decoder ??= new TextDecoder(encodingOf(bytes, name), { fatal: true })
    yield decoded(decoder, bytes, name)
  }
  if (decoder) yield decoded(decoder, undefined, name)
}

/** The same bytes, of which the first piece is long enough to tell the encoding, if there are as many. */
async function* withLongStart(input: InputStream): AsyncGenerator<Uint8Array> {
  let start: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (!start) yield bytes
    else {
      start = Buffer.concat([start, bytes])
      if (start.length < startBytes) continue
      yield start
      start = undefined
    }
  }
  if (start && start.length > 0) yield start
}

const startBytes = 200

function encodingOf(bytes: Uint8Array, name: string): string {
  assertText(bytes, name)
  const wide = wideEncodingOf(bytes)
  if (wide) return wide
  const start = Buffer.from(bytes.subarray(0, startBytes)).toString('latin1')
  const encoding = /^(?:\xef\xbb\xbf)?<\?xml[^>]*\sencoding=["']([^"']+)["']/.exec(start)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(encoding).encoding
  } catch {
    throw noText(name, `the encoding ${JSON.stringify(encoding)}, which is not known`)
  }
}

/** What is no text at all is better called by what it is. */
function assertText(bytes: Uint8Array, name: string): void {
  const [, kind] =
    kinds.find(([magic]) => Buffer.from(magic, 'latin1').equals(bytes.subarray(0, magic.length))) ?? []
  if (!kind) return
  const message = `expected text, but got ${kind}`
  const remedy =
    kind === 'a database of SQLite'
      ? 'Name it as a file, as an OCEL.'
      : 'Unpack it first; only gzip is unpacked, and once.'
  throw new AnnalsError('invalid-input', `The file ${name} cannot be read: ${message}. ${remedy}`, {
    of: 'event log',
    issues: [{ path: [], message }],
  })
}

const kinds = [
  ['PK\x03\x04', 'a zip archive'],
  ['\x1f\x8b', 'gzip within gzip'],
  ['BZh', 'something packed by bzip2'],
  ['\xfd7zXZ\0', 'something packed by xz'],
  ['\x28\xb5\x2f\xfd', 'something packed by zstd'],
  ['7z\xbc\xaf\x27\x1c', 'a 7z archive'],
  ['SQLite format 3\0', 'a database of SQLite'],
] as const

/** UTF-16 shows by its byte order mark, or by the zeros of the first signs of XML, whatever the declaration says. */
function wideEncodingOf([first, second, third, fourth]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first === 0x3c && second === 0 && third !== 0 && fourth === 0) return 'utf-16le'
  return first === 0 && second === 0x3c && third === 0 && fourth !== 0 ? 'utf-16be' : undefined
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
  return new AnnalsError(
    'invalid-input',
    `The file ${name} cannot be read: ${message}. Convert it first, such as by iconv -f WINDOWS-1252 -t UTF-8.`,
    {
      of: 'event log',
      issues: [{ path: [], message }],
    },
  )
}
