import type { EventLog } from '../event-log/event-log.ts'
import { PrefixTree, rootNode } from '../variants/prefix-tree.ts'

/** The different sequences of a log, each with how many cases are of it. Activities are numbers. */
export type Sublog = readonly Sequence[]
export interface Sequence {
  readonly activities: readonly number[]
  readonly cases: number
}

/** The sequences of a log. */
export const sublogOf = ({ traces }: EventLog): Sublog =>
  mergedSublog(traces.map(({ activities }) => ({ activities: [...activities], cases: 1 })))

/** With sequences that are the same made one. */
export function mergedSublog(sequences: Sublog): Sublog {
  const prefixes = new PrefixTree()
  const cases: number[] = []
  for (const sequence of sequences) {
    let node = rootNode
    for (const activity of sequence.activities) {
      const next = prefixes.find(node, activity)
      node = next < 0 ? prefixes.add(node, activity) : next
    }
    cases[node] = (cases[node] ?? 0) + sequence.cases
  }
  return [...cases.entries()]
    .filter(([, count]) => count !== undefined)
    .map(([node, count]) => ({ activities: prefixes.sequenceOf(node), cases: count }))
}

/** What follows directly upon what in a sublog, with how often. */
export interface FollowsGraph {
  readonly activities: readonly number[]
  readonly starts: ReadonlyMap<number, number>
  readonly ends: ReadonlyMap<number, number>
  /** By the one, then by the other. */
  readonly edges: ReadonlyMap<number, ReadonlyMap<number, number>>
}

export function followsGraphOf(sublog: Sublog): FollowsGraph {
  const [starts, ends] = [new Map<number, number>(), new Map<number, number>()]
  const edges = new Map<number, Map<number, number>>()
  const activities = new Set<number>()
  const count = (map: Map<number, number>, key: number, by: number) => map.set(key, (map.get(key) ?? 0) + by)
  for (const { activities: own, cases } of sublog) {
    for (const [i, activity] of own.entries()) {
      activities.add(activity)
      if (i === 0) count(starts, activity, cases)
      if (i === own.length - 1) count(ends, activity, cases)
      const next = own[i + 1]
      if (next === undefined) continue
      const following = edges.get(activity) ?? new Map<number, number>()
      edges.set(activity, following)
      count(following, next, cases)
    }
  }
  return { activities: [...activities].sort((one, other) => one - other), starts, ends, edges }
}

/** Without the edges that are rare beside the most frequent way on from the same activity, or beside ending with it. */
export function withoutRareEdges({ edges, ends, ...graph }: FollowsGraph, noise: number): FollowsGraph {
  const kept = new Map<number, ReadonlyMap<number, number>>()
  for (const [from, following] of edges) {
    const most = Math.max(ends.get(from) ?? 0, ...following.values())
    kept.set(from, new Map([...following].filter(([, count]) => count > noise * most)))
  }
  return { ...graph, ends, edges: kept }
}
