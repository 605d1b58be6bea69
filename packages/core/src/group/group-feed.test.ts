import fc from 'fast-check'
import { expect, test } from 'vitest'
import { startOfLog } from '../event/position.ts'
import type { EventStore } from '../store/event-store.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { GroupFeed, type PartitionSubscription } from './group-feed.ts'

const partitions = 4

function feedOf(store: EventStore): GroupFeed {
  return new GroupFeed({
    store,
    events: { selection: 'everything', current: async (events) => events },
    // Of the last stream nobody wants anything.
    partitionOf: ({ stream }) => {
      const number = Number(stream.slice(2))
      return number < partitions ? number : undefined
    },
  })
}

const record = (store: EventStore, ...streams: readonly number[]) =>
  store.append(streams.map((number) => ({ stream: `s-${number}`, events: [{ type: 'E', data: {} }] })))

/** Reads a partition at its own pace. */
class Reader {
  readonly positions: number[] = []
  readonly partition: number
  readonly #subscription: PartitionSubscription
  readonly #batches: AsyncIterator<{
    events: readonly { position: number }[]
    position: number
    live: boolean
  }>
  #pending: Promise<unknown> | undefined
  position: number
  isLive = false

  constructor(feed: GroupFeed, partition: number, after: number) {
    this.partition = partition
    this.position = after
    this.#subscription = feed.follow(partition, after)
    this.#batches = this.#subscription.batches()[Symbol.asyncIterator]()
  }

  /** Asks for the next batch, unless it has asked. */
  ask(): void {
    this.#pending ??= this.#batches.next().then(({ value, done }) => {
      this.#pending = undefined
      if (done) return
      expect(value.position).toBeGreaterThanOrEqual(this.position)
      this.positions.push(...value.events.map(({ position }: { position: number }) => position))
      this.position = value.position
      this.isLive = value.live
    })
  }

  async close(): Promise<void> {
    this.#subscription.close()
    await this.#pending
    await this.#batches.next()
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

async function catchUp(store: EventStore, readers: readonly Reader[]): Promise<void> {
  const head = await store.head()
  const isBehind = () => readers.some(({ position, isLive }) => position < head || !isLive)
  for (let round = 0; round < 1_000 && isBehind(); round++) {
    for (const reader of readers) reader.ask()
    await turn()
  }
}

async function positionsOf(store: EventStore, partition: number, after = startOfLog): Promise<number[]> {
  const events = await Array.fromAsync(store.read({ stream: `s-${partition}` }, { after }))
  return events.map(({ position }) => position)
}

test('each partition sees its events after where it begins, once and in order, whatever the pace of the others', async () => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant('record' as const),
      streams: fc.uniqueArray(fc.nat(partitions), { minLength: 1 }),
    }),
    fc.record({ do: fc.constant('ask' as const), reader: fc.nat(7) }),
    fc.record({ do: fc.constant('begin' as const), partition: fc.nat(partitions - 1), back: fc.nat(30) }),
    fc.record({ do: fc.constant('close' as const), reader: fc.nat(7) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => {
      const store = createMemoryStore()
      const feed = feedOf(store)
      const readers: { reader: Reader; after: number; isClosed: boolean }[] = []
      for (const each of steps) {
        if (each.do === 'record') await record(store, ...each.streams)
        else if (each.do === 'begin') {
          const after = Math.max(0, (await store.head()) - each.back)
          readers.push({ reader: new Reader(feed, each.partition, after), after, isClosed: false })
        } else {
          const found = readers[each.reader]
          if (!found || found.isClosed) continue
          if (each.do === 'ask') found.reader.ask()
          else {
            found.isClosed = true
            await found.reader.close()
          }
          await turn()
        }
      }
      const open = readers.filter(({ isClosed }) => !isClosed)
      await catchUp(
        store,
        open.map(({ reader }) => reader),
      )
      for (const { reader, after, isClosed } of readers) {
        const all = await positionsOf(store, reader.partition, after)
        expect(reader.positions).toEqual(isClosed ? all.slice(0, reader.positions.length) : all)
        if (!isClosed) expect(reader.isLive).toBe(true)
      }
      // All are at the end, so one subscription is enough.
      expect(feed.subscriptions).toBeLessThanOrEqual(1 + open.length)
      for (const { reader } of open) await reader.close()
      expect(feed.subscriptions).toBe(0)
    }),
    { numRuns: 200 },
  )
})

test('partitions that are at the same place share what is read', async () => {
  const store = createMemoryStore()
  let subscriptions = 0
  let closed = 0
  const subscribe: EventStore['subscribe'] = (select, options) => {
    subscriptions++
    const subscription = store.subscribe(select, options)
    const close = () => {
      closed++
      subscription.close()
    }
    return { ...subscription, close }
  }
  const feed = feedOf({ ...store, subscribe })
  for (let round = 0; round < 3_000; round++) await record(store, 0, 1, 2, 3)
  const readers = [0, 1, 2, 3].map((partition) => new Reader(feed, partition, startOfLog))
  await catchUp(store, readers)
  await record(store, 0, 1, 2, 3)
  await catchUp(store, readers)
  for (const reader of readers) expect(reader.positions).toEqual(await positionsOf(store, reader.partition))
  expect([subscriptions, closed]).toEqual([1, 0])
  for (const reader of readers) await reader.close()
  expect(closed).toBe(1)
})

test('one that stands still does not hold up the others, and goes on by itself where it was', async () => {
  const store = createMemoryStore()
  const feed = feedOf(store)
  await record(store, 0, 1)
  const [slow, fast] = [new Reader(feed, 0, startOfLog), new Reader(feed, 1, startOfLog)]
  await catchUp(store, [slow, fast])
  for (let round = 0; round < 30; round++) {
    await record(store, 0, 1)
    await catchUp(store, [fast])
  }
  expect(fast.positions).toEqual(await positionsOf(store, 1))
  expect(feed.subscriptions).toBe(1)
  slow.ask()
  await turn()
  // What the other has read is not kept for ever.
  expect(feed.subscriptions).toBe(2)
  await catchUp(store, [slow])
  expect(slow.positions).toEqual(await positionsOf(store, 0))
  await record(store, 0, 1)
  await catchUp(store, [slow, fast])
  // They have met.
  expect(feed.subscriptions).toBe(1)
  for (const reader of [slow, fast]) await reader.close()
})

test('what the store fails of is told to all partitions, and whoever begins again has a new subscription', async () => {
  const store = createMemoryStore()
  let isBroken = true
  const feed = new GroupFeed({
    store,
    events: {
      selection: 'everything',
      current: async (events) => {
        if (isBroken && events.length > 0) throw new Error('cannot be read')
        return events
      },
    },
    partitionOf: () => 0,
  })
  await record(store, 0)
  const read = async () => {
    for await (const { events, live } of feed.follow(0, startOfLog).batches()) if (live) return events.length
    return undefined
  }
  await expect(Promise.all([read(), read()])).rejects.toThrow('cannot be read')
  await turn()
  expect(feed.subscriptions).toBe(0)
  isBroken = false
  expect(await read()).toBe(1)
})
