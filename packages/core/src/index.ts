export { type App, type AppOptions, createApp, type Module, type QueryOptions } from './app.ts'
export type { AppendCondition, ExpectedRevision } from './append-condition.ts'
export type { Clock } from './clock.ts'
export type { Accepted, CommandInput, CommandOutcome, ExecuteOptions, Rejected } from './command-handler.ts'
export {
  type Command,
  type CommandDefinition,
  type Decider,
  type Decision,
  type DecisionContext,
  defineDecider,
  type NewEventOf,
} from './decider.ts'
export {
  AnnalsError,
  type ErrorCode,
  type ErrorDetails,
  errorCatalogue,
  InvariantViolation,
  type Issue,
  isAnnalsError,
} from './errors.ts'
export type { NewEvent, RecordedEvent, RecordedEventObject } from './event.ts'
export { type EventQuery, type EventQueryItem, matchesEventQuery } from './event-query.ts'
export type {
  Appended,
  EventReader,
  EventStore,
  ReadOptions,
  StreamAppend,
  StreamInfo,
  StreamsOptions,
  SubscribeOptions,
  Subscription,
  SubscriptionBatch,
} from './event-store.ts'
export {
  defineFold,
  type EventSchemas,
  type Evolve,
  type EvolveHandler,
  type Fold,
  type RecordedEventOf,
} from './fold.ts'
export type { JsonObject, JsonValue } from './json.ts'
export { limits } from './limits.ts'
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.ts'
export { type Position, startOfLog } from './position.ts'
export { type OnProgress, type Progress, ProgressMeter } from './progress.ts'
export { defineProjection, type Projection, type ProjectionHandler } from './projection.ts'
export type { ProjectionStatus } from './projection-runner.ts'
export {
  type AsOf,
  defineLiveQuery,
  defineProjectedQuery,
  type LiveQuery,
  type LiveQueryContext,
  type ProjectedQuery,
  type Query,
  type QueryAnswer,
  type QueryInput,
} from './query.ts'
export { inMemory, type OpenReadModel, type ReadModelKind, type ReadModelStore } from './read-model.ts'
export { type Rejection, reject } from './rejection.ts'
export { type Replayed, type ReplayOptions, replay } from './replay.ts'
export type { RetentionPolicy, RetentionScope } from './retention.ts'
export type { InputOf, OutputOf, Schema, SchemaIssue, SchemaResult } from './schema.ts'
export type { CategorySelection, QuerySelection, Selection, StreamSelection } from './selection.ts'
export { categoryOf, type Revision } from './stream.ts'
