/** Those who wait for something to come. */
export class Waiting {
  #waiting: (() => void)[] = []

  /** Waits until something comes. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Something came. */
  wake(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const go of waiting) go()
  }
}

export interface WatchOptions {
  /** The least time between two that are found, in milliseconds. Default: 1,000. */
  readonly pauseMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * What is found now, and again whenever the version is another, until the signal aborts or it is returned. Whoever is slow
 * passes states over, never the last.
 */
export async function* watch<Found>(
  find: () => Found | Promise<Found>,
  versionOf: () => number,
  waiting: Waiting,
  { pauseMs = 1_000, signal }: WatchOptions,
): AsyncGenerator<Found, void, void> {
  const aborted = Promise.withResolvers<void>()
  const onAbort = () => aborted.resolve()
  signal?.addEventListener('abort', onAbort)
  try {
    for (let seen = -1; !signal?.aborted; ) {
      if (seen === versionOf()) {
        await Promise.race([waiting.wait(), aborted.promise])
        continue
      }
      seen = versionOf()
      yield await find()
      await Promise.race([turn(pauseMs), aborted.promise])
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/** A turn of the event loop, after a while. */
export const turn = (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs))
