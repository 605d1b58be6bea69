import type { EventStore } from '@annals/core'
import type { Random } from '@annals/testing'
import type { LogStore } from '../../src/index.ts'
import type { History } from './history.ts'

/** What an operation has to work with. */
export interface World {
  readonly store: LogStore
  readonly history: History
  /** The appends whose events all have ids, of this life and those before. */
  readonly repeatable: RepeatableAppend[]
  /** The store, opened beside its writer to read only. */
  readonly follower: () => Promise<LogStore>
  /** Whether a follower sees at once what is durable, since the disk reports no errors to the writer that tells it. */
  readonly isPrompt: boolean
  /** Opens the store a second time for writing. */
  readonly openAgain: () => Promise<LogStore>
}

/** An append as it was made. */
export type RepeatableAppend = Parameters<EventStore['append']>

/** A kind of thing that can be done to a store. */
export interface Kind<Parameters> {
  /** How often it is chosen, beside the others. */
  readonly weight: number
  /** What it is to know, as JSON. */
  choose(random: Random): Parameters
  /** Does it. Throws what the disk is to blame for, and `Broken`. */
  run(world: World, parameters: Parameters): Promise<unknown>
}

/** A kind whose parameters are checked where it is defined, and not where it is chosen and run. */
export function kind<Parameters>(definition: Kind<Parameters>): Kind<unknown> {
  return definition
}

export const categories = ['a', 'b'] as const
export const tags = ['t:1', 't:2'] as const
export const types = ['Opened', 'Added'] as const

export function chooseStream(random: Random): string {
  return `${random.pick(categories)}-${random.below(4)}`
}
