import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LogStore, openLog } from '@annals/log'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appendUnder } from './load.ts'
import { Scavenging } from './scavenging.ts'

let directory: string
let store: LogStore
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'annals-background-'))
  store = await openLog(directory, { segmentBytesMax: 4 * 1024 * 1024 })
})
afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

describe('appends beside work in the background', () => {
  it('are each counted with how long they took', async () => {
    const { latency, eventsPerSecond } = await appendUnder(store, { callers: 3, seconds: 0.1 })
    expect(latency.count).toBe((await store.stats()).events)
    expect(latency.quantileUs(0.5)).toBeGreaterThan(0)
    expect(eventsPerSecond).toBeGreaterThan(0)
  })

  it('begin with a scavenge that has half of some sealed segments to reclaim, and end with it', async () => {
    const run = await new Scavenging(store).run({ callers: 2, seconds: 3_600 })
    const { events } = await store.stats()
    let visible = 0
    for await (const batch of store.read('everything').batches())
      visible += batch.filter(({ stream }) => stream.startsWith('cart-1000')).length
    expect(visible).toBe(30_000)
    expect(run.latency.count).toBe(events - 60_000)
    expect(run.scavenge.segmentsRewritten).toBeGreaterThan(2)
    expect(run.scavenge.eventsRemoved).toBeGreaterThan(20_000)
    expect(run.scavenge.eventsRemoved).toBeLessThanOrEqual(30_000)
  })
})
