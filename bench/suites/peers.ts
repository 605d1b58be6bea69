import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Figure, timed } from '../measure.ts'
import { filesIn, forgetCachedFiles } from '../page-cache.ts'
import { allPeers } from '../peers/all.ts'
import { annals } from '../peers/annals.ts'
import { Appender, type AppendLoad, meanEventBytes } from '../peers/append-load.ts'
import { chartOf } from '../peers/chart.ts'
import {
  eventsPerStream,
  fillHistory,
  historyEvents,
  historyStream,
  historyStreams,
  rareEvents,
  rareType,
} from '../peers/history.ts'
import { failedUnit, pageOf, rawLimit } from '../peers/page.ts'
import { type Peer, type PeerEvent, PeerMissing, type PeerStore } from '../peers/peer.ts'
import { writeRaw } from '../raw-writes.ts'
import { shopEvents } from '../shop-events.ts'
import { quantileOf } from '../statistics.ts'
import type { Bench, Suite } from '../suite.ts'

/** Annals beside other ways to keep events in a program of one's own: the same events, in one run, taking turns. */
export const peers: Suite = {
  name: 'peers',
  async run(bench) {
    const installed = await installedPeers(bench)
    for (const { name, setting } of installed) bench.note(`${name}: ${setting}.`)
    for (const load of appendLoads)
      await measureAppends(bench, installed, { ...load, seconds: bench.seconds })
    await measureHistory(
      bench,
      installed.filter((peer) => !peer.withoutQueue),
    )
  },
  pages(report, name) {
    const chart = chartOf(report.rows, {
      title: 'Annals beside other ways to keep events',
      ours: annals.name,
      limit: rawLimit,
    })
    return new Map([
      [`${name}.md`, pageOf(report, `${name}.svg`)],
      [`${name}.svg`, chart],
    ])
  },
}

const appendLoads = [
  { callers: 1, eventsEach: 1 },
  { callers: 64, eventsEach: 1 },
  { callers: 1_024, eventsEach: 1 },
  { callers: 1, eventsEach: 100 },
]

async function installedPeers(bench: Bench): Promise<readonly Peer[]> {
  const installed: Peer[] = []
  for (const peer of allPeers) {
    const directory = folderFor(bench, 'installed', peer)
    try {
      await (await peer.open(directory)).close()
      installed.push(peer)
    } catch (error) {
      const missing = error instanceof PeerMissing ? ' (npm install --prefix bench/peers)' : ''
      bench.note(`${peer.name} is left out: ${error instanceof Error ? error.message : error}${missing}.`)
    }
  }
  return installed
}

// With more, those who wait for each other's locks wait for minutes.
const withoutQueueCallers = 64

async function measureAppends(bench: Bench, all: readonly Peer[], load: AppendLoad): Promise<void> {
  const { callers, eventsEach } = load
  const what = `${callers}-${eventsEach}`
  const systems: { readonly name: string; readonly store: PeerStore; readonly appender: Appender }[] = []
  for (const peer of all) {
    if (peer.withoutQueue && callers !== withoutQueueCallers) continue
    const store = await peer.open(folderFor(bench, what, peer))
    systems.push({ name: peer.name, store, appender: new Appender(store) })
  }
  const rawDirectory = join(bench.directory, 'raw-writes')
  mkdirSync(rawDirectory, { recursive: true })
  const failures = new Map<string, string>()
  let groups = 0
  const measureName = `append, ${eventsEach === 1 ? 'single events' : `commits of ${eventsEach}`}, ${callers.toLocaleString('en')} ${callers === 1 ? 'caller' : 'callers'}`
  await bench.measure(measureName, async () => {
    const figures: Figure[] = []
    for (const { name, appender } of systems) {
      const run = await appender.run(load)
      if (run.failure) failures.set(name, run.failure)
      if (groups === 0) groups = Math.max(100, Math.ceil(run.events / eventsEach / callers))
      figures.push({ system: name, unit: 'events/s', value: run.events / run.seconds })
      // Of most there are none to tell of.
      if (failures.has(name))
        figures.push({ system: name, unit: failedUnit, value: (run.failures / run.calls) * 100 })
    }
    // One write and one sync for each round in which every caller has its turn: the least that has to be done.
    const events = groups * callers * eventsEach
    const bytes = events * meanEventBytes
    const raw = await writeRaw({ directory: rawDirectory, bytes, groups, preallocated: true })
    return [...figures, { system: rawLimit, unit: 'events/s', value: events / raw }]
  })
  for (const { name, store, appender } of systems) {
    const wrong = await appender.check()
    if (wrong) bench.note(`${measureName}: ${name} lost or doubled events: ${wrong}.`)
    const failure = failures.get(name)
    if (failure) bench.note(`${measureName}: calls of ${name} failed with: ${failure}`)
    await store.close()
  }
}

async function measureHistory(bench: Bench, all: readonly Peer[]): Promise<void> {
  const systems: { readonly peer: Peer; readonly directory: string; store: PeerStore }[] = []
  for (const peer of all) {
    const directory = folderFor(bench, 'history', peer)
    const store = await peer.open(directory)
    await fillHistory(store)
    await store.close()
    systems.push({ peer, directory, store })
  }
  const count = historyEvents.toLocaleString('en')
  await bench.measure(`disk, ${count} events`, async () => [
    ...systems.map(({ peer, directory }) => ({
      system: peer.name,
      unit: 'bytes/event',
      value: diskBytesOf(directory) / historyEvents,
    })),
    { system: rawLimit, unit: 'bytes/event', value: meanEventBytes },
  ])

  let cold = true
  await bench.measure(`read one stream of ${eventsPerStream} events, cold`, async () => {
    const taken = new Map(systems.map(({ peer }) => [peer.name, [] as number[]]))
    for (let place = 0; place < coldReadsCount; place++) {
      for (const { peer, directory } of systems) {
        // Opened anew for each read, since the system reads ahead: the first reads bring most of a file into memory.
        const store = await peer.open(directory)
        cold = forgetCachedFiles(directory) && cold
        taken.get(peer.name)?.push(await readStream(store, place))
        await store.close()
      }
    }
    return [...taken].flatMap(([system, seconds]) => [
      { system, unit: 'µs, p50', value: quantileOf(seconds, 0.5) * 1e6 },
      { system, unit: `µs, slowest of ${coldReadsCount}`, value: quantileOf(seconds, 1) * 1e6 },
    ])
  })
  if (!cold) bench.note('Without GNU dd the files could not be forgotten, so nothing was read from the disk.')

  for (const system of systems) system.store = await system.peer.open(system.directory)
  await bench.measure(`read one stream of ${eventsPerStream} events, warm`, async () => {
    const figures: Figure[] = []
    for (const { peer, store } of systems) figures.push(...percentilesOf(peer.name, await readStreams(store)))
    return [...figures, ...percentilesOf(rawLimit, parseStreams())]
  })
  await bench.measure('read everything, data decoded', async () => {
    const figures: Figure[] = []
    for (const { peer, store } of systems) {
      let seen = 0
      const { seconds } = await timed(() =>
        store.readAll(({ data }) => {
          if (data !== null) seen++
        }),
      )
      expectCount(peer, seen, historyEvents)
      figures.push({ system: peer.name, unit: 'events/s', value: seen / seconds })
    }
    const { seconds } = await timed(() => parse(historyEvents))
    return [...figures, { system: rawLimit, unit: 'events/s', value: historyEvents / seconds }]
  })
  await bench.measure('read by type, one event in 1,000', async () => {
    const figures: Figure[] = []
    for (const { peer, store } of systems) {
      const { seconds, result } = await timed(async () => decoded(await store.readType(rareType)))
      expectCount(peer, result, rareEvents)
      figures.push({ system: peer.name, unit: 'ms', value: seconds * 1_000 })
    }
    const { seconds } = await timed(() => parse(rareEvents))
    return [...figures, { system: rawLimit, unit: 'ms', value: seconds * 1_000 }]
  })
  for (const { store } of systems) await store.close()
}

const readStreamsCount = 400
const coldReadsCount = 25

/** The seconds that each of many streams took, every one read once. */
async function readStreams(store: PeerStore): Promise<readonly number[]> {
  const taken: number[] = []
  for (let place = 0; place < readStreamsCount; place++) taken.push(await readStream(store, place))
  return taken
}

/** The seconds that one stream takes; the next place is a stream far away. */
async function readStream(store: PeerStore, place: number): Promise<number> {
  const stream = historyStream((place * 1_117) % historyStreams)
  const { seconds, result } = await timed(async () => decoded(await store.readStream(stream)))
  if (result !== eventsPerStream) throw new Error(`${stream} has ${result} events.`)
  return seconds
}

function parseStreams(): readonly number[] {
  return Array.from({ length: readStreamsCount }, () => {
    const startedAtMs = performance.now()
    parse(eventsPerStream)
    return (performance.now() - startedAtMs) / 1_000
  })
}

function percentilesOf(system: string, seconds: readonly number[]): readonly Figure[] {
  return [
    { system, unit: 'µs, p50', value: quantileOf(seconds, 0.5) * 1e6 },
    { system, unit: 'µs, p99', value: quantileOf(seconds, 0.99) * 1e6 },
  ]
}

function decoded(events: readonly PeerEvent[]): number {
  let count = 0
  for (const { data } of events) if (data !== null) count++
  return count
}

const texts = shopEvents(4_096).map(({ data }) => JSON.stringify(data))

/** The least that decoding takes: as many texts that are strings in memory already. */
function parse(count: number): void {
  let seen = 0
  for (let number = 0; number < count; number++)
    if (JSON.parse(texts[number % texts.length] as string) !== null) seen++
  if (seen !== count) throw new Error('A text was parsed to nothing.')
}

function expectCount({ name }: Peer, seen: number, expected: number): void {
  if (seen !== expected) throw new Error(`${name} gave ${seen} events, but there are ${expected}.`)
}

function diskBytesOf(directory: string): number {
  return filesIn(directory).reduce((sum, path) => sum + statSync(path).blocks * 512, 0)
}

function folderFor(bench: Bench, what: string, { name }: Peer): string {
  const directory = join(bench.directory, what, name.replaceAll(/\W+/g, '-'))
  mkdirSync(directory, { recursive: true })
  return directory
}
