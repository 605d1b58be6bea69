import { expect, test } from 'vitest'
import { openLog } from '../src/index.ts'
import { startWriter } from './child.ts'
import { readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()
const event = { type: 'ItemAdded', data: { quantity: 1 } }

test('a store has one writer in a process, and is free when that one is closed', async () => {
  const directory = folder()
  const store = await openLog(directory)
  await expect(openLog(directory)).rejects.toMatchObject({
    code: 'store-locked',
    retryable: true,
    details: { directory, processId: process.pid },
  })
  await store.append({ stream: 'cart-1', events: [event] })
  await store.close()
  const next = await openLog(directory)
  expect((await readAll(next)).length).toBe(1)
  await next.close()
})

test('of many that open a store at once one gets it', async () => {
  const directory = folder()
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => openLog(directory)))
  const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  expect(opened.length).toBe(1)
  await opened[0]?.close()
})

test('a writer in another process keeps this one out until it ends, however it ends', {
  timeout: 30_000,
}, async () => {
  const directory = folder()
  const child = startWriter(directory, { writers: 1 })
  await child.line(({ next }) => next !== undefined)
  await expect(openLog(directory)).rejects.toMatchObject({
    code: 'store-locked',
    details: { processId: child.process.pid },
    message: expect.stringContaining(String(child.process.pid)),
  })
  // Being refused must not have taken the lock from the other one.
  const second = startWriter(directory, { writers: 1, appends: 1 })
  expect(await second.ended).toBe(1)
  expect(second.lines).toEqual([{ code: 'store-locked' }])
  child.process.kill('SIGKILL')
  await child.ended
  const store = await openLog(directory)
  await store.append({ stream: 'cart-1', events: [event] })
  await store.close()
})

test('a reader is let in beside the writer, and may not write', async () => {
  const directory = folder()
  const store = await openLog(directory)
  await store.append({ stream: 'cart-1', events: [event] })
  const reader = await openLog(directory, { readOnly: true })
  expect((await readAll(reader)).length).toBe(1)
  for (const call of [
    () => reader.append({ stream: 'cart-1', events: [event] }),
    () => reader.truncate('cart-1', { beforeRevision: 1 }),
    () => reader.tombstone('cart-1'),
    () => reader.retain({ category: 'cart' }, { maxCount: 1 }),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'store-read-only' })
  await reader.close()
  // Closing the reader has not freed the writer's lock.
  await expect(openLog(directory)).rejects.toMatchObject({ code: 'store-locked' })
  await store.close()
})
