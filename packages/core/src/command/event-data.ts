import { AnnalsError } from '../errors.ts'
import { describe, type JsonValue } from '../json.ts'
import { sentence, validate } from '../schema.ts'
import type { Decider } from './decider.ts'

/** The data of an event as its schema gives it. @throws AnnalsError `unknown-event-type`, `invalid-event` */
export async function validateEventData(
  decider: Decider,
  type: string,
  data: unknown,
  subject: string,
): Promise<JsonValue | undefined> {
  const schema = Object.hasOwn(decider.events, type) ? decider.events[type] : undefined
  if (!schema) {
    const known = Object.keys(decider.events)
    throw new AnnalsError(
      'unknown-event-type',
      `${subject} of type ${describe(type)}, but the decider ${decider.category} declares only ${known.join(', ')}.`,
      { type, known },
    )
  }
  const result = await validate(schema, data)
  if (result.issues) {
    throw new AnnalsError(
      'invalid-event',
      `${subject} of type ${type} whose data does not fit: ${sentence(result.issues)} Nothing was recorded.`,
      { type, issues: result.issues },
    )
  }
  return result.value as JsonValue | undefined
}
