import type { RecordedEvent } from '../event/event.ts'
import { JsonEvent } from '../store/json-event.ts'
import type { Correction } from './parking-lot.ts'

/** The event as its consumer is to see it: as it is, with the data it was given by hand, or not at all. */
export function correctedEvent(
  event: RecordedEvent,
  correction: Correction | undefined,
): RecordedEvent | undefined {
  if (!correction) return event
  if (correction.discarded) return undefined
  const { id, type, tags, stream, revision, position, recordedAt, metadataJson } = event
  const dataJson = JSON.stringify(correction.data)
  return new JsonEvent({
    id,
    type,
    tags,
    stream,
    revision,
    position,
    recordedAtMs: recordedAt.getTime(),
    dataJson,
    metadataJson,
  })
}
