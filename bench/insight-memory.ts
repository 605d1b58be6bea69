import { parseArgs } from 'node:util'
import { LiveInsight } from '@annals/insight'
import { isLast, madeUpEvents } from './made-up-cases.ts'

// What live insight holds in memory as a history grows: `npm run bench:insight -- --events 50000000`.

const usage = `npm run bench:insight -- [--events 10000000]

  --events   how many events come, at least 1,000,000; memory is told at each million that begins with 1, 2 or 5, and at the end`

const batchEvents = 1_000

if (process.argv.includes('--help')) console.log(usage)
else {
  const { values } = parseArgs({ options: { events: { type: 'string', default: '10000000' } } })
  const events = Number(values.events)
  if (!Number.isSafeInteger(events) || events < 1_000_000) {
    console.error(`--events has to be a whole number from 1,000,000 up.\n\n${usage}`)
    process.exitCode = 2
  } else await follow(events)
}

async function follow(eventCount: number): Promise<void> {
  const before = heldMB()
  const live = new LiveInsight({ isLast })
  let [observedMs, seen] = [0, 0]
  const batch = []
  for (const event of madeUpEvents(eventCount)) {
    batch.push(event)
    if (batch.length < batchEvents) continue
    const startedAtMs = performance.now()
    live.observe(batch)
    observedMs += performance.now() - startedAtMs
    seen += batch.length
    batch.length = 0
    // Not counted: it happens beside the events, once in a while.
    if (seen === 100_000) await live.refresh()
    if (!/^[125]0{6,}$/.test(`${seen}`) && seen !== eventCount) continue
    const perSecond = Math.round(seen / (observedMs / 1000)).toLocaleString('en-US')
    const held = Math.round(heldMB() - before)
    console.log(`${seen.toLocaleString('en-US')} events: ${held} MB held, ${perSecond} events/s`)
  }
  const startedAtMs = performance.now()
  const { rules, variants, notes } = await live.refresh()
  const tookMs = Math.round(performance.now() - startedAtMs)
  console.log(`refreshed in ${tookMs} ms: ${rules.length} rules, ${variants.variants.length} variants`)
  for (const note of notes) console.log(note)
}

function heldMB(): number {
  if (!globalThis.gc)
    throw new Error('Run it by npm run bench:insight, which lets memory be counted exactly.')
  globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 1e6
}
