export {
  type AttributeValue,
  type CaseEvent,
  type CaseOptions,
  caseEventsOf,
  casesByTag,
} from './event-log/case-event.ts'
export { EventLog, type Trace } from './event-log/event-log.ts'
export { sketchErrorMax } from './process-map/duration-sketch.ts'
export type { Durations } from './process-map/durations.ts'
export { discoverEventuallyFollows, type FollowsCount } from './process-map/eventually-follows.ts'
export {
  discoverProcessMap,
  type MapActivity,
  type MapEdge,
  type ProcessMap,
} from './process-map/process-map.ts'
export { ProcessMapBuilder } from './process-map/process-map-builder.ts'
export { type SimplifiedProcessMap, simplifyProcessMap } from './process-map/simplify-process-map.ts'
export type { Variant, Variants } from './variants/variants.ts'
