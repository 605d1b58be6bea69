export {
  type App,
  type AppOptions,
  createApp,
  type Module,
  type NamedStatus,
  type QueryOptions,
  type WatchOptions,
} from './app.ts'
export type {
  AuthorizationContext,
  AuthorizationRequest,
  Authorize,
  AuthorizeRequest,
} from './authorization.ts'
export type { Caller } from './caller.ts'
export {
  type Catalogue,
  type CatalogueEvent,
  catalogueOf,
  type RetiredEvent,
} from './catalogue/catalogue.ts'
export {
  type CheckOptions,
  checkEvents,
  type EventCheck,
  type EventFinding,
} from './catalogue/check-events.ts'
export { type Clock, systemTimer, type Timer } from './clock.ts'
export type {
  Accepted,
  AnyCommand,
  CommandArguments,
  CommandInput,
  CommandOutcome,
  ExecuteOptions,
  Rejected,
} from './command/command-handler.ts'
export {
  type Command,
  type CommandDefinition,
  type Decider,
  type Decision,
  type DecisionContext,
  defineDecider,
  type NewEventOf,
} from './command/decider.ts'
export {
  type DecisionCommand,
  type DecisionModel,
  defineCommand,
  type ModelPart,
  type StatesOf,
} from './command/decision-command.ts'
export { type Rejection, reject } from './command/rejection.ts'
export type { Snapshot, SnapshotPolicy, SnapshotStore } from './command/snapshot.ts'
export type { OnSnapshotError } from './command/snapshots.ts'
export type {
  Consumer,
  ConsumerControl,
  ConsumerStatus,
  GroupShare,
  ParkedKey,
  ParkedOptions,
} from './consumer/consumer.ts'
export type { HandlerContext } from './consumer/keyed-consumer.ts'
export type { RetryPolicy } from './consumer/retry-policy.ts'
export type { Definitions } from './definitions.ts'
export {
  AnnalsError,
  type ErrorCode,
  type ErrorDetails,
  errorCatalogue,
  InvariantViolation,
  type Issue,
  isAnnalsError,
} from './errors.ts'
export type { AppendCondition, ExpectedRevision } from './event/append-condition.ts'
export {
  type DeclaredEvent,
  defineEvent,
  type EventDeclaration,
  type EventMerge,
  type EventStep,
  type Merger,
  type Upcaster,
} from './event/define-event.ts'
export type { NewEvent, RecordedEvent, RecordedEventObject } from './event/event.ts'
export { type EventQuery, type EventQueryItem, matchesEventQuery } from './event/event-query.ts'
export {
  defineFold,
  type EventSchemas,
  type Evolve,
  type EvolveHandler,
  type Fold,
  type RecordedEventOf,
} from './event/fold.ts'
export { type Position, startOfLog } from './event/position.ts'
export { type Replayed, type ReplayOptions, replay } from './event/replay.ts'
export type { RetentionPolicy, RetentionScope } from './event/retention.ts'
export type { CategorySelection, QuerySelection, Selection, StreamSelection } from './event/selection.ts'
export { categoryOf, type Revision } from './event/stream.ts'
export { type ConsumerGroup, defineConsumerGroup } from './group/consumer-group.ts'
export type {
  GroupChange,
  GroupCoordinator,
  GroupRecord,
  NumberedRecord,
} from './group/coordinator.ts'
export type { GroupState, PartitionState, WorkerState } from './group/group-state.ts'
export { createMemoryCoordinator } from './group/memory-coordinator.ts'
export type { JsonObject, JsonValue } from './json.ts'
export { limits } from './limits.ts'
export { countingIds, type NewId } from './new-id.ts'
export {
  type Deliver,
  type DeliveryContext,
  defineOutbox,
  type MessageContent,
  type Outbox,
  type OutboxMessage,
} from './outbox/outbox.ts'
export { type ReceivedWebhook, type VerifiedWebhook, verifyWebhook } from './outbox/verify-webhook.ts'
export { type WebhookOptions, webhook } from './outbox/webhook.ts'
export type { DueTime } from './process/due-time.ts'
export {
  defineProcessManager,
  type ProcessContext,
  type ProcessManager,
  type RejectedCommand,
} from './process/process-manager.ts'
export {
  type CancelDeadline,
  cancelDeadline,
  deadline,
  type Finish,
  finish,
  type Reaction,
  type ReactionPart,
  type Send,
  type SetDeadline,
  send,
} from './process/reaction.ts'
export type { ScheduledCommand } from './process/schedule-state.ts'
export type { ScheduleArguments, Scheduled, ScheduleOptions } from './process/scheduler.ts'
export { type OnProgress, type Progress, ProgressMeter } from './progress.ts'
export { inMemory } from './projection/in-memory.ts'
export { defineProjection, type Projection, type ProjectionHandler } from './projection/projection.ts'
export type {
  OpenReadModel,
  ReadModelBuild,
  ReadModelKind,
  ReadModelOwner,
  ReadModelStore,
  RowDifference,
  TableDifference,
} from './projection/read-model.ts'
export type { RebuildOptions, Rebuilt } from './projection/runner.ts'
export { type TargetOptions, target } from './projection/target.ts'
export {
  type AsOf,
  type AuditContext,
  defineLiveQuery,
  defineProjectedQuery,
  type LiveQuery,
  type LiveQueryContext,
  type ProjectedQuery,
  type Query,
  type QueryAnswer,
  type QueryInput,
} from './query/query.ts'
export {
  type InputOf,
  type JsonSchema,
  jsonSchemaOf,
  type OutputOf,
  type Schema,
  type SchemaIssue,
  type SchemaResult,
} from './schema.ts'
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
} from './store/event-store.ts'
export { createMemoryStore, type MemoryStoreOptions } from './store/memory-store.ts'
export { tenantStore } from './tenant/tenant-store.ts'
export { createTenants, type Tenants, type TenantsOptions } from './tenant/tenants.ts'
