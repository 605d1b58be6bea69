import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'

/** How soon an activity is done again in the same case. */
export interface SelfDistance {
  readonly activity: string
  /** The fewest events that ever lay between two of them: 0 if it was done twice in a row. */
  readonly distance: number
  /** The activities that lay between where it was the fewest, in code-point order. */
  readonly between: readonly string[]
}

/**
 * How soon activities come back, nearest first: what lies between tells what a repetition is about. Activities that no case
 * repeats are left out.
 *
 * Source: Leemans, Fahland, van der Aalst, "Discovering block-structured process models from incomplete event logs",
 * 2014 (minimum self-distance and its witnesses).
 */
export function discoverSelfDistances(log: EventLog): readonly SelfDistance[] {
  const nearest = new Map<number, { distance: number; between: Set<number> }>()
  for (const { activities } of log.traces) {
    const last = new Map<number, number>()
    for (const [at, activity] of activities.entries()) {
      const before = last.get(activity)
      last.set(activity, at)
      if (before === undefined) continue
      const distance = at - before - 1
      const known = nearest.get(activity)
      if (known && known.distance < distance) continue
      const kept = known?.distance === distance ? known : { distance, between: new Set<number>() }
      for (const each of activities.subarray(before + 1, at)) kept.between.add(each)
      nearest.set(activity, kept)
    }
  }
  const nameOf = (activity: number) => log.activities[activity] as string
  return [...nearest]
    .map(([activity, { distance, between }]) => ({
      activity: nameOf(activity),
      distance,
      between: [...between].map(nameOf).sort(byCodePoint),
    }))
    .sort((one, other) => one.distance - other.distance || byCodePoint(one.activity, other.activity))
}
