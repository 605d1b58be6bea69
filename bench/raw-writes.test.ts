import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog, realDisk } from '@annals/log'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeRaw } from './raw-writes.ts'
import { appendBesideRaw } from './suites/append.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'annals-bench-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('the raw limit', () => {
  it.each([{ preallocated: false }, { preallocated: true }, { preallocated: false, nonBlocking: true }])(
    'writes and leaves nothing behind (%o)',
    async (how) => {
      expect(await writeRaw({ directory, bytes: 100_001, groups: 3, ...how })).toBeGreaterThan(0)
      expect(readdirSync(directory)).toEqual([])
    },
  )

  it('is given as many syncs as the disk saw of the store, and no more bytes', async () => {
    let syncs = 0
    let bytes = 0
    const store = await openLog(join(directory, 'log'), {
      disk: {
        ...realDisk,
        open: (path, mode) => {
          const file = realDisk.open(path, mode)
          return {
            path,
            size: () => file.size(),
            read: (into, position) => file.read(into, position),
            readNow: (into, position) => file.readNow(into, position),
            write: (from, position) => file.write(from, position),
            writeNow: (from, position) => {
              bytes += from.length
              return file.writeNow(from, position)
            },
            sync: () => {
              syncs++
              return file.sync()
            },
            syncNow: () => {
              syncs++
              file.syncNow()
            },
            truncate: (size) => file.truncate(size),
            close: () => file.close(),
          }
        },
      },
    })
    syncs = 0
    bytes = 0
    const figures = await appendBesideRaw(store, { callers: 4, eventsEach: 1 }, 0.1, directory)
    const { events, written } = await store.stats()
    await store.close()
    const value = (unit: string) => figures.find((figure) => figure.unit === unit)?.value
    expect(written.syncs).toBe(syncs)
    expect(written.bytesWritten).toBeGreaterThan(300 * events)
    expect(written.bytesWritten).toBeLessThanOrEqual(bytes)
    expect(value('events/sync')).toBeCloseTo(events / syncs)
    expect(value('bytes/event')).toBeCloseTo(written.bytesWritten / events)
    expect(figures.every((figure) => figure.value > 0)).toBe(true)
  })
})
