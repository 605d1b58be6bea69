import { invalidDefinition } from '../event/fold.ts'

/** How often a failing handler is called again, and how long is waited in between. The wait doubles each time. */
export interface RetryPolicy {
  /** How often an event is tried, the first time included. From 1. Default: 5. */
  readonly attemptsMax?: number | undefined
  /** How long is waited before the second attempt. From 0. Default: 100. */
  readonly firstDelayMs?: number | undefined
  /** The longest wait between two attempts. Default: 10,000. */
  readonly delayMsMax?: number | undefined
}

/** A retry policy with nothing left out. */
export interface Retries {
  readonly attemptsMax: number
  readonly firstDelayMs: number
  readonly delayMsMax: number
}

/** A policy with its defaults. @throws AnnalsError `invalid-definition` for numbers that cannot be used */
export function retriesOf(
  owner: string,
  { attemptsMax = 5, firstDelayMs = 100, delayMsMax = 10_000 }: RetryPolicy = {},
): Retries {
  if (!Number.isSafeInteger(attemptsMax) || attemptsMax < 1)
    throw invalidDefinition(owner, 'retry.attemptsMax has to be a whole number from 1 up')
  for (const [name, value] of Object.entries({ firstDelayMs, delayMsMax })) {
    if (!(Number.isFinite(value) && value >= 0))
      throw invalidDefinition(owner, `retry.${name} has to be a number of milliseconds from 0 up`)
  }
  return { attemptsMax, firstDelayMs, delayMsMax }
}

/** How long to wait after an attempt that failed; attempts count from 1. */
export function retryDelayMs({ firstDelayMs, delayMsMax }: Retries, attempt: number): number {
  return Math.min(delayMsMax, firstDelayMs * 2 ** (attempt - 1))
}
