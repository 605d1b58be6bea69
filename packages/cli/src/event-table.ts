import type { RecordedEvent } from '@annals/core'
import type { Output } from './output.ts'
import { cut } from './text.ts'

/** Writes events as they come: as JSON Lines, or as lines of a table. */
export class EventPrinter {
  readonly #output: Output
  readonly #table

  constructor(output: Output) {
    this.#output = output
    this.#table = output.table<RecordedEvent>([
      { title: 'POSITION', value: ({ position }) => String(position), align: 'right' },
      { title: 'RECORDED AT', value: ({ recordedAt }) => recordedAt.toISOString() },
      { title: 'STREAM', value: ({ stream }) => cut(stream, 40) },
      { title: 'REVISION', value: ({ revision }) => String(revision), align: 'right' },
      { title: 'TYPE', value: ({ type }) => cut(type, 40) },
      { title: 'DATA', value: ({ dataJson }) => dataJson },
    ])
  }

  async print(events: readonly RecordedEvent[]): Promise<void> {
    if (events.length === 0) return
    if (this.#output.json) await this.#output.lines(events.map((event) => JSON.stringify(event)))
    else await this.#output.lines(this.#table.lines(events))
  }
}
