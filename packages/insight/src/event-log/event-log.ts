import { AnnalsError } from '@annals/core'
import type { CaseEvent } from './case-event.ts'

/**
 * The events of a log by their cases, with each activity as a small number, so that what looks for patterns compares
 * numbers. Cases stand in the order in which they first appear; the events of a case in the order of their times, those
 * of one time as they came, so a log whose times run backwards is put right.
 */
export class EventLog {
  /** By number. */
  readonly activities: readonly string[]
  readonly traces: readonly Trace[]
  readonly eventCount: number

  private constructor(activities: readonly string[], traces: readonly Trace[], eventCount: number) {
    this.activities = activities
    this.traces = traces
    this.eventCount = eventCount
  }

  /** @throws AnnalsError `invalid-argument` for an event without a case, an activity or a finite time */
  static from(events: Iterable<CaseEvent>): EventLog {
    const activityNumbers = new Map<string, number>()
    const byCase = new Map<string, { events: CaseEvent[]; inOrder: boolean }>()
    let eventCount = 0
    for (const event of events) {
      assertCaseEvent(event, eventCount++)
      if (!activityNumbers.has(event.activity)) activityNumbers.set(event.activity, activityNumbers.size)
      const known = byCase.get(event.case)
      if (!known) {
        byCase.set(event.case, { events: [event], inOrder: true })
        continue
      }
      if (event.atMs < (known.events.at(-1) as CaseEvent).atMs) known.inOrder = false
      known.events.push(event)
    }
    const traces = [...byCase].map(([name, { events: own, inOrder }]): Trace => {
      if (!inOrder) own.sort((one, other) => one.atMs - other.atMs)
      const activities = new Uint32Array(own.length)
      const timesMs = new Float64Array(own.length)
      for (let i = 0; i < own.length; i++) {
        const { activity, atMs } = own[i] as CaseEvent
        activities[i] = activityNumbers.get(activity) as number
        timesMs[i] = atMs
      }
      return { case: name, activities, timesMs, events: own }
    })
    return new EventLog([...activityNumbers.keys()], traces, eventCount)
  }
}

/** One case: what was done in it, in order. */
export interface Trace {
  readonly case: string
  /** The number of each activity in `EventLog.activities`. At least one. */
  readonly activities: Uint32Array
  readonly timesMs: Float64Array
  readonly events: readonly CaseEvent[]
}

/** @throws AnnalsError `invalid-argument` unless an event has a case, an activity and a finite time. */
export function assertCaseEvent(event: CaseEvent, index: number): void {
  const problem =
    typeof event.case !== 'string' || event.case === ''
      ? 'a case that is a string and not empty'
      : typeof event.activity !== 'string' || event.activity === ''
        ? 'an activity that is a string and not empty'
        : Number.isFinite(event.atMs)
          ? undefined
          : 'a finite time, in milliseconds since 1970'
  if (problem)
    throw new AnnalsError(
      'invalid-argument',
      `Event ${index} of the log cannot be used: expected ${problem}, but got ${JSON.stringify(event).slice(0, 200)}.`,
      { argument: 'events', expected: problem, received: event },
    )
}
