import type { Anomaly } from '../anomaly/anomaly.ts'
import type { UnusualRate } from '../anomaly/unusual-rate.ts'
import type { Deviation } from '../conformance/align-log.ts'
import type { DiscoveredRule } from '../conformance/discover-rules.ts'
import type { TemporalRelation } from '../conformance/temporal-profile.ts'
import type { CoOccurrence } from '../correlation/co-occurrence.ts'
import type { CrossCorrelation } from '../correlation/cross-correlation.ts'
import type { RootCause } from '../correlation/root-cause.ts'
import type { Succession } from '../correlation/succession.ts'
import type { Drift } from '../drift/drift.ts'
import type { Role } from '../organization/roles.ts'
import type { Collaboration, Subcontract, TaskSimilarity } from '../organization/social-network.ts'
import type { AssociationRule } from '../patterns/association-rule.ts'
import type { SequencePattern } from '../patterns/sequence-pattern.ts'
import type { PredictionAccuracy } from '../prediction/predictor.ts'
import type { Bottleneck } from '../process-map/bottlenecks.ts'
import type { Handover } from '../process-map/handovers.ts'
import type { ProcessMap } from '../process-map/process-map.ts'
import type { ProcessTree } from '../process-tree/process-tree.ts'
import type { Batch } from '../queueing/batches.ts'
import type { BusyHours } from '../queueing/busy-hours.ts'
import type { ServiceTimes } from '../queueing/service-times.ts'
import type { Workload } from '../queueing/workload.ts'
import type { Variants } from '../variants/variants.ts'

/** All that a history shows of itself. What a finding means is said where its type is. */
export interface Findings {
  readonly map: ProcessMap
  readonly variants: Variants
  readonly model: Model
  readonly rules: readonly DiscoveredRule[]
  readonly temporalProfile: readonly TemporalRelation[]
  readonly bottlenecks: readonly Bottleneck[]
  readonly handovers: readonly Handover[]
  /** Empty where it is not known when work began. */
  readonly serviceTimes: readonly ServiceTimes[]
  readonly workload: Workload
  readonly busyHours: BusyHours
  /** The 10,000 of the most cases, at most. */
  readonly batches: readonly Batch[]
  readonly roles: readonly Role[]
  /** The first 10,000, at most; so are subcontracts and similarities. */
  readonly collaborations: readonly Collaboration[]
  readonly subcontracts: readonly Subcontract[]
  readonly taskSimilarities: readonly TaskSimilarity[]
  readonly patterns: readonly SequencePattern[]
  /** Which activities cases have that have some others, whatever the order. */
  readonly associations: readonly AssociationRule[]
  readonly coOccurrences: readonly CoOccurrence[]
  readonly successions: readonly Succession[]
  /** What comes soon after what in other cases. */
  readonly crossCorrelations: readonly CrossCorrelation[]
  /** Empty where no outcome was asked about. */
  readonly rootCauses: readonly RootCause[]
  /** How well it can be foretold how cases go on. */
  readonly prediction: PredictionAccuracy
  readonly anomalies: readonly Anomaly[]
  /** As of the latest event. */
  readonly unusualRates: readonly UnusualRate[]
  readonly drifts: readonly Drift[]
  /** What findings are of that are not of the whole history; map, variants and what is counted with each event always are. */
  readonly sample: CaseSample | undefined
  /** In sentences: what was left out, and how far off a finding may be because of it. */
  readonly notes: readonly string[]
}

/** The name of a finding, as a property of `Findings`. */
export type FindingName = Exclude<keyof Findings, 'sample' | 'notes'>

/** A model of a process, and how far the two agree. */
export interface Model {
  readonly tree: ProcessTree
  /** What the tree was allowed to leave out; see `InductiveMinerOptions`. */
  readonly noise: number
  /** The mean of the fitness of the aligned cases, from 0 to 1. */
  readonly fitness: number
  /** Cases that were aligned, and how many of them the model allows as they are. */
  readonly alignedCases: number
  readonly fittingCases: number
  /** Where the aligned cases deviate, most frequent first. */
  readonly deviations: readonly Deviation[]
  /** How little the tree allows that was never done, from 0 to 1; see `precisionOf`. */
  readonly precision: number
}

/** Some of the cases of a history, each with all of its events: chosen by their names as if by lot, or the latest. */
export interface CaseSample {
  readonly cases: number
  readonly ofCases: number
  readonly events: number
  readonly ofEvents: number
  /**
   * How far a share of its cases is, 19 times of 20, from the same share of all cases, at most. Of the latest cases: if
   * they are like those before.
   */
  readonly shareErrorMax: number
}
