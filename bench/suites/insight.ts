import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import {
  type CaseEvent,
  discoverBatches,
  discoverCollaborations,
  discoverProcessMap,
  discoverProcessTree,
  discoverRoles,
  discoverRules,
  discoverSubcontracts,
  discoverTaskSimilarities,
  duration,
  EventLog,
  LiveInsight,
  ProcessMapBuilder,
  XesReader,
} from '@annals/insight'
import { isLast, madeUpEvents } from '../made-up-cases.ts'
import { timed } from '../measure.ts'
import { secondsOfPm4js } from '../peers/pm4js.ts'
import type { Suite } from '../suite.ts'

const eventCount = 1_000_000

/** What insight sees of a history: all at once, and as the events come. */
export const insight: Suite = {
  name: 'insight',
  async run(bench) {
    const events = [...madeUpEvents(eventCount)]
    const perSecond = async (work: () => unknown, atLeast: number, count = events.length) => {
      const { seconds } = await timed(work)
      return [
        {
          system: 'annals insight',
          unit: 'events/s',
          value: count / seconds,
          expected: { atLeast },
        },
      ]
    }
    await bench.measure('map and variants of 1,000,000 events, one by one', () =>
      perSecond(() => {
        const builder = new ProcessMapBuilder()
        for (const event of events) builder.add(event)
        return [builder.map(), builder.variants()]
      }, 1_000_000),
    )
    const isPeerThere = (await secondsOfPm4js(1_000)) !== undefined
    if (!isPeerThere) bench.note('pm4js is left out: it is not installed (npm install --prefix bench/peers).')
    await bench.measure('map and variants of 1,000,000 events, at once', async () => {
      const own = await perSecond(() => discoverProcessMap(EventLog.from(events)), 1_000_000)
      const seconds = isPeerThere ? await secondsOfPm4js(eventCount) : undefined
      if (seconds === undefined) return own
      return [...own, { system: 'pm4js', unit: 'events/s', value: eventCount / seconds }]
    })
    await bench.measure('all findings, while 1,000,000 events come', () =>
      perSecond(() => observed(events), 100_000),
    )
    const loans = loanEvents()
    if (!loans) {
      bench.note('The loan log is left out: ANNALS_MINING names no folder that has logs/bpic12.xes.gz.')
      return
    }
    // As they happened, and not case by case.
    const lived = loans.toSorted((one, other) => one.atMs - other.atMs)
    const last = new Set(new Map(lived.map((event) => [event.case, event])).values())
    await bench.measure(
      `all findings, while ${loans.length.toLocaleString('en-US')} events of the loan log come`,
      () => perSecond(() => observed(lived, (event) => last.has(event)), 100_000, lived.length),
    )
    await bench.measure(
      `map, tree, variants and rules of ${loans.length.toLocaleString('en-US')} events of the loan log`,
      async () => {
        const { seconds } = await timed(() => {
          const log = EventLog.from(loans)
          return [discoverProcessMap(log), discoverProcessTree(log), discoverRules(log)]
        })
        return [{ system: 'annals insight', unit: 's', value: seconds, expected: { atMost: 3 } }]
      },
    )
    await bench.measure(
      `batches, roles and who works with, for and like whom, of the same ${loans.length.toLocaleString('en-US')} events`,
      async () => {
        const { seconds } = await timed(() => {
          const log = EventLog.from(loans)
          const by = { resource: 'org:resource' }
          return [
            discoverBatches(log, by),
            discoverRoles(log, by),
            discoverCollaborations(log, by),
            discoverSubcontracts(log, by),
            discoverTaskSimilarities(log, by),
          ]
        })
        return [{ system: 'annals insight', unit: 's', value: seconds, expected: { atMost: 3 } }]
      },
    )
  },
}

async function observed(
  events: readonly CaseEvent[],
  ends: (event: CaseEvent) => boolean = isLast,
): Promise<LiveInsight> {
  const live = new LiveInsight({ isLast: ends, outcome: duration })
  // The rules that are found early are watched from then on.
  live.observe(events.slice(0, refreshedAfter))
  await live.refresh()
  for (let from = refreshedAfter; from < events.length; from += batchEvents)
    live.observe(events.slice(from, from + batchEvents))
  return live
}

const refreshedAfter = 10_000
const batchEvents = 1_000

function loanEvents(): readonly CaseEvent[] | undefined {
  const file = join(process.env.ANNALS_MINING ?? '', 'logs', 'bpic12.xes.gz')
  if (!process.env.ANNALS_MINING || !existsSync(file)) return undefined
  const reader = new XesReader()
  return [...reader.push(gunzipSync(readFileSync(file)).toString()), ...reader.end()]
}
