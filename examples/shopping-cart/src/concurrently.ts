/** What ends the work early, and how much of it runs at once. */
export interface ConcurrentlyOptions {
  readonly concurrency: number
  /** Once aborted no further item is begun; those under way are finished. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Works on items several at a time, begun in their order. The first error is passed on, when those under way have ended.
 *
 * Many at once is what makes an embedded store fast: appends that wait at the same time share one sync of the disk.
 */
export async function concurrently<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<void>,
  { concurrency, signal }: ConcurrentlyOptions,
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  let failed = false
  const worker = async () => {
    while (!failed && !signal?.aborted) {
      const next = iterator.next()
      if (next.done) return
      try {
        await work(next.value)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: concurrency }, worker))
  const failure = workers.find(({ status }) => status === 'rejected')
  if (failure?.status === 'rejected') throw failure.reason
}
