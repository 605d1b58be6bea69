import { statSync } from 'node:fs'
import { CompressedJson, compressedJson } from '../compressed-json.ts'
import { type Figure, timed } from '../measure.ts'
import { filesIn, forgetCachedFiles } from '../page-cache.ts'
import { ratioOf, ratioUnit } from '../ratio.ts'
import { readRaw } from '../raw-reads.ts'
import { cartStream, meanJsonBytes, shopEvents } from '../shop-events.ts'
import { quantileOf } from '../statistics.ts'
import type { Bench } from '../suite.ts'
import { annals } from './annals.ts'
import { folderFor } from './folder.ts'
import {
  commitsOf,
  commitsPerCart,
  eventsOf,
  eventsPerCart,
  fillHistory,
  fillSealed,
  type History,
  rareEventsOf,
  rareType,
} from './history.ts'
import { rawLimit } from './page.ts'
import type { Peer, PeerEvent, PeerStore } from './peer.ts'
import { sqlite } from './sqlite.ts'

/** A history that is filled once: what it takes on the disk, and how fast it is read, by all peers in turn. */
export async function measureHistory(bench: Bench, all: readonly Peer[]): Promise<void> {
  const carts = Math.ceil(bench.events / eventsPerCart)
  const { history, segments } = await fillSealed(folderFor(bench, 'history', annals), carts)
  const count = eventsOf(history).toLocaleString('en')
  bench.note(
    `The history has ${count} events; in annals they lie in ${segments} sealed segments, but for the last commits.`,
  )
  const systems: System[] = []
  for (const peer of all) {
    const directory = folderFor(bench, 'history', peer)
    if (peer !== annals) {
      const store = await peer.open(directory)
      await fillHistory(store, history)
      await store.close()
    }
    systems.push({ peer, directory })
  }
  await measureDisk(bench, systems, history)
  await measureColdReads(bench, systems, history)
  const opened: Opened[] = []
  for (const { peer, directory } of systems) opened.push({ peer, store: await peer.open(directory) })
  await measureWarmReads(bench, opened, history)
  await measureReadingAll(bench, opened, history)
  await measureReadingByType(bench, opened, history)
  for (const { store } of opened) await store.close()
}

interface System {
  readonly peer: Peer
  readonly directory: string
}

interface Opened {
  readonly peer: Peer
  readonly store: PeerStore
}

const warmReadsCount = 400
const coldReadsCount = 100

async function measureDisk(bench: Bench, systems: readonly System[], history: History): Promise<void> {
  const unit = 'bytes/event'
  const limits = rawSizesOf(history)
  await bench.measure(`disk, ${eventsOf(history).toLocaleString('en')} events`, async () => {
    const figures = systems.map(({ peer, directory }) => ({
      system: peer.name,
      unit,
      value: diskBytesOf(directory) / eventsOf(history),
    }))
    const expected = { atLeast: 7 }
    return [...figures, ...limits, ...ratioOf(figures, { unit, over: sqlite, under: annals, expected })]
  })
}

/** The texts of the events and nothing else: as they are, and what compression alone makes of them. */
function rawSizesOf(history: History): readonly Figure[] {
  const compressed = new CompressedJson()
  let bytes = 0
  for (const { events } of commitsOf(history.carts).take(history.commits)) {
    compressed.add(events)
    bytes += meanJsonBytes(events) * events.length
  }
  const unit = 'bytes/event'
  return [
    { system: compressedJson, unit, value: compressed.bytes / eventsOf(history) },
    { system: rawLimit, unit, value: bytes / eventsOf(history) },
  ]
}

async function measureColdReads(bench: Bench, systems: readonly System[], history: History): Promise<void> {
  let cold = true
  await bench.measure(`read one stream of ${eventsPerCart} events, cold`, async () => {
    const taken = new Map(systems.map(({ peer }) => [peer.name, [] as number[]]))
    const raw: number[] = []
    for (let place = 0; place < coldReadsCount; place++) {
      for (const { peer, directory } of systems) {
        // Opened anew for each read, since the system reads ahead: the first reads bring most of a file into memory.
        const store = await peer.open(directory)
        cold = forgetCachedFiles(directory) && cold
        taken.get(peer.name)?.push(await readCart(store, history, place))
        await store.close()
        if (peer !== annals) continue
        forgetCachedFiles(directory)
        raw.push(readRaw({ directory, pages: commitsPerCart, run: place }))
      }
    }
    const figures = [...taken].flatMap(([system, seconds]) =>
      percentilesOf(system, seconds, { p99UsMax: 2_000 }),
    )
    return [...figures, ...percentilesOf(rawLimit, raw)]
  })
  if (!cold) bench.note('Without GNU dd the files could not be forgotten, so nothing was read from the disk.')
}

async function measureWarmReads(bench: Bench, systems: readonly Opened[], history: History): Promise<void> {
  await bench.measure(`read one stream of ${eventsPerCart} events, warm`, async () => {
    const figures: Figure[] = []
    for (const { peer, store } of systems) {
      const taken: number[] = []
      for (let place = 0; place < warmReadsCount; place++) taken.push(await readCart(store, history, place))
      figures.push(...percentilesOf(peer.name, taken, { p99UsMax: 100 }))
    }
    return [...figures, ...percentilesOf(rawLimit, parseStreams())]
  })
}

async function measureReadingAll(bench: Bench, systems: readonly Opened[], history: History): Promise<void> {
  const unit = 'events/s'
  await bench.measure('read everything, data decoded', async () => {
    const figures: Figure[] = []
    for (const { peer, store } of systems) {
      const value = eventsOf(history) / (await readAll(peer, store, history))
      figures.push({ system: peer.name, unit, value, ...(peer === annals && { expected: { atLeast: 1e6 } }) })
    }
    const { seconds } = await timed(() => parse(eventsOf(history)))
    figures.push({ system: rawLimit, unit, value: eventsOf(history) / seconds })
    return [
      ...figures,
      ...ratioOf(figures, { unit, over: annals, under: sqlite, expected: { atLeast: 2.5 } }),
    ]
  })
}

async function measureReadingByType(
  bench: Bench,
  systems: readonly Opened[],
  history: History,
): Promise<void> {
  await bench.measure('read by type, one event in 1,000', async () => {
    const figures: Figure[] = []
    const ratios: Figure[] = []
    for (const { peer, store } of systems) {
      const { seconds, result } = await timed(async () => decoded(await store.readType(rareType)))
      expectCount(peer, result, rareEventsOf(history))
      figures.push({ system: peer.name, unit: 'ms', value: seconds * 1_000 })
      if (peer === annals) {
        const value = (await readAll(peer, store, history)) / seconds
        ratios.push({
          system: 'annals, everything / by type',
          unit: ratioUnit,
          value,
          expected: { atLeast: 20 },
        })
      }
    }
    const { seconds } = await timed(() => parse(rareEventsOf(history)))
    return [...figures, { system: rawLimit, unit: 'ms', value: seconds * 1_000 }, ...ratios]
  })
}

/** The seconds that reading and decoding everything takes. */
async function readAll(peer: Peer, store: PeerStore, history: History): Promise<number> {
  let seen = 0
  const { seconds } = await timed(() =>
    store.readAll(({ data }) => {
      if (data !== null) seen++
    }),
  )
  expectCount(peer, seen, eventsOf(history))
  return seconds
}

/** The seconds that one stream takes; the next place is a stream far away. */
async function readCart(store: PeerStore, { carts }: History, place: number): Promise<number> {
  const stream = cartStream((place * 1_117) % carts)
  const { seconds, result } = await timed(async () => decoded(await store.readStream(stream)))
  if (result !== eventsPerCart) throw new Error(`${stream} has ${result} events.`)
  return seconds
}

function parseStreams(): readonly number[] {
  return Array.from({ length: warmReadsCount }, () => {
    const startedAtMs = performance.now()
    parse(eventsPerCart)
    return (performance.now() - startedAtMs) / 1_000
  })
}

function percentilesOf(
  system: string,
  seconds: readonly number[],
  { p99UsMax }: { readonly p99UsMax?: number } = {},
): readonly Figure[] {
  const expected = system === annals.name && p99UsMax ? { expected: { atMost: p99UsMax } } : {}
  return [
    { system, unit: 'µs, p50', value: quantileOf(seconds, 0.5) * 1e6 },
    { system, unit: 'µs, p99', value: quantileOf(seconds, 0.99) * 1e6, ...expected },
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

/** What all files of a folder take on the disk. */
function diskBytesOf(directory: string): number {
  return filesIn(directory).reduce((sum, path) => sum + statSync(path).blocks * 512, 0)
}
