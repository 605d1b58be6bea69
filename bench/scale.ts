import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type LogStore, openLog } from '@annals/log'
import { describeMachine } from './machine.ts'
import { timed } from './measure.ts'
import { forgetCachedFiles } from './page-cache.ts'
import { machineLine } from './report.ts'
import { shopEvents } from './shop-events.ts'
import { quantileOf } from './statistics.ts'

// What becomes of one store as it grows: `npm run bench:scale -- [--events 1000000] [--data DIR]`.

const usage = `npm run bench:scale -- [--events 1000000] [--data DIR]

  --events  how many events the store has in the end, from 10,000 to 100,000,000; over a twentieth as many streams
  --data    where the store is put, in a folder of its own that is removed; data/ of this checkout by default`

const commitEvents = 5
const callers = 64
const coldStreamsMax = 2_000
// Made before, so that making them is not measured.
const shop = shopEvents(4_096)

process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

if (process.argv.includes('--help')) console.log(usage)
else await growAndMeasure(optionsOf())

function optionsOf(): { readonly events: number; readonly data: string } {
  try {
    const { values } = parseArgs({
      options: {
        events: { type: 'string', default: '1000000' },
        data: { type: 'string', default: join(import.meta.dirname, '..', 'data') },
      },
    })
    const events = Number(values.events)
    if (!Number.isSafeInteger(events) || events < 10_000 || events > 100_000_000)
      throw new Error('--events has to be a whole number from 10,000 to 100,000,000.')
    return { events, data: values.data }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    process.exit(2)
  }
}

async function growAndMeasure({ events, data }: { readonly events: number; readonly data: string }) {
  mkdirSync(data, { recursive: true })
  const directory = mkdtempSync(join(data, 'scale-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  console.log(machineLine(describeMachine(data)))
  const streams = Math.ceil(events / 20)
  const commits = Math.ceil(events / commitEvents)
  tell(
    'events',
    commits * commitEvents,
    `over ${streams.toLocaleString('en')} streams, commits of ${commitEvents}, ${callers} callers`,
  )

  await warmUp(data)
  let store = await openLog(directory)
  const tenth = Math.ceil(commits / 10)
  const first = await grow(store, { from: 0, to: tenth, streams })
  const middle = await grow(store, { from: tenth, to: commits - tenth, streams })
  const last = await grow(store, { from: commits - tenth, to: commits, streams })
  tell('append, first tenth', first, 'events/s')
  tell('append, middle', middle, 'events/s')
  tell('append, last tenth', last, `events/s, ${(last / first).toFixed(2)} of the first`)
  // What the store does in the background is to be done before its bytes are counted.
  await store.close()

  const before = memoryBytes()
  forgetCachedFiles(directory)
  const cold = await timed(() => openLog(directory))
  await cold.result.close()
  const opened = await timed(() => openLog(directory))
  store = opened.result
  const { diskBytes, events: kept } = await store.stats()
  if (kept !== commits * commitEvents) throw new Error(`${kept} events are there.`)
  tell('open, files not in memory', cold.seconds, 's')
  tell('open, files in memory', opened.seconds, 's')
  const memory = memoryBytes() - before
  tell(
    'memory after opening',
    memory / 2 ** 20,
    `MiB more than before, ${(memory / kept).toFixed(1)} bytes an event`,
  )
  tell('disk', diskBytes / kept, 'bytes/event')

  const seconds = await appendToColdStreams(store, streams, commits)
  tell('conditional append to a cold stream, p50', quantileOf(seconds, 0.5) * 1e6, 'µs')
  tell('conditional append to a cold stream, p99', quantileOf(seconds, 0.99) * 1e6, 'µs')
  const reads = await readColdStreams(store, streams)
  tell('read of a cold stream, p50', quantileOf(reads, 0.5) * 1e6, 'µs')
  tell('read of a cold stream, p99', quantileOf(reads, 0.99) * 1e6, 'µs')
  await store.close()
}

// A store that is thrown away, so that the first tenth is not slower for code that is not compiled yet.
async function warmUp(data: string): Promise<void> {
  const directory = mkdtempSync(join(data, 'scale-'))
  const store = await openLog(directory)
  await grow(store, { from: 0, to: 20_000, streams: 1_000 })
  await store.close()
  rmSync(directory, { recursive: true })
}

interface Growth {
  /** The commits, from the first to before the last, that are to be made. */
  readonly from: number
  readonly to: number
  readonly streams: number
}

/** Makes the commits, each to another stream than the one before, and answers with the events a second. */
async function grow(store: LogStore, { from, to, streams }: Growth): Promise<number> {
  let next = from
  const { seconds } = await timed(async () => {
    const call = async () => {
      while (next < to) {
        const commit = next++
        const at = (commit * commitEvents) % (shop.length - commitEvents)
        await store.append({ stream: streamAt(commit % streams), events: shop.slice(at, at + commitEvents) })
      }
    }
    await Promise.all(Array.from({ length: callers }, call))
  })
  return ((to - from) * commitEvents) / seconds
}

/** One after the other, so that each is an append and a sync of its own; the seconds that each took. */
async function appendToColdStreams(
  store: LogStore,
  streams: number,
  commits: number,
): Promise<readonly number[]> {
  const taken: number[] = []
  for (let number = 0; number < Math.min(coldStreamsMax, streams); number++) {
    const stream = coldStream(number, streams)
    // All streams have had the same number of commits, but for those that the last round did not reach.
    const times = Math.floor(commits / streams) + (stream < commits % streams ? 1 : 0)
    const event = shop[number % shop.length] as (typeof shop)[number]
    const append = { stream: streamAt(stream), events: [event], expectedRevision: times * commitEvents - 1 }
    taken.push((await timed(() => store.append(append))).seconds)
  }
  return taken
}

async function readColdStreams(store: LogStore, streams: number): Promise<readonly number[]> {
  const taken: number[] = []
  for (let number = 0; number < Math.min(coldStreamsMax, streams); number++) {
    // Others than those that have just been appended to.
    const stream = streamAt((coldStream(number, streams) + Math.floor(streams / 3)) % streams)
    const { seconds, result } = await timed(async () => {
      let events = 0
      for await (const event of store.read({ stream })) if (event.data !== null) events++
      return events
    })
    if (result === 0) throw new Error(`${stream} is empty.`)
    taken.push(seconds)
  }
  return taken
}

// Far from each other, and none of them twice.
function coldStream(number: number, streams: number): number {
  return Math.floor((number * streams) / Math.min(coldStreamsMax, streams))
}

function streamAt(number: number): string {
  return `cart-${String(number).padStart(8, '0')}`
}

/** What the process holds, its files mapped into memory left out; after a collection where Node.js was started for that. */
function memoryBytes(): number {
  const { gc } = globalThis
  gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function tell(what: string, value: number, unit: string): void {
  const shown = value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 })
  console.log(`${what.padEnd(44)} ${shown.padStart(14)} ${unit}`)
}
