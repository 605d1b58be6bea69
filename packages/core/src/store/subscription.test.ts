import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RecordedEvent } from '../event/event.ts'
import type { ReadOptions, SubscriptionBatch } from './event-store.ts'
import { HeadWaiters, readerOf, type SubscriptionSource, subscribeByReading } from './subscription.ts'

/** A history of nothing but positions, of which only the multiples of some number are selected. */
class Positions implements SubscriptionSource {
  readonly waiters = new HeadWaiters()
  readonly reads: ReadOptions[] = []
  last = 0
  waiting = 0
  readonly #every: number
  readonly #batch: number

  constructor({ every = 1, batch = 3 } = {}) {
    this.#every = every
    this.#batch = batch
  }

  add(count: number): void {
    this.last += count
    this.waiters.wake()
  }

  async head(): Promise<number> {
    return this.last
  }

  read(_: unknown, options: ReadOptions) {
    this.reads.push(options)
    const { after = 0, upTo = 0 } = options
    const positions = Array.from({ length: Math.max(0, upTo - after) }, (_, index) => after + 1 + index)
    const selected = positions.filter((position) => position % this.#every === 0)
    const size = this.#batch
    return readerOf(async function* () {
      for (let at = 0; at < selected.length; at += size)
        yield selected.slice(at, at + size).map((position) => ({ position }) as RecordedEvent)
    })
  }

  async headBeyond(position: number, signal: AbortSignal): Promise<void> {
    this.waiting++
    while (!signal.aborted && this.last <= position) await this.waiters.wait(signal)
    this.waiting--
  }
}

const seen = ({ events, position, live }: SubscriptionBatch) => ({
  events: events.map((event) => event.position),
  position,
  live,
})

/** The next batch, or that there is none. */
async function next(batches: AsyncIterator<SubscriptionBatch>) {
  const { done, value } = await batches.next()
  return done ? 'ended' : seen(value)
}

const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** A signal that never aborts, and whom it would tell. */
function watchedSignal() {
  const listening = new Set<unknown>()
  const signal = {
    aborted: false,
    addEventListener: (_: string, listener: unknown) => listening.add(listener),
    removeEventListener: (_: string, listener: unknown) => listening.delete(listener),
  } as unknown as AbortSignal
  return { signal, listening }
}

const open = (source: SubscriptionSource, options = {}) => {
  const subscription = subscribeByReading(source, 'everything', options)
  return { subscription, batches: subscription.batches()[Symbol.asyncIterator]() }
}

test('a subscription catches up in batches, says when it is live, and goes on with what is recorded then', async () => {
  const source = new Positions()
  source.add(5)
  const { subscription, batches } = open(source)
  expect(await next(batches)).toEqual({ events: [1, 2, 3], position: 3, live: false })
  source.add(1)
  expect(await next(batches)).toEqual({ events: [4, 5], position: 5, live: true })
  expect(await next(batches)).toEqual({ events: [6], position: 6, live: true })
  const later = next(batches)
  await turns()
  expect(source.waiting).toBe(1)
  source.add(2)
  expect(await later).toEqual({ events: [7, 8], position: 8, live: true })
  subscription.close()
  expect(await next(batches)).toBe('ended')
})

describe('where nothing is selected', () => {
  test('the position still moves on to the head', async () => {
    const source = new Positions({ every: 10 })
    source.add(12)
    const { subscription, batches } = open(source)
    expect(await next(batches)).toEqual({ events: [10], position: 10, live: false })
    expect(await next(batches)).toEqual({ events: [], position: 12, live: true })
    const later = next(batches)
    source.add(1)
    expect(await later).toEqual({ events: [], position: 13, live: true })
    subscription.close()
  })

  test('an empty history is caught up with at once, and said so once', async () => {
    const source = new Positions()
    const { subscription, batches } = open(source)
    expect(await next(batches)).toEqual({ events: [], position: 0, live: true })
    const later = next(batches)
    await turns()
    expect([source.waiting, source.reads]).toEqual([1, []])
    subscription.close()
    expect(await later).toBe('ended')
  })

  test('being woken for nothing is not told', async () => {
    const source = new Positions()
    const { subscription, batches } = open(source)
    await batches.next()
    let wakes = 0
    const { headBeyond } = source
    source.headBeyond = async (...wait) => {
      if (wakes++ > 0) await headBeyond.apply(source, wait)
    }
    const later = next(batches)
    await turns()
    source.add(1)
    expect(await later).toEqual({ events: [1], position: 1, live: true })
    expect(wakes).toBe(2)
    subscription.close()
  })

  test('a subscriber that is ahead of the head waits there, and gets nothing from before', async () => {
    const source = new Positions()
    source.add(2)
    const { subscription, batches } = open(source, { after: 4 })
    expect(await next(batches)).toEqual({ events: [], position: 4, live: true })
    const later = next(batches)
    source.add(1)
    await turns()
    source.add(3)
    expect(await later).toEqual({ events: [5, 6], position: 6, live: true })
    subscription.close()
  })
})

describe('a subscription ends', () => {
  test('when its signal aborts, whether it waits, is being read, or has not begun', async () => {
    for (const reads of [0, 1, 2]) {
      const source = new Positions()
      source.add(6)
      const stop = new AbortController()
      const { batches } = open(source, { signal: stop.signal })
      for (let read = 0; read < reads; read++) await batches.next()
      if (reads < 2) {
        stop.abort()
        expect(await next(batches)).toBe('ended')
        continue
      }
      const waiting = next(batches)
      await turns()
      expect(source.waiting).toBe(1)
      stop.abort()
      expect(await waiting).toBe('ended')
      expect(source.waiting).toBe(0)
    }
  })

  test('without another batch, and without asking for one, if it is closed while one is being read or used', async () => {
    // A store that was closed together with the subscription would refuse, and the end would be an error.
    const source = new Positions({ batch: 1 })
    source.add(3)
    let asked = 0
    let meanwhile = () => {}
    source.read = () =>
      readerOf(async function* () {
        for (const position of [1, 2, 3]) {
          asked++
          meanwhile()
          yield [{ position } as RecordedEvent]
        }
      })
    const used = open(source)
    await used.batches.next()
    used.subscription.close()
    expect([await next(used.batches), asked]).toEqual(['ended', 1])
    const read = open(source)
    await read.batches.next()
    meanwhile = () => read.subscription.close()
    expect([await next(read.batches), asked]).toEqual(['ended', 3])
  })

  test('before it begins if its signal has aborted before', async () => {
    const source = new Positions()
    source.add(1)
    const { batches } = open(source, { signal: AbortSignal.abort() })
    expect(await next(batches)).toBe('ended')
    expect(source.reads).toEqual([])
  })

  test('when the loop over it is left, and then keeps no hold on the signal', async () => {
    const source = new Positions()
    source.add(3)
    const { signal, listening } = watchedSignal()
    const subscription = subscribeByReading(source, 'everything', { signal })
    const positions: number[] = []
    for await (const { position } of subscription) {
      expect(listening.size).toBe(1)
      positions.push(position)
      if (positions.length === 2) break
    }
    expect(positions).toEqual([1, 2])
    expect(listening.size).toBe(0)
    // It is read once.
    for await (const { position } of subscription) positions.push(position)
    expect(positions).toEqual([1, 2])
  })

  test('with the error of the store, if reading or waiting fails', async () => {
    const reading = new Positions()
    reading.add(1)
    reading.read = () => {
      throw new Error('no disk')
    }
    await expect(open(reading).batches.next()).rejects.toThrow('no disk')
    const waiting = new Positions()
    waiting.headBeyond = () => Promise.reject(new Error('closed'))
    const { batches } = open(waiting)
    await batches.next()
    await expect(batches.next()).rejects.toThrow('closed')
  })
})

test('it is refused where it would begin at no position', () => {
  expect(() => subscribeByReading(new Positions(), 'everything', { after: -1 })).toThrow(/after/)
})

test('however recording and reading interleave, each selected event comes once and in order, and positions rise', async () => {
  const parameters = fc.record({
    every: fc.integer({ min: 1, max: 4 }),
    batch: fc.integer({ min: 1, max: 4 }),
    after: fc.nat(12),
    // Each step records some events, and then lets some turns of the event loop pass.
    steps: fc.array(fc.record({ count: fc.nat(6), turns: fc.nat(12) }), { maxLength: 15 }),
  })
  await fc.assert(
    fc.asyncProperty(parameters, async ({ every, batch, after, steps }) => {
      const source = new Positions({ every, batch })
      const { subscription, batches } = open(source, { after })
      const got: SubscriptionBatch[] = []
      const reading = (async () => {
        for (let { done, value } = await batches.next(); !done; { done, value } = await batches.next())
          got.push(value)
      })()
      for (const { count, turns } of steps) {
        source.add(count)
        for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      }
      while (source.waiting === 0) await Promise.resolve()
      while (source.last > Math.max(after, got.at(-1)?.position ?? 0)) await Promise.resolve()
      subscription.close()
      await reading
      const expected = Array.from({ length: source.last }, (_, index) => index + 1)
      expect(got.flatMap(({ events }) => events.map(({ position }) => position))).toEqual(
        expected.filter((position) => position > after && position % every === 0),
      )
      const checkpoints = got.map(({ position }) => position)
      expect(checkpoints).toEqual([...new Set(checkpoints)].sort((a, b) => a - b))
      expect(got.at(-1)).toMatchObject({ position: Math.max(after, source.last), live: true })
    }),
    { numRuns: 300 },
  )
})

test('all who wait for the head wake together, and those who gave up are forgotten', async () => {
  const waiters = new HeadWaiters()
  const stop = new AbortController()
  const woken: string[] = []
  const wait = (name: string, signal: AbortSignal) => waiters.wait(signal).then(() => woken.push(name))
  const all = [
    wait('one', new AbortController().signal),
    wait('two', new AbortController().signal),
    wait('given up', stop.signal),
    wait('never began', AbortSignal.abort()),
  ]
  stop.abort()
  await turns()
  expect(woken.sort()).toEqual(['given up', 'never began'])
  waiters.wake()
  await Promise.all(all)
  expect(woken.sort()).toEqual(['given up', 'never began', 'one', 'two'])
})

test('who has been woken is neither held by the signal nor woken again', async () => {
  const waiters = new HeadWaiters()
  const { signal, listening } = watchedSignal()
  let left = 0
  signal.removeEventListener = (_: string, listener: unknown) => {
    left++
    listening.delete(listener)
  }
  const waiting = waiters.wait(signal)
  expect(listening.size).toBe(1)
  waiters.wake()
  waiters.wake()
  await waiting
  expect([listening.size, left]).toEqual([0, 1])
})
