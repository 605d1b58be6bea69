import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type LogStore, openLog } from '@annals/log'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ScavengeReport } from '../beyond-the-type.ts'
import { appendUnder } from './load.ts'
import { Scavenging } from './scavenging.ts'

const report: ScavengeReport = {
  segments: 1,
  segmentsRewritten: 1,
  eventsRemoved: 1,
  bytesBefore: 2,
  bytesAfter: 1,
  bytesFreed: 1,
}

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
    let seen = { visible: 0, recorded: 0, sealed: 0 }
    const scavenging = new Scavenging(store, async () => {
      const { events, sealedSegments } = await store.stats()
      let visible = 0
      for await (const batch of store.read('everything').batches())
        visible += batch.filter(({ stream }) => stream.startsWith('cart-1000')).length
      seen = { visible, recorded: events, sealed: sealedSegments }
      await setTimeout(20)
      return report
    })
    const run = await scavenging.run({ callers: 2, seconds: 3_600 })
    expect(seen.visible).toBe(30_000)
    expect(seen.recorded).toBeGreaterThanOrEqual(60_000)
    expect(seen.sealed).toBeGreaterThan(2)
    expect(run.scavenge).toBe(report)
    expect(run.latency.count).toBe((await store.stats()).events - 60_000)
  })
})
