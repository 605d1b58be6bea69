import type { ActivityPair } from '../conformance/log-skeleton.ts'
import { byCodePoint } from '../event-log/code-point-order.ts'
import type { ProcessMap } from '../process-map/process-map.ts'

/** How activities stand to each other by what directly follows what. Pairs that are in neither list never follow. */
export interface Footprints {
  /** The second directly follows the first, and never the other way round. */
  readonly sequence: readonly ActivityPair[]
  /** Each directly follows the other. Both orders are there; an activity that follows itself is there once. */
  readonly parallel: readonly ActivityPair[]
  /** What cases begin with. */
  readonly starts: readonly string[]
  /** What cases end with. */
  readonly ends: readonly string[]
}

/**
 * The footprints of a process map: what comes in one order only, and what comes in both. In code-point order, so those of
 * two maps can be compared as they are.
 *
 * Source: van der Aalst, Weijters, Maruster, "Workflow mining: discovering process models from event logs", 2004.
 */
export function footprintsOf({ edges, activities }: ProcessMap): Footprints {
  const known = new Set(edges.map(({ from, to }) => JSON.stringify([from, to])))
  const pairs = (isBothWays: boolean) =>
    edges
      .filter(({ from, to }) => known.has(JSON.stringify([to, from])) === isBothWays)
      .map(({ from, to }): ActivityPair => [from, to])
      .sort((one, other) => byCodePoint(one[0], other[0]) || byCodePoint(one[1], other[1]))
  const named = (of: 'starts' | 'ends') =>
    activities
      .filter((each) => each[of] > 0)
      .map(({ activity }) => activity)
      .sort(byCodePoint)
  return { sequence: pairs(false), parallel: pairs(true), starts: named('starts'), ends: named('ends') }
}
