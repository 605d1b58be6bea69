import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'

/** How many pairs of events there are in which one activity came before another in the same case. */
export interface FollowsCount {
  readonly from: string
  readonly to: string
  readonly pairs: number
}

/** How often each activity was followed by each, directly or later, most often first. Costs events times activities. */
export function discoverEventuallyFollows(log: EventLog): readonly FollowsCount[] {
  const size = log.activities.length
  const pairs = new Float64Array(size * size)
  const before = new Uint32Array(size)
  for (const { activities } of log.traces) {
    before.fill(0)
    for (const to of activities) {
      for (let from = 0; from < size; from++) {
        const at = from * size + to
        pairs[at] = (pairs[at] as number) + (before[from] as number)
      }
      before[to] = (before[to] as number) + 1
    }
  }
  return [...pairs.entries()]
    .filter(([, count]) => count > 0)
    .map(([at, count]) => ({
      from: log.activities[Math.floor(at / size)] as string,
      to: log.activities[at % size] as string,
      pairs: count,
    }))
    .sort(
      (one, other) =>
        other.pairs - one.pairs || byCodePoint(one.from, other.from) || byCodePoint(one.to, other.to),
    )
}
