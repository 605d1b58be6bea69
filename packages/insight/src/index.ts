export {
  type AttributeValue,
  type CaseEvent,
  type CaseOptions,
  caseEventsOf,
  casesByTag,
} from './event-log/case-event.ts'
export { EventLog, type Trace } from './event-log/event-log.ts'
