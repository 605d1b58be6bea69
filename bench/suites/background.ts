import { join } from 'node:path'
import { openLog } from '@annals/log'
import { appendUnder, type LoadRun } from '../background/load.ts'
import { backgroundPage } from '../background/page.ts'
import { Scavenging } from '../background/scavenging.ts'
import type { Expected, Figure } from '../measure.ts'
import { ratioOf } from '../ratio.ts'
import type { Bench, Suite } from '../suite.ts'

/** How long appends take beside what a store does in the background: sealing, merging index tables, scavenging. */
export const background: Suite = {
  name: 'background',
  async run(bench) {
    for (const load of loads) await measureLoad(bench, load)
  },
  pages: (report, name) => new Map([[`${name}.background.md`, backgroundPage(report)]]),
}

interface Load {
  readonly callers: number
  /** So small that one is full several times a second, and there is always something to seal. */
  readonly segmentBytesMax: number
}

const loads: readonly Load[] = [
  { callers: 1, segmentBytesMax: 256 * 1024 },
  { callers: 64, segmentBytesMax: 4 * 1024 * 1024 },
]

const alone = 'alone'
const sealing = 'sealing and merging'
const scavenging = 'scavenging'

async function measureLoad(bench: Bench, { callers, segmentBytesMax }: Load): Promise<void> {
  const { seconds } = bench
  const load = { callers, seconds }
  const folder = (what: string) => join(bench.directory, `${what}-${callers}`)
  const unsealed = await openLog(folder('alone'), { segmentBytesMax, seal: false })
  const sealed = await openLog(folder('sealing'), { segmentBytesMax })
  const scavenged = await openLog(folder('scavenging'), { segmentBytesMax })
  const beside = new Scavenging(scavenged)
  const who = callers === 1 ? '1 caller' : `${callers} callers`
  let sealedAlways = true
  await bench.measure(
    `append, single events, ${who}, segments of ${segmentBytesMax / 1024} KiB`,
    async () => {
      const figures = figuresOf(alone, await appendUnder(unsealed, load))
      const before = await sealed.stats()
      figures.push(...figuresOf(sealing, await appendUnder(sealed, load)))
      const after = await sealed.stats()
      const segments = after.sealedSegments - before.sealedSegments
      sealedAlways &&= segments > 0
      figures.push({ system: sealing, unit: 'sealed segments/s', value: segments / seconds })
      figures.push({ system: sealing, unit: 'index tables', value: after.indexTables })
      const run = await beside.run(load)
      figures.push(...figuresOf(scavenging, run))
      figures.push({ system: scavenging, unit: 'seconds', value: run.scavengeSeconds })
      figures.push({ system: scavenging, unit: 'segments rewritten', value: run.scavenge.segmentsRewritten })
      return [...figures, ...ratiosOf(figures)]
    },
  )
  if (!sealedAlways) bench.note(`${who}: no segment was sealed in some round. Give more --seconds.`)
  for (const store of [unsealed, sealed, scavenged]) await store.close()
}

function figuresOf(system: string, { latency, eventsPerSecond }: LoadRun): Figure[] {
  return [
    { system, unit: 'µs, p50', value: latency.quantileUs(0.5) },
    { system, unit: p99, value: latency.quantileUs(0.99) },
    { system, unit: 'µs, p99.9', value: latency.quantileUs(0.999) },
    { system, unit: 'events/s', value: eventsPerSecond },
  ]
}

const p99 = 'µs, p99'

function ratiosOf(figures: readonly Figure[]): readonly Figure[] {
  const expected: Expected = { atMost: 3 }
  return [sealing, scavenging].flatMap((name) =>
    ratioOf(figures, { unit: p99, over: { name }, under: { name: alone }, expected }),
  )
}
