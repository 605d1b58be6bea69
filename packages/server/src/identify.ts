import type { Caller } from '@annals/core'
import { HttpError } from './http-error.ts'
import type { Route } from './route.ts'

/** Says who sends a request, or `undefined` if that is not known. What it throws is a failure of the server. */
export type Identify = (request: Request) => Caller | undefined | Promise<Caller | undefined>

/** Whether a caller may use the routes beside commands and queries: the history, and what runs in the background. */
export type MayOperate = (
  caller: Caller | undefined,
  request: { readonly method: string; readonly path: string },
) => boolean | Promise<boolean>

/** Stops unless a route is for every caller, or the caller may operate. @throws HttpError `forbidden-route` */
export async function assertMayUse(
  { isForCallers, path }: Route,
  { method, url }: Request,
  caller: Caller | undefined,
  mayOperate: MayOperate,
): Promise<void> {
  if (isForCallers || (await mayOperate(caller, { method, path: new URL(url).pathname })) === true) return
  const who = caller ? `The caller ${JSON.stringify(caller.id)}` : 'A caller of whom nothing is known'
  throw new HttpError(
    'forbidden-route',
    `${who} may not use ${method} ${path}. Commands and queries say themselves who may use them; for everything else mayOperate has to let a caller through.`,
    { method, path },
  )
}
