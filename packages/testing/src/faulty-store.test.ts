import { createMemoryStore, type EventStore, type StreamAppend } from '@annals/core'
import { expect, test } from 'vitest'
import { createFaultyStore } from './faulty-store.ts'
import { storeConformance } from './store-conformance.ts'

for (const { name, run } of storeConformance) {
  test(`without faults: ${name}`, () =>
    run(async (options) => createFaultyStore(createMemoryStore(options), { seed: 1 })))
}

const append = (number: number, expectedRevision?: StreamAppend['expectedRevision']): StreamAppend => ({
  stream: 'box-1',
  events: [{ type: 'Filled', data: { number } }],
  ...(expectedRevision !== undefined && { expectedRevision }),
})

async function numbersIn(store: EventStore): Promise<unknown[]> {
  const numbers: unknown[] = []
  for await (const { data } of store.read('everything')) numbers.push((data as { number: number }).number)
  return numbers
}

/** What became of calls made one after the other. */
async function outcomes(calls: readonly (() => Promise<unknown>)[]): Promise<string[]> {
  const told: string[] = []
  for (const call of calls)
    told.push(
      await call().then(
        () => 'done',
        ({ code }) => code,
      ),
    )
  return told
}

test('an append that meets a conflict is refused and not recorded', async () => {
  const memory = createMemoryStore()
  const store = createFaultyStore(memory, { seed: 1, conflicts: 1 })
  const told = await outcomes([
    () => store.append(append(1, 'no-stream')),
    () => store.append(append(2, 7)),
    () => store.append(append(3), { failIfEventsMatch: [{ types: ['Other'] }] }),
    () => store.append(append(4)),
    () => store.append(append(5, 'stream-exists')),
  ])
  expect(told).toEqual([
    'wrong-expected-revision',
    'wrong-expected-revision',
    'append-condition-failed',
    'done',
    'done',
  ])
  expect(await numbersIn(memory)).toEqual([4, 5])
  expect(store.met.conflicts).toBe(3)
})

test('another writer records its event just before, and what no longer holds is refused by the store itself', async () => {
  const memory = createMemoryStore()
  const store = createFaultyStore(memory, { seed: 1, conflicts: 1, otherWriter: () => append(-1) })
  const told = await outcomes([() => store.append(append(1, 'no-stream')), () => store.append(append(2, 1))])
  expect(told).toEqual(['wrong-expected-revision', 'done'])
  expect(await numbersIn(memory)).toEqual([-1, -1, 2])
})

test('an append whose answer is lost is recorded', async () => {
  const memory = createMemoryStore()
  const store = createFaultyStore(memory, { seed: 1, lostAnswers: 1 })
  expect(await outcomes([() => store.append(append(1)), () => store.append(append(2, 5))])).toEqual([
    'store-failed',
    'wrong-expected-revision',
  ])
  expect(await numbersIn(memory)).toEqual([1])
})

test('a delayed store gives the same answers, and appends in the order in which they were made', async () => {
  const memory = createMemoryStore()
  const store = createFaultyStore(memory, { seed: 3, delays: 0.5 })
  const numbers = Array.from({ length: 50 }, (_, index) => index)
  await Promise.all(numbers.map((number) => store.append(append(number))))
  expect(await numbersIn(store)).toEqual(numbers)
  expect(store.met.delays).toBeGreaterThan(10)
})

test('a broken subscription fails, and the next goes on from its checkpoint', async () => {
  const store = createFaultyStore(createMemoryStore(), { seed: 5, brokenSubscriptions: 0.3 })
  const seen: unknown[] = []
  let [position, failures] = [0, 0]
  for (let number = 0; number < 40; number++) {
    await store.append(append(number))
    while (seen.length <= number) {
      try {
        for await (const batch of store.subscribe('everything', { after: position }).batches()) {
          seen.push(...batch.events.map(({ revision }) => revision))
          position = batch.position
          if (batch.live) break
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'store-failed' })
        failures++
      }
    }
  }
  expect(seen).toEqual(Array.from({ length: 40 }, (_, index) => index))
  expect(failures).toBe(store.met.brokenSubscriptions)
  expect(failures).toBeGreaterThan(3)
})

test('from its crash on every call, reader and subscription fails, and what is recorded stays', async () => {
  const memory = createMemoryStore()
  const store = createFaultyStore(memory, { seed: 1, crashAtCall: 3 })
  const following = (async () => {
    for await (const _ of store.subscribe({ category: 'other' })) expect.unreachable()
  })()
  following.catch(() => undefined)
  const told = await outcomes([
    () => store.append(append(1)),
    () => store.append(append(2)),
    () => store.append(append(3)),
    () => store.append(append(4)),
    () => store.head(),
    () => numbersIn(store),
    () => store.stream('box-1'),
    () => store.truncate('box-1', { beforeRevision: 1 }),
    async () => store.subscribe('everything'),
  ])
  expect(told.at(-1)).toBe('store-failed')
  expect(new Set(told.slice(3))).toEqual(new Set(['store-failed']))
  expect(store.crashed).toBe(true)
  await expect(following).rejects.toMatchObject({ code: 'store-failed' })
  expect((await numbersIn(memory)).slice(0, 1)).toEqual([1])
})

test('an append that meets the crash is recorded or not, as chance has it, but its answer never comes', async () => {
  const recorded = new Set<number>()
  for (let seed = 0; seed < 20; seed++) {
    const memory = createMemoryStore()
    const store = createFaultyStore(memory, { seed, crashAtCall: 1 })
    expect(await outcomes([() => store.append(append(1))])).toEqual(['store-failed'])
    recorded.add(await memory.head())
  }
  expect(recorded).toEqual(new Set([0, 1]))
})

test('the same seed gives the same faults, another gives others', async () => {
  const run = async (seed: number) => {
    const store = createFaultyStore(createMemoryStore(), {
      seed,
      conflicts: 0.2,
      lostAnswers: 0.2,
      crashes: 0.02,
    })
    return outcomes(Array.from({ length: 60 }, (_, number) => () => store.append(append(number, number - 1))))
  }
  expect(await run(7)).toEqual(await run(7))
  expect(await run(7)).not.toEqual(await run(8))
})

test.each([-0.1, 1.1, Number.NaN])('%s is no probability', (conflicts) => {
  expect(() => createFaultyStore(createMemoryStore(), { seed: 1, conflicts })).toThrow(
    'a probability from 0 to 1',
  )
})
