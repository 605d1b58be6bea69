import { parentPort, workerData } from 'node:worker_threads'
import { madeUpEvents } from '../made-up-cases.ts'
import { timed } from '../measure.ts'
import { importPeer, PeerMissing } from './peer.ts'

const parts = [
  'utils/generic/business_hours',
  'objects/log/log',
  'statistics/log/general',
  'objects/dfg/frequency/obj',
  'objects/dfg/performance/obj',
  'algo/discovery/dfg/algorithm',
]

async function secondsOf(eventCount: number): Promise<number | undefined> {
  const events = [...madeUpEvents(eventCount)]
  try {
    // Part by part: the whole starts a process for requests over HTTP, which nobody would end.
    for (const part of parts) await importPeer(`pm4js/pm4js/${part}.js`)
  } catch (error) {
    if (error instanceof PeerMissing) return undefined
    throw error
  }
  // What it declares as global, as far as it is used here.
  const pm4js = globalThis as unknown as Pm4js
  const log = new pm4js.EventLog()
  for (const own of Map.groupBy(events, (event) => event.case).values()) {
    const trace = new pm4js.Trace()
    for (const { activity, atMs } of own) {
      const event = new pm4js.Event()
      event.attributes['concept:name'] = new pm4js.Attribute(activity)
      event.attributes['time:timestamp'] = new pm4js.Attribute(new Date(atMs))
      trace.events.push(event)
    }
    log.traces.push(trace)
  }
  const { seconds } = await timed(() => [
    pm4js.PerformanceDfgDiscovery.apply(log),
    pm4js.GeneralLogStatistics.getVariants(log),
  ])
  return seconds
}

interface Pm4js {
  readonly EventLog: new () => Pm4jsLog
  readonly Trace: new () => Pm4jsLog['traces'][number]
  readonly Event: new () => Pm4jsLog['traces'][number]['events'][number]
  readonly Attribute: new (value: unknown) => object
  readonly PerformanceDfgDiscovery: { apply(log: Pm4jsLog): object }
  readonly GeneralLogStatistics: { getVariants(log: Pm4jsLog): object }
}

interface Pm4jsLog {
  readonly traces: { readonly events: { readonly attributes: Record<string, object> }[] }[]
}

parentPort?.postMessage(await secondsOf(workerData.eventCount))
