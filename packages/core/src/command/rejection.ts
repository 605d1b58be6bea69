import type { JsonObject } from '../json.ts'

/** A decision against a command: a value, never an exception. */
export interface Rejection<Code extends string = string> {
  readonly rejected: true
  readonly code: Code
  readonly details?: JsonObject
}

/** Decides against a command. The code is one that the decider declares under `rejections`; the details are for the caller. */
export function reject<const Code extends string>(code: Code, details?: JsonObject): Rejection<Code> {
  return details ? { rejected: true, code, details } : { rejected: true, code }
}
