import type { ExpectedRevision, NewEvent, StreamAppend } from '@annals/core'
import type { EventLine } from './event-line.ts'

const batchEventsMax = 1_000
const batchBytesMax = 8 * 1024 * 1024

/** Events of lines that are appended together: their streams one after the other are the order of the lines. */
export class AppendBatch<Line extends EventLine = EventLine> {
  readonly lines: Line[] = []
  readonly #streams = new Map<string, NewEvent[]>()
  #bytes = 0

  /** A batch of lines that fit together. */
  static from<Line extends EventLine>(lines: Iterable<Line>): AppendBatch<Line> {
    const batch = new AppendBatch<Line>()
    for (const line of lines) batch.add(line)
    return batch
  }

  /** The lines as batches, in their order. */
  static *of<Line extends EventLine>(lines: Iterable<Line>): Generator<AppendBatch<Line>> {
    let batch = new AppendBatch<Line>()
    for (const line of lines) {
      if (!batch.fits(line)) {
        yield batch
        batch = new AppendBatch()
      }
      batch.add(line)
    }
    if (batch.lines.length > 0) yield batch
  }

  /** Whether a line can be added: its stream does not come back, and the batch does not grow too large. */
  fits({ stream, bytes }: Line): boolean {
    if (this.lines.length === 0) return true
    const comesBack = this.#streams.has(stream) && this.lines.at(-1)?.stream !== stream
    return !comesBack && this.lines.length < batchEventsMax && this.#bytes + bytes <= batchBytesMax
  }

  add(line: Line): void {
    const { stream, event, bytes } = line
    this.lines.push(line)
    this.#bytes += bytes
    const events = this.#streams.get(stream)
    if (events) events.push(event)
    else this.#streams.set(stream, [event])
  }

  /** What is to be appended. */
  appends(expectedRevision: (stream: string) => ExpectedRevision = () => 'any'): StreamAppend[] {
    return [...this.#streams].map(([stream, events]) => ({
      stream,
      events,
      expectedRevision: expectedRevision(stream),
    }))
  }
}
