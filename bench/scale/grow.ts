import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LogStore } from '@annals/log'
import { Latency } from '../latency.ts'
import { timed } from '../measure.ts'
import { filesIn } from '../page-cache.ts'
import { settled } from '../settled.ts'
import { cartStream, Shop } from '../shop-events.ts'
import { CommitOrder } from './commit-order.ts'
import { MemoryWatch, peakResidentBytes } from './memory.ts'
import {
  besideCeilingBytes,
  callers,
  ceilingBytes,
  commitEvents,
  lastTenth,
  openGrowing,
  type ScaleFigure,
  streamEvents,
  streamsFor,
} from './store.ts'

/** Fills a new store with so many events, and says how that went and what became of it. Closes the store. */
export async function growStore(directory: string, events: number): Promise<readonly ScaleFigure[]> {
  await warmUp(directory)
  const making = makingAlone()
  const watch = new MemoryWatch()
  const store = await openGrowing(directory)
  const streams = streamsFor(events)
  const growth = new Growth(store, streams)
  const commits = (streams * streamEvents) / commitEvents
  const tenths: number[] = []
  for (let tenth = 1; tenth <= 10; tenth++)
    tenths.push(await growth.until(Math.round((commits * tenth) / 10), commits))
  const grown = await store.stats()
  const settling = await timed(() => settled(store))
  const stats = await store.stats()
  const memory = memoryFigures(watch)
  watch.stop()
  await store.close()
  const count = commits * commitEvents
  if (stats.events !== count) throw new Error(`${stats.events} events are there, but ${count} were appended.`)
  const waitedMs = stats.sealing?.waitedMs
  const tables = stats.indexTables
  return [
    { measure: 'append, first tenth', unit: 'events/s', value: tenths[0] as number },
    { measure: 'append, slowest tenth', unit: 'events/s', value: Math.min(...tenths) },
    { measure: lastTenth, unit: 'events/s', value: tenths[9] as number },
    { measure: 'making the events, part of each append', unit: 'µs/event', value: making },
    ...latencyFigures(growth.latency),
    ...memory,
    ...(waitedMs === undefined ? [] : [figure('appends waited for sealing', 's', waitedMs / 1_000)]),
    figure('full segments not sealed yet after the last append', 'segments', grown.sealing?.waiting ?? 0),
    figure('background work after the last append', 's', settling.seconds),
    figure('sealed segments', 'segments', stats.sealedSegments),
    figure('segments not sealed', 'segments', stats.segments - stats.sealedSegments),
    ...(tables === undefined ? [] : [figure('index tables', 'tables', tables)]),
    figure('disk, everything in the directory', 'bytes/event', diskBytesOf(directory) / count),
  ]
}

class Growth {
  readonly latency = new Latency()
  readonly #store: LogStore
  readonly #order: CommitOrder
  readonly #shop = new Shop()
  #next = 0
  #toldAtMs = performance.now()
  #toldCommits = 0

  constructor(store: LogStore, streams: number) {
    this.#store = store
    this.#order = new CommitOrder(streams)
  }

  /** Makes the commits up to this number of `all`, and answers with the events a second. */
  async until(end: number, all: number): Promise<number> {
    const from = this.#next
    const call = async () => {
      while (this.#next < end) {
        const append = this.#appendOf(this.#next++)
        await this.latency.of(() => this.#store.append(append))
        this.#tell(all)
      }
    }
    const { seconds } = await timed(() => Promise.all(Array.from({ length: callers }, call)))
    return ((end - from) * commitEvents) / seconds
  }

  #appendOf(commit: number) {
    const stream = this.#order.streamOf(commit)
    const times = this.#order.timesBefore(commit)
    return {
      stream: cartStream(stream),
      events: this.#shop.record(stream, commitEvents),
      expectedRevision: times === 0 ? ('no-stream' as const) : times * commitEvents - 1,
    }
  }

  // A hundred million events take half an hour, in which someone wants to know whether it goes on.
  #tell(all: number): void {
    const nowMs = performance.now()
    if (nowMs - this.#toldAtMs < tellEveryMs) return
    const perSecond = ((this.#next - this.#toldCommits) / (nowMs - this.#toldAtMs)) * 1_000
    const left = Math.round((all - this.#next) / perSecond)
    const [done, total, speed] = [this.#next, all, perSecond].map((commits) =>
      Math.round(commits * commitEvents).toLocaleString('en'),
    )
    console.error(`${done} of ${total} events, ${speed} a second, about ${left} s to go`)
    this.#toldAtMs = nowMs
    this.#toldCommits = this.#next
  }
}

const tellEveryMs = 5_000

function latencyFigures(latency: Latency): readonly ScaleFigure[] {
  return [0.5, 0.99, 0.999].map((share) =>
    figure(
      `append of ${commitEvents} by ${callers} callers, p${share * 100}`,
      'µs',
      latency.quantileUs(share),
    ),
  )
}

/** What the process took while the store grew, beside the most that it may take. */
function memoryFigures(watch: MemoryWatch): readonly ScaleFigure[] {
  const expected = { atMost: (ceilingBytes + besideCeilingBytes) / 1e6 }
  return [
    {
      measure: 'peak of resident memory while growing',
      unit: 'MB',
      value: peakResidentBytes() / 1e6,
      expected,
    },
    { measure: 'peak of heap and buffers while growing', unit: 'MB', value: watch.peakBytes / 1e6, expected },
  ]
}

// A store that is thrown away, so that the first tenth is not slower for code that is not compiled yet.
async function warmUp(directory: string): Promise<void> {
  const other = mkdtempSync(join(dirname(directory), 'warm-up-'))
  const store = await openGrowing(other)
  await new Growth(store, 1_000).until(warmUpCommits, warmUpCommits)
  await store.close()
  rmSync(other, { recursive: true })
}

const warmUpCommits = 4_000

/** The microseconds that making an event takes, without appending it. */
function makingAlone(): number {
  const shop = new Shop()
  const startedAtMs = performance.now()
  for (let cart = 0; cart < makingCommits; cart++) shop.record(cart, commitEvents)
  return ((performance.now() - startedAtMs) * 1_000) / (makingCommits * commitEvents)
}

const makingCommits = 20_000

/** What all files of a folder take on the disk. */
function diskBytesOf(directory: string): number {
  return filesIn(directory).reduce((sum, path) => sum + statSync(path).blocks * 512, 0)
}

function figure(measure: string, unit: string, value: number): ScaleFigure {
  return { measure, unit, value }
}
