import { AnnalsError } from '@annals/core'
import type { LiveInsight } from '@annals/insight'
import { answerJson } from './answer-json.ts'
import { wantsEventStream } from './event-stream.ts'
import { HttpError } from './http-error.ts'
import type { InsightFeed } from './insight-feed.ts'
import { type AppRoute, jsonResponse, type RouteContext } from './route.ts'

/** Where each finding comes from: what is counted with each event is there at once, all else with a refresh. */
const findings: { readonly [name: string]: (live: LiveInsight) => unknown } = {
  map: (live) => live.map(),
  variants: (live) => live.variants().variants,
  model: async (live) => (await live.refresh()).model,
  rules: async (live) => (await live.refresh()).rules,
  violations: (live) => live.violations(),
  'temporal-profile': async (live) => (await live.refresh()).temporalProfile,
  bottlenecks: async (live) => (await live.refresh()).bottlenecks,
  handovers: async (live) => (await live.refresh()).handovers,
  'service-times': async (live) => (await live.refresh()).serviceTimes,
  workload: (live) => live.workload(),
  'busy-hours': (live) => live.busyHours(),
  batches: async (live) => (await live.refresh()).batches,
  roles: async (live) => (await live.refresh()).roles,
  collaborations: async (live) => (await live.refresh()).collaborations,
  subcontracts: async (live) => (await live.refresh()).subcontracts,
  'task-similarities': async (live) => (await live.refresh()).taskSimilarities,
  patterns: async (live) => (await live.refresh()).patterns,
  associations: async (live) => (await live.refresh()).associations,
  'co-occurrences': async (live) => (await live.refresh()).coOccurrences,
  successions: async (live) => (await live.refresh()).successions,
  'cross-correlations': async (live) => (await live.refresh()).crossCorrelations,
  'root-causes': async (live) => (await live.refresh()).rootCauses,
  prediction: async (live) => (await live.refresh()).prediction,
  anomalies: async (live) => (await live.refresh()).anomalies,
  'unusual-rates': (live) => live.unusualRates(),
  drifts: async (live) => (await live.refresh()).drifts,
  notes: async (live) => (await live.refresh()).notes,
}

/** The names of the findings, as they stand in an address. */
export const findingNames: readonly string[] = Object.keys(findings)

/** What the history shows of itself, now or as it changes. */
export const insightRoutes: readonly AppRoute[] = [
  {
    method: 'GET',
    path: '/insight/{finding}',
    async handle(context) {
      const limit = context.parameters.wholeNumber('limit', { min: 1, max: 10_000 }) ?? 100
      context.parameters.assertAllKnown()
      const name = context.path.finding ?? ''
      const feed = feedOf(context)
      const find = Object.hasOwn(findings, name) ? findings[name] : undefined
      if (!find) throw notFound(`There is no finding ${JSON.stringify(name)}.`)
      return answer(context, feed, async (live) => limited(await find(live), limit))
    },
  },
  {
    method: 'GET',
    path: '/insight/predictions/{case}',
    async handle(context) {
      context.parameters.assertAllKnown()
      const name = context.path.case ?? ''
      const feed = feedOf(context)
      return answer(context, feed, (live) => {
        const found = live.predict(name)
        if (!found && !wantsEventStream(context.request))
          throw notFound(
            `Nothing can be foretold of ${JSON.stringify(name)}: no open case has this name, or its events were given up.`,
          )
        return { found: found ?? null }
      })
    },
  },
]

function feedOf({ app, insight }: RouteContext): InsightFeed {
  const feed = insight.of(app)
  if (!feed) throw notFound('This server was not told to look for insight: give `insight` to createServer.')
  return feed
}

const notFound = (message: string) =>
  new HttpError('unknown-finding', `${message} GET /openapi.json lists the findings.`, {
    known: findingNames,
  })

/** The first of a list, with how many there are in all. */
function limited(found: unknown, limit: number) {
  return Array.isArray(found) ? { found: found.slice(0, limit), total: found.length } : { found }
}

async function answer(
  { request, eventStreams }: RouteContext,
  feed: InsightFeed,
  find: (live: LiveInsight) => object | Promise<object>,
): Promise<Response> {
  const told = async (live: LiveInsight) => {
    const found = await find(live)
    return { position: feed.position, isCaughtUp: feed.isCaughtUp, ...found }
  }
  if (!wantsEventStream(request)) return jsonResponse(answerJson(await feed.ask(told)))
  const ending = new AbortController()
  const states = feed.watch(told, ending.signal)
  const answers = onlyNew(states)
  // A generator would end only after what it waits for.
  const end = async () => {
    ending.abort()
    await states.return()
    return answers.return()
  }
  try {
    const first = await answers.next()
    if (first.done) throw new AnnalsError('store-closed', 'The server is closing. Try again soon.', {})
    return eventStreams.openAnswers(request, first.value, {
      next: () => answers.next(),
      return: end,
      [Symbol.asyncIterator]() {
        return this
      },
    })
  } catch (error) {
    await end()
    throw error
  }
}

/** Without those that find the same as the one before. */
async function* onlyNew(
  states: AsyncIterable<{ readonly position: number; readonly isCaughtUp: boolean }>,
): AsyncGenerator<unknown, void, void> {
  let before = ''
  for await (const state of states) {
    const { position, ...found } = state
    const text = answerJson(found)
    if (text === before) continue
    before = text
    yield state
  }
}
