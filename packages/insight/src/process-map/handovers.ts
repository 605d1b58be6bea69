import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { type ResourceOptions, resourceOf } from '../organization/resource.ts'
import { DurationList, type Durations } from './durations.ts'

/** That one did the next thing in a case after another, or after themselves. */
export interface Handover {
  readonly from: string
  readonly to: string
  readonly events: number
  /** Of all handovers, from 0 to 1. */
  readonly share: number
  readonly waiting: Durations
}

/**
 * Who hands work over to whom, most often first. `resource` is the attribute that says who did an event; steps from or to
 * an event without it are left out.
 *
 * Source: van der Aalst, Reijers, Song, "Discovering social networks from event logs", 2005.
 */
export function discoverHandovers(
  log: EventLog,
  { resource = 'resource' }: ResourceOptions = {},
): readonly Handover[] {
  const handovers = new Map<string, { from: string; to: string; events: number; waiting: DurationList }>()
  let all = 0
  for (const { events, timesMs } of log.traces)
    for (let i = 1; i < events.length; i++) {
      const [before, after] = [events[i - 1], events[i]]
      const [from, to] = [before && resourceOf(before, resource), after && resourceOf(after, resource)]
      if (from === undefined || to === undefined) continue
      const key = JSON.stringify([from, to])
      const handover = handovers.get(key) ?? { from, to, events: 0, waiting: new DurationList() }
      handovers.set(key, handover)
      handover.events++
      handover.waiting.add((timesMs[i] as number) - (timesMs[i - 1] as number))
      all++
    }
  return [...handovers.values()]
    .map((each) => ({ ...each, share: each.events / all, waiting: each.waiting.durations() }))
    .sort(
      (one, other) =>
        other.events - one.events || byCodePoint(one.from, other.from) || byCodePoint(one.to, other.to),
    )
}
