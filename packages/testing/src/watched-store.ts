import type { EventReader, EventStore } from '@annals/core'

/** A store of which it is known whether it is being called. */
export interface WatchedStore {
  readonly store: EventStore
  /** Calls that have begun. */
  readonly calls: number
  /** Calls that have not ended. A subscription counts as none, since it waits most of its time. */
  readonly running: number
}

/** Watches the calls of a store, which answers as before. */
export function watchCalls(store: EventStore): WatchedStore {
  let [calls, running] = [0, 0]
  const watch = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    calls++
    running++
    try {
      return await call()
    } finally {
      running--
    }
  }
  const read = (reader: EventReader): EventReader => {
    const batches = async function* () {
      const reading = reader.batches()[Symbol.asyncIterator]()
      try {
        for (;;) {
          const next = await watch(() => reading.next())
          if (next.done) return
          yield next.value
        }
      } finally {
        await reading.return?.()
      }
    }
    return {
      batches,
      async *[Symbol.asyncIterator]() {
        for await (const events of batches()) yield* events
      },
    }
  }
  return {
    store: {
      append: (appends, condition) => watch(() => store.append(appends, condition)),
      read: (selection, options) => read(store.read(selection, options)),
      subscribe: (selection, options) => store.subscribe(selection, options),
      stream: (name) => watch(() => store.stream(name)),
      streams: (options) => store.streams(options),
      head: () => watch(() => store.head()),
      retain: (scope, policy) => watch(() => store.retain(scope, policy)),
      truncate: (stream, options) => watch(() => store.truncate(stream, options)),
      tombstone: (stream, options) => watch(() => store.tombstone(stream, options)),
      close: () => watch(() => store.close()),
    },
    get calls() {
      return calls
    },
    get running() {
      return running
    },
  }
}
