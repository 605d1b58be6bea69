import { type App, type Consumer, isAnnalsError, type JsonValue, type NamedStatus } from '@annals/core'
import { readJsonBody } from './json-body.ts'
import { invalidParameter } from './parameters.ts'
import { jsonResponse, type Route, type RouteContext } from './route.ts'

/** How what follows the log is looked at and controlled: projections, process managers, outboxes, consumer groups. */
export const consumerRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/consumers',
    async handle({ app, parameters }) {
      parameters.assertAllKnown()
      return jsonResponse(JSON.stringify({ consumers: (await app.status()).map(statusJson) }))
    },
  },
  {
    method: 'GET',
    path: '/consumers/{consumer}',
    async handle({ app, path, parameters }) {
      parameters.assertAllKnown()
      return statusOf(consumerOf(app, path))
    },
  },
  control('pause', (consumer) => consumer.pause()),
  control('resume', (consumer) => consumer.resume()),
  control('reset', (consumer) => consumer.reset()),
  {
    method: 'POST',
    path: '/consumers/{consumer}/rebuild',
    async handle({ app, path, parameters }) {
      parameters.assertAllKnown()
      const consumer = consumerOf(app, path)
      const begun = app.rebuild(consumer.name)
      // It may take hours; how far it is, and why it failed, its status tells.
      begun.catch(() => undefined)
      await Promise.race([begun, new Promise((resolve) => setImmediate(resolve))])
      return statusOf(consumer, 202)
    },
  },
  {
    method: 'GET',
    path: '/consumers/{consumer}/parked',
    async handle({ app, path, parameters }) {
      parameters.assertAllKnown()
      await app.ready()
      return parkedIn(consumerOf(app, path))
    },
  },
  act('retry', (consumer, key, { caller }) => consumer.retry(key, { caller })),
  act('edit', async (consumer, key, { caller, request, bodyBytesMax }) =>
    consumer.edit(key, dataOf(await readJsonBody(request, bodyBytesMax)), { caller }),
  ),
  act('discard', (consumer, key, { caller }) => consumer.discard(key, { caller })),
]

function control(name: string, act: (consumer: Consumer) => Promise<void>): Route {
  return {
    method: 'POST',
    path: `/consumers/{consumer}/${name}`,
    async handle({ app, path, parameters }) {
      parameters.assertAllKnown()
      const consumer = consumerOf(app, path)
      await app.ready()
      await act(consumer)
      return statusOf(consumer)
    },
  }
}

function act(
  name: string,
  perform: (consumer: Consumer, key: string, context: RouteContext) => Promise<void>,
): Route {
  return {
    method: 'POST',
    path: `/consumers/{consumer}/parked/{key}/${name}`,
    async handle(context) {
      const { app, path, parameters } = context
      parameters.assertAllKnown()
      const consumer = consumerOf(app, path)
      await app.ready()
      await perform(consumer, path.key ?? '', context)
      return parkedIn(consumer)
    },
  }
}

function consumerOf(app: App, path: RouteContext['path']): Consumer {
  return app.consumer(path.consumer ?? '')
}

async function statusOf(consumer: Consumer, status = 200): Promise<Response> {
  const { name, kind, version } = consumer
  return jsonResponse(
    JSON.stringify(statusJson({ name, kind, version, ...(await consumer.status()) })),
    status,
  )
}

function statusJson({ error, ...status }: NamedStatus) {
  // Who may look at this operates the server, and needs the message as it is.
  return {
    ...status,
    error: error ? { code: isAnnalsError(error) ? error.code : null, message: error.message } : null,
  }
}

function parkedIn(consumer: Consumer): Response {
  return jsonResponse(JSON.stringify({ parked: consumer.parked() }))
}

function dataOf(body: unknown): JsonValue {
  if (typeof body === 'object' && body !== null && 'data' in body) return body.data as JsonValue
  throw invalidParameter(
    'the body',
    'an object with the data to be used, { "data": … }',
    JSON.stringify(body),
  )
}
