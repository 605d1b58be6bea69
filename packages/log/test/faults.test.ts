import { readdirSync } from 'node:fs'
import type { RecordedEvent } from '@annals/core'
import { isAnnalsError } from '@annals/core'
import { expect, test } from 'vitest'
import { type LogStore, openLog } from '../src/index.ts'
import { type DiskCall, type Fault, faultyDisk } from './faulty-disk.ts'
import { contentOf, readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()
const event = (n: number) => ({ type: 'ItemAdded', data: { n, text: 'x'.repeat(300) } })

/** Appends until it no longer can, from several callers at once, with segments so small that new ones are needed. */
async function appendAll(store: LogStore): Promise<{ acknowledged: RecordedEvent[]; errors: unknown[] }> {
  const acknowledged: RecordedEvent[] = []
  const errors: unknown[] = []
  for (let round = 0; round < 8; round++) {
    const outcomes = await Promise.allSettled(
      [0, 1, 2].map((n) => store.append({ stream: `cart-${n}`, events: [event(round), event(round)] })),
    )
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') acknowledged.push(...outcome.value.events)
      else errors.push(outcome.reason)
    }
  }
  return { acknowledged, errors }
}

const faults: [Fault & object, string][] = [
  [{ errno: 'ENOSPC' }, 'disk-full'],
  [{ errno: 'ENOSPC', bytes: 100 }, 'disk-full'],
  [{ errno: 'EIO' }, 'disk-error'],
  [{ errno: 'EIO', bytes: 7 }, 'disk-error'],
  [{ errno: 'EROFS' }, 'store-read-only'],
]

test('whichever call fails once the store is open, it says why, keeps what it acknowledged and takes no more', {
  timeout: 120_000,
}, async () => {
  let failedAppends = 0
  for (const [fault, code] of faults) {
    // Far enough for each kind of call to be hit, in the first segment and at the change to another.
    for (let failing = 0; failing < 70; failing += fault.bytes === undefined ? 1 : 3) {
      const directory = folder()
      let opened = false
      let calls = 0
      const disk = faultyDisk(({ operation, path }) => {
        if (!opened || operation === 'read' || path.endsWith('head')) return undefined
        return calls++ === failing ? fault : undefined
      })
      const store = await openLog(directory, { disk, segmentBytesMax: 4096 })
      opened = true
      const { acknowledged, errors } = await appendAll(store)
      if (errors.length > 0) {
        failedAppends++
        // Those of the group that failed are told the reason, all later ones that the store has failed.
        const codes = errors.map((error) => (isAnnalsError(error) ? error.code : String(error)))
        expect(codes[0]).toBe(code)
        expect(new Set([...codes, 'store-failed'])).toEqual(new Set([code, 'store-failed']))
        expect(codes.slice(codes.lastIndexOf(code) + 1)).not.toContain(code)
        expect(codes.slice(0, codes.lastIndexOf(code) + 1)).not.toContain('store-failed')
      }
      expect(contentOf(await readAll(store))).toEqual(contentOf(acknowledged))
      await store.close()

      const again = await openLog(directory)
      const found = await readAll(again)
      expect(contentOf(found.slice(0, acknowledged.length))).toEqual(contentOf(acknowledged))
      // An append of two events is there as a whole or not at all.
      expect(found.length % 2).toBe(0)
      await again.append({ stream: 'cart-new', events: [event(0)] })
      expect((await again.verify()).damage).toEqual([])
      await again.close()
    }
  }
  expect(failedAppends).toBeGreaterThan(100)
})

test('short reads and writes are continued', async () => {
  const directory = folder()
  const disk = faultyDisk(({ operation }) =>
    operation === 'write' || operation === 'read' ? { bytes: 11 } : undefined,
  )
  const store = await openLog(directory, { disk, segmentBytesMax: 4096 })
  const { acknowledged, errors } = await appendAll(store)
  expect(errors).toEqual([])
  await store.close()
  const again = await openLog(directory, { disk })
  expect(contentOf(await readAll(again))).toEqual(contentOf(acknowledged))
  await again.close()
})

test('a write that writes nothing is an error, not a loop', async () => {
  let opened = false
  const disk = faultyDisk(({ operation }) => (opened && operation === 'write' ? { bytes: 0 } : undefined))
  const store = await openLog(folder(), { disk })
  opened = true
  await expect(store.append({ stream: 'cart-1', events: [event(1)] })).rejects.toMatchObject({
    code: 'disk-error',
    details: { errno: 'EIO' },
  })
  await store.close()
})

test('whichever call fails while a store is opened, the error names it and the next opening succeeds', {
  timeout: 60_000,
}, async () => {
  for (const existing of [false, true]) {
    for (let failing = 0; ; failing++) {
      const directory = folder()
      if (existing) {
        const store = await openLog(directory)
        await store.append({ stream: 'cart-1', events: [event(1)] })
        await store.close()
      }
      let calls = 0
      const path: { last?: DiskCall } = {}
      const disk = faultyDisk((call) => {
        // The head is only a hint, so that it cannot be written is no reason to fail.
        if (call.operation === 'write' && call.path.endsWith('head')) return undefined
        if (calls++ !== failing) return undefined
        path.last = call
        return { errno: 'EIO' }
      })
      const error = await openLog(directory, { disk }).then(
        (store) => store.close(),
        (reason: unknown) => reason,
      )
      if (!path.last) break
      expect(
        isAnnalsError(error, 'disk-error'),
        `${path.last.operation} of ${path.last.path}: ${error}`,
      ).toBe(true)
      const store = await openLog(directory)
      expect((await readAll(store)).length).toBe(existing ? 1 : 0)
      await store.close()
    }
  }
})

test('an event is neither acknowledged nor readable before its sync', async () => {
  let release = () => {}
  let gate: Promise<void> | undefined
  const directory = folder()
  const disk = faultyDisk(
    () => undefined,
    () => gate ?? Promise.resolve(),
  )
  const store = await openLog(directory, { disk })
  // Not the first, so that the store could also choose to sync without waiting.
  await Promise.all([1, 2].map((n) => store.append({ stream: `cart-${n}`, events: [event(n)] })))
  gate = new Promise((resolve) => {
    release = resolve
  })
  const follower = await openLog(directory, { readOnly: true })
  const seen: number[] = []
  const subscription = store.subscribe('everything', { after: 2 })
  const watching = (async () => {
    for await (const { position } of subscription) seen.push(position)
  })()
  let acknowledged = 0
  const appending = [3, 4, 5].map((n) =>
    store.append({ stream: `cart-${n}`, events: [event(n)] }).then(() => acknowledged++),
  )
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(acknowledged).toBe(0)
  expect(seen).toEqual([])
  expect((await readAll(store)).length).toBe(2)
  expect((await readAll(follower)).length).toBe(2)
  expect(await store.head()).toBe(2)
  expect(await store.stream('cart-3')).toBeUndefined()
  release()
  await Promise.all(appending)
  await expect.poll(() => seen).toEqual([3, 4, 5])
  expect((await readAll(follower)).length).toBe(5)
  subscription.close()
  await watching
  await follower.close()
  await store.close()
})

test('appends that wait at the same time share one write and one sync', async () => {
  let syncs = 0
  let writes = 0
  const disk = faultyDisk(({ operation, path }) => {
    if (path.endsWith('.log') && operation === 'sync') syncs++
    if (path.endsWith('.log') && operation === 'write') writes++
    return undefined
  })
  const store = await openLog(folder(), { disk })
  syncs = 0
  writes = 0
  await Promise.all(
    Array.from({ length: 500 }, (_, n) => store.append({ stream: `cart-${n}`, events: [event(n)] })),
  )
  expect(syncs).toBeLessThanOrEqual(2)
  // One more may allocate room ahead.
  expect(writes).toBeLessThanOrEqual(4)
  await store.close()
})

test('a read that the disk fails is an error of the store, and the next read succeeds', async () => {
  const directory = folder()
  const store = await openLog(directory)
  await store.append({ stream: 'cart-1', events: [event(1)] })
  await store.close()
  let failing = false
  const again = await openLog(directory, {
    disk: faultyDisk(({ operation }) => (failing && operation === 'read' ? { errno: 'EIO' } : undefined)),
    readOnly: true,
  })
  failing = true
  await expect(readAll(again)).rejects.toMatchObject({ code: 'disk-error' })
  failing = false
  expect((await readAll(again)).length).toBe(1)
  await again.close()
})

test('what opening leaves in the directory is known by name', async () => {
  const directory = folder()
  const store = await openLog(directory)
  expect(readdirSync(directory).sort()).toEqual(['0000000000.log', 'annals.json', 'head', 'lock'])
  await store.close()
})
