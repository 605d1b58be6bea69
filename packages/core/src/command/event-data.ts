import { AnnalsError } from '../errors.ts'
import { declarationOf } from '../event/define-event.ts'
import type { NewEvent } from '../event/event.ts'
import { describe, type JsonValue } from '../json.ts'
import { sentence, validate } from '../schema.ts'
import type { Deciding } from './deciding.ts'

/**
 * An event as it is to be recorded: its data as its schema gives it, with the version of its declaration in the metadata
 * and the tags that follow from the data.
 *
 * @throws AnnalsError `unknown-event-type`, `invalid-event`
 */
export async function validateEvent(
  declaredBy: Deciding['declaredBy'],
  event: NewEvent,
  subject: string,
): Promise<NewEvent> {
  const { type } = event
  const schema = Object.hasOwn(declaredBy.events, type) ? declaredBy.events[type] : undefined
  if (!schema) {
    const known = Object.keys(declaredBy.events)
    throw new AnnalsError(
      'unknown-event-type',
      `${subject} of type ${describe(type)}, but ${declaredBy.category} declares only ${known.join(', ')}.`,
      { type, known },
    )
  }
  const result = await validate(schema, event.data)
  if (result.issues) {
    throw new AnnalsError(
      'invalid-event',
      `${subject} of type ${type} whose data does not fit: ${sentence(result.issues)} Nothing was recorded.`,
      { type, issues: result.issues },
    )
  }
  const data = result.value as JsonValue | undefined
  const { version, tags } = declarationOf(schema)
  return {
    ...event,
    data,
    // What is neither metadata nor tags is for the store to refuse.
    ...(version > 1 && isObject(event.metadata) && { metadata: { ...event.metadata, $version: version } }),
    ...(tags && Array.isArray(event.tags ?? []) && { tags: [...(event.tags ?? []), ...tags(data as never)] }),
  }
}

function isObject(metadata: unknown): boolean {
  return metadata === undefined || (typeof metadata === 'object' && !Array.isArray(metadata))
}
