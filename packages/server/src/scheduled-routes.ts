import { jsonResponse, type Route } from './route.ts'

/** How commands that wait for their time are looked at and called off. */
export const scheduledRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/scheduled',
    async handle({ app, parameters }) {
      parameters.assertAllKnown()
      return jsonResponse(JSON.stringify({ scheduled: await app.scheduled() }))
    },
  },
  {
    method: 'POST',
    path: '/scheduled/{id}/cancel',
    async handle({ app, path, parameters, caller }) {
      parameters.assertAllKnown()
      const cancelled = await app.cancelScheduled(path.id ?? '', { caller })
      return jsonResponse(JSON.stringify({ cancelled }))
    },
  },
]
