import type { AppendCondition, ExpectedRevision } from './event/append-condition.ts'

/**
 * An operational error of Annals: something outside the code went wrong, or the caller asked for what cannot be.
 * Domain rejections are never thrown (see `reject`), and bugs surface as `InvariantViolation`.
 *
 * `message` says what was expected, what came, and what to do; `details` holds the same facts as values;
 * `retryable` tells whether the same call may succeed later without being changed.
 */
export class AnnalsError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'AnnalsError'
  readonly code: Code
  readonly retryable: boolean
  readonly details: ErrorDetails[Code]

  constructor(
    code: Code,
    message: string,
    details: ErrorDetails[Code],
    options?: { readonly cause?: unknown },
  ) {
    super(message, options)
    this.code = code
    this.details = details
    this.retryable = errorCatalogue[code].retryable
  }

  /** The error as one JSON-compatible object, without its stack and its cause. */
  toJSON(): { name: string; code: Code; message: string; retryable: boolean; details: ErrorDetails[Code] } {
    const { name, code, message, retryable, details } = this
    return { name, code, message, retryable, details }
  }
}

/** Whether `error` is an `AnnalsError`, and, if a code is given, one with that code. Narrows `details` too. */
export function isAnnalsError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: Code,
): error is AnnalsError<Code> {
  return error instanceof AnnalsError && (code === undefined || error.code === code)
}

/** Whatever was thrown as an error, since anything can be. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** A bug in Annals or in a store: something that can never be has been. Not meant to be caught; please report it. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation'
}

/** Stops with an `InvariantViolation` unless `condition` holds. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message)
}

/** One thing that is wrong with a value: where, what was expected and what came. */
export interface Issue {
  /** The place in the value, as property names and indexes; empty for the value itself. */
  readonly path: readonly (string | number)[]
  /** What is wrong, as a sentence. */
  readonly message: string
}

/** For each error code, the facts that come with it. */
export interface ErrorDetails {
  'wrong-expected-revision': {
    readonly stream: string
    readonly expected: ExpectedRevision
    readonly actual: number | 'no-stream'
  }
  'append-condition-failed': { readonly condition: AppendCondition; readonly position: number }
  'stream-tombstoned': { readonly stream: string }
  'event-ids-partly-known': { readonly known: readonly string[]; readonly unknown: readonly string[] }
  'event-ids-reused': { readonly ids: readonly string[] }
  'invalid-event': { readonly type: unknown; readonly issues: readonly Issue[] }
  'invalid-argument': { readonly argument: string; readonly expected: string; readonly received: unknown }
  'limit-exceeded': { readonly limit: string; readonly max: number; readonly actual: number }
  'invalid-input': { readonly of: string; readonly issues: readonly Issue[] }
  'invalid-definition': { readonly definition: string; readonly problem: string }
  'unknown-command': { readonly command: string; readonly known: readonly string[] }
  'unknown-query': { readonly query: string; readonly known: readonly string[] }
  'unknown-consumer': { readonly consumer: string; readonly known: readonly string[] }
  'schedule-not-found': { readonly id: string }
  'schedule-id-reused': { readonly id: string; readonly command: string }
  'delivery-failed': {
    readonly target: string
    readonly status: number | undefined
    readonly isFinal: boolean
    readonly retryAfterMs: number | undefined
  }
  'webhook-not-verified': { readonly problem: string }
  'lease-lost': { readonly group: string; readonly partition: number }
  'unknown-event-type': { readonly type: string; readonly known: readonly string[] }
  'unsupported-event-version': {
    readonly type: string
    readonly version: unknown
    readonly supported: number
    readonly stream: string
    readonly revision: number
    readonly position: number
  }
  'upcaster-failed': {
    readonly type: string
    readonly into: string
    readonly from: number | 'splitFrom' | 'mergedFrom'
    readonly eventId: string
    readonly stream: string
    readonly revision: number
    readonly position: number
  }
  'stream-not-found': { readonly stream: string }
  'stream-already-exists': { readonly stream: string; readonly revision: number }
  'command-conflict': { readonly command: string; readonly stream: string; readonly attempts: number }
  'command-id-reused': { readonly commandId: string; readonly command: string; readonly stream: string }
  'not-authorized': {
    readonly kind: 'command' | 'query' | 'tenant'
    readonly name: string
    readonly callerId: string | undefined
  }
  'read-model-behind': {
    readonly projection: string
    readonly position: number
    readonly waitedForPosition: number
    readonly waitedMs: number
  }
  'key-not-parked': { readonly consumer: string; readonly key: string }
  'projection-failed': { readonly projection: string; readonly position: number }
  'read-model-building': { readonly projection: string; readonly position: number }
  'store-closed': Record<string, never>
  'store-failed': { readonly reason: string }
  'store-locked': { readonly directory: string; readonly processId: number | undefined }
  'store-not-found': { readonly directory: string }
  'not-a-store': { readonly directory: string; readonly found: string }
  'store-format-unsupported': {
    readonly directory: string
    readonly formatVersion: number
    readonly supportedFormatVersion: number
  }
  'store-read-only': { readonly directory: string }
  'store-damaged': { readonly file: string; readonly offset: number; readonly problem: string }
  'disk-full': { readonly path: string }
  'disk-error': { readonly path: string; readonly errno: string }
}

/** The literal code of an `AnnalsError`. */
export type ErrorCode = keyof ErrorDetails

/** What is known of each error code; `docs/reference/errors.md` lists the same codes and a test holds the two together. */
export const errorCatalogue: {
  readonly [Code in ErrorCode]: { readonly retryable: boolean; readonly meaning: string }
} = {
  'wrong-expected-revision': {
    retryable: true,
    meaning: 'The stream is not at the revision that the append expected.',
  },
  'append-condition-failed': {
    retryable: true,
    meaning: 'An event that the append condition rules out has been recorded.',
  },
  'stream-tombstoned': {
    retryable: false,
    meaning: 'The stream has been ended for ever and takes no more events.',
  },
  'event-ids-partly-known': {
    retryable: false,
    meaning: 'Some event ids of the append are already recorded and some are not.',
  },
  'event-ids-reused': {
    retryable: false,
    meaning: 'The event ids are recorded already, but for other events than these.',
  },
  'invalid-event': { retryable: false, meaning: 'An event cannot be recorded as it is.' },
  'invalid-argument': { retryable: false, meaning: 'An argument of a call is not of the form it must have.' },
  'limit-exceeded': { retryable: false, meaning: 'A size or a number is beyond its stated limit.' },
  'invalid-input': {
    retryable: false,
    meaning:
      'The input of a command or query does not fit its schema, or a file of events (XES, OCEL, CSV) is not what its format says.',
  },
  'invalid-definition': {
    retryable: false,
    meaning: 'A decider, query, projection or application is defined wrongly.',
  },
  'unknown-command': { retryable: false, meaning: 'The application has no command of this name.' },
  'unknown-query': { retryable: false, meaning: 'The application has no query of this name.' },
  'unknown-consumer': { retryable: false, meaning: 'Nothing of this name follows the log.' },
  'schedule-not-found': { retryable: false, meaning: 'No command was ever scheduled under this id.' },
  'schedule-id-reused': {
    retryable: false,
    meaning: 'The id was used to schedule another command, or the same one otherwise.',
  },
  'delivery-failed': { retryable: true, meaning: 'A message of an outbox did not reach its receiver.' },
  'webhook-not-verified': {
    retryable: false,
    meaning: 'A received webhook is not signed by who has the secret, or is too old.',
  },
  'lease-lost': {
    retryable: true,
    meaning: 'A worker of a consumer group has a part of the keys no longer, and another one may have it.',
  },
  'unknown-event-type': {
    retryable: false,
    meaning: 'The event type is not declared by the application for this category.',
  },
  'unsupported-event-version': {
    retryable: false,
    meaning: 'An event has been recorded with a version that the application does not know.',
  },
  'upcaster-failed': {
    retryable: false,
    meaning: 'An upcaster could not make an old event into one of today.',
  },
  'stream-not-found': { retryable: false, meaning: 'The stream has no events.' },
  'stream-already-exists': {
    retryable: false,
    meaning: 'The command opens a new stream, but the stream exists already.',
  },
  'command-conflict': {
    retryable: true,
    meaning: 'A command met a concurrent change on every one of its attempts.',
  },
  'command-id-reused': {
    retryable: false,
    meaning: 'The id of the command has been used for another command.',
  },
  'not-authorized': {
    retryable: false,
    meaning: 'The caller may not execute this command, ask this query or use this application.',
  },
  'read-model-behind': {
    retryable: true,
    meaning: 'A read model did not reach the awaited position in time.',
  },
  'key-not-parked': { retryable: false, meaning: 'Nothing of this key is parked by the consumer.' },
  'projection-failed': {
    retryable: false,
    meaning: 'A projection stopped because its read model or its handlers failed.',
  },
  'read-model-building': {
    retryable: true,
    meaning: 'A read model is being made anew, and the one in use cannot answer.',
  },
  'store-closed': { retryable: false, meaning: 'The store has been closed.' },
  'store-failed': {
    retryable: false,
    meaning: 'An earlier write failed, so the store takes no appends until it is opened anew.',
  },
  'store-locked': { retryable: true, meaning: 'Another process has the store open for writing.' },
  'store-not-found': {
    retryable: false,
    meaning: 'The directory holds no store, and none was to be created.',
  },
  'not-a-store': { retryable: false, meaning: 'The directory holds other files and is not a store.' },
  'store-format-unsupported': {
    retryable: false,
    meaning: 'The store was written in a format this version cannot read.',
  },
  'store-read-only': {
    retryable: false,
    meaning: 'The store was opened for reading, or its directory cannot be written.',
  },
  'store-damaged': { retryable: false, meaning: 'Stored bytes are not what was written.' },
  'disk-full': { retryable: false, meaning: 'The disk has no room left.' },
  'disk-error': {
    retryable: false,
    meaning: 'The operating system reported an error for a file of the store.',
  },
}
