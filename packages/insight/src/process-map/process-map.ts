import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { type Variants, variantsOf } from '../variants/variants.ts'
import { CaseFlow } from './case-flow.ts'
import { DurationList, type Durations } from './durations.ts'

/** What was done, and what followed directly upon what, with how often and after how long: the directly-follows graph. */
export interface ProcessMap {
  readonly cases: number
  readonly events: number
  /** Most frequent first. */
  readonly activities: readonly MapActivity[]
  /** Most frequent first. */
  readonly edges: readonly MapEdge[]
}

/** An activity of a process map. */
export interface MapActivity {
  readonly activity: string
  readonly events: number
  /** In how many cases it was done at least once. */
  readonly cases: number
  /** How many cases began with it. */
  readonly starts: number
  /** How many cases ended with it, or have come so far. */
  readonly ends: number
}

/** That one activity was followed directly by another, or by itself again, in the same case. */
export interface MapEdge {
  readonly from: string
  readonly to: string
  readonly events: number
  /** In how many cases at least once. */
  readonly cases: number
  /** From the one to the other. */
  readonly waiting: Durations
  /** Whether the other is followed directly by the one as well: they may run at the same time, or alternate. */
  readonly bothWays: boolean
}

/**
 * The process map of a log, exact, and the variants of its cases.
 *
 * @throws AnnalsError `limit-exceeded` for a log of more than 4,096 activities or 16 million cases
 */
export function discoverProcessMap(log: EventLog): { readonly map: ProcessMap; readonly variants: Variants } {
  const flow = new CaseFlow(() => new DurationList())
  for (const [caseNumber, { activities, timesMs }] of log.traces.entries())
    for (let i = 0; i < activities.length; i++)
      flow.add(caseNumber, activities[i] as number, timesMs[i] as number)
  return { map: processMapOf(flow, log.activities), variants: variantsOf(flow, log.activities) }
}

/** The process map of what was counted so far. */
export function processMapOf(flow: CaseFlow, names: readonly string[]): ProcessMap {
  const activities = flow
    .activityCounts()
    .map((counts, number): MapActivity => ({ activity: names[number] as string, ...counts }))
  const counts = flow.edgeCounts()
  const key = (from: number, to: number) => from * names.length + to
  const known = new Set(flow.edges.map(({ from, to }) => key(from, to)))
  const edges = flow.edges.map(({ from, to, waiting }, number): MapEdge => {
    const { events, cases } = counts[number] as { events: number; cases: number }
    return {
      from: names[from] as string,
      to: names[to] as string,
      events,
      cases,
      waiting: waiting.durations(),
      bothWays: from !== to && known.has(key(to, from)),
    }
  })
  return {
    cases: flow.caseCount,
    events: flow.eventCount,
    activities: activities.sort(
      (one, other) => other.events - one.events || byCodePoint(one.activity, other.activity),
    ),
    edges: edges.sort(
      (one, other) =>
        other.events - one.events || byCodePoint(one.from, other.from) || byCodePoint(one.to, other.to),
    ),
  }
}
