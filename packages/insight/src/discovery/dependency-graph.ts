import { byCodePoint } from '../event-log/code-point-order.ts'
import type { ProcessMap } from '../process-map/process-map.ts'

/** How surely one activity leads to another. */
export interface Dependency {
  readonly from: string
  readonly to: string
  /** Above −1 and below 1: near 1, it leads there; near 0, they come in any order; below 0, rather the other way round. */
  readonly dependency: number
}

/**
 * How surely each activity leads to those that directly follow upon it: surest first. It follows from the counts of a
 * process map, so it can be asked for at any time while the map grows.
 *
 * Steps rarer than `noise`, a share from 0 (the default) to 1 of the most frequent step to or from each of their two
 * activities, are taken for mistakes: they are left out, and do not count against the other direction.
 *
 * Source: Weijters, van der Aalst, Medeiros, "Process mining with the HeuristicsMiner algorithm", 2006.
 */
export function dependenciesOf(
  { edges }: ProcessMap,
  { noise = 0 }: { readonly noise?: number } = {},
): readonly Dependency[] {
  const most = new Map<string, number>()
  for (const { from, to, events } of edges)
    for (const activity of [from, to]) most.set(activity, Math.max(most.get(activity) ?? 0, events))
  const kept = edges.filter(
    ({ from, to, events }) => events >= noise * Math.min(most.get(from) ?? 0, most.get(to) ?? 0),
  )
  const counts = new Map(kept.map(({ from, to, events }) => [JSON.stringify([from, to]), events]))
  return kept
    .map(({ from, to, events }) => {
      const back = from === to ? 0 : (counts.get(JSON.stringify([to, from])) ?? 0)
      return { from, to, dependency: (events - back) / (events + back + 1) }
    })
    .sort(
      (one, other) =>
        other.dependency - one.dependency ||
        byCodePoint(one.from, other.from) ||
        byCodePoint(one.to, other.to),
    )
}
