import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { DurationList, type Durations } from '../process-map/durations.ts'
import { knownStartOf, type StartOptions } from './start-time.ts'

/** How long an activity is waited for, and how long it takes. */
export interface ServiceTimes {
  readonly activity: string
  /** From the end of what was done before in the case to its beginning; none if it begins while others go on. */
  readonly waiting: Durations
  /** From its beginning to its end. */
  readonly service: Durations
}

/**
 * Where cases wait and where they are worked on: by all the time they wait for an activity, most first. Only events of which
 * it is known when they began count; a first event of a case waits for nothing that is known.
 *
 * @throws AnnalsError `invalid-argument` for work that began after it ended
 */
export function discoverServiceTimes(log: EventLog, { start }: StartOptions = {}): readonly ServiceTimes[] {
  const times = log.activities.map(() => ({ waiting: new DurationList(), service: new DurationList() }))
  for (const { activities, events } of log.traces) {
    let doneMs: number | undefined
    for (const [i, event] of events.entries()) {
      const startMs = knownStartOf(event, start)
      const own = times[activities[i] as number]
      if (startMs !== undefined) {
        if (doneMs !== undefined) own?.waiting.add(Math.max(0, startMs - doneMs))
        own?.service.add(event.atMs - startMs)
      }
      doneMs = event.atMs
    }
  }
  return times
    .map(({ waiting, service }, number) => ({
      activity: log.activities[number] as string,
      waiting: waiting.durations(),
      service: service.durations(),
    }))
    .filter(({ service }) => service.count > 0)
    .sort(
      (one, other) =>
        other.waiting.totalMs - one.waiting.totalMs || byCodePoint(one.activity, other.activity),
    )
}
