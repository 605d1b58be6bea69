import type { LogStore } from '@annals/log'
import { Latency } from '../latency.ts'
import { timed } from '../measure.ts'
import { shopCommits } from '../shop-commits.ts'

/** How a store is appended to while its latency is measured. */
export interface Load {
  /** How many wait for an append at the same time. */
  readonly callers: number
  /** The longest that it goes on. */
  readonly seconds: number
  /** Ends it early. */
  readonly signal?: AbortSignal
}

/** What a run of appends gave. */
export interface LoadRun {
  readonly latency: Latency
  readonly eventsPerSecond: number
}

/** Appends single events to carts far from each other until the time is over or the signal aborts. */
export async function appendUnder(store: LogStore, { callers, seconds, signal }: Load): Promise<LoadRun> {
  const commitOf = shopCommits(1)
  const latency = new Latency()
  let next = 0
  const taken = await timed(async () => {
    const endsAtMs = performance.now() + seconds * 1_000
    const call = async () => {
      while (performance.now() < endsAtMs && !signal?.aborted) {
        const commit = commitOf(next++)
        await latency.of(() => store.append(commit))
      }
    }
    await Promise.all(Array.from({ length: callers }, call))
  })
  return { latency, eventsPerSecond: next / taken.seconds }
}
