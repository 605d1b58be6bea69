import { type App, isAnnalsError, type ProjectionStatus } from '@annals/core'
import { problemOf } from './problem.ts'
import { jsonResponse, type Route } from './route.ts'

/** How whoever watches the server learns whether it works. */
export const healthRoute: Route = {
  method: 'GET',
  path: '/health',
  isForCallers: true,
  async handle({ app, parameters }) {
    parameters.assertAllKnown()
    const projections = app.status().map(projectionOf)
    const head = await app.store.head().catch((error: unknown) => {
      if (isAnnalsError(error)) return error
      throw error
    })
    const startError = await startErrorOf(app)
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

function projectionOf({ name, version, state, position, error }: ProjectionStatus) {
  return { name, version, state, position, ...(error && { error: errorOf(error) }) }
}

function errorOf(error: unknown): { readonly code: string; readonly message: string } {
  const { code, detail } = problemOf(error)
  return { code, message: detail }
}
