import type { EventStore } from '@annals/core'
import type { ConformanceCase } from '../../src/index.ts'

/** A store that breaks one promise, and the part of the suite that is there to find it out. */
export interface BrokenStore {
  readonly breaks: string
  readonly foundBy: readonly ConformanceCase[]
  readonly wrap: (store: EventStore) => EventStore
}

/** Names a broken store. */
export const broken = (
  breaks: string,
  foundBy: readonly ConformanceCase[],
  wrap: (store: EventStore) => EventStore,
): BrokenStore => ({ breaks, foundBy, wrap })
