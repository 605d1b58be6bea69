import { Worker } from 'node:worker_threads'
import { type SimulationCounts, simulate } from '../simulation.ts'

/** Which seeds to simulate, and how to be told of them. */
export interface ManyOptions {
  readonly seeds: number
  readonly first: number
  /** How many threads share them. Default: 1, this one. */
  readonly workers?: number
  /** Is told now and then how many are done. */
  readonly onProgress?: (done: number) => void
}

/** What came of many seeds. */
export interface ManySimulated {
  readonly counts: SimulationCounts
  /** The lowest seed that broke a promise. Those behind it may not have been run. */
  readonly broken: number | undefined
}

/** The seeds of one thread: every so many, up to one that is broken. */
export interface Share {
  readonly first: number
  readonly end: number
  readonly step: number
  /** The lowest broken seed, for all threads to see; the highest number if there is none. */
  readonly lowestBroken: Int32Array
}

/** What a thread has done since it last said so. */
export interface ShareDone {
  readonly seeds: number
  readonly counts: SimulationCounts
}

const noneBroken = 2 ** 31 - 1
const seedsPerReport = 100

/** Simulates many seeds, the same whatever the number of threads. Stops at the first that breaks a promise. */
export async function simulateMany(options: ManyOptions): Promise<ManySimulated> {
  const { seeds, first, workers = 1, onProgress } = options
  const lowestBroken = new Int32Array(new SharedArrayBuffer(4)).fill(noneBroken)
  let counts: SimulationCounts = { crashes: 0, kills: 0, flips: 0, answered: 0 }
  let done = 0
  const take = (more: ShareDone) => {
    counts = sumOf(counts, more.counts)
    done += more.seeds
    onProgress?.(done)
  }
  const shares = Array.from({ length: workers }, (_, n): Share => {
    return { first: first + n, end: first + seeds, step: workers, lowestBroken }
  })
  if (workers === 1) for (const share of shares) await simulateShare(share, take)
  else await Promise.all(shares.map((share) => inThread(share, take)))
  const [broken] = lowestBroken
  return { counts, broken: broken === noneBroken ? undefined : broken }
}

/** Simulates the seeds of one thread. */
export async function simulateShare(
  { first, end, step, lowestBroken }: Share,
  report: (done: ShareDone) => void,
): Promise<void> {
  let seeds = 0
  let counts: SimulationCounts = { crashes: 0, kills: 0, flips: 0, answered: 0 }
  for (let seed = first; seed < end && seed < Atomics.load(lowestBroken, 0); seed += step) {
    const simulated = await simulate(seed)
    counts = sumOf(counts, simulated.counts)
    seeds++
    if (simulated.broken) lower(lowestBroken, seed)
    if (seeds < seedsPerReport) continue
    report({ seeds, counts })
    seeds = 0
    counts = { crashes: 0, kills: 0, flips: 0, answered: 0 }
  }
  report({ seeds, counts })
}

function inThread(share: Share, take: (done: ShareDone) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: share,
    })
    worker.on('message', take)
    worker.on('error', reject)
    worker.on('exit', () => resolve())
  })
}

function lower(lowest: Int32Array, seed: number): void {
  for (let found = Atomics.load(lowest, 0); seed < found; found = Atomics.load(lowest, 0))
    Atomics.compareExchange(lowest, 0, found, seed)
}

function sumOf(one: SimulationCounts, other: SimulationCounts): SimulationCounts {
  return {
    crashes: one.crashes + other.crashes,
    kills: one.kills + other.kills,
    flips: one.flips + other.flips,
    answered: one.answered + other.answered,
  }
}
