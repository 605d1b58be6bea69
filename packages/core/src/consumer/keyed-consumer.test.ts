import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemTimer } from '../clock.ts'
import { AnnalsError, isAnnalsError } from '../errors.ts'
import type { RecordedEvent } from '../event/event.ts'
import type { EventStore } from '../store/event-store.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { KeyedConsumer, type KeyedConsumerOptions } from './keyed-consumer.ts'
import { retriesOf } from './retry-policy.ts'

const noWaiting = retriesOf('a test', { attemptsMax: 3, firstDelayMs: 0 })

function consumerOf(store: EventStore, options: Partial<KeyedConsumerOptions>): KeyedConsumer {
  return new KeyedConsumer({
    consumer: 'shipping',
    store,
    select: { category: 'order' },
    key: (event) => event.stream,
    handle: async () => {},
    retries: noWaiting,
    parallelMax: 8,
    clock: Date.now,
    timer: systemTimer,
    ...options,
  })
}

async function settled(consumer: KeyedConsumer, store: EventStore): Promise<void> {
  await consumer.waitFor(await store.head(), 10_000, () => new Error('it did not come that far'))
}

const placed = (store: EventStore, order: string, number: number) =>
  store.append({ stream: `order-${order}`, events: [{ type: 'Placed', data: { number } }] })

const numberOf = (event: RecordedEvent) => (event.data as { number: number }).number

async function typesIn(store: EventStore, stream: string): Promise<string[]> {
  const types: string[] = []
  for await (const { type } of store.read({ stream })) types.push(type)
  return types
}

test('events of one key are handled one after the other, those of different keys side by side', async () => {
  const store = createMemoryStore()
  for (let number = 0; number < 30; number++) await placed(store, String(number % 3), number)
  const running = new Map<string, number>()
  let sideBySide = 0
  const seen = new Map<string, number[]>()
  const consumer = consumerOf(store, {
    handle: async (event, { key }) => {
      expect(running.get(key) ?? 0).toBe(0)
      running.set(key, 1)
      sideBySide = Math.max(sideBySide, [...running.values()].filter((count) => count > 0).length)
      await new Promise((resolve) => setTimeout(resolve, 1))
      running.set(key, 0)
      seen.set(key, [...(seen.get(key) ?? []), numberOf(event)])
    },
  })
  await consumer.start()
  await settled(consumer, store)
  expect(sideBySide).toBe(3)
  expect(seen.get('order-1')).toEqual([1, 4, 7, 10, 13, 16, 19, 22, 25, 28])
  await consumer.stop()
})

test('no more events are handled at once than there are slots', async () => {
  const store = createMemoryStore()
  for (let number = 0; number < 20; number++) await placed(store, String(number), number)
  let running = 0
  let most = 0
  const consumer = consumerOf(store, {
    parallelMax: 2,
    handle: async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 1))
      running--
    },
  })
  await consumer.start()
  await settled(consumer, store)
  expect(most).toBe(2)
  await consumer.stop()
})

test('a failing handler is called as often as the policy says, then its key is parked and everything else goes on', async () => {
  const store = createMemoryStore()
  const handled: string[] = []
  const attempts: number[] = []
  const consumer = consumerOf(store, {
    handle: async (event, { attempt }) => {
      if (event.stream === 'order-bad') {
        attempts.push(attempt)
        throw new Error('no such customer')
      }
      handled.push(event.stream)
    },
  })
  await placed(store, 'bad', 1)
  await placed(store, 'good', 2)
  await placed(store, 'bad', 3)
  await placed(store, 'good', 4)
  await consumer.start()
  await settled(consumer, store)
  expect(attempts).toEqual([1, 2, 3])
  expect(handled).toEqual(['order-good', 'order-good'])
  expect(consumer.parked()).toMatchObject([
    {
      key: 'order-bad',
      stream: 'order-bad',
      revision: 0,
      type: 'Placed',
      error: 'no such customer',
      attempts: 3,
      state: 'parked',
    },
  ])
  expect(await consumer.status()).toMatchObject({ state: 'live', parkedKeys: 1 })
  await consumer.stop()
})

test('a parked key stays parked over restarts, and retrying it handles what was held back, in order, before what comes next', async () => {
  const store = createMemoryStore()
  let isMended = false
  const handled: number[] = []
  const options: Partial<KeyedConsumerOptions> = {
    handle: async (event) => {
      if (!isMended && numberOf(event) === 1) throw new Error('not yet')
      handled.push(numberOf(event))
    },
  }
  for (let number = 0; number < 4; number++) await placed(store, 'a', number)
  const first = consumerOf(store, options)
  await first.start()
  await settled(first, store)
  await first.stop()
  const second = consumerOf(store, options)
  await second.start()
  await placed(store, 'a', 4)
  await settled(second, store)
  expect(handled).toEqual([0])
  isMended = true
  const retried = second.retry('order-a', { caller: { id: 'ann' } })
  await placed(store, 'a', 5)
  await retried
  await settled(second, store)
  expect(handled).toEqual([0, 1, 2, 3, 4, 5])
  expect(second.parked()).toEqual([])
  expect(await typesIn(store, '$parking-shipping')).toEqual(['EventParked', 'KeyRetried', 'KeyReleased'])
  for await (const { type, metadata } of store.read({ stream: '$parking-shipping' }))
    if (type === 'KeyRetried') expect(metadata).toEqual({ $callerId: 'ann' })
  await second.stop()
})

test('a retry that fails again parks the key again, where it failed', async () => {
  const store = createMemoryStore()
  const bad = new Set([1, 2])
  const consumer = consumerOf(store, {
    handle: async (event) => {
      if (bad.has(numberOf(event))) throw new Error(`${numberOf(event)} is bad`)
    },
  })
  for (let number = 0; number < 4; number++) await placed(store, 'a', number)
  await consumer.start()
  await settled(consumer, store)
  await consumer.retry('order-a')
  expect(consumer.parked()).toMatchObject([{ revision: 1, attempts: 6, state: 'parked' }])
  bad.delete(1)
  await consumer.retry('order-a')
  expect(consumer.parked()).toMatchObject([{ revision: 2, attempts: 3, error: '2 is bad' }])
  await consumer.stop()
})

test('an edited event is handled with the data it was given, a discarded one not at all, and a reset keeps to both', async () => {
  const store = createMemoryStore()
  const handled: number[] = []
  const consumer = consumerOf(store, {
    handle: async (event) => {
      if (numberOf(event) < 0) throw new Error('negative')
      handled.push(numberOf(event))
    },
  })
  for (const number of [1, -2, -3, 4]) await placed(store, 'a', number)
  await consumer.start()
  await settled(consumer, store)
  await consumer.edit('order-a', { number: 2 })
  expect(handled).toEqual([1, 2])
  await consumer.discard('order-a')
  expect(handled).toEqual([1, 2, 4])
  expect(consumer.parked()).toEqual([])
  handled.length = 0
  await consumer.reset()
  await settled(consumer, store)
  expect(handled).toEqual([1, 2, 4])
  await consumer.stop()
})

test('acting on a key that is not parked is an error that names those that are', async () => {
  const store = createMemoryStore()
  const consumer = consumerOf(store, { handle: () => Promise.reject(new Error('bad')) })
  await placed(store, 'a', 1)
  await consumer.start()
  await settled(consumer, store)
  for (const act of [consumer.retry('order-b'), consumer.discard('order-b'), consumer.edit('order-b', {})]) {
    const error = await act.catch((reason: unknown) => reason)
    expect(isAnnalsError(error, 'key-not-parked') && error.message).toContain('parked are order-a')
  }
  await consumer.stop()
})

test('what was being handled again when the process ended is taken up by the next start', async () => {
  const store = createMemoryStore()
  let isMended = false
  const begun = Promise.withResolvers<void>()
  const handled: number[] = []
  const options: Partial<KeyedConsumerOptions> = {
    handle: async (event, { signal }) => {
      if (!isMended) throw new Error('bad')
      if (numberOf(event) === 1 && !signal.aborted && handled.length === 1) {
        begun.resolve()
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        throw new Error('stopped')
      }
      handled.push(numberOf(event))
    },
  }
  for (let number = 0; number < 3; number++) await placed(store, 'a', number)
  const first = consumerOf(store, options)
  await first.start()
  await settled(first, store)
  isMended = true
  void first.retry('order-a')
  await begun.promise
  await first.stop()
  expect(first.parked()).toMatchObject([{ state: 'retrying' }])
  const second = consumerOf(store, { handle: async (event) => void handled.push(numberOf(event)) })
  await second.start()
  await expect.poll(() => second.parked()).toEqual([])
  expect(handled).toEqual([0, 0, 1, 2])
  await second.stop()
})

test('an event whose key cannot be told holds up its stream', async () => {
  const store = createMemoryStore()
  for (const key of [
    () => '',
    () => {
      throw new Error('no customer in it')
    },
    () => 7 as never,
  ]) {
    const consumer = consumerOf(store, { consumer: `c${key}`.slice(0, 100).replaceAll(/\s/g, ' '), key })
    await placed(store, 'a', 1)
    await consumer.start()
    await settled(consumer, store)
    expect(consumer.parked()).toMatchObject([{ key: 'order-a', attempts: 1 }])
    await consumer.stop()
  }
})

test('events that are none of its business, and streams that Annals keeps for itself, are passed over', async () => {
  const store = createMemoryStore()
  const handled: string[] = []
  const consumer = consumerOf(store, {
    select: 'everything',
    key: ({ stream }) => (stream === 'order-b' ? undefined : stream),
    handle: async ({ stream }) => void handled.push(stream),
  })
  for (const order of ['a', 'b', 'c']) await placed(store, order, 1)
  await store.append({ stream: '$schedule-1', events: [{ type: 'CommandScheduled', data: {} }] })
  await consumer.start()
  await settled(consumer, store)
  expect(handled).toEqual(['order-a', 'order-c'])
  await consumer.stop()
})

test('its own checkpoint gives it nothing to save, so an idle log stays as it is', async () => {
  const store = createMemoryStore()
  let nowMs = 0
  const due: (() => void)[] = []
  const consumer = consumerOf(store, {
    select: 'everything',
    clock: () => nowMs,
    timer: (_atMs, callback) => {
      due.push(callback)
      return () => {}
    },
  })
  await placed(store, 'a', 1)
  await consumer.start()
  await settled(consumer, store)
  for (let second = 0; second < 20; second++) {
    nowMs += 1_000
    for (const callback of due.splice(0)) callback()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await consumer.stop()
  expect((await store.stream('$checkpoint-shipping'))?.revision).toBeLessThan(3)
})

test('the token of an event is the same at each delivery, and another for another event or consumer', async () => {
  const store = createMemoryStore()
  await placed(store, 'a', 1)
  await placed(store, 'a', 2)
  const tokens: string[] = []
  const handle: KeyedConsumerOptions['handle'] = async (_event, { token }) => void tokens.push(token)
  for (const consumer of [
    consumerOf(store, { handle }),
    consumerOf(store, { handle, consumer: 'billing' }),
  ]) {
    await consumer.start()
    await settled(consumer, store)
    await consumer.reset()
    await settled(consumer, store)
    await consumer.stop()
  }
  expect(tokens).toHaveLength(8)
  expect(tokens.slice(0, 2)).toEqual(tokens.slice(2, 4))
  expect(new Set(tokens).size).toBe(4)
})

test('a store that fails stops the consumer instead of parking the event, and resuming goes on from there', async () => {
  const store = createMemoryStore()
  let isBroken = true
  const handled: number[] = []
  const consumer = consumerOf(store, {
    handle: async (event) => {
      if (isBroken) throw storeFailed()
      handled.push(numberOf(event))
    },
  })
  await placed(store, 'a', 1)
  await consumer.start()
  await expect(settled(consumer, store)).rejects.toThrow('There is no room')
  expect(await consumer.status()).toMatchObject({ state: 'failed', parkedKeys: 0 })
  isBroken = false
  await consumer.resume()
  await settled(consumer, store)
  expect(handled).toEqual([1])
  await consumer.stop()
})

test('while it is paused nothing is handled, and afterwards nothing is missing', async () => {
  const store = createMemoryStore()
  const handled: number[] = []
  const consumer = consumerOf(store, { handle: async (event) => void handled.push(numberOf(event)) })
  await placed(store, 'a', 1)
  await consumer.start()
  await settled(consumer, store)
  await consumer.pause()
  await placed(store, 'a', 2)
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(handled).toEqual([1])
  expect(await consumer.status()).toMatchObject({ state: 'paused' })
  expect((await consumer.status()).lagEvents).toBeGreaterThan(0)
  await consumer.resume()
  await settled(consumer, store)
  expect(handled).toEqual([1, 2])
  await consumer.stop()
})

test('whatever fails and whenever it is stopped, every event of every key is handled at least once and in the order of its key', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ key: fc.integer({ min: 0, max: 3 }), failures: fc.integer({ min: 0, max: 4 }) }), {
        minLength: 1,
        maxLength: 30,
      }),
      fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
      async (events, stops) => {
        const store = createMemoryStore()
        for (const [number, { key }] of events.entries()) await placed(store, String(key), number)
        const left = events.map(({ failures }) => failures)
        const firsts = new Map<string, number[]>()
        let calls = 0
        let stopAt = stops.shift()
        let wantsStop = Promise.withResolvers<void>()
        const handle: KeyedConsumerOptions['handle'] = async (event, { key }) => {
          const number = numberOf(event)
          await null
          if (++calls === stopAt) wantsStop.resolve()
          if ((left[number] ?? 0) > 0) {
            left[number] = (left[number] ?? 0) - 1
            throw new Error('not now')
          }
          const known = firsts.get(key) ?? []
          if (!known.includes(number)) firsts.set(key, [...known, number])
        }
        let consumer = consumerOf(store, { handle })
        await consumer.start()
        while (stopAt !== undefined) {
          await Promise.race([wantsStop.promise, settled(consumer, store)])
          await consumer.stop()
          calls = 0
          stopAt = stops.shift()
          wantsStop = Promise.withResolvers<void>()
          consumer = consumerOf(store, { handle })
          await consumer.start()
        }
        await settled(consumer, store)
        for (let round = 0; round < 200 && consumer.parked().length > 0; round++)
          for (const { key } of consumer.parked()) await consumer.retry(key).catch(() => undefined)
        await consumer.stop()
        expect(consumer.parked()).toEqual([])
        for (const key of new Set(events.map(({ key }) => key)))
          expect(firsts.get(`order-${key}`)).toEqual(
            events.flatMap((event, number) => (event.key === key ? [number] : [])),
          )
      },
    ),
    { numRuns: 60 },
  )
})

function storeFailed(): Error {
  return new AnnalsError('disk-full', 'There is no room.', { path: 'somewhere' })
}
