import { invalidParameter } from './parameters.ts'

/** The header in which a correlation id comes and is answered. */
export const correlationIdHeader = 'x-correlation-id'

/** The correlation id that a request brings, if it brings one. @throws HttpError `invalid-parameter` */
export function correlationIdOf(request: Request): string | undefined {
  return idHeader(request, 'X-Correlation-Id')
}

/** An id in a header: 1 to 200 visible characters of ASCII. @throws HttpError `invalid-parameter` */
export function idHeader(request: Request, header: string): string | undefined {
  const id = request.headers.get(header)
  if (id === null || /^[\x21-\x7e]{1,200}$/.test(id)) return id ?? undefined
  throw invalidParameter(header, '1 to 200 visible characters of ASCII, no spaces', JSON.stringify(id))
}
