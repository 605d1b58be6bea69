import { AnnalsError } from '../errors.ts'

// The errors for appends that a store refuses, beside those of their conditions.

/** For an append of which some events are recorded already. */
export function partlyKnown(
  ids: readonly (string | undefined)[],
  isKnown: (id: string) => boolean,
): AnnalsError<'event-ids-partly-known'> {
  const known = ids.filter((id) => id !== undefined).filter(isKnown)
  const unknown = ids
    .filter((id) => id === undefined || !isKnown(id))
    .map((id) => id ?? 'an id yet to be made')
  return new AnnalsError(
    'event-ids-partly-known',
    `Of the ${ids.length} events of the append, ${known.length} are recorded already and ${unknown.length} are not, so it repeats no earlier append. Nothing was recorded. Give new events new ids.`,
    { known, unknown },
  )
}

/** For an append whose ids are those of events that were not appended so. */
export function idsReused(ids: readonly string[]): AnnalsError<'event-ids-reused'> {
  return new AnnalsError(
    'event-ids-reused',
    'The ids of these events are recorded already, in another order or other streams. Nothing was recorded. Give new events new ids.',
    { ids },
  )
}

/** For an id that the store will give to an event yet to come. */
export function reservedId(type: string, id: string): AnnalsError<'invalid-event'> {
  const message = `Expected an id that this store does not make itself, but got "${id}".`
  return new AnnalsError(
    'invalid-event',
    `The event "${type}" cannot be recorded at id: ${message} Nothing was recorded. Give it another id.`,
    { type, issues: [{ path: ['id'], message }] },
  )
}

/** For a stream that has been ended. */
export function streamTombstoned(stream: string): AnnalsError<'stream-tombstoned'> {
  return new AnnalsError(
    'stream-tombstoned',
    `Stream "${stream}" has been ended for ever and takes no more events. Use another stream.`,
    { stream },
  )
}
