/** What is known of each error that only HTTP has; the errors of Annals itself are in `errorCatalogue` of `@annals/core`. */
export const httpErrorCatalogue = {
  'bad-encoding': {
    status: 400,
    retryable: false,
    meaning: 'A percent-encoding in the address is broken.',
  },
  'invalid-parameter': {
    status: 400,
    retryable: false,
    meaning: 'A parameter of the request is not known, or not of the form it must have.',
  },
  'broken-json': { status: 400, retryable: false, meaning: 'The body of the request is not JSON.' },
  'forbidden-host': {
    status: 403,
    retryable: false,
    meaning: 'The request names a host that this server does not answer for.',
  },
  'forbidden-route': { status: 403, retryable: false, meaning: 'The caller may not use this address.' },
  'unknown-route': { status: 404, retryable: false, meaning: 'There is nothing at this address.' },
  'unknown-finding': { status: 404, retryable: false, meaning: 'There is no such finding, or none of this.' },
  'method-not-allowed': {
    status: 405,
    retryable: false,
    meaning: 'This address does not take this method.',
  },
  'body-too-large': { status: 413, retryable: false, meaning: 'The body of the request is too large.' },
  'unsupported-media-type': {
    status: 415,
    retryable: false,
    meaning: 'The body of the request is not of the type application/json.',
  },
  'internal-error': { status: 500, retryable: false, meaning: 'The server failed.' },
  'server-closing': { status: 503, retryable: true, meaning: 'The server is closing.' },
} as const satisfies {
  readonly [code: string]: { readonly status: number; readonly retryable: boolean; readonly meaning: string }
}

/** The literal code of an error that only HTTP has. */
export type HttpErrorCode = keyof typeof httpErrorCatalogue

/** What is wrong with a request before Annals is asked. Always caught by the server and sent as a problem. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly code: HttpErrorCode
  readonly details: { readonly [name: string]: unknown }
  readonly headers: { readonly [name: string]: string } | undefined

  constructor(
    code: HttpErrorCode,
    message: string,
    details: { readonly [name: string]: unknown } = {},
    headers?: { readonly [name: string]: string },
  ) {
    super(message)
    this.code = code
    this.details = details
    this.headers = headers
  }
}
