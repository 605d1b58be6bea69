import { createReadStream, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { AnnalsError } from '@annals/core'
import { fileError } from './file-error.ts'
import type { InputStream, Io } from './io.ts'

/** What is imported. */
export interface ImportSource {
  /** What it is called in messages. */
  readonly name: string
  /** Its bytes, unpacked if they are gzip. */
  readonly input: InputStream
  /** Estimates how many lines there are in all; `Infinity` if nobody knows. */
  total(linesSoFar: number): number
}

/**
 * The file of a name, or stdin for `-`. Whether it is compressed is seen by its first bytes, whatever its name.
 *
 * @throws AnnalsError `invalid-argument` if there is no such file
 */
export function importSource(name: string, io: Io): ImportSource {
  if (name === '-') return { name: 'stdin', input: unpacked(io.stdin, 'stdin'), total: () => Infinity }
  const path = resolve(io.directory, name)
  const file = new CountedFile(path, sizeOf(path))
  return {
    name: path,
    input: unpacked(file, path),
    total: (linesSoFar) => Math.round((linesSoFar * file.size) / Math.max(1, file.bytesRead)),
  }
}

/** A file that knows how far it has been read. */
class CountedFile implements AsyncIterable<Uint8Array> {
  bytesRead = 0
  readonly size: number
  readonly #path: string

  constructor(path: string, size: number) {
    this.#path = path
    this.size = size
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of createReadStream(this.#path, { highWaterMark: chunkBytes })) {
        this.bytesRead += chunk.length
        yield chunk
      }
    } catch (error) {
      throw fileError(error, this.#path)
    }
  }
}

function sizeOf(path: string): number {
  try {
    const stats = statSync(path)
    // Else it would be found out only when the store is made already.
    if (stats.isDirectory()) throw Object.assign(new Error('It is a directory.'), { code: 'EISDIR' })
    return stats.size
  } catch (error) {
    throw fileError(error, path)
  }
}

async function* unpacked(input: InputStream, name: string): AsyncGenerator<Uint8Array> {
  const chunks = bytesOf(input)
  const first: Uint8Array[] = []
  let length = 0
  while (length < gzipMagic.length) {
    const { value, done } = await chunks.next()
    if (done) break
    first.push(value)
    length += value.length
  }
  const start = Buffer.concat(first)
  const all = startingWith(start, chunks)
  if (!start.subarray(0, gzipMagic.length).equals(gzipMagic)) return yield* all
  const gunzip = createGunzip({ chunkSize: chunkBytes })
  // A failure reaches whoever reads from it.
  pipeline(Readable.from(all), gunzip).catch(() => {})
  try {
    yield* gunzip as AsyncIterable<Uint8Array>
  } catch (error) {
    throw isZlibError(error) ? notUnpacked(name, error) : error
  }
}

async function* bytesOf(input: InputStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of input) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

async function* startingWith(
  start: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (start.length > 0) yield start
  yield* rest
}

const chunkBytes = 256 * 1024
const gzipMagic = Buffer.from([0x1f, 0x8b])

function isZlibError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
}

function notUnpacked(name: string, cause: Error): AnnalsError<'invalid-event'> {
  const problem = `it cannot be unpacked from there on (${cause.message})`
  return new AnnalsError(
    'invalid-event',
    `Expected a whole gzip file, but of ${name} ${problem}. If its export was interrupted, run that again: it goes on.`,
    { type: undefined, issues: [{ path: [], message: problem }] },
    { cause },
  )
}
