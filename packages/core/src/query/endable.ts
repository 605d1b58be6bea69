/**
 * What a generator gives, until one of the signals aborts or `return` is called. A generator itself would end only after
 * what it awaits just now; this one is told through the signal that it is given.
 */
export function endable<Item>(
  make: (ended: AbortSignal) => AsyncGenerator<Item, void, void>,
  signals: readonly AbortSignal[],
): AsyncIterableIterator<Item> {
  const ending = new AbortController()
  const end = () => {
    ending.abort()
    for (const signal of signals) signal.removeEventListener('abort', end)
  }
  for (const signal of signals) {
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
  }
  const items = make(ending.signal)
  const done = { done: true, value: undefined } as const
  return {
    async next() {
      if (ending.signal.aborted) {
        await items.return()
        return done
      }
      try {
        const item = await items.next()
        if (item.done) end()
        return item
      } catch (error) {
        const isEnded = ending.signal.aborted
        end()
        // What fails because it was ended is no failure.
        if (isEnded) return done
        throw error
      }
    },
    async return() {
      end()
      await items.return()
      return done
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
