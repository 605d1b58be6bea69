import type { Caller } from './caller.ts'
import { AnnalsError } from './errors.ts'
import { invalidDefinition } from './event/fold.ts'

/**
 * Whether a caller may execute a command, or ask a query, with this input. Anything but `true` refuses; what it throws is
 * passed on. The caller is `undefined` if whoever lets requests in did not say who it is.
 */
export type Authorize<Input> = (
  caller: Caller | undefined,
  input: Input,
  context: AuthorizationContext,
) => boolean | Promise<boolean>

/** What else is known when a caller is to be let through. */
export interface AuthorizationContext {
  /** The stream that a command is for; `undefined` for a query. */
  readonly stream: string | undefined
}

/** One command or query that somebody asks for. */
export interface AuthorizationRequest {
  readonly kind: 'command' | 'query'
  /** Of the command or query. */
  readonly name: string
  readonly caller: Caller | undefined
  /** As the schema of the command or query gives it. */
  readonly input: unknown
  /** The stream that a command is for; `undefined` for a query. */
  readonly stream?: string | undefined
}

/** Whether a request may go on; for all commands and queries of an application. */
export type AuthorizeRequest = (request: AuthorizationRequest) => boolean | Promise<boolean>

/** Stops unless both the application and the definition let the request through. @throws AnnalsError `not-authorized` */
export async function assertAuthorized(
  request: AuthorizationRequest,
  ofApplication: AuthorizeRequest | undefined,
  ofDefinition: Authorize<never> | undefined,
): Promise<void> {
  const { caller, input, stream } = request
  if (ofApplication && (await ofApplication(request)) !== true) throw notAuthorized(request)
  if (ofDefinition && (await ofDefinition(caller, input as never, { stream })) !== true)
    throw notAuthorized(request)
}

/** Stops unless what a definition says under `authorize` can be asked. @throws AnnalsError `invalid-definition` */
export function assertAuthorize(definition: string, authorize: unknown): void {
  if (authorize === undefined || typeof authorize === 'function') return
  throw invalidDefinition(definition, 'authorize has to be a function that answers true or false')
}

function notAuthorized({ kind, name, caller, stream }: AuthorizationRequest): AnnalsError<'not-authorized'> {
  const who = caller ? `The caller ${JSON.stringify(caller.id)}` : 'A caller of whom nothing is known'
  const what = kind === 'command' ? `execute command ${name} on stream "${stream}"` : `ask query ${name}`
  return new AnnalsError(
    'not-authorized',
    `${who} may not ${what}. Ask as somebody who may, or have the right given.`,
    { kind, name, callerId: caller?.id },
  )
}
