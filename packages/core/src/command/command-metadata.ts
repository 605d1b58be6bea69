import type { Caller } from '../caller.ts'
import { AnnalsError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { limits } from '../limits.ts'
import { invalidName, nameError } from '../name.ts'
import type { NewId } from '../new-id.ts'

/** Where a command came from: what is recorded of it with each of its events. */
export interface CommandOrigin {
  readonly commandId?: string | undefined
  readonly correlationId?: string | undefined
  readonly causationId?: string | undefined
  readonly caller?: Caller | undefined
  readonly metadata?: JsonObject | undefined
}

/**
 * The metadata of the events of one command: `$correlationId`, given or made; `$causationId`, given or the id of the
 * command; `$commandId` and `$callerId`, if there are any; and what the caller gave.
 *
 * @throws AnnalsError `invalid-argument`
 */
export function commandMetadata(origin: CommandOrigin, newId: NewId): JsonObject {
  const { commandId, correlationId, causationId, caller, metadata } = origin
  assertId('commandId', commandId)
  assertId('correlationId', correlationId)
  assertId('causationId', causationId)
  if (caller) assertId('id of the caller', caller.id ?? null)
  const reserved = reservedKey(metadata)
  if (reserved !== undefined) {
    const expected = 'keys that do not begin with "$", which are those of Annals itself'
    throw new AnnalsError(
      'invalid-argument',
      `The metadata of the command cannot be used: expected ${expected}, but got ${JSON.stringify(reserved)}.`,
      { argument: 'metadata', expected, received: reserved },
    )
  }
  const cause = causationId ?? commandId
  return {
    ...metadata,
    $correlationId: correlationId ?? newId(),
    ...(cause !== undefined && { $causationId: cause }),
    ...(commandId !== undefined && { $commandId: commandId }),
    ...(caller && { $callerId: caller.id }),
  }
}

/** The first key of metadata that is one of Annals itself, if there is any. */
export function reservedKey(metadata: JsonObject | undefined): string | undefined {
  return metadata && Object.keys(metadata).find((key) => key.startsWith('$'))
}

function assertId(argument: string, id: string | undefined): void {
  const problem = id === undefined ? undefined : invalidName(id, idLengthMax)
  if (problem) throw nameError(argument, problem, id)
}

// A stream is named after the id of a command.
const idLengthMax = limits.streamNameLengthMax - '$command-'.length
