import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createMemoryStore, type EventStore } from '@annals/core'
import { type LogStore, openLog } from '@annals/log'
import { type Figure, timed } from '../measure.ts'
import { writeRaw } from '../raw-writes.ts'
import { shopCommits } from '../shop-commits.ts'
import type { Bench, Suite } from '../suite.ts'

/** Durable appends by many callers at once, each beside what a bare loop gets from the same disk for the same bytes. */
export const append: Suite = {
  name: 'append',
  async run(bench) {
    for (const callers of [1, 16, 64, 256, 1024]) await measureLog(bench, { callers, eventsEach: 1 })
    for (const callers of [1, 16]) await measureLog(bench, { callers, eventsEach: 100 })
    for (const callers of [1, 64]) await measureMemory(bench, { callers, eventsEach: 1 })
  },
}

/** How a store is appended to. */
export interface Load {
  /** How many wait for an append at the same time; each begins the next as soon as its own is answered. */
  readonly callers: number
  /** Events in each append, all in one stream. */
  readonly eventsEach: number
}

async function measureLog(bench: Bench, load: Load): Promise<void> {
  const directory = join(bench.directory, `log-${load.callers}-${load.eventsEach}`)
  const store = await openLog(directory)
  const rawDirectory = join(bench.directory, 'raw-writes')
  mkdirSync(rawDirectory, { recursive: true })
  try {
    await bench.measure(nameOf(load), () => appendBesideRaw(store, load, bench.seconds, rawDirectory))
  } finally {
    await store.close()
  }
}

/** One round: the store, and then the same bytes in as many groups by the bare loops. */
export async function appendBesideRaw(
  store: LogStore,
  load: Load,
  seconds: number,
  rawDirectory: string,
): Promise<readonly Figure[]> {
  const before = (await store.stats()).written
  const events = await appendFor(store, load, seconds)
  const after = (await store.stats()).written
  const groups = after.groups - before.groups
  const bytes = after.bytesWritten - before.bytesWritten
  const raw = async (preallocated: boolean, nonBlocking = false) =>
    events.count / (await writeRaw({ directory: rawDirectory, bytes, groups, preallocated, nonBlocking }))
  const growing = await raw(false)
  const preallocated = await raw(true)
  const nonBlocking = await raw(false, true)
  const perSecond = events.count / events.seconds
  return [
    { system: 'annals log', unit: 'events/s', value: perSecond },
    { system: 'raw writes, growing file', unit: 'events/s', value: growing },
    { system: 'raw writes, preallocated file', unit: 'events/s', value: preallocated },
    { system: 'raw writes, growing file, not blocking', unit: 'events/s', value: nonBlocking },
    { system: 'annals log / raw, growing', unit: 'ratio', value: perSecond / growing },
    { system: 'annals log / raw, preallocated', unit: 'ratio', value: perSecond / preallocated },
    { system: 'annals log / raw, growing, not blocking', unit: 'ratio', value: perSecond / nonBlocking },
    { system: 'annals log', unit: 'events/sync', value: events.count / (after.syncs - before.syncs) },
    { system: 'annals log', unit: 'bytes/event', value: bytes / events.count },
  ]
}

async function measureMemory(bench: Bench, load: Load): Promise<void> {
  await bench.measure(`${nameOf(load)}, not durable`, async () => {
    const store = createMemoryStore()
    const { count, seconds } = await appendFor(store, load, bench.seconds, memoryEventsMax)
    await store.close()
    return [{ system: 'memory store', unit: 'events/s', value: count / seconds }]
  })
}

// Beyond this it would be the collector of garbage that is measured.
const memoryEventsMax = 300_000

async function appendFor(
  store: EventStore,
  { callers, eventsEach }: Load,
  seconds: number,
  countMax = Number.POSITIVE_INFINITY,
): Promise<{ readonly count: number; readonly seconds: number }> {
  const commitOf = shopCommits(eventsEach)
  let next = 0
  let count = 0
  const taken = await timed(async () => {
    const endsAtMs = performance.now() + seconds * 1000
    const call = async () => {
      while (performance.now() < endsAtMs && count < countMax) {
        await store.append(commitOf(next++))
        count += eventsEach
      }
    }
    await Promise.all(Array.from({ length: callers }, call))
  })
  return { count, seconds: taken.seconds }
}

function nameOf({ callers, eventsEach }: Load): string {
  const who = `${callers.toLocaleString('en')} ${callers === 1 ? 'caller' : 'callers'}`
  return `append, ${eventsEach === 1 ? 'single events' : `batches of ${eventsEach}`}, ${who}`
}
