import type { Trace } from '../event-log/event-log.ts'
import { quantile } from '../statistics/quantile.ts'

/** The time after an event until the next, and how unusual it is. */
export interface Gap {
  /** The place of the event that it follows. */
  readonly index: number
  readonly gapMs: number
  /** −ln of how often it takes this long or longer after that activity, and ln of how many times as long as usual. */
  readonly score: number
  /** Within which it mostly took less: the 99th percentile. */
  readonly usualMs: number
}

/** How long it takes, after each activity, until the next event of the case; of cases that ended. */
export class GapModel {
  readonly #gaps = new Map<string, Float64Array>()
  /** How often a case ended with the activity. */
  readonly #endings = new Map<string, number>()

  constructor(traces: readonly Trace[]) {
    const gaps = new Map<string, number[]>()
    for (const { events, timesMs } of traces) {
      events.forEach(({ activity }, index) => {
        if (index === events.length - 1) {
          this.#endings.set(activity, (this.#endings.get(activity) ?? 0) + 1)
          return
        }
        const known = gaps.get(activity) ?? []
        gaps.set(activity, known)
        known.push((timesMs[index + 1] as number) - (timesMs[index] as number))
      })
    }
    for (const [activity, values] of gaps) this.#gaps.set(activity, Float64Array.from(values).sort())
  }

  /**
   * The gaps between the events of a case, and the one that an open case is in at `nowMs`. Those that too little is
   * known of are left out.
   */
  gaps({ events, timesMs }: Trace, nowMs: number | undefined): Gap[] {
    return events.flatMap(({ activity }, index) => {
      const isLatest = index === events.length - 1
      // Where cases may end there is nothing to wait for.
      if (isLatest && (nowMs === undefined || this.#mayEnd(activity))) return []
      const until = isLatest ? (nowMs as number) : (timesMs[index + 1] as number)
      const known = this.#gaps.get(activity)
      if (!known || known.length < gapsMin) return []
      const gapMs = until - (timesMs[index] as number)
      const usualMs = quantile(known, 0.99) as number
      const rarity = -Math.log((1 + countFrom(known, gapMs)) / (1 + known.length))
      // Beyond all that was seen, how far beyond still counts.
      const excess = Math.log(Math.max(1, gapMs / Math.max(1, usualMs)))
      return [{ index, gapMs, score: rarity + excess, usualMs }]
    })
  }

  #mayEnd(activity: string): boolean {
    const endings = this.#endings.get(activity) ?? 0
    return endings > mayEndShare * (endings + (this.#gaps.get(activity)?.length ?? 0))
  }
}

const gapsMin = 20
const mayEndShare = 0.01

/** How many of the sorted values are at least so large. */
export function countFrom(sorted: Float64Array, value: number): number {
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((sorted[middle] as number) < value) from = middle + 1
    else to = middle
  }
  return sorted.length - from
}
