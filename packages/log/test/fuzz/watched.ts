import { Worker } from 'node:worker_threads'
import type { Fuzzed } from './fuzz.ts'

/** What many damaged stores came to. */
export interface FuzzReport {
  /** How often each outcome was seen. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly broken: readonly Fuzzed[]
  readonly slowestMs: number
  /** The most that buffers held at the end of a seed. */
  readonly bufferBytesMax: number
}

/** How many stores to damage, and how to be told of them. */
export interface FuzzOptions {
  readonly seeds: number
  readonly first: number
  /** How long one seed may take before it counts as hanging. */
  readonly seedMsMax?: number
  readonly onSeed?: (seed: number) => void
}

const heapMiBMax = 128

/**
 * Damages stores in a thread with little memory, so that what eats memory ends the thread and not us, and what never
 * ends is noticed. Stops at the tenth broken seed.
 */
export function fuzzWatched({ seeds, first, seedMsMax = 30_000, onSeed }: FuzzOptions): Promise<FuzzReport> {
  const outcomes: Record<string, number> = {}
  const broken: Fuzzed[] = []
  let slowestMs = 0
  let bufferBytesMax = 0
  let seed = first
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { seeds, first },
    resourceLimits: { maxOldGenerationSizeMb: heapMiBMax },
  })
  return new Promise((resolve) => {
    let watchdog = setTimeout(() => end('it hangs'), seedMsMax)
    const end = (problem?: string) => {
      clearTimeout(watchdog)
      if (problem)
        broken.push({ seed, specimen: '', what: [], outcome: 'none', broken: problem, slowestMs: seedMsMax })
      void worker.terminate().then(() => resolve({ outcomes, broken, slowestMs, bufferBytesMax }))
    }
    worker.on('message', (message: { seed: number } | { fuzzed: Fuzzed; arrayBufferBytes: number }) => {
      if ('seed' in message) {
        seed = message.seed
        onSeed?.(seed)
        clearTimeout(watchdog)
        watchdog = setTimeout(() => end('it hangs'), seedMsMax)
        return
      }
      const { fuzzed, arrayBufferBytes } = message
      const outcome = fuzzed.broken ? 'broken' : fuzzed.outcome
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      slowestMs = Math.max(slowestMs, fuzzed.slowestMs)
      bufferBytesMax = Math.max(bufferBytesMax, arrayBufferBytes)
      if (fuzzed.broken) broken.push(fuzzed)
      if (broken.length >= 10 || fuzzed.seed === first + seeds - 1) end()
    })
    worker.on('error', (error) => end(String(error.stack ?? error)))
  })
}
