/** Tells the time, in milliseconds since 1970-01-01T00:00:00Z. Passed in, so that any run can be repeated. */
export type Clock = () => number

/** Calls back once the clock says `atMs` or later, never within the call itself; what it returns calls it off. */
export type Timer = (atMs: number, callback: () => void) => () => void

/** Timers of the system's clock, which do not keep the process from ending. */
export const systemTimer: Timer = (atMs, callback) => {
  let timeout: unknown
  const wait = () => {
    const leftMs = atMs - Date.now()
    // Longer times overflow what setTimeout counts in.
    timeout = setTimeout(leftMs > delayMsMax ? wait : callback, Math.min(Math.max(0, leftMs), delayMsMax))
    ;(timeout as { unref?: () => void }).unref?.()
  }
  wait()
  return () => clearTimeout(timeout as never)
}

const delayMsMax = 2 ** 31 - 1

/** Resolves after a time, or as soon as the signal aborts. */
export function pause(
  ms: number,
  {
    clock,
    timer,
    signal,
  }: { readonly clock: Clock; readonly timer: Timer; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = timer(clock() + ms, done)
    signal?.addEventListener('abort', done, { once: true })
    if (signal?.aborted) done()
  })
}
