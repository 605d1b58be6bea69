import { PrefixTree, rootNode } from '../variants/prefix-tree.ts'

/** The different sequences of a log, each with how many cases are of it. Activities are numbers. */
export type Sublog = readonly Sequence[]
export interface Sequence {
  readonly activities: readonly number[]
  readonly cases: number
}

/** With sequences that are the same made one. */
export function mergedSublog(sequences: Sublog): Sublog {
  const prefixes = new PrefixTree()
  const merged: { activities: readonly number[]; cases: number }[] = []
  const byNode: (number | undefined)[] = []
  for (const { activities, cases } of sequences) {
    const node = prefixes.walk(rootNode, activities)
    const known = merged[byNode[node] ?? -1]
    if (known) known.cases += cases
    else {
      byNode[node] = merged.length
      merged.push({ activities, cases })
    }
  }
  return merged
}

/** What follows directly upon what in a sublog, with how often. */
export interface FollowsGraph {
  readonly activities: readonly number[]
  readonly starts: ReadonlyMap<number, number>
  readonly ends: ReadonlyMap<number, number>
  /** By the one, then by the other. */
  readonly edges: ReadonlyMap<number, ReadonlyMap<number, number>>
}

/** The graph of a sublog, or of what is left of it without an activity. */
export function followsGraphOf(sublog: Sublog, without?: number): FollowsGraph {
  const starts = new Map<number, number>()
  const ends = new Map<number, number>()
  const edges = new Map<number, Map<number, number>>()
  const count = (map: Map<number, number>, key: number, by: number) => map.set(key, (map.get(key) ?? 0) + by)
  for (const { activities, cases } of sublog) {
    let before = none
    let following: Map<number, number> | undefined
    for (let i = 0; i < activities.length; i++) {
      const activity = activities[i] as number
      if (activity === without) continue
      if (following) count(following, activity, cases)
      else count(starts, activity, cases)
      // Of what is done again and again the same map is at hand.
      if (activity !== before) {
        following = edges.get(activity)
        if (!following) {
          following = new Map()
          edges.set(activity, following)
        }
      }
      before = activity
    }
    if (before !== none) count(ends, before, cases)
  }
  const activities = [...edges.keys()].sort((one, other) => one - other)
  return { activities, starts, ends, edges }
}

const none = -1

/** Without the edges that are rare beside the most frequent way on from the same activity, or beside ending with it. */
export function withoutRareEdges({ edges, ends, ...graph }: FollowsGraph, noise: number): FollowsGraph {
  const kept = new Map<number, ReadonlyMap<number, number>>()
  for (const [from, following] of edges) {
    const most = Math.max(ends.get(from) ?? 0, ...following.values())
    kept.set(from, new Map([...following].filter(([, count]) => count > noise * most)))
  }
  return { ...graph, ends, edges: kept }
}
