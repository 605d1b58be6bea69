import { type App, isAnnalsError, type NamedStatus } from '@annals/core'
import { problemOf } from './problem.ts'
import { jsonResponse, type ServerRoute } from './route.ts'

/** How whoever watches the server learns whether it works. */
export const healthRoute: ServerRoute = {
  method: 'GET',
  path: '/health',
  isForCallers: true,
  isOfServer: true,
  async handle({ served, parameters }) {
    parameters.assertAllKnown()
    // How the projections of each tenant are doing is for nobody else to know, and one that fails is no failure of all.
    const status = 'of' in served ? [] : await served.status()
    const projections = status.filter(({ kind }) => kind === 'projection').map(projectionOf)
    const head = await served.store.head().catch((error: unknown) => {
      if (isAnnalsError(error)) return error
      throw error
    })
    const startError = 'of' in served ? undefined : await startErrorOf(served)
    const failing =
      isAnnalsError(head) ||
      startError !== undefined ||
      projections.some(({ state }) => state === 'failed' || state === 'stopped')
    const store = isAnnalsError(head) ? { error: errorOf(head) } : { head }
    return jsonResponse(
      JSON.stringify({
        status: failing ? 'failing' : 'ok',
        store,
        projections,
        ...(startError !== undefined && { error: errorOf(startError) }),
      }),
      failing ? 503 : 200,
    )
  },
}

/** Why the application could not start; `undefined` if it has started, or has not done so yet. */
function startErrorOf(app: App): Promise<unknown> {
  const failed = app.ready().then(
    () => undefined,
    (error: unknown) => error,
  )
  return Promise.race([failed, new Promise((resolve) => setImmediate(resolve, undefined))])
}

function projectionOf({ name, version, state, position, error }: NamedStatus) {
  return { name, version, state, position, ...(error && { error: errorOf(error) }) }
}

function errorOf(error: unknown): { readonly code: string; readonly message: string } {
  const { code, detail } = problemOf(error)
  return { code, message: detail }
}
