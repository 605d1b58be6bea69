import type { RecordedEvent } from '@annals/core'

/**
 * A recorded event as JSON text, the same as `JSON.stringify(event)` gives; but data and metadata are handed on as the
 * text that is stored, without being parsed and written again.
 */
export function eventJson(event: RecordedEvent<string, unknown>): string {
  const { position, stream, revision, type, dataJson, metadataJson, tags, id, recordedAt } = event
  const metadata = metadataJson === undefined ? '' : `,"metadata":${metadataJson}`
  return `{"position":${position},"stream":${JSON.stringify(stream)},"revision":${revision},"type":${JSON.stringify(type)},"data":${dataJson}${metadata},"tags":${JSON.stringify(tags)},"id":${JSON.stringify(id)},"recordedAt":"${recordedAt.toISOString()}"}`
}

/** Several recorded events as the text of one JSON array. */
export function eventsJson(events: readonly RecordedEvent<string, unknown>[]): string {
  return `[${events.map(eventJson).join(',')}]`
}
