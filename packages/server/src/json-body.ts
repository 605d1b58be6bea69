import { HttpError } from './http-error.ts'
import { findJsonError } from './json-error.ts'

/**
 * The body of a request as a JSON value. Reads no more than `bytesMax` bytes, whether or not the request says its length.
 *
 * Only `application/json` is taken, even for an empty input: a browser asks before it sends that type to another origin,
 * and so no foreign page can make commands happen.
 *
 * @throws HttpError `unsupported-media-type`, `body-too-large`, `broken-json`
 */
export async function readJsonBody(request: Request, bytesMax: number): Promise<unknown> {
  assertJsonType(request.headers.get('content-type'))
  const text = decode(await readBytes(request, bytesMax))
  try {
    return JSON.parse(text)
  } catch (error) {
    const offset = findJsonError(text)
    const before = text.slice(0, offset)
    const line = before.split('\n').length
    const column = offset - before.lastIndexOf('\n')
    const what = offset >= text.trimEnd().length ? 'it ends too early' : `got ${near(text, offset)}`
    throw new HttpError(
      'broken-json',
      text.trim() === ''
        ? 'Expected a JSON value as the body, but it is empty. Send {} for an input without fields.'
        : `Expected JSON as the body, but at line ${line}, column ${column} ${what}. (${(error as Error).message})`,
      { line, column, offset },
    )
  }
}

function assertJsonType(header: string | null): void {
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset)
  if (/^application\/(?:[\w.+-]+\+)?json$/.test(type) && isUtf8) return
  throw new HttpError(
    'unsupported-media-type',
    `Expected the header "content-type: application/json", but got ${header === null ? 'none' : JSON.stringify(header)}.`,
    { expected: 'application/json', received: header },
    { accept: 'application/json' },
  )
}

async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array> {
  const declared = request.headers.get('content-length')
  if (Number(declared ?? 0) > bytesMax) throw tooLarge(bytesMax)
  try {
    // Node.js holds a body to its declared length, and reading it whole costs half as much as reading a stream.
    return declared === null
      ? await readChunks(request, bytesMax)
      : new Uint8Array(await request.arrayBuffer())
  } catch (error) {
    if (error instanceof HttpError) throw error
    // It cannot be answered, but it is no failure of the server either.
    throw new HttpError('broken-json', 'Expected a whole body, but the connection was cut before its end.')
  }
}

async function readChunks(request: Request, bytesMax: number): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array(0)
  const chunks: Uint8Array[] = []
  let byteCount = 0
  // Leaving the loop by the error cancels the body, so the rest is not read.
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    byteCount += chunk.byteLength
    if (byteCount > bytesMax) throw tooLarge(bytesMax)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, byteCount)
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new HttpError('broken-json', 'Expected JSON in UTF-8 as the body, but its bytes are not UTF-8.')
  }
}

function tooLarge(bytesMax: number): HttpError {
  return new HttpError(
    'body-too-large',
    `The body may have at most ${bytesMax} bytes, but it has more. Send less at once.`,
    { bytesMax },
    // What is still on its way belongs to no next request.
    { connection: 'close' },
  )
}

function near(text: string, offset: number): string {
  return JSON.stringify(text.slice(offset, offset + 20))
}
