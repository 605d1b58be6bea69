export type { AppendCondition, ExpectedRevision } from './append-condition.ts'
export type { Clock } from './clock.ts'
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
export type { JsonObject, JsonValue } from './json.ts'
export { limits } from './limits.ts'
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.ts'
export { type Position, startOfLog } from './position.ts'
export type { RetentionPolicy, RetentionScope } from './retention.ts'
export type { CategorySelection, QuerySelection, Selection, StreamSelection } from './selection.ts'
export { categoryOf, type Revision } from './stream.ts'
