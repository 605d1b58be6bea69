import { discoverRules } from '../conformance/discover-rules.ts'
import { alignedEventsMax } from '../conformance/tree-alignment.ts'
import type { Outcome } from '../correlation/root-cause.ts'
import { discoverDrifts } from '../drift/drift.ts'
import type { CaseEvent } from '../event-log/case-event.ts'
import { assertCaseEvent, EventLog } from '../event-log/event-log.ts'
import { learnPredictor, type PredictorOptions } from '../prediction/predictor.ts'
import { bottlenecksOf } from '../process-map/bottlenecks.ts'
import { sketchErrorMax } from '../process-map/duration-sketch.ts'
import { discoverProcessMap, type ProcessMap } from '../process-map/process-map.ts'
import { ProcessMapBuilder } from '../process-map/process-map-builder.ts'
import type { StartOptions } from '../queueing/start-time.ts'
import { discoverWorkload, type Workload } from '../queueing/workload.ts'
import { assertWhole } from '../statistics/argument.ts'
import type { Variants } from '../variants/variants.ts'
import { CaseSampler } from './case-sampler.ts'
import { count, percentOf } from './counted.ts'
import { discoverModel } from './discover-model.ts'
import { EventCounts, type EventCountsOptions } from './event-counts.ts'
import type { CaseSample, FindingName, Findings } from './findings.ts'
import { findingsOfLog, stepsOfLog } from './findings-of-log.ts'

/** What can be said of a discovery. */
export interface DiscoverOptions extends StartOptions, Omit<EventCountsOptions, 'falseAlarmRate'> {
  /** What is good or bad about a case, to find what goes with it. Default: root causes are not asked for. */
  readonly outcome?: Outcome | undefined
  /** What a case came to, for the accuracy with which it is foretold; see `PredictorOptions`. Default: none. */
  readonly foretold?: PredictorOptions['outcome'] | undefined
  /** The attribute that says who did an event. Default: `resource`. */
  readonly resource?: string | undefined
  /** Of the model; see `InductiveMinerOptions`. Default: 0.2. */
  readonly noise?: number | undefined
  /** Of anomalies, and of unusual rates; see `UnusualCaseOptions` and `UnusualRateOptions`. Default: 0.01 and 0.05. */
  readonly falseAlarmRate?: number | undefined
  /** Of correlations and root causes; see `CorrelationOptions`. Default: 0.05. */
  readonly falseDiscoveryRate?: number | undefined
  /**
   * The most events that are kept in memory at once; beyond it a sample of the cases stands for all, and the findings
   * say how far off that may be. Default: 1,000,000.
   */
  readonly eventsMax?: number | undefined
  /** Is told of each step as it begins, and of reading now and then. */
  readonly onProgress?: ((progress: DiscoverProgress) => void) | undefined
  /** Stops before the next step, or before more is read; the promise then rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined
}

/** How far a discovery has come. */
export interface DiscoverProgress {
  readonly step: 'reading' | FindingName
  /** Events read so far. */
  readonly events: number
  readonly stepsDone: number
  readonly steps: number
}

/** Events of cases, one by one or in batches, at hand or as they are read. */
export type CaseEvents =
  | Iterable<CaseEvent | readonly CaseEvent[]>
  | AsyncIterable<CaseEvent | readonly CaseEvent[]>

/**
 * All findings at once: of a history that fits into memory from all of its cases; of a longer one map, variants, workload,
 * busy hours and unusual rates from all, and the rest from a sample of whole cases. Deterministic: the same events give the
 * same findings.
 *
 * Limits that keep it from taking for ever: cases of more than 2,000 events are only in what is of all, the model is compared
 * with the 500 variants of the most cases, if these are not too long, the 500 people who did the most events are compared with each other, of batches
 * and of pairs of people 10,000 are told, and prediction is measured on the latest 20,000 events. `notes` says where one
 * of them was met.
 *
 * @throws AnnalsError `invalid-argument` for an event without a case, an activity or a finite time, and for options out
 *   of their range; `limit-exceeded` for more than 4,096 activities or 16 million cases
 */
export async function discover(events: CaseEvents, options: DiscoverOptions = {}): Promise<Findings> {
  const { noise, foretold } = options
  const steps = new Steps(options)
  const counts = new EventCounts(options)
  const { map, variants, workload, log, sample, notes } = await read(events, options, counts, steps)
  const found = {
    map,
    variants,
    bottlenecks: await steps.take('bottlenecks', () => bottlenecksOf(map)),
    workload: await steps.take('workload', workload),
    busyHours: await steps.take('busyHours', () => counts.busyHours()),
    unusualRates: await steps.take('unusualRates', () => counts.unusualRates()),
    model: await steps.take('model', () => discoverModel(log, notes, { noise })),
    rules: await steps.take('rules', () => discoverRules(log)),
    ...(await findingsOfLog(log, options, (step, find) => steps.take(step, find), notes)),
    prediction: await steps.take('prediction', () => {
      const predictor = learnPredictor(latestOf(log, notes), { outcome: foretold })
      return predictor.accuracy
    }),
    drifts: await steps.take('drifts', () => discoverDrifts(log)),
    sample,
    notes,
  }
  steps.end()
  return found
}

interface Reading {
  readonly map: ProcessMap
  readonly variants: Variants
  readonly workload: () => Workload
  /** What all other findings are of. */
  readonly log: EventLog
  readonly sample: CaseSample | undefined
  readonly notes: string[]
}

async function read(
  events: CaseEvents,
  { eventsMax = 1_000_000 }: DiscoverOptions,
  counts: EventCounts,
  steps: Steps,
): Promise<Reading> {
  assertWhole('eventsMax', eventsMax, { min: 1 })
  const sampler = new CaseSampler(eventsMax)
  let all: ProcessMapBuilder | undefined
  await eachOf(events, steps, (event, index) => {
    assertCaseEvent(event, index)
    // Before the first event goes, all that came so far is counted once more, this time for good.
    if (!all && sampler.events.length === eventsMax) {
      all = new ProcessMapBuilder()
      for (const known of sampler.events) all.add(known)
    }
    all?.add(event)
    counts.add(event)
    sampler.add(event)
  })
  await steps.begin('map')
  const whole = EventLog.from(sampler.events)
  const builder = all
  const counted = builder ? { map: builder.map(), variants: builder.variants() } : discoverProcessMap(whole)
  await steps.begin('variants')
  const log = withoutLongCases(whole)
  const sample = sampler.sampleOf(log.traces.length, counted.map.cases)
  const notes: string[] = []
  if (sample) notes.push(...sampleNotes(sample, builder?.lateEvents ?? 0))
  const long = whole.traces.length - log.traces.length
  if (long > 0)
    notes.push(
      `${count(long, 'case')} of more than ${count(alignedEventsMax, 'event')}: counted in map, variants, workload, busy hours and unusual rates alone.`,
    )
  const workload = () => builder?.workload() ?? discoverWorkload(whole)
  return { ...counted, workload, log, sample, notes }
}

async function eachOf(
  events: CaseEvents,
  steps: Steps,
  take: (event: CaseEvent, index: number) => void,
): Promise<void> {
  const takeAll = (given: CaseEvent | readonly CaseEvent[]): void => {
    if (!isBatch(given)) take(given, steps.events++)
    else for (const event of given) take(event, steps.events++)
  }
  // Waiting for each event of what is there already would take longer than all else.
  if (Symbol.iterator in events) {
    for (const given of events) {
      takeAll(given)
      if (steps.isPauseDue) await steps.pause()
    }
    return
  }
  for await (const given of events) {
    takeAll(given)
    if (steps.isPauseDue) await steps.pause()
  }
}

const isBatch = (given: CaseEvent | readonly CaseEvent[]): given is readonly CaseEvent[] =>
  Array.isArray(given)

function withoutLongCases(log: EventLog): EventLog {
  const short = log.traces.filter(({ activities }) => activities.length <= alignedEventsMax)
  return short.length === log.traces.length ? log : EventLog.from(short.flatMap(({ events }) => events))
}

function sampleNotes({ cases, ofCases, shareErrorMax }: CaseSample, lateEvents: number): string[] {
  const notes = [
    `${count(cases, 'case')} of ${count(ofCases, 'case')}, chosen as if by lot, stand for all; map, variants, workload, busy hours and unusual rates are of all. ` +
      `A share of cases is within ${percentOf(shareErrorMax)} of that of all, 19 times of 20.`,
    `Median and p95 of waiting times in the map are within ${percentOf(sketchErrorMax)}.`,
  ]
  if (lateEvents > 0)
    notes.push(
      `${count(lateEvents, 'event')} came after a later one of the same case: map, variants and workload have them in the order in which they came.`,
    )
  return notes
}

const predictedEventsMax = 20_000

/** The cases that began last, as many as hold the events that prediction is measured on. */
function latestOf(log: EventLog, notes: string[]): EventLog {
  if (log.eventCount <= predictedEventsMax) return log
  const latest = log.traces.toSorted(
    (one, other) => (other.timesMs[0] as number) - (one.timesMs[0] as number),
  )
  let events = 0
  const chosen = new Set(
    latest.filter(({ activities }) => {
      events += activities.length
      return events <= predictedEventsMax
    }),
  )
  notes.push(`Prediction was measured on the ${count(chosen.size, 'case')} that began last.`)
  return EventLog.from(log.traces.filter((trace) => chosen.has(trace)).flatMap((trace) => trace.events))
}

const stepNames = [
  'reading',
  'map',
  'variants',
  'bottlenecks',
  'workload',
  'busyHours',
  'unusualRates',
  'model',
  'rules',
  ...stepsOfLog,
  'prediction',
  'drifts',
] as const satisfies readonly DiscoverProgress['step'][]

// Often enough for someone who looks on, and seldom enough to cost nothing.
const eventsBetweenPauses = 32_768

/** Tells how far it has come, and lets others run, and say that it shall stop, between the steps. */
class Steps {
  events = 0
  readonly #options: DiscoverOptions
  #step: DiscoverProgress['step'] = 'reading'
  #pausedAt = 0

  constructor(options: DiscoverOptions) {
    this.#options = options
    options.signal?.throwIfAborted()
  }

  get isPauseDue(): boolean {
    return this.events - this.#pausedAt >= eventsBetweenPauses
  }

  async pause(): Promise<void> {
    this.#pausedAt = this.events
    this.#tell(stepNames.indexOf(this.#step))
    // A turn of the event loop, not a microtask: a signal is mostly aborted by a timer or by someone at a key.
    await new Promise((resolve) => setTimeout(resolve, 0))
    this.#options.signal?.throwIfAborted()
  }

  async begin(step: FindingName): Promise<void> {
    this.#step = step
    await this.pause()
  }

  async take<Found>(step: FindingName, find: () => Found): Promise<Found> {
    await this.begin(step)
    return find()
  }

  end(): void {
    this.#tell(stepNames.length)
  }

  #tell(stepsDone: number): void {
    this.#options.onProgress?.({
      step: this.#step,
      events: this.events,
      stepsDone,
      steps: stepNames.length,
    })
  }
}
