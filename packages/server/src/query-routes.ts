import { AnnalsError, type AsOf, type Query, type QueryOptions } from '@annals/core'
import { answerJson } from './answer-json.ts'
import { wantsEventStream } from './event-stream.ts'
import { inputFromParameters } from './input-parameters.ts'
import { readJsonBody } from './json-body.ts'
import { invalidParameter, type Parameters } from './parameters.ts'
import { jsonResponse, type Route, type RouteContext } from './route.ts'

/** How queries are received: with the input as parameters, or as a JSON body. */
export const queryRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/queries/{query}',
    isForCallers: true,
    async handle(context) {
      const { request, parameters, inputSchemas } = context
      const query = queryOf(context)
      const isWatched = wantsEventStream(request)
      const options = isWatched ? {} : queryOptions(parameters)
      const input = inputFromParameters(parameters, inputSchemas.fieldsOf(query.input))
      return isWatched ? watched(context, query, input) : answer(context, query, input, options)
    },
  },
  {
    method: 'POST',
    path: '/queries/{query}',
    isForCallers: true,
    async handle(context) {
      const { request, parameters, bodyBytesMax } = context
      const query = queryOf(context)
      const options = queryOptions(parameters)
      parameters.assertAllKnown()
      return answer(context, query, await readJsonBody(request, bodyBytesMax), options)
    },
  },
]

async function answer(
  { app, caller }: RouteContext,
  query: Query,
  input: unknown,
  options: QueryOptions,
): Promise<Response> {
  return jsonResponse(answerJson(await app.query(query, input as never, { ...options, caller })))
}

async function watched(
  { app, caller, request, eventStreams }: RouteContext,
  query: Query,
  input: unknown,
): Promise<Response> {
  const answers = app.watch(query, input as never, { caller, signal: request.signal })
  // So that what cannot be asked is a problem, and no stream that ends at once.
  const first = await answers.next()
  return eventStreams.openAnswers(request, first.value, answers)
}

function queryOf({ app, path }: RouteContext): Query {
  const name = path.query ?? ''
  const query = app.queries.get(name)
  if (query) return query
  const known = [...app.queries.keys()]
  throw new AnnalsError(
    'unknown-query',
    `There is no query ${JSON.stringify(name)}; there is ${known.join(', ') || 'none'}. Check its name.`,
    { query: name, known },
  )
}

function queryOptions(parameters: Parameters): QueryOptions {
  return {
    asOf: asOf(parameters),
    waitFor: parameters.wholeNumber('wait-for'),
    timeoutMs: parameters.wholeNumber('timeout-ms', { max: timeoutMsMax }),
  }
}

// A request that waits holds a connection.
const timeoutMsMax = 60_000

function asOf(parameters: Parameters): AsOf | undefined {
  const revision = parameters.wholeNumber('as-of-revision')
  const position = parameters.wholeNumber('as-of-position')
  const time = asOfTime(parameters)
  const moments: AsOf[] = []
  if (revision !== undefined) moments.push({ revision })
  if (position !== undefined) moments.push({ position })
  if (time !== undefined) moments.push({ time })
  if (moments.length <= 1) return moments[0]
  throw invalidParameter(
    'as-of-revision, as-of-position or as-of-time',
    'one of them at most',
    `${moments.length}`,
  )
}

function asOfTime(parameters: Parameters): Date | undefined {
  const text = parameters.one('as-of-time')
  if (text === undefined) return undefined
  const time = new Date(text)
  // Without a zone it would be the local time of whatever machine the server runs on.
  if (/^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:?\d\d)$/.test(text) && !Number.isNaN(time.getTime())) return time
  const expected = 'a time with its zone such as 2030-01-31T12:00:00Z (a "+" has to be written as %2B)'
  throw invalidParameter('as-of-time', expected, JSON.stringify(text))
}
