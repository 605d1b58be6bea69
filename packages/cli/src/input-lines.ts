import { fstatSync } from 'node:fs'
import { ByteLines } from './byte-lines.ts'
import type { InputStream } from './io.ts'

/** Lines that have arrived together. */
export interface LinePart {
  readonly lines: readonly Uint8Array[]
  /** How many bytes have arrived with them. */
  readonly bytes: number
}

/**
 * The lines of a stream in the parts in which they arrive, so that none waits for later ones, until it ends or the signal
 * aborts, even if it is silent then.
 *
 * @throws AnnalsError `limit-exceeded` for a line that is too long
 */
export async function* inputLines(input: InputStream, signal: AbortSignal): AsyncGenerator<LinePart> {
  const lines = new ByteLines()
  for await (const chunk of untilAborted(input, signal)) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    yield { lines: lines.push(bytes), bytes: bytes.length }
  }
  const { rest } = lines
  if (rest.length > 0 && !signal.aborted) yield { lines: [rest], bytes: 0 }
}

/** Estimates how many lines there are in all from those so far, if the input is a file and so has a size. */
export function linesTotal({ fd }: InputStream): (linesSoFar: number, bytesSoFar: number) => number {
  const size = fd === undefined ? undefined : fileSize(fd)
  return (lines, bytes) => (size === undefined ? Infinity : Math.round((lines * size) / Math.max(1, bytes)))
}

/** The items of an input until it ends or the signal aborts, even if it is silent then. */
async function* untilAborted<Item>(input: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item> {
  const iterator = input[Symbol.asyncIterator]()
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted])
      if (next === undefined || next.done) return
      yield next.value
    }
  } finally {
    // A silent input answers only when it is destroyed, which return does; so it is not waited for.
    iterator.return?.()?.catch(() => {})
  }
}

function fileSize(fd: number): number | undefined {
  try {
    const stats = fstatSync(fd)
    return stats.isFile() && stats.size > 0 ? stats.size : undefined
  } catch {
    return undefined
  }
}
