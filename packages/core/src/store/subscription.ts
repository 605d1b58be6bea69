import type { RecordedEvent } from '../event/event.ts'
import { type Position, startOfLog } from '../event/position.ts'
import type { Selection } from '../event/selection.ts'
import { assertWholeNumber } from '../event/selection.ts'
import type {
  EventReader,
  ReadOptions,
  SubscribeOptions,
  Subscription,
  SubscriptionBatch,
} from './event-store.ts'

/** What a subscription needs of a store. */
export interface SubscriptionSource {
  /** The position of the last event that readers can see. */
  head(): Promise<Position>
  read(selection: Selection, options: ReadOptions): EventReader
  /** Resolves as soon as the head lies beyond `position`, or `signal` aborts. Rejects if that will never be. */
  headBeyond(position: Position, signal: AbortSignal): Promise<void>
}

/**
 * A subscription made from reads alone: read up to the head, wait for the head to move, read what came between. So
 * there is one path for catch-up and live, nothing to hand over between them, and nothing that piles up.
 */
export function subscribeByReading(
  source: SubscriptionSource,
  selection: Selection,
  { after = startOfLog, signal }: SubscribeOptions = {},
): Subscription {
  assertWholeNumber('after', after)
  const stop = new AbortController()
  const end = () => stop.abort()
  if (signal?.aborted) end()
  else signal?.addEventListener('abort', end, { once: true })

  async function* batches(): AsyncGenerator<SubscriptionBatch> {
    let position = after
    let announced = false
    try {
      while (!stop.signal.aborted) {
        const head = await source.head()
        if (head > position) {
          for await (const events of source.read(selection, { after: position, upTo: head }).batches()) {
            if (stop.signal.aborted) return
            const last = events.at(-1)?.position ?? position
            if (last < head) yield { events, position: last, live: false }
            else {
              announced = true
              yield { events, position: head, live: true }
            }
            // Before the next batch is asked for: the store may have been closed too while the subscriber was busy.
            if (stop.signal.aborted) return
            position = last
          }
        }
        if (stop.signal.aborted) return
        // The events in between were not selected; say so, that checkpoints and waiting callers may move on.
        if (position < head || !announced)
          yield { events: [], position: Math.max(head, position), live: true }
        announced = true
        position = Math.max(head, position)
        await source.headBeyond(position, stop.signal)
      }
    } finally {
      end()
      signal?.removeEventListener('abort', end)
    }
  }

  return {
    batches,
    close: end,
    [Symbol.asyncIterator]: () => oneByOne(batches()),
  }
}

async function* oneByOne(batches: AsyncIterable<SubscriptionBatch>): AsyncGenerator<RecordedEvent> {
  for await (const { events } of batches) yield* events
}

/** An `EventReader` over batches that are made as they are asked for. */
export function readerOf(batches: () => AsyncGenerator<readonly RecordedEvent[]>): EventReader {
  return {
    batches,
    async *[Symbol.asyncIterator]() {
      for await (const batch of batches()) yield* batch
    },
  }
}

/** Wakes those who wait for the head to move. */
export class HeadWaiters {
  readonly #waiting = new Set<() => void>()

  /** Resolves at the next `wake`, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      if (signal.aborted) return resolve()
      this.#waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  wake(): void {
    for (const done of [...this.#waiting]) done()
  }
}
