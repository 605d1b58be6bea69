import { type DiskFaults, Random } from '@annals/testing'
import { chooseOperation, type Operation } from './operations.ts'

/**
 * All that is decided beforehand about a simulated store, as plain JSON, so that it can be printed, made smaller and run
 * again. The store lives through these lives one after the other, and is opened a last time with nothing to disturb it.
 */
export interface Plan {
  readonly lives: readonly Life[]
}

/** One life of a store: from opening to a proper end, a failure, or the call at which it is cut short. */
export interface Life {
  /** Decides what the disk leaves to chance. */
  readonly seed: number
  readonly faults: DiskFaults
  /** Whether the machine ends with it, or the process alone. */
  readonly end: 'crash' | 'kill'
  /** The call to the disk at which it ends; left out: it closes the store properly, and then ends. */
  readonly endsAtCall?: number
  /** By how much the clock has moved when the store has been opened. */
  readonly laterMs: number
  readonly segmentBytesMax: number
  readonly seals: boolean
  /** What each of the writers does, one thing after the other, beside the others. */
  readonly writers: readonly (readonly Operation[])[]
  /** A bit of what is left at its end turns by itself: in a copy, so that the next life is not spoilt. */
  readonly flip?: Flip
}

/** A bit that turns. */
export interface Flip {
  /** Decides which one. */
  readonly seed: number
  /** Whether it turns while the store is closed, or open. */
  readonly when: 'closed' | 'open'
}

/** The plan that a seed stands for. */
export function planOf(seed: number): Plan {
  const random = new Random(seed)
  const habits: Habits = {
    faults: faultsOf(random),
    crashes: random.pick([0, 0.5, 0.7, 1]),
    flips: random.pick([0, 0, 0.4]),
  }
  return { lives: Array.from({ length: 4 }, () => lifeOf(random, habits)) }
}

/** What the lives of one store have in common. */
interface Habits {
  readonly faults: DiskFaults
  /** How likely it is that a life ends with the machine, and that a bit turns then. */
  readonly crashes: number
  readonly flips: number
}

function lifeOf(random: Random, { faults, crashes, flips }: Habits): Life {
  // Some are so short that what the one before has left is still as it was.
  const length = random.pick(lengths)
  const endsAtCall = random.chance(0.85) ? random.below(length.calls) : undefined
  const flip: Flip = { seed: random.below(2 ** 31), when: random.pick(['closed', 'closed', 'open']) }
  return {
    seed: random.below(2 ** 31),
    faults,
    end: random.chance(crashes) ? 'crash' : 'kill',
    ...(endsAtCall !== undefined && { endsAtCall }),
    laterMs: random.pick([0, 1, 50]),
    segmentBytesMax: random.pick([4096, 8192, 64 * 1024]),
    seals: random.chance(0.7),
    writers: Array.from({ length: 1 + random.below(length.writers) }, () =>
      Array.from({ length: 1 + random.below(length.operations) }, () => chooseOperation(random)),
    ),
    ...(random.chance(flips) && { flip }),
  }
}

const lengths = [
  { calls: 60, writers: 2, operations: 2 },
  { calls: 200, writers: 6, operations: 8 },
  { calls: 400, writers: 6, operations: 12 },
] as const

function faultsOf(random: Random): DiskFaults {
  const faults: Record<keyof DiskFaults, number> = {
    shortTransfers: random.pick([0, 0, 0.1]),
    ioErrors: random.pick([0, 0, 0.01]),
    readErrors: random.pick([0, 0, 0, 0.005]),
    fullDisk: random.pick([0, 0, 0.01]),
    keptAfterCrash: random.pick([0, 0.5, 0.9, 1]),
  }
  // Those that never come need not be read.
  return Object.fromEntries(
    Object.entries(faults).filter(([name, value]) => value > 0 || name === 'keptAfterCrash'),
  )
}

/** Reads a plan as it was printed. @throws Error that says what is wrong */
export function parsePlan(text: string): Plan {
  const expected = 'Expected a plan as a failing seed prints it, { "lives": [ … ] }'
  let plan: Partial<Plan> | null
  try {
    plan = JSON.parse(text) as Partial<Plan> | null
  } catch (error) {
    throw new Error(`${expected}, but got no JSON: ${error instanceof Error ? error.message : error}`)
  }
  const isPlan =
    Array.isArray(plan?.lives) &&
    plan.lives.every((life: Partial<Life> | null) => Array.isArray(life?.writers))
  if (!isPlan) throw new Error(`${expected}, but got ${text.slice(0, 80)}.`)
  return plan as Plan
}
