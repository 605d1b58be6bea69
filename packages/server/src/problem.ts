import { type AnnalsError, type ErrorCode, errorCatalogue, isAnnalsError, type Rejected } from '@annals/core'
import { HttpError, httpErrorCatalogue } from './http-error.ts'

/**
 * The HTTP status of every `AnnalsError`. A code without a status does not compile. 422 is not among them: it is kept
 * for what a decider decides against, which is no error.
 */
export const httpStatus: { readonly [Code in ErrorCode]: number } = {
  'wrong-expected-revision': 409,
  'append-condition-failed': 409,
  'stream-tombstoned': 410,
  'event-ids-partly-known': 409,
  'event-ids-reused': 409,
  'invalid-event': 400,
  'invalid-argument': 400,
  'limit-exceeded': 400,
  'invalid-input': 400,
  'invalid-definition': 500,
  'unknown-command': 404,
  'unknown-query': 404,
  'unknown-consumer': 404,
  'schedule-not-found': 404,
  'schedule-id-reused': 409,
  'delivery-failed': 502,
  'webhook-not-verified': 401,
  'lease-lost': 503,
  'unknown-event-type': 400,
  'unsupported-event-version': 500,
  'upcaster-failed': 500,
  'stream-not-found': 404,
  'stream-already-exists': 409,
  'command-conflict': 409,
  'command-id-reused': 409,
  'not-authorized': 403,
  'read-model-behind': 503,
  'key-not-parked': 404,
  'projection-failed': 503,
  'read-model-building': 503,
  'store-closed': 503,
  'store-failed': 503,
  'store-locked': 503,
  'store-not-found': 503,
  'not-a-store': 500,
  'store-format-unsupported': 500,
  'store-read-only': 403,
  'store-damaged': 500,
  'disk-full': 507,
  'disk-error': 500,
}

/** An error as it is sent, RFC 9457: `application/problem+json`. */
export interface Problem {
  /** `urn:annals:error:<code>`, or `urn:annals:rejection:<code>` for what a decider decided against. */
  readonly type: string
  /** The same sentence for every problem of this type. */
  readonly title: string
  readonly status: number
  /** What was expected, what came, and what to do. */
  readonly detail: string
  readonly code: string
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean
  /** The same facts as values. */
  readonly details?: unknown
}

/** What a decider decided against, as it is sent. */
export interface RejectionProblem extends Problem {
  readonly accepted: false
  readonly stream: string
}

/** The problem that tells of anything thrown. Never holds a stack, nor, beyond `AnnalsError`, a message. */
export function problemOf(error: unknown): Problem {
  if (error instanceof HttpError) {
    const { code, message, details } = error
    const { status, retryable, meaning } = httpErrorCatalogue[code]
    return problem({ code, title: meaning, status, detail: message, retryable, details })
  }
  if (isAnnalsError(error)) {
    const { code, retryable } = error
    const title = errorCatalogue[code].meaning
    const status = httpStatus[code]
    if (!isForCallers(error)) return problem({ code, title, status, detail: title, retryable })
    return problem({ code, title, status, detail: error.message, retryable, details: error.details })
  }
  const { status, retryable, meaning } = httpErrorCatalogue['internal-error']
  const detail = 'Something failed that should not. The server reported it to whoever runs it.'
  return problem({ code: 'internal-error', title: meaning, status, detail, retryable })
}

/** The problem that tells of a rejected command. */
export function rejectionProblem({ stream, code, message, details }: Rejected): RejectionProblem {
  return {
    type: `urn:annals:rejection:${encodeURIComponent(code)}`,
    title: message,
    status: 422,
    detail: message,
    code,
    retryable: false,
    accepted: false,
    stream,
    ...(details && { details }),
  }
}

/** A problem as a response. */
export function problemResponse(
  problem: Problem,
  headers?: { readonly [name: string]: string } | undefined,
): Response {
  const retryAfter: { readonly [name: string]: string } = retriedSoon.has(problem.code)
    ? { 'retry-after': '1' }
    : {}
  return new Response(toJson(problem), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...retryAfter,
      ...headers,
    },
  })
}

/** Whether an error is the server's, so that whoever runs it has to hear of it. */
export function isFault(error: unknown): boolean {
  if (error instanceof HttpError) return false
  // A read model that is a little behind is no fault, and the caller is told to come back.
  return !isAnnalsError(error) || (httpStatus[error.code] >= 500 && !error.retryable)
}

// For these, waiting alone may help; a wrong revision needs a new decision first.
const retriedSoon: ReadonlySet<string> = new Set([
  'command-conflict',
  'read-model-behind',
  'read-model-building',
  'store-locked',
  'server-closing',
])

// The messages of a failing store name files and folders of the machine, which are no business of the caller.
function isForCallers({ code }: AnnalsError): boolean {
  return httpStatus[code] < 500
    ? code !== 'store-read-only'
    : code === 'read-model-behind' || code === 'read-model-building' || code === 'projection-failed'
}

function problem({ code, title, status, detail, retryable, details }: Omit<Problem, 'type'>): Problem {
  const type = `urn:annals:error:${code}`
  return { type, title, status, detail, code, retryable, ...(hasFacts(details) && { details }) }
}

function hasFacts(details: unknown): boolean {
  return typeof details === 'object' && details !== null && Object.keys(details).length > 0
}

function toJson(problem: Problem): string {
  try {
    return JSON.stringify(problem)
  } catch {
    // The details quote what came, and that may be something JSON cannot carry.
    const { details: _details, ...rest } = problem
    return JSON.stringify(rest)
  }
}
