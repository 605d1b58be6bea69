export {
  type Anomaly,
  AnomalyDetector,
  type AnomalyOptions,
  discoverAnomalies,
  type UnusualCaseOptions,
} from './anomaly/anomaly.ts'
export type { AnomalyKind } from './anomaly/case-scores.ts'
export { discoverUnusualRates, type UnusualRate, type UnusualRateOptions } from './anomaly/unusual-rate.ts'
export { UnusualRateCounter } from './anomaly/unusual-rate-counter.ts'
export { type BpmnOptions, bpmnOfTree } from './bpmn/bpmn-of-tree.ts'
export { alignLog, type Deviation, type LogAlignment } from './conformance/align-log.ts'
export type { Alignment, Move } from './conformance/alignment.ts'
export {
  type CommandCall,
  type CommandsOfEvents,
  DecisionChecker,
  type Refusal,
  type RefusalReason,
} from './conformance/decision-checker.ts'
export {
  type DiscoveredRule,
  type DiscoverRulesOptions,
  discoverRules,
} from './conformance/discover-rules.ts'
export { type ActivityPair, discoverLogSkeleton, type LogSkeleton } from './conformance/log-skeleton.ts'
export { NetAligner, type NetAlignerOptions } from './conformance/net-alignment.ts'
export { precisionOf } from './conformance/precision.ts'
export type { BinaryTemplate, Rule, RuleTemplate, UnaryTemplate } from './conformance/rule-templates.ts'
export { type RuleViolation, RuleWatcher } from './conformance/rule-watcher.ts'
export {
  discoverTemporalProfile,
  type TemporalDeviation,
  type TemporalRelation,
  temporalDeviations,
} from './conformance/temporal-profile.ts'
export { replayTokens, type TokenReplay } from './conformance/token-replay.ts'
export { alignedEventsMax, TreeAligner } from './conformance/tree-alignment.ts'
export {
  type CoOccurrence,
  type CorrelationOptions,
  discoverCoOccurrences,
} from './correlation/co-occurrence.ts'
export { type CrossCorrelation, discoverCrossCorrelations } from './correlation/cross-correlation.ts'
export {
  type Excitation,
  fitHawkes,
  type HawkesFit,
  type HawkesOptions,
  type TimedEvent,
} from './correlation/hawkes.ts'
export {
  discoverRootCauses,
  duration,
  type Outcome,
  type RootCause,
  type RootCauseOptions,
  rework,
} from './correlation/root-cause.ts'
export { discoverSuccessions, type Succession } from './correlation/succession.ts'
export { alphaNetOf } from './discovery/alpha-miner.ts'
export { type Dependency, dependenciesOf } from './discovery/dependency-graph.ts'
export { type Footprints, footprintsOf } from './discovery/footprints.ts'
export {
  type BoundActivity,
  discoverHeuristicsNet,
  type HeuristicsMinerOptions,
  type HeuristicsNet,
} from './discovery/heuristics-miner.ts'
export { discoverProcessTree, type InductiveMinerOptions } from './discovery/inductive-miner.ts'
export { discoverSelfDistances, type SelfDistance } from './discovery/self-distances.ts'
export {
  type Drift,
  type DriftChange,
  type DriftOptions,
  type DriftPerspective,
  discoverDrifts,
} from './drift/drift.ts'
export { DriftDetector } from './drift/drift-detector.ts'
export {
  type AttributeValue,
  type CaseEvent,
  type CaseOptions,
  caseEventsOf,
  casesByTag,
} from './event-log/case-event.ts'
export { EventLog, type Trace } from './event-log/event-log.ts'
export {
  type CaseEvents,
  type DiscoverOptions,
  type DiscoverProgress,
  discover,
} from './findings/discover.ts'
export type { EventCountsOptions } from './findings/event-counts.ts'
export type { CaseSample, FindingName, Findings, Model } from './findings/findings.ts'
export type { CsvOptions } from './formats/csv-columns.ts'
export { CsvReader, type CsvReaderOptions } from './formats/csv-reader.ts'
export { csvRowLengthMax } from './formats/csv-rows.ts'
export { formatCsv } from './formats/csv-writer.ts'
export { type EventLogReader, readEventLog } from './formats/event-log-reader.ts'
export { type EventToRecord, eventsOfCases, eventsOfObjectLog } from './formats/events-to-record.ts'
export {
  caseEventsOfObjects,
  danglingReferences,
  type LogObject,
  type ObjectEvent,
  type ObjectLog,
  type ObjectReference,
  objectTypesOf,
} from './formats/object-log.ts'
export { objectLogOf } from './formats/object-log-of.ts'
export { parseOcel } from './formats/ocel-reader.ts'
export { formatOcel } from './formats/ocel-writer.ts'
export { parseOcelXml } from './formats/ocel-xml-reader.ts'
export { parseTimeMs } from './formats/time.ts'
export { XesReader } from './formats/xes-reader.ts'
export { formatXes } from './formats/xes-writer.ts'
export { type LiveFindings, LiveInsight, type LiveOptions } from './live/live-insight.ts'
export type { LiveLimits } from './live/live-limits.ts'
export type { WatchOptions } from './live/watch.ts'
export type { ResourceOptions } from './organization/resource.ts'
export { discoverRoles, type Role, type RoleOptions } from './organization/roles.ts'
export {
  type Collaboration,
  discoverCollaborations,
  discoverSubcontracts,
  discoverTaskSimilarities,
  type NetworkOptions,
  type Subcontract,
  type TaskSimilarity,
} from './organization/social-network.ts'
export {
  type AssociationRule,
  type AssociationRuleOptions,
  discoverAssociationRules,
} from './patterns/association-rule.ts'
export { discoverItemSets, type ItemSet, type ItemSetOptions } from './patterns/item-set.ts'
export {
  discoverSequences,
  type SequencePattern,
  type SequencePatternOptions,
} from './patterns/sequence-pattern.ts'
export { automatonOfNet } from './petri-net/net-automaton.ts'
export { dotOfPetriNet, type PetriNet, type Transition } from './petri-net/petri-net.ts'
export { petriNetOfHeuristicsNet } from './petri-net/petri-net-of-heuristics-net.ts'
export { petriNetOfTree } from './petri-net/petri-net-of-tree.ts'
export { parsePnml } from './petri-net/pnml-reader.ts'
export { formatPnml } from './petri-net/pnml-writer.ts'
export type { Accuracy, Chance } from './prediction/label-predictor.ts'
export {
  learnPredictor,
  type Prediction,
  type PredictionAccuracy,
  Predictor,
  type PredictorOptions,
} from './prediction/predictor.ts'
export { coverageAim, type RemainingTime, type RemainingTimeAccuracy } from './prediction/remaining-time.ts'
export { type Bottleneck, bottlenecksOf } from './process-map/bottlenecks.ts'
export { dotOfProcessMap } from './process-map/dot-of-process-map.ts'
export { sketchErrorMax } from './process-map/duration-sketch.ts'
export type { Durations } from './process-map/durations.ts'
export { discoverEventuallyFollows, type FollowsCount } from './process-map/eventually-follows.ts'
export { discoverHandovers, type Handover } from './process-map/handovers.ts'
export {
  discoverProcessMap,
  type MapActivity,
  type MapEdge,
  type ProcessMap,
} from './process-map/process-map.ts'
export { ProcessMapBuilder } from './process-map/process-map-builder.ts'
export { type SimplifiedProcessMap, simplifyProcessMap } from './process-map/simplify-process-map.ts'

export { formatProcessTree, parseProcessTree } from './process-tree/notation.ts'
export { activitiesOf, type ProcessTree } from './process-tree/process-tree.ts'
export { type Automaton, automatonOf } from './process-tree/tree-automaton.ts'

export { type Batch, type BatchKind, type BatchOptions, discoverBatches } from './queueing/batches.ts'
export {
  type BusyHours,
  BusyHoursCounter,
  type BusyHoursOptions,
  discoverBusyHours,
} from './queueing/busy-hours.ts'
export { discoverServiceTimes, type ServiceTimes } from './queueing/service-times.ts'
export { joinLifecycle, type StartOptions } from './queueing/start-time.ts'
export { discoverWorkload, type Workload, type WorkloadInterval } from './queueing/workload.ts'
export { intervalsMax, WorkloadCounter, type WorkloadOptions } from './queueing/workload-counter.ts'
export type { TwoByTwo } from './statistics/fisher-exact.ts'

export type { Variant, Variants } from './variants/variants.ts'
