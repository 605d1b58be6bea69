import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStore } from '@annals/core'
import { openLog } from '@annals/log'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cartStream } from '../shop-events.ts'
import { annalsOn } from './annals.ts'
import {
  commitsOf,
  eventsOf,
  eventsPerCart,
  fillHistory,
  fillSealed,
  rareEventsOf,
  rareType,
} from './history.ts'
import type { PeerEvent, PeerStore } from './peer.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'annals-history-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const carts = 200
const segmentBytesMax = 512 * 1024

async function everythingIn(store: PeerStore): Promise<readonly PeerEvent[]> {
  const events: PeerEvent[] = []
  await store.readAll(({ type, data }) => events.push({ type, data }))
  return events
}

describe('the history that is read', () => {
  it('has thirty events in each of the carts, all growing at the same time, and then a cart for each commit', () => {
    const commits = [...commitsOf(carts).take(carts * 6 + 2)]
    expect(commits.slice(carts - 1, carts + 1).map(({ stream }) => stream)).toEqual([
      cartStream(carts - 1),
      cartStream(0),
    ])
    const last = commits.slice(-3).map(({ stream, expectedRevision }) => [stream, expectedRevision])
    expect(last).toEqual([
      [cartStream(carts - 1), eventsPerCart - 6],
      [cartStream(carts), -1],
      [cartStream(carts + 1), -1],
    ])
  })

  it('goes on until all segments of the log but the one just begun are full, and are sealed', async () => {
    const { history, segments } = await fillSealed(directory, carts, { segmentBytesMax })
    const log = await openLog(directory, { segmentBytesMax })
    const stats = await log.stats()
    await log.close()
    expect(stats.events).toBe(eventsOf(history))
    expect(stats.events).toBeGreaterThan(carts * eventsPerCart)
    expect(segments).toBeGreaterThan(2)
    expect(stats).toMatchObject({ segments: segments + 1, sealedSegments: segments })
  })

  it('is the same for every store', async () => {
    const { history } = await fillSealed(directory, carts, { segmentBytesMax })
    const log = annalsOn(await openLog(directory))
    const memory = annalsOn(createMemoryStore())
    await fillHistory(memory, history)
    const events = await everythingIn(memory)
    expect(events).toHaveLength(eventsOf(history))
    expect(await everythingIn(log)).toEqual(events)
    expect(await log.readStream(cartStream(7))).toHaveLength(eventsPerCart)
    expect(await log.readType(rareType)).toHaveLength(rareEventsOf(history))
    await log.close()
  })
})
