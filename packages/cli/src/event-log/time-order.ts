import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { EventToRecord } from '@annals/insight'
import { ByteLines } from '../byte-lines.ts'
import { fileError } from '../file-error.ts'

/**
 * Puts events into the order of their times, those of one time as they came, however many there are: beyond so many they
 * wait in sorted parts in a temporary directory, which `close` removes.
 *
 * Source: D. E. Knuth, The Art of Computer Programming, vol. 3, 5.4 (external sorting by merging).
 */
export class TimeOrder {
  /** Events so far. */
  count = 0
  readonly #partEventsMax: number
  #events: EventToRecord[] = []
  #directory: string | undefined
  readonly #parts: string[] = []

  constructor({ partEventsMax = 50_000 }: { readonly partEventsMax?: number } = {}) {
    this.#partEventsMax = partEventsMax
  }

  /** @throws AnnalsError `disk-full`, `disk-error` */
  async add(events: Iterable<EventToRecord>): Promise<void> {
    for (const event of events) {
      this.#events.push(event)
      this.count++
      if (this.#events.length >= this.#partEventsMax) await this.#writePart()
    }
  }

  /** All of them. Nothing can be added any more. */
  async *inOrder(): AsyncGenerator<EventToRecord> {
    const rest = sorted(this.#events)
    if (this.#parts.length === 0) return yield* rest
    const sources = [
      ...this.#parts.map(eventsIn),
      (async function* () {
        yield* rest
      })(),
    ]
    const heads = await Promise.all(sources.map(async (source) => (await source.next()).value))
    for (;;) {
      // Of one time the part that was written first.
      let first = -1
      for (const [index, head] of heads.entries())
        if (head && (first === -1 || head.atMs < (heads[first] as EventToRecord).atMs)) first = index
      if (first === -1) return
      yield heads[first] as EventToRecord
      heads[first] = (await sources[first]?.next())?.value
    }
  }

  async close(): Promise<void> {
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true })
  }

  async #writePart(): Promise<void> {
    this.#directory ??= await mkdtemp(join(tmpdir(), 'annals-import-'))
    const path = join(this.#directory, `${this.#parts.length}.jsonl`)
    this.#parts.push(path)
    const events = sorted(this.#events)
    this.#events = []
    try {
      await pipeline(Readable.from(linesOf(events)), createWriteStream(path))
    } catch (error) {
      throw fileError(error, path)
    }
  }
}

const sorted = (events: readonly EventToRecord[]) => events.toSorted((one, other) => one.atMs - other.atMs)

function* linesOf(events: readonly EventToRecord[]): Generator<string> {
  for (let from = 0; from < events.length; from += 1000)
    yield events
      .slice(from, from + 1000)
      .map((event) => `${JSON.stringify(event)}\n`)
      .join('')
}

async function* eventsIn(path: string): AsyncGenerator<EventToRecord> {
  const lines = new ByteLines()
  try {
    for await (const chunk of createReadStream(path))
      for (const line of lines.push(chunk)) yield JSON.parse(Buffer.from(line).toString()) as EventToRecord
  } catch (error) {
    throw fileError(error, path)
  }
}
