import type { LogStore } from '@annals/log'
import { Latency } from '../latency.ts'
import { timed } from '../measure.ts'
import { forgetCachedFiles } from '../page-cache.ts'
import { cartStream, Shop } from '../shop-events.ts'
import { summaryOf } from '../statistics.ts'
import { heldBytes, peakResidentBytes } from './memory.ts'
import {
  besideCeilingBytes,
  ceilingBytes,
  openGrowing,
  type ScaleFigure,
  streamEvents,
  streamsFor,
} from './store.ts'

/** Opens a store that has grown, cold and warm, and uses streams that were not touched for long. */
export async function openGrown(directory: string, events: number): Promise<readonly ScaleFigure[]> {
  const before = heldBytes()
  const cold = await openings(directory, () => forgetCachedFiles(directory))
  const warm = await openings(directory, () => true)
  const store = await openGrowing(directory)
  const held = heldBytes() - before
  const expected = { atMost: (ceilingBytes + besideCeilingBytes) / 1e6 }
  const memory: readonly ScaleFigure[] = [
    { measure: 'heap and buffers after opening, more than before', unit: 'MB', value: held / 1e6 },
    { measure: 'peak of resident memory by opening', unit: 'MB', value: peakResidentBytes() / 1e6, expected },
  ]
  const streams = streamsFor(events)
  forgetCachedFiles(directory)
  const coldAppends = await append(store, streams, streamEvents - 1)
  const warmAppends = await append(store, streams, streamEvents)
  forgetCachedFiles(directory)
  const reads = await read(store, streams)
  await store.close()
  return [
    { measure: 'open, files not in memory', unit: 's', value: cold, expected: { atMost: 1 } },
    { measure: 'open, files in memory', unit: 's', value: warm },
    ...memory,
    ...percentiles('conditional append to a cold stream', coldAppends, { atMost: 5_000 }),
    ...percentiles('conditional append to the same stream again', warmAppends),
    ...percentiles('read of a cold stream', reads),
  ]
}

/** The median of the seconds that opening takes. */
async function openings(directory: string, prepare: () => boolean): Promise<number> {
  const taken: number[] = []
  for (let round = 0; round < openRounds; round++) {
    if (!prepare()) console.error('Without GNU dd the files cannot be forgotten: they are in memory.')
    const { seconds, result } = await timed(() => openGrowing(directory))
    await result.close()
    taken.push(seconds)
  }
  return summaryOf(taken).median
}

const openRounds = 5
const coldStreamsMax = 2_000

/** One after the other, so that each is an append and a sync of its own. */
async function append(store: LogStore, streams: number, expectedRevision: number): Promise<Latency> {
  const shop = new Shop(2)
  const latency = new Latency()
  for (const stream of apart(streams, 0)) {
    const events = shop.record(stream, 1)
    await latency.of(() => store.append({ stream: cartStream(stream), events, expectedRevision }))
  }
  return latency
}

async function read(store: LogStore, streams: number): Promise<Latency> {
  const latency = new Latency()
  // Between those that have just been appended to.
  for (const stream of apart(streams, 0.5)) {
    const count = await latency.of(async () => {
      let events = 0
      for await (const event of store.read({ stream: cartStream(stream) })) if (event.data !== null) events++
      return events
    })
    if (count !== streamEvents) throw new Error(`${cartStream(stream)} has ${count} events.`)
  }
  return latency
}

/** Streams far from each other, and none of them twice; `shift` in distances between two of them. */
function apart(streams: number, shift: number): readonly number[] {
  const count = Math.min(coldStreamsMax, Math.floor(streams / 2))
  return Array.from({ length: count }, (_, place) => Math.floor(((place + shift) * streams) / count))
}

function percentiles(
  measure: string,
  latency: Latency,
  p99?: { readonly atMost: number },
): readonly ScaleFigure[] {
  return [
    { measure: `${measure}, p50`, unit: 'µs', value: latency.quantileUs(0.5) },
    {
      measure: `${measure}, p99`,
      unit: 'µs',
      value: latency.quantileUs(0.99),
      ...(p99 && { expected: p99 }),
    },
  ]
}
