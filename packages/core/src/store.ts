// What the author of a store needs; applications import the package itself.

export { invariant } from './errors.ts'
export {
  appendConditionFailed,
  assertAppendCondition,
  assertExpectedRevision,
  checkExpectedRevision,
} from './event/append-condition.ts'
export { assertEventQuery } from './event/event-query.ts'
export { assertRetention } from './event/retention.ts'
export { assertSelection, assertWholeNumber } from './event/selection.ts'
export { assertCategoryName, assertStreamName } from './event/stream.ts'
export {
  type AppendRequest,
  type EventRequest,
  prepareAppend,
  type StreamRequest,
} from './store/append-request.ts'
export { DerivedEventIds, randomStoreId } from './store/event-id.ts'
export {
  type EventIdentity,
  EventIndex,
  type EventIndexOptions,
  type IndexedAppend,
  lastRevisions,
} from './store/event-index.ts'
export type { IndexPart, NameKind, StreamChange, StreamPart } from './store/index-part.ts'
export { eventObject, JsonEvent, type JsonEventParts } from './store/json-event.ts'
export { type IndexedEvent, MemoryPart } from './store/memory-part.ts'
export { listPostings, lowerBound, type Postings } from './store/posting.ts'
export { assertReadOptions, assertStreamsOptions } from './store/read-options.ts'
export { HeadWaiters, readerOf, type SubscriptionSource, subscribeByReading } from './store/subscription.ts'
