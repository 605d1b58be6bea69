import {
  type Anomaly,
  type CaseEvent,
  type DiscoveredRule,
  discover,
  discoverAnomalies,
  duration,
  type EventLog,
  type Findings,
  type RuleTemplate,
  RuleWatcher,
  type SimplifiedProcessMap,
  simplifyProcessMap,
  type Trace,
} from '@annals/insight'
import { drawnEdgesMax } from './map-drawing.ts'

/** What a report is about and how it is made. */
export interface ReportOptions {
  readonly log: EventLog
  /** Where the events are from. */
  readonly from: string
  /** What the number of an event is there: its position in the store, or its place among the events of a file. */
  readonly sourceWord: string
  readonly resource: string
  readonly noise: number
  /** When the report is made. */
  readonly nowMs: number
  readonly onStep: (done: number, steps: number) => void
  readonly signal: AbortSignal
}

/** All that a report shows. */
export interface ReportData extends Pick<ReportOptions, 'from' | 'sourceWord' | 'resource' | 'nowMs'> {
  readonly log: EventLog
  readonly findings: Findings
  readonly levels: readonly MapLevel[]
  /** Where in cases each activity first is, on average: from 0, the beginning, to 1, the end. */
  readonly order: ReadonlyMap<string, number>
  /** Ranked, whether by chance or not. */
  readonly unusual: readonly Anomaly[]
  readonly brokenRules: readonly BrokenRule[]
  /** Those that findings name, by name. */
  readonly traces: ReadonlyMap<string, Trace>
  /** Where an event is that a batch or a rate leads back to, by its source. */
  readonly eventsBySource: ReadonlyMap<number, { readonly case: string; readonly index: number }>
}

/** The map with as much of it as shows a share of the cases. */
export interface MapLevel {
  readonly detail: number
  readonly map: SimplifiedProcessMap
}

/** A rule that almost all cases keep, and where it is broken. */
export interface BrokenRule extends DiscoveredRule {
  readonly violations: readonly { readonly case: string; readonly event: CaseEvent | undefined }[]
}

/** Finds all that a report shows. @throws the reason of the signal */
export async function reportData(options: ReportOptions): Promise<ReportData> {
  const { log, from, sourceWord, resource, noise, nowMs, onStep, signal } = options
  const findings = await discover(
    log.traces.map(({ events }) => events),
    {
      outcome: duration,
      resource,
      noise,
      signal,
      onProgress: ({ stepsDone, steps }) => onStep(stepsDone, steps),
    },
  )
  const traces = new Map(log.traces.map((trace) => [trace.case, trace]))
  return {
    log,
    from,
    sourceWord,
    resource,
    nowMs,
    findings,
    levels: levelsOf(findings),
    order: orderOf(log),
    // Of a few tens of thousands of cases at most: one is as unusual as its rank says.
    unusual: (log.eventCount <= rankedEventsMax
      ? discoverAnomalies(log, { falseAlarmRate: 1 })
      : findings.anomalies
    ).slice(0, unusualMax),
    brokenRules: brokenRulesOf(findings, log),
    traces,
    eventsBySource: eventsBySource(findings, log),
  }
}

const rankedEventsMax = 300_000
const unusualMax = 12
const brokenRulesMax = 9
const violationsMax = 3
const ledBackMax = 10

const details = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1]

function levelsOf(findings: Findings): MapLevel[] {
  const levels: MapLevel[] = []
  for (const detail of details) {
    const map = simplifyProcessMap(findings, detail)
    const last = levels.at(-1)
    const isSame =
      last?.map.edges.length === map.edges.length && last.map.activities.length === map.activities.length
    if (isSame) levels.pop()
    if (map.edges.length <= drawnEdgesMax) levels.push({ detail, map })
  }
  return levels
}

function orderOf({ traces, activities }: EventLog): Map<string, number> {
  const [sums, cases] = [new Float64Array(activities.length), new Float64Array(activities.length)]
  for (const { activities: own } of traces) {
    const seen = new Set<number>()
    for (const [index, activity] of own.entries()) {
      if (seen.has(activity)) continue
      seen.add(activity)
      sums[activity] = (sums[activity] as number) + index / Math.max(1, own.length - 1)
      cases[activity] = (cases[activity] as number) + 1
    }
  }
  return new Map(
    activities.map((name, number) => [name, (sums[number] as number) / (cases[number] as number)]),
  )
}

/** The first events that the first batches and rates lead back to. */
function eventsBySource({ batches, unusualRates }: Findings, log: EventLog): ReportData['eventsBySource'] {
  const wanted = new Set(
    [...batches.slice(0, ledBackMax), ...unusualRates.slice(0, ledBackMax)].flatMap(({ sources }) =>
      sources.slice(0, 1),
    ),
  )
  const found = new Map<number, { case: string; index: number }>()
  for (const { case: name, events } of log.traces)
    for (const [index, { source }] of events.entries())
      if (source !== undefined && wanted.has(source) && !found.has(source))
        found.set(source, { case: name, index })
  return found
}

/** Rules that are worth telling, the ones that say most first: of those of the same activities one alone. */
const telling: readonly RuleTemplate[] = [
  'chain-succession',
  'alternate-succession',
  'succession',
  'chain-response',
  'chain-precedence',
  'response',
  'precedence',
  'co-existence',
  'responded-existence',
  'exactly-one',
  'init',
  'existence',
]

/** The rules that are broken at all, those that are broken least first: these are rules, and their breaks the news. */
function brokenRulesOf({ rules }: Findings, log: EventLog): BrokenRule[] {
  const told = new Set<string>()
  const broken = rules
    .filter(({ activated, satisfied, rule }) => satisfied < activated && telling.includes(rule.template))
    .sort((one, other) => telling.indexOf(one.rule.template) - telling.indexOf(other.rule.template))
    .filter(({ rule }) => {
      const about = JSON.stringify('activity' in rule ? [rule.activity] : [rule.a, rule.b].sort())
      return !told.has(about) && told.add(about)
    })
    .sort((one, other) => other.confidence - one.confidence || other.support - one.support)
    .slice(0, brokenRulesMax)
  if (broken.length === 0) return []
  const watcher = new RuleWatcher(broken.map(({ rule }) => rule))
  const violations = new Map(
    broken.map(({ rule }) => [JSON.stringify(rule), [] as { case: string; event: CaseEvent | undefined }[]]),
  )
  const note = (found: ReturnType<RuleWatcher['end']>) => {
    for (const { rule, case: name, event } of found) {
      const own = violations.get(JSON.stringify(rule))
      if (own && own.length < violationsMax) own.push({ case: name, event })
    }
  }
  for (const { events, case: name } of log.traces) {
    for (const event of events) note(watcher.add(event))
    note(watcher.end(name))
  }
  return broken.map((rule) => ({ ...rule, violations: violations.get(JSON.stringify(rule.rule)) ?? [] }))
}
