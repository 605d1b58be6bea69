import { AnnalsError } from '../errors.ts'
import type { NewEvent } from '../event/event.ts'
import type { JsonObject } from '../json.ts'
import { reservedKey } from './command-metadata.ts'
import type { Deciding } from './deciding.ts'
import { validateEvent } from './event-data.ts'

/**
 * What a command decided on as it is recorded: the data as their schemas give it, and with the metadata of the command.
 *
 * @throws AnnalsError `invalid-event`, `unknown-event-type`
 */
export async function decidedEvents(
  { name, declaredBy }: Deciding,
  decided: readonly NewEvent[],
  metadata: JsonObject,
): Promise<NewEvent[]> {
  const events: NewEvent[] = []
  for (const event of decided) {
    const subject = `The command ${name} decided on an event`
    assertOwnMetadata(subject, event)
    const whole = { ...event, metadata: { ...metadata, ...event.metadata } }
    events.push(await validateEvent(declaredBy, whole, subject))
  }
  return events
}

function assertOwnMetadata(subject: string, { type, metadata }: NewEvent): void {
  const reserved = reservedKey(metadata)
  if (reserved === undefined) return
  const message = `Expected metadata whose keys do not begin with "$", since those are of Annals itself, but got ${JSON.stringify(reserved)}.`
  throw new AnnalsError('invalid-event', `${subject} of type ${type} that cannot be recorded: ${message}`, {
    type,
    issues: [{ path: ['metadata', reserved], message }],
  })
}
