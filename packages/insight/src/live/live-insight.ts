import { type Anomaly, AnomalyDetector } from '../anomaly/anomaly.ts'
import type { UnusualRate } from '../anomaly/unusual-rate.ts'
import { rulesOf } from '../conformance/discover-rules.ts'
import type { RuleViolation } from '../conformance/rule-watcher.ts'
import { alignedEventsMax } from '../conformance/tree-alignment.ts'
import type { Drift } from '../drift/drift.ts'
import { DriftDetector } from '../drift/drift-detector.ts'
import type { CaseEvent } from '../event-log/case-event.ts'
import { assertCaseEvent, EventLog, type Trace } from '../event-log/event-log.ts'
import { hashOf } from '../event-log/name-hash.ts'
import type { Sequences } from '../event-log/sequences.ts'
import { shareErrorOf } from '../findings/case-sampler.ts'
import type { DiscoverOptions } from '../findings/discover.ts'
import { discoverModel } from '../findings/discover-model.ts'
import { EventCounts } from '../findings/event-counts.ts'
import type { CaseSample, Findings } from '../findings/findings.ts'
import { findingsOfLog } from '../findings/findings-of-log.ts'
import { type Prediction, Predictor } from '../prediction/predictor.ts'
import { bottlenecksOf } from '../process-map/bottlenecks.ts'
import { CaseFlow } from '../process-map/case-flow.ts'
import { DurationSketch } from '../process-map/duration-sketch.ts'
import { type ProcessMap, processMapOf } from '../process-map/process-map.ts'
import type { BusyHours } from '../queueing/busy-hours.ts'
import type { Workload } from '../queueing/workload.ts'
import { WorkloadCounter } from '../queueing/workload-counter.ts'
import { assertPositive, assertWhole } from '../statistics/argument.ts'
import type { Variants } from '../variants/variants.ts'
import { driftsAsTheyStand } from './drifts-as-they-stand.ts'
import { EndedCases } from './ended-cases.ts'
import { EndedVariants } from './ended-variants.ts'
import { LatestNames } from './latest-names.ts'
import { defaultLimits, type LiveLimits } from './live-limits.ts'
import { liveNotes } from './live-notes.ts'
import { liveVariantsOf } from './live-variants.ts'
import { OpenCases } from './open-cases.ts'
import { turn, Waiting, type WatchOptions, watch } from './watch.ts'
import { WatchedRules } from './watched-rules.ts'

export interface LiveOptions
  extends Pick<
    DiscoverOptions,
    | 'outcome'
    | 'foretold'
    | 'resource'
    | 'start'
    | 'noise'
    | 'falseAlarmRate'
    | 'falseDiscoveryRate'
    | 'utcOffsetMinutes'
    | 'rateWindowMs'
  > {
  /**
   * Whether a case ends with this event. Default: cases end when `end` says so, when nothing came to them for
   * `quietMsMax`, or when they give way to others.
   */
  readonly isLast?: ((event: CaseEvent) => boolean) | undefined
  /**
   * A case also ends once nothing came to it for longer than this, in milliseconds, above 0. What time it is, is the latest
   * time of any event, so that the same events end the same cases; while none come, no case ends. One that goes on after
   * that begins anew, and is counted in `notes`, unless half of `openCasesMax` others ended so since. Default: cases do not
   * end by being quiet.
   */
  readonly quietMsMax?: number | undefined
  /** What is kept at most. */
  readonly limits?: Partial<LiveLimits> | undefined
}

/** What is known while events come. */
export interface LiveFindings extends Findings {
  readonly openCases: number
  /** The case of one is `''` once it was forgotten. */
  readonly drifts: readonly Drift[]
  /** Of the rules that were known then: the latest 1,000, the latest last. */
  readonly violations: readonly RuleViolation[]
  readonly violationCount: number
}

/**
 * All findings of a history that goes on. What an event costs does not grow with the history, and what is kept has
 * limits; what gave way because of them is counted, and told in `notes`.
 *
 * - Map, variants, bottlenecks, workload, busy hours, unusual rates: of all cases, with each event. A case is under way until
 *   its last event so far, also while it is open.
 * - Rules and model: of all cases that ended, anew with each `refresh`; cases are watched for the rules known by then.
 * - Drifts and prediction: learned from cases that ended, of a long history from one of 32 (`LiveLimits`), chosen by its
 *   name. Any open case whose events are kept can be foretold. While few cases are known to have ended, drifts are those of
 *   the cases that began longer ago than nearly all take, and the next activity alone is foretold.
 * - Anomalies: open cases, given those that ended; and those that ended, among each other.
 * - All else: of the latest cases that ended, or, while there are few, of all as they stand, with each `refresh`.
 *
 * A case that gave way to others counts as ended, but is not learned from: that there was no room for it says how many
 * others there are, and nothing of itself. It would teach that cases end where they only wait. Where no event says that
 * a case is over, `quietMsMax` does.
 *
 * Deterministic: the same events and refreshes give the same findings.
 */
export class LiveInsight {
  readonly #options: LiveOptions
  readonly #limits: LiveLimits
  readonly #activities = new Map<string, number>()
  readonly #names: string[] = []
  readonly #flow: CaseFlow
  readonly #open: OpenCases
  readonly #isLearned: Uint8Array
  readonly #counts: EventCounts
  readonly #workload = new WorkloadCounter()
  readonly #variants: EndedVariants
  readonly #ended: EndedCases
  readonly #predictor: Predictor
  readonly #driftDetector = new DriftDetector()
  #drifts: Drift[] = []
  readonly #rules: WatchedRules
  #passedOver = 0
  #gaveWay = 0
  #endedQuiet = 0
  #wentOn = 0
  /** Those that ended by being quiet. */
  readonly #quiet: LatestNames
  #endedWithoutVariant = 0
  #latestMs = Number.NEGATIVE_INFINITY
  #version = 0
  #refreshed: { readonly version: number; readonly findings: Promise<LiveFindings> } | undefined
  readonly #waiting = new Waiting()

  /** @throws AnnalsError `invalid-argument` for limits that are no whole numbers above 0, and options out of their range */
  constructor(options: LiveOptions = {}) {
    this.#options = options
    if (options.quietMsMax !== undefined) assertPositive('quietMsMax', options.quietMsMax)
    this.#limits = { ...defaultLimits, ...options.limits }
    for (const [name, limit] of Object.entries(this.#limits)) assertWhole(name, limit, { min: 1 })
    const { openCasesMax, openEventsMax, endedEventsMax, variantsMax, beginningsMax, rulesMax } = this.#limits
    this.#flow = new CaseFlow(() => new DurationSketch(), { prefixesMax: beginningsMax })
    this.#open = new OpenCases(openCasesMax, openEventsMax)
    this.#quiet = new LatestNames(openCasesMax)
    this.#isLearned = new Uint8Array(openCasesMax)
    this.#counts = new EventCounts(options)
    this.#variants = new EndedVariants(variantsMax)
    this.#ended = new EndedCases(endedEventsMax)
    this.#predictor = new Predictor({
      outcome: options.foretold,
      openCasesMax: Math.min(openCasesMax, learnedOpenMax),
    })
    this.#rules = new WatchedRules(this.#names, { rulesMax, places: openCasesMax })
  }

  /**
   * Takes the next events, one or several.
   *
   * @throws AnnalsError `invalid-argument` for an event without a case, an activity or a finite time; those before it
   *   are taken
   */
  observe(events: CaseEvent | readonly CaseEvent[]): void {
    if (isBatch(events)) for (const event of events) this.#observe(event)
    else this.#observe(events)
    this.#wake()
  }

  /** Ends a case. One that is not open is passed over. */
  end(name: string): void {
    const place = this.#open.placeOf(name)
    if (place === undefined) return
    this.#version++
    this.#end(place, true)
    this.#wake()
  }

  /**
   * Drops the events of a case, whether it is open or has ended, and whatever findings would tell of them: for events that
   * are no longer to be known. Counts that were made stay, since they name nobody, and so do names of activities and of
   * foretold outcomes, and the sources that unusual rates lead back to. What comes to the case after that is counted, and
   * not kept. A case of which nothing is kept is passed over.
   */
  forget(name: string): void {
    const place = this.#open.placeOf(name)
    const wasOpen = place !== undefined && this.#open.giveUp(place)
    if (place !== undefined) this.#isLearned[place] = 0
    this.#predictor.forget(name)
    this.#driftDetector.forget(name)
    const hadEnded = this.#ended.forget(name)
    const hadBroken = this.#rules.forget(name)
    const hadDrifted = this.#drifts.some((drift) => drift.case === name)
    this.#drifts = this.#drifts.map((drift) => (drift.case === name ? { ...drift, case: '' } : drift))
    if (!wasOpen && !hadEnded && !hadBroken && !hadDrifted) return
    this.#version++
    this.#wake()
  }

  /**
   * The events of which more is kept than counts, case by case: those of open and ended cases, and those that broke a
   * rule. For whoever has to see whether they may still be known, and calls `forget` where not.
   */
  *keptEvents(): Generator<readonly CaseEvent[], void, void> {
    yield* this.#open.followed()
    yield* this.#ended.cases
    for (const { event } of this.#rules.violations) if (event) yield [event]
  }

  /** Grows with each event, each end, and each case that is forgotten. */
  get version(): number {
    return this.#version
  }

  /** The map as of now. */
  map(): ProcessMap {
    return processMapOf(this.#flow, this.#names)
  }

  /**
   * The variants as of now. Of those whose cases ended, median and p95 of the duration are of the latest 128 cases; all
   * else is exact.
   */
  variants(): Variants {
    const { variants, casesWithoutVariant } = liveVariantsOf(this.#flow, this.#names, this.#variants)
    return { variants, casesWithoutVariant: casesWithoutVariant + this.#endedWithoutVariant }
  }

  /** The workload as of now. Costs a pass over the open cases. */
  workload(): Workload {
    const counter = this.#workload.copy()
    this.#flow.eachOpen((firstMs, lastMs) => counter.add(firstMs, lastMs))
    return counter.workload()
  }

  /** When in a week events happened, as of now. */
  busyHours(): BusyHours {
    return this.#counts.busyHours()
  }

  /** What is unusually often or rarely, as of the latest event. */
  unusualRates(): readonly UnusualRate[] {
    return this.#counts.unusualRates()
  }

  /** The latest 1,000 violations of rules that were known then, the latest last. */
  violations(): readonly RuleViolation[] {
    return this.#rules.violations
  }

  /** What will probably become of an open case; `undefined` for one that is not open, or whose events were given up. */
  predict(name: string): Prediction | undefined {
    const place = this.#open.placeOf(name)
    const events = place === undefined ? undefined : this.#open.eventsOf(place)
    return events && this.#predictor.foresee(events)
  }

  /**
   * Brings everything up to date and tells it. It goes step by step and lets others run in between; what comes
   * meanwhile is in the next. Without news since the last time it costs nothing.
   */
  refresh(): Promise<LiveFindings> {
    if (this.#refreshed?.version !== this.#version)
      this.#refreshed = { version: this.#version, findings: this.#refresh(this.#refreshed?.findings) }
    return this.#refreshed.findings
  }

  /**
   * What is asked for now, and again whenever something came, at most once in `pauseMs` (default: 1,000), until `signal`
   * aborts or it is returned: `watch((live) => live.map())`, or all of it, `watch((live) => live.refresh())`. Whoever is
   * slow passes states over, never the last.
   */
  watch<Found>(
    find: (live: LiveInsight) => Found | Promise<Found>,
    options: WatchOptions = {},
  ): AsyncGenerator<Found, void, void> {
    return watch(
      () => find(this),
      () => this.#version,
      this.#waiting,
      options,
    )
  }

  #wake(): void {
    this.#waiting.wake()
  }

  #observe(event: CaseEvent): void {
    assertCaseEvent(event, this.#version)
    this.#version++
    this.#pass(event.atMs)
    const activity = this.#numberOf(event.activity)
    if (activity < 0) {
      this.#passedOver++
      return
    }
    const place = this.#open.placeOf(event.case) ?? this.#begin(event.case)
    const before = this.#flow.nodeOf(place)
    this.#flow.add(place, activity, event.atMs)
    this.#counts.add(event)
    this.#open.add(place, event, { eventsMax: alignedEventsMax, nowMs: this.#latestMs })
    // What was done before in a case is of its node; of a case that is of no variant it is not known.
    this.#rules.step(place, activity, event, () =>
      before >= 0 ? this.#flow.prefixes.sequenceOf(before) : undefined,
    )
    if (this.#isLearned[place]) this.#predictor.add(event)
    if (this.#options.isLast?.(event)) this.#end(place, true)
  }

  /** It is this late, or later, and what was quiet for too long by now ends. */
  #pass(atMs: number): void {
    if (atMs <= this.#latestMs) return
    this.#latestMs = atMs
    const { quietMsMax } = this.#options
    if (quietMsMax === undefined) return
    // A case stands in the order once for each of its events, so what an event costs does not grow.
    for (;;) {
      const place = this.#open.quietSince(atMs - quietMsMax)
      if (place === undefined) return
      this.#endedQuiet++
      this.#quiet.add(this.#open.nameOf(place))
      this.#end(place, true)
    }
  }

  /** Of more activities than may be: -1. */
  #numberOf(activity: string): number {
    const known = this.#activities.get(activity)
    if (known !== undefined) return known
    if (this.#names.length >= this.#limits.activitiesMax) return -1
    this.#activities.set(activity, this.#names.length)
    return this.#names.push(activity) - 1
  }

  #begin(name: string): number {
    const { leaving } = this.#open
    if (leaving !== undefined) {
      this.#end(leaving, false)
      this.#gaveWay++
    }
    if (this.#quiet.delete(name)) this.#wentOn++
    const place = this.#open.begin(name)
    const { learnedFirstEvents, learnedOneOf } = this.#limits
    const isLearned = this.#flow.eventCount < learnedFirstEvents || hashOf(name) < 2 ** 32 / learnedOneOf
    this.#isLearned[place] = isLearned ? 1 : 0
    this.#rules.begin(place)
    return place
  }

  #end(place: number, isKnownToEnd: boolean): void {
    const name = this.#open.nameOf(place)
    const { node, firstMs, lastMs } = this.#flow.end(place)
    this.#workload.add(firstMs, lastMs)
    if (node >= 0) this.#variants.add(node, firstMs, lastMs)
    else this.#endedWithoutVariant++
    if (isKnownToEnd) {
      this.#rules.end(place, name)
      this.#learnEnd(name, this.#open.eventsOf(place), this.#isLearned[place] === 1)
    }
    this.#rules.leave(place)
    this.#open.end(place)
  }

  #learnEnd(name: string, events: readonly CaseEvent[] | undefined, isLearned: boolean): void {
    if (!isLearned) return
    this.#predictor.end(name)
    if (!events) return
    this.#ended.add(events)
    const { traces, activities } = EventLog.from(events)
    this.#drifts.push(...this.#driftDetector.add(traces[0] as Trace, activities))
    if (this.#drifts.length > driftsMax) this.#drifts.shift()
  }

  async #refresh(previous: Promise<LiveFindings> | undefined): Promise<LiveFindings> {
    // One after the other: two at once would take as long, and need twice the memory.
    await previous?.catch(() => undefined)
    const notes: string[] = []
    const map = await step(() => this.map())
    const variants = await step(() => this.variants())
    const counted = await step(() => ({
      workload: this.workload(),
      busyHours: this.busyHours(),
      unusualRates: this.unusualRates(),
    }))
    const sequences = await step(() => this.#sequences())
    const rules = await step(() => rulesOf(sequences))
    this.#rules.watch(rules)
    const { log, ended } = await step(() => this.#history())
    const { noise } = this.#options
    const model = await step(() =>
      discoverModel(log, notes, { noise, sequences, alignedVariantsMax, alignedWorkMax }),
    )
    const ofLog = await findingsOfLog(
      log,
      { ...this.#options, patternWorkMax },
      (_, find) => step(find),
      notes,
    )
    const openAnomalies = await step(() => this.#openAnomalies(ended))
    const drifts = await step(() =>
      this.#ended.added < endedMin ? driftsAsTheyStand(log, this.#latestMs) : [...this.#drifts],
    )
    const sample = sampleOf(log, map)
    return {
      map,
      variants,
      ...counted,
      model,
      rules,
      bottlenecks: bottlenecksOf(map),
      ...ofLog,
      prediction: this.#predictor.accuracy,
      anomalies: [...openAnomalies, ...ofLog.anomalies].sort((one, other) => one.p - other.p),
      drifts,
      sample,
      notes: [...this.#notes(sample), ...notes],
      openCases: this.#open.size,
      violations: this.violations(),
      violationCount: this.#rules.violationCount,
    }
  }

  /** Of the cases that ended; while they are few, of all as they stand. */
  #sequences(): Sequences {
    const cases = new Map([...this.#variants.byNode].map(([node, variant]) => [node, variant.cases]))
    if (this.#endedCount < endedMin)
      for (const [node, { durationsMs }] of this.#flow.casesByNode())
        cases.set(node, (cases.get(node) ?? 0) + durationsMs.length)
    const sequences = [...cases].map(([node, own]) => ({
      activities: this.#flow.prefixes.sequenceOf(node),
      cases: own,
    }))
    return { names: [...this.#names], sequences }
  }

  get #endedCount(): number {
    return this.#flow.caseCount - this.#open.size
  }

  /** The latest cases that ended; while they are few, those as well that are open. */
  #history(): { readonly log: EventLog; readonly ended: EventLog } {
    const cases = this.#ended.cases
    const ended = EventLog.from(asOneByOne(cases))
    if (cases.length >= endedMin) return { log: ended, ended }
    let room = this.#limits.endedEventsMax - ended.eventCount
    const open: (readonly CaseEvent[])[] = []
    for (const events of this.#open.followed()) {
      room -= events.length
      if (room < 0) break
      open.push(events)
    }
    return { log: EventLog.from(asOneByOne([...cases, ...open.reverse()])), ended }
  }

  #openAnomalies(ended: EventLog): readonly Anomaly[] {
    if (ended.traces.length < endedMin) return []
    const open: (readonly CaseEvent[])[] = []
    for (const events of this.#open.followed()) {
      if (open.length >= this.#limits.watchedCasesMax) break
      open.push(events)
    }
    const { falseAlarmRate } = this.#options
    return new AnomalyDetector(ended, { falseAlarmRate }).find(
      EventLog.from(asOneByOne(open)),
      this.#latestMs,
    )
  }

  #notes(sample: CaseSample | undefined): string[] {
    return liveNotes(sample, {
      lateEvents: this.#flow.lateEventCount,
      passedOver: this.#passedOver,
      activitiesMax: this.#limits.activitiesMax,
      noneEnded:
        this.#options.isLast !== undefined &&
        this.#endedCount === this.#gaveWay + this.#endedQuiet &&
        this.#flow.caseCount > 0,
      gaveWay: this.#gaveWay,
      endedQuiet: this.#endedQuiet,
      wentOn: this.#wentOn,
      unfollowedCases: this.#open.unfollowedCases,
      droppedCases: this.#variants.droppedCases,
    })
  }
}

// Each state of an open case that is learned from takes 1 kB until its end is known.
const learnedOpenMax = 3_000
/** How many drifts are told, the latest. */
const driftsMax = 1_000
// More would hold others up for seconds.
const alignedVariantsMax = 100
const alignedWorkMax = 200_000_000
const patternWorkMax = 500_000_000
// Fewer cases that ended say less than all as they stand.
const endedMin = 100

const isBatch = (events: CaseEvent | readonly CaseEvent[]): events is readonly CaseEvent[] =>
  Array.isArray(events)

function* asOneByOne(cases: readonly (readonly CaseEvent[])[]): Generator<CaseEvent, void, void> {
  for (const events of cases) yield* events
}

async function step<Found>(find: () => Found): Promise<Found> {
  await turn(0)
  return find()
}

function sampleOf({ traces, eventCount }: EventLog, { cases, events }: ProcessMap): CaseSample | undefined {
  if (traces.length >= cases) return undefined
  return {
    cases: traces.length,
    ofCases: cases,
    events: eventCount,
    ofEvents: events,
    shareErrorMax: shareErrorOf(traces.length, cases),
  }
}
