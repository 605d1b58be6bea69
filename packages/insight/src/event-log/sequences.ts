import { PrefixTree, rootNode } from '../variants/prefix-tree.ts'
import type { EventLog } from './event-log.ts'

/** The different sequences of activities of cases, each with how many cases went so. */
export interface Sequences {
  /** Of the activities, by number. */
  readonly names: readonly string[]
  readonly sequences: readonly CountedSequence[]
}

export interface CountedSequence {
  readonly activities: ArrayLike<number>
  readonly cases: number
}

/** The sequences of a log, as they first appear. */
export function sequencesOf({ activities: names, traces }: EventLog): Sequences {
  const prefixes = new PrefixTree()
  const byNode = new Map<number, { activities: Uint32Array; cases: number }>()
  for (const { activities } of traces) {
    const node = prefixes.walk(rootNode, activities)
    const known = byNode.get(node)
    if (known) known.cases++
    else byNode.set(node, { activities, cases: 1 })
  }
  return { names, sequences: [...byNode.values()] }
}
