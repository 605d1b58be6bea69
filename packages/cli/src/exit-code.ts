import { type ErrorCode, InvariantViolation, isAnnalsError } from '@annals/core'

/** The exit codes that tell of no error of Annals. */
export const exit = {
  done: 0,
  /** A decider decided against the command. */
  rejected: 1,
  /** A check has found what it looks for. */
  found: 1,
  /** Words or options that are not there, or not of their form. */
  usage: 2,
  damaged: 8,
  /** Something failed that never should. */
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const

/**
 * The exit code of every `AnnalsError`, grouped by what is to be done about it. A code without one does not compile;
 * `docs/reference/cli.md` lists the same.
 */
export const exitCode: Record<ErrorCode, number> = {
  'invalid-argument': exit.usage,
  'unknown-command': exit.usage,
  'unknown-query': exit.usage,
  'unknown-consumer': exit.usage,
  // What was given does not fit, and never will.
  'invalid-input': 3,
  'invalid-event': 3,
  'unknown-event-type': 3,
  'limit-exceeded': 3,
  'event-ids-partly-known': 3,
  'event-ids-reused': 3,
  'command-id-reused': 3,
  'schedule-id-reused': 3,
  'webhook-not-verified': 3,
  'lease-lost': 6,
  // What was asked for is not there.
  'store-not-found': 4,
  'stream-not-found': 4,
  'schedule-not-found': 4,
  'key-not-parked': 4,
  // What was expected of the history is not so.
  'wrong-expected-revision': 5,
  'append-condition-failed': 5,
  'stream-already-exists': 5,
  'stream-tombstoned': 5,
  'command-conflict': 5,
  // Whoever asks may not.
  'not-authorized': 10,
  // The same call may succeed later.
  'store-locked': 6,
  'read-model-behind': 6,
  'delivery-failed': 6,
  'read-model-building': 6,
  // The application has to be mended.
  'invalid-definition': 7,
  'unsupported-event-version': 7,
  'upcaster-failed': 7,
  'projection-failed': 7,
  // The bytes of the store are not what this version wrote.
  'store-damaged': exit.damaged,
  'not-a-store': exit.damaged,
  'store-format-unsupported': exit.damaged,
  // The disk.
  'disk-full': 9,
  'disk-error': 9,
  'store-read-only': 9,
  'store-failed': 9,
  'store-closed': exit.bug,
}

/** The exit code for anything thrown. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof InvariantViolation || !isAnnalsError(error)) return exit.bug
  return exitCode[error.code]
}
