import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GroupWorkers, type Handle, leaseMs } from '../../test/group-workers.ts'
import { AnnalsError, isAnnalsError } from '../errors.ts'

const keys = Array.from({ length: 24 }, (_, index) => `thing-${index}`)

test('workers share the keys, and each event is handled once, in the order of its key', async () => {
  const workers = new GroupWorkers()
  const apps = [await workers.start('a'), await workers.start('b'), await workers.start('c')]
  await workers.pass((leaseMs * 2) / 3 + 250)
  const held = await Promise.all(apps.map(async (app) => (await app.consumer('count').status()).group))
  expect(held.map((group) => group?.held.length).toSorted()).toEqual([2, 3, 3])
  expect(held.flatMap((group) => group?.held).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(held[0]).toMatchObject({ partitions: 8, workers: 3 })
  await workers.record(...keys, ...keys, ...keys)
  await workers.pass(500)
  for (const key of keys) expect(workers.firsts(key)).toEqual(await workers.recorded(key))
  expect(workers.repeated()).toEqual([])
  expect(new Set(workers.deliveries.map(({ worker }) => worker)).size).toBe(3)
  for (const app of apps) await app.close()
})

test('a worker that stops leaves its keys to the others at once, and nothing is handled again', async () => {
  const workers = new GroupWorkers()
  const stopping = await workers.start('stopping')
  const staying = await workers.start('staying')
  await workers.pass(2 * leaseMs)
  await workers.record(...keys)
  await workers.pass(250)
  await stopping.close()
  await workers.record(...keys)
  await workers.pass(leaseMs / 3 + 250)
  for (const key of keys) expect(workers.firsts(key)).toEqual(await workers.recorded(key))
  expect(workers.repeated()).toEqual([])
  await staying.close()
})

test('the keys of a dead worker move within 4/3 of a lease, and handled again is only what it did in its last second', async () => {
  const workers = new GroupWorkers()
  await workers.start('dead')
  const heir = await workers.start('heir')
  await workers.pass(2 * leaseMs)
  for (let second = 0; second < 8; second++) {
    await workers.record(...keys)
    await workers.pass(500)
  }
  workers.kill('dead')
  const diedAtMs = workers.time.clock()
  await workers.record(...keys)
  await workers.pass((leaseMs * 4) / 3 + 250)
  for (const key of keys) expect(workers.firsts(key)).toEqual(await workers.recorded(key))
  const ofDead = workers.deliveries.filter(({ worker }) => worker === 'dead')
  expect(ofDead.length).toBeGreaterThan(0)
  const repeated = workers.repeated()
  for (const number of repeated) {
    const first = ofDead.find((each) => each.number === number)
    expect(diedAtMs - (first?.atMs ?? 0)).toBeLessThanOrEqual(1_000 + 250)
  }
  expect(repeated.length).toBeLessThan(ofDead.length / 2)
  await heir.close()
})

test('beyond an event that it was still trying, a dead worker has done at most 1,000 that are handled again', async () => {
  const workers = new GroupWorkers()
  const handle: Handle = async ({ stream }, { attempt }) => {
    if (stream === 'thing-stuck' && attempt < 3) await new Promise(() => {})
  }
  await workers.start('dead', { handle, changes: { partitions: 1 } })
  await workers.record('thing-stuck', ...Array.from({ length: 1_500 }, () => 'thing-1'))
  for (let second = 0; second < 10; second++) await workers.pass(1_000)
  const done = workers.deliveries.length
  expect(done).toBeGreaterThan(500)
  expect(done).toBeLessThan(1_000)
  workers.kill('dead')
  const heir = await workers.start('heir', { changes: { partitions: 1 } })
  await workers.pass(2 * leaseMs)
  await expect.poll(() => workers.firsts('thing-1').length).toBe(1_500)
  expect(workers.firsts('thing-1')).toEqual(await workers.recorded('thing-1'))
  expect(workers.repeated()).toHaveLength(done)
  await heir.close()
})

test('a worker that stood still for longer than its lease does nothing more until it is given keys anew', async () => {
  const workers = new GroupWorkers()
  const frozen = await workers.start('frozen', { changes: { parallelMax: 1 } })
  const other = await workers.start('other')
  await workers.pass(2 * leaseMs)
  workers.freeze('frozen')
  await workers.record(...keys, ...keys)
  await workers.pass(2 * leaseMs)
  for (const key of keys) expect(workers.firsts(key)).toEqual(await workers.recorded(key))
  await workers.wake('frozen')
  // The one in which it stood still comes to its end; those behind it are not begun.
  expect(workers.deliveries.filter(({ worker }) => worker === 'frozen').length).toBeLessThanOrEqual(1)
  await workers.pass(2 * leaseMs)
  expect(await frozen.consumer('count').status()).toMatchObject({ state: 'live', group: { workers: 2 } })
  expect((await frozen.consumer('count').status()).group?.held).toHaveLength(4)
  await workers.record(...keys)
  await workers.pass(500)
  for (const key of keys) expect(workers.firsts(key)).toEqual(await workers.recorded(key))
  await frozen.close()
  await other.close()
})

test('a worker that stood still alone goes on by itself', async () => {
  const workers = new GroupWorkers()
  const app = await workers.start('a', { changes: { parallelMax: 1 } })
  await workers.record('thing-1')
  await workers.pass(500)
  workers.freeze('a')
  await workers.record(...keys)
  await workers.pass(2 * leaseMs)
  await workers.wake('a')
  await workers.pass(leaseMs)
  for (const key of keys) expect(workers.firsts(key)).toEqual(await workers.recorded(key))
  expect(await app.consumer('count').status()).toMatchObject({ state: 'live', error: undefined })
  await app.close()
})

test('a worker parks nothing of what it has lost', async () => {
  const workers = new GroupWorkers()
  const stale = await workers.start('stale', {
    changes: { retry: { attemptsMax: 1 } },
    handle: async () => {
      throw new Error('bad, here')
    },
  })
  workers.freeze('stale')
  await workers.record('thing-1', 'thing-1')
  const other = await workers.start('other')
  await workers.pass(2 * leaseMs)
  await workers.wake('stale')
  await workers.record('thing-1')
  await workers.pass(leaseMs)
  expect(await workers.coordinator.journal('count', 0)).toEqual([])
  expect(other.consumer('count').parked()).toEqual([])
  await stale.close()
  await other.close()
})

test('a partition is not given on while a handler of it still runs, however long that takes', async () => {
  const workers = new GroupWorkers()
  const isDone = Promise.withResolvers<void>()
  let running = 0
  const handle: Handle = async ({ stream }) => {
    if (stream !== 'thing-1') return
    expect(++running).toBe(1)
    await isDone.promise
    running--
  }
  const slow = await workers.start('slow', { handle })
  await workers.record('thing-1', 'thing-1')
  await workers.pass(250)
  expect(running).toBe(1)
  const other = await workers.start('other', { handle })
  const closed = slow.close()
  await workers.pass(5 * leaseMs)
  expect(workers.deliveries).toEqual([])
  expect((await other.consumer('count').status()).group).toMatchObject({
    workers: 2,
    held: expect.any(Array),
  })
  expect((await other.consumer('count').status()).group?.held).toHaveLength(7)
  isDone.resolve()
  await workers.pass(leaseMs)
  await closed
  expect((await other.consumer('count').status()).group?.held).toHaveLength(8)
  expect(workers.firsts('thing-1')).toEqual(await workers.recorded('thing-1'))
  await other.close()
})

test('a key that cannot be handled is parked while the others go on, also when it has moved to another worker', async () => {
  const workers = new GroupWorkers()
  let isMended = false
  const attempts: number[] = []
  const handle: Handle = async ({ stream, data }, { attempt, token }) => {
    if (stream !== 'thing-bad' || isMended) return
    attempts.push(attempt)
    expect(token).toMatch(/^count:/)
    throw new Error(`${data.number} is bad`)
  }
  const first = await workers.start('first', { handle })
  await workers.record('thing-bad', 'thing-1', 'thing-bad', 'thing-2')
  await workers.pass(500)
  expect(attempts).toEqual([1, 2])
  expect(first.consumer('count').parked()).toMatchObject([
    { key: 'thing-bad', stream: 'thing-bad', revision: 0, attempts: 2, error: '1 is bad', state: 'parked' },
  ])
  workers.kill('first')
  const second = await workers.start('second', { handle })
  await workers.pass(2 * leaseMs)
  await workers.record('thing-bad', 'thing-1')
  await workers.pass(500)
  expect(attempts).toEqual([1, 2])
  expect(second.consumer('count').parked()).toMatchObject([{ key: 'thing-bad', error: '1 is bad' }])
  expect(await second.consumer('count').status()).toMatchObject({ parkedKeys: 1, state: 'live' })
  isMended = true
  await second.consumer('count').retry('thing-bad', { caller: { id: 'ann' } })
  expect(workers.firsts('thing-bad')).toEqual(await workers.recorded('thing-bad'))
  expect(workers.firsts('thing-1')).toEqual(await workers.recorded('thing-1'))
  expect(second.consumer('count').parked()).toEqual([])
  const journal = await workers.coordinator.journal('count', 0)
  expect(journal.map(({ number, type, metadata }) => [number, type, metadata])).toEqual([
    [0, 'EventParked', undefined],
    [1, 'KeyRetried', { $callerId: 'ann' }],
    [2, 'KeyReleased', undefined],
  ])
  await second.close()
})

test.each(['retry', 'edit', 'discard'] as const)(
  'to %s a parked key that another worker has is recorded at once, and done by that one with its next heartbeat',
  async (action) => {
    const workers = new GroupWorkers()
    let isMended = false
    const handled: number[] = []
    const handle: Handle = async ({ data }) => {
      if (data.number === 1 && !isMended) throw new Error('bad')
      handled.push(data.number)
    }
    const holder = await workers.start('holder', { handle })
    const operator = await workers.start('operator', { handle, joinsGroups: false })
    await workers.record('thing-bad', 'thing-bad')
    await workers.pass(500)
    expect(await operator.consumer('count').status()).toMatchObject({
      parkedKeys: 1,
      group: { workers: 1, held: [] },
    })
    const consumer = operator.consumer('count')
    isMended = action === 'retry'
    const options = { caller: { id: 'ann' } }
    if (action === 'edit') await consumer.edit('thing-bad', { number: 10 }, options)
    else await consumer[action]('thing-bad', options)
    expect(consumer.parked()).toMatchObject([{ key: 'thing-bad', state: 'retrying' }])
    expect(handled).toEqual([])
    await workers.pass(leaseMs / 3 + 250)
    expect(handled).toEqual({ retry: [1, 2], edit: [10, 2], discard: [2] }[action])
    expect(holder.consumer('count').parked()).toEqual([])
    await holder.close()
    expect((await operator.consumer('count').status()).parkedKeys).toBe(0)
    await operator.close()
  },
)

test('keys of several partitions that are retried at once are all handled', async () => {
  const workers = new GroupWorkers()
  let isMended = false
  const handle: Handle = async () => {
    if (!isMended) throw new Error('bad')
  }
  const holder = await workers.start('holder', { handle })
  const operator = await workers.start('operator', { joinsGroups: false })
  await workers.record(...keys, ...keys)
  await workers.pass(500)
  await operator.consumer('count').status()
  isMended = true
  for (const { key } of operator.consumer('count').parked()) await operator.consumer('count').retry(key)
  await workers.pass(leaseMs)
  for (const key of keys) expect(workers.firsts(key)).toEqual(await workers.recorded(key))
  expect(holder.consumer('count').parked()).toEqual([])
  await holder.close()
  await operator.close()
})

test('dealing with a key that is not parked is an error, for workers and for those who look', async () => {
  const workers = new GroupWorkers()
  const worker = await workers.start('worker')
  const looker = await workers.start('looker', { joinsGroups: false })
  await workers.pass(0)
  for (const app of [worker, looker]) {
    const error = await app
      .consumer('count')
      .retry('thing-1')
      .catch((reason: unknown) => reason)
    expect(isAnnalsError(error, 'key-not-parked') && error.details).toEqual({
      consumer: 'count',
      key: 'thing-1',
    })
    await app.close()
  }
})

test('an event whose key cannot be told is parked once, with its stream', async () => {
  const workers = new GroupWorkers()
  const key = ({ stream }: { stream: string }) => {
    if (stream === 'thing-odd') throw new Error('no key in it')
    return stream === 'thing-empty' ? '' : stream === 'thing-none' ? undefined : 'same'
  }
  const app = await workers.start('a', { changes: { key } })
  await workers.record('thing-odd', 'thing-empty', 'thing-1', 'thing-none', 'thing-2')
  await workers.pass(500)
  expect(
    app
      .consumer('count')
      .parked()
      .map(({ key }) => key)
      .toSorted(),
  ).toEqual(['thing-empty', 'thing-odd'])
  expect(await workers.coordinator.journal('count', 0)).toHaveLength(2)
  expect(workers.deliveries.map(({ key, number }) => [key, number])).toEqual([
    ['same', 3],
    ['same', 5],
  ])
  await app.close()
})

test('no more events are handled at once than the worker has room for, over all of its partitions', async () => {
  const workers = new GroupWorkers()
  let running = 0
  let most = 0
  const handle: Handle = async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
  }
  const app = await workers.start('a', { handle, changes: { parallelMax: 3 } })
  await workers.record(...keys)
  await expect.poll(() => workers.deliveries.length).toBe(keys.length)
  expect(most).toBe(3)
  await app.close()
})

test('a paused worker leaves its keys to the others, and resuming gives it its share again', async () => {
  const workers = new GroupWorkers()
  const a = await workers.start('a')
  const b = await workers.start('b')
  await workers.pass(2 * leaseMs)
  await a.consumer('count').pause()
  expect(await a.consumer('count').status()).toMatchObject({
    state: 'paused',
    group: { held: [], workers: 1 },
  })
  await workers.record(...keys)
  await workers.pass(leaseMs / 3 + 250)
  expect(new Set(workers.deliveries.map(({ worker }) => worker))).toEqual(new Set(['b']))
  expect(workers.deliveries).toHaveLength(keys.length)
  await a.consumer('count').resume()
  await workers.pass(leaseMs)
  expect((await a.consumer('count').status()).group?.held).toHaveLength(4)
  expect(workers.repeated()).toEqual([])
  await a.close()
  await b.close()
})

test('a reset has all workers begin again, with nothing parked and what was discarded still passed over', async () => {
  const workers = new GroupWorkers()
  const handle: Handle = async ({ data }) => {
    if (data.number <= 2) throw new Error('bad')
  }
  const a = await workers.start('a', { handle })
  const b = await workers.start('b', { handle })
  await workers.pass(2 * leaseMs)
  await workers.record('thing-bad', 'thing-worse', 'thing-1', 'thing-2')
  await workers.pass(500)
  await a.consumer('count').discard('thing-bad')
  await workers.pass(leaseMs)
  expect(workers.deliveries).toHaveLength(2)
  const reset = b.consumer('count').reset()
  await workers.pass(leaseMs)
  await reset
  await workers.pass(leaseMs)
  expect(workers.deliveries.map(({ number }) => number).toSorted()).toEqual([3, 3, 4, 4])
  expect(a.consumer('count').parked()).toMatchObject([{ key: 'thing-worse', attempts: 2 }])
  await a.close()
  await b.close()
})

test('while the coordinator cannot be reached a worker goes on until its lease ends, and takes part again by itself', async () => {
  const workers = new GroupWorkers()
  let isBroken = false
  const coordinator: typeof workers.coordinator = {
    ...workers.coordinator,
    change: async (group, change) => {
      if (isBroken) throw new AnnalsError('disk-error', 'The disk is away.', { path: 'x', errno: 'EIO' })
      return workers.coordinator.change(group, change)
    },
  }
  const app = await workers.start('a', { coordinator })
  await workers.record('thing-1')
  await workers.pass(1_000)
  isBroken = true
  await workers.record('thing-1')
  await workers.pass(leaseMs / 3)
  expect(workers.firsts('thing-1')).toEqual([1, 2])
  await workers.pass(leaseMs)
  await workers.record('thing-1')
  await workers.pass(leaseMs)
  expect(workers.firsts('thing-1')).toEqual([1, 2])
  const status = await app.consumer('count').status()
  expect(status).toMatchObject({ state: 'failed', group: { held: [] } })
  expect(status.error?.message).toBe('The disk is away.')
  isBroken = false
  await workers.pass(leaseMs)
  expect(workers.firsts('thing-1')).toEqual([1, 2, 3])
  expect(await app.consumer('count').status()).toMatchObject({ state: 'live', error: undefined })
  await app.close()
})

test('what the coordinator refuses for a moment is done a moment later', async () => {
  const workers = new GroupWorkers()
  let calls = 0
  let isRefusing = true
  const coordinator: typeof workers.coordinator = {
    ...workers.coordinator,
    change: async (group, change) => {
      // The first ones, or a worker would not even start; then two of five.
      if (isRefusing && ++calls > 4 && calls % 5 < 2)
        throw new AnnalsError('store-locked', 'Busy.', { directory: 'x', processId: undefined })
      return workers.coordinator.change(group, change)
    },
  }
  const handle: Handle = async ({ data }) => {
    if (data.number % 10 === 0) throw new Error('bad')
  }
  const apps = [
    await workers.start('a', { coordinator, handle }),
    await workers.start('b', { coordinator, handle }),
  ]
  for (let round = 0; round < 5; round++) {
    await workers.record(...keys)
    await workers.pass(leaseMs)
  }
  const expectAllHandled = async () => {
    const parked = apps[1]?.consumer('count').parked() ?? []
    expect(parked.length).toBeGreaterThan(5)
    for (const key of keys) {
      const recorded = await workers.recorded(key)
      const isParked = parked.some((each) => each.key === key)
      const upTo = isParked ? recorded.findIndex((number) => number % 10 === 0) : recorded.length
      expect(workers.firsts(key)).toEqual(recorded.slice(0, upTo))
    }
  }
  isRefusing = false
  await workers.pass(2 * leaseMs)
  await expectAllHandled()
  const held = await Promise.all(
    apps.map(async (app) => (await app.consumer('count').status()).group?.held.length),
  )
  expect(held).toEqual([4, 4])
  isRefusing = true
  await apps[0]?.close()
  await workers.record(...keys)
  await workers.pass(2 * leaseMs)
  isRefusing = false
  await workers.pass(3 * leaseMs)
  await expectAllHandled()
  expect((await apps[1]?.consumer('count').status())?.group).toMatchObject({ workers: 1 })
  await apps[1]?.close()
})

test('a partition that is lost while it is only being begun is not worked on twice', async () => {
  const workers = new GroupWorkers()
  let isBroken = false
  const reading = Promise.withResolvers<void>()
  let reads = 0
  const coordinator: typeof workers.coordinator = {
    ...workers.coordinator,
    change: async (group, change) => {
      if (isBroken) throw new AnnalsError('disk-error', 'The disk is away.', { path: 'x', errno: 'EIO' })
      return workers.coordinator.change(group, change)
    },
    journal: async (group, from) => {
      // The first is that of the application itself, those of its eight partitions follow.
      if (++reads > 1 && reads <= 9) await reading.promise
      return workers.coordinator.journal(group, from)
    },
  }
  const app = await workers.start('a', { coordinator })
  await workers.record(...keys)
  isBroken = true
  await workers.pass(2 * leaseMs)
  expect((await app.consumer('count').status()).group?.held).toEqual([])
  reading.resolve()
  isBroken = false
  await workers.pass(leaseMs)
  for (const key of keys) expect(workers.firsts(key)).toEqual(await workers.recorded(key))
  expect(workers.repeated()).toEqual([])
  await app.close()
})

test('a worker whose store fails leaves the group to the others and says why, until it is resumed', async () => {
  const workers = new GroupWorkers()
  let isBroken = true
  const a = await workers.start('a', {
    handle: async () => {
      if (isBroken) throw new AnnalsError('disk-full', 'There is no room.', { path: 'x' })
    },
  })
  const b = await workers.start('b', {})
  await workers.pass(2 * leaseMs)
  await workers.record(...keys)
  await workers.pass(leaseMs)
  expect(await a.consumer('count').status()).toMatchObject({
    state: 'failed',
    group: { held: [], workers: 1 },
  })
  expect((await a.consumer('count').status()).error?.message).toBe('There is no room.')
  for (const key of keys) expect(workers.firsts(key)).toEqual(await workers.recorded(key))
  isBroken = false
  await a.consumer('count').resume()
  await workers.pass(leaseMs)
  expect(await a.consumer('count').status()).toMatchObject({ state: 'live', group: { workers: 2 } })
  await a.close()
  await b.close()
})

test('an application that does not join tells of the group, does nothing in it, and cannot be paused', async () => {
  const workers = new GroupWorkers()
  const looker = await workers.start('looker', { joinsGroups: false })
  await workers.record('thing-1')
  await workers.pass(leaseMs)
  expect(await looker.consumer('count').status()).toMatchObject({
    state: 'stopped',
    position: 0,
    lagEvents: 1,
    group: { partitions: 8, held: [], workers: 0 },
  })
  expect(workers.deliveries).toEqual([])
  await expect(looker.consumer('count').pause()).rejects.toThrow('no worker in this application')
  const worker = await workers.start('worker')
  await workers.pass(leaseMs)
  expect(await looker.consumer('count').status()).toMatchObject({
    state: 'live',
    lagEvents: 0,
    group: { workers: 1 },
  })
  await looker.close()
  await worker.close()
})

test('workers that count different numbers of partitions do not work together', async () => {
  const workers = new GroupWorkers()
  const app = await workers.start('a')
  await expect(workers.start('b', { changes: { partitions: 9 } })).rejects.toThrow(
    'its workers count 8 partitions and this one 9; stop them all',
  )
  await app.close()
  await workers.record(...keys)
  const changed = await workers.start('c', { changes: { partitions: 9 } })
  await workers.pass(500)
  expect(workers.deliveries).toHaveLength(keys.length)
  await changed.close()
})

test('whatever happens to workers, nothing is skipped, first deliveries are in order, and little is delivered again', async () => {
  const action = fc.oneof(
    { weight: 2, arbitrary: fc.constant('start' as const) },
    { weight: 2, arbitrary: fc.constant('kill' as const) },
    { weight: 1, arbitrary: fc.constant('stop' as const) },
    { weight: 2, arbitrary: fc.constant('freeze' as const) },
    { weight: 2, arbitrary: fc.constant('wake' as const) },
    { weight: 4, arbitrary: fc.constant('record' as const) },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(action, fc.nat(3), fc.integer({ min: 0, max: 2_000 })), {
        minLength: 5,
        maxLength: 20,
      }),
      async (actions) => {
        const workers = new GroupWorkers()
        const running = new Map<number, Awaited<ReturnType<typeof workers.start>>>()
        const frozen = new Set<number>()
        let number = 0
        let repeatedMax = 0
        // A worker that ends takes with it at most what all of them did within a second, as far as that was not saved; and what
        // it was just doing.
        const ended = () => {
          const sinceMs = workers.time.clock() - 1_250
          repeatedMax += workers.deliveries.filter(({ atMs }) => atMs >= sinceMs).length + 8
        }
        const start = async (slot: number) => running.set(slot, await workers.start(`w${slot}.${++number}`))
        const names = new Map<number, string>()
        const begin = async (slot: number) => {
          await start(slot)
          names.set(slot, `w${slot}.${number}`)
        }
        await begin(0)
        for (const [what, slot, ms] of actions) {
          const app = running.get(slot)
          const name = names.get(slot) ?? ''
          if (what === 'record') await workers.record(...keys.slice(0, 8))
          else if (what === 'start' && !app) await begin(slot)
          else if (app && what === 'kill') {
            workers.kill(name)
            running.delete(slot)
            frozen.delete(slot)
            ended()
          } else if (app && what === 'stop' && !frozen.has(slot)) {
            await app.close()
            running.delete(slot)
          } else if (app && what === 'freeze' && !frozen.has(slot)) {
            workers.freeze(name)
            frozen.add(slot)
            ended()
          } else if (app && what === 'wake' && frozen.delete(slot)) await workers.wake(name)
          await workers.pass(ms)
        }
        for (const slot of frozen) await workers.wake(names.get(slot) ?? '')
        if (running.size === 0) await begin(0)
        await workers.pass(3 * leaseMs)
        for (const key of keys.slice(0, 8)) expect(workers.firsts(key)).toEqual(await workers.recorded(key))
        expect(workers.repeated().length).toBeLessThanOrEqual(repeatedMax)
        for (const app of running.values()) await app.close()
      },
    ),
    { numRuns: 20 },
  )
})
