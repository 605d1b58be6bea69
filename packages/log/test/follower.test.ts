import type { RecordedEvent } from '@annals/core'
import { expect, test } from 'vitest'
import { openLog } from '../src/index.ts'
import { startWriter } from './child.ts'
import { contentOf, readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()

test('a follower sees what another process writes, live, in order, across segments and restarts of the writer', {
  timeout: 60_000,
}, async () => {
  const directory = folder()
  const first = startWriter(directory, { writers: 2 })
  await first.line(({ next }) => next !== undefined)
  const follower = await openLog(directory, { readOnly: true, pollIntervalMs: 5 })
  const seen: RecordedEvent[] = []
  let lives = 0
  const subscription = follower.subscribe('everything')
  const following = (async () => {
    for await (const { events, live } of subscription.batches()) {
      seen.push(...events)
      if (live) lives++
    }
  })()
  await first.line(({ position }) => (position as number) > 1_000)
  first.process.kill('SIGKILL')
  await first.ended
  const second = startWriter(directory, { writers: 3, appends: 100 })
  expect(await second.ended).toBe(0)
  const last = Math.max(...second.lines.map(({ position }) => Number(position ?? 0)))
  await expect.poll(() => seen.at(-1)?.position, { timeout: 5_000 }).toBe(last)
  expect(seen.map(({ position }) => position)).toEqual(Array.from({ length: last }, (_, n) => n + 1))
  expect(lives).toBeGreaterThan(1)
  subscription.close()
  await following
  const store = await openLog(directory)
  expect(contentOf(await readAll(store))).toEqual(contentOf(seen))
  expect((await store.stats()).segments).toBeGreaterThan(2)
  await store.close()
  await follower.close()
})

test('a follower sees changes of retention', async () => {
  const directory = folder()
  const store = await openLog(directory)
  for (let n = 0; n < 5; n++)
    await store.append({ stream: 'cart-1', events: [{ type: 'ItemAdded', data: n }] })
  const follower = await openLog(directory, { readOnly: true })
  expect((await readAll(follower)).length).toBe(5)
  await store.truncate('cart-1', { beforeRevision: 2 })
  expect((await readAll(follower)).map(({ data }) => data)).toEqual([2, 3, 4])
  await store.retain({ category: 'cart' }, { maxCount: 1 })
  expect((await readAll(follower)).map(({ data }) => data)).toEqual([4])
  await store.tombstone('cart-1')
  expect(await readAll(follower)).toEqual([])
  expect((await follower.stream('cart-1'))?.tombstoned).toBe(true)
  await follower.close()
  await store.close()
})

test('a follower that waits ends when it is closed', async () => {
  const directory = folder()
  await (await openLog(directory)).close()
  const follower = await openLog(directory, { readOnly: true })
  const subscription = follower.subscribe('everything')
  const following = (async () => {
    for await (const _ of subscription) throw new Error('there is nothing to see')
  })()
  await new Promise((resolve) => setTimeout(resolve, 30))
  await follower.close()
  await expect(following).rejects.toMatchObject({ code: 'store-closed' })
})

test('a follower that was there before the first event sees it', async () => {
  const directory = folder()
  const store = await openLog(directory)
  const follower = await openLog(directory, { readOnly: true })
  expect(await readAll(follower)).toEqual([])
  await store.append({ stream: 'cart-1', events: [{ type: 'ItemAdded', data: 1 }] })
  expect((await readAll(follower)).length).toBe(1)
  await store.close()
  await follower.close()
})
