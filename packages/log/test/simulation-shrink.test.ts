import { expect, test } from 'vitest'
import { brokenEngine, firstBroken } from './simulation/found-out.ts'
import { simulateMany } from './simulation/many.ts'
import { parsePlan } from './simulation/plan.ts'
import { shrink } from './simulation/shrink.ts'
import { simulatePlan } from './simulation.ts'

const timeout = 600_000

test('a failure is shrunk to a few operations, and replays exactly from what is printed', {
  timeout,
}, async () => {
  const sabotage = brokenEngine('takes a failed sync for synced')
  const found = await firstBroken(sabotage)
  const { plan } = await shrink(found.plan, async (smaller) => {
    const { broken } = await simulatePlan(smaller, sabotage)
    return broken !== undefined
  })
  const operations = ({ lives }: typeof plan) => lives.flatMap(({ writers }) => writers.flat())
  expect(operations(found.plan).length).toBeGreaterThan(20)
  expect(operations(plan).length).toBeLessThanOrEqual(6)
  expect(plan.lives.length).toBeLessThanOrEqual(2)
  const replayed = await simulatePlan(parsePlan(JSON.stringify(plan)), sabotage)
  expect(replayed.broken).toBeDefined()
  expect(replayed.trace.length).toBeLessThan(found.trace.length)
  expect(replayed).toEqual(await simulatePlan(plan, sabotage))
  // The engine that does it right goes the same way to a good end.
  expect((await simulatePlan(plan)).broken).toBeUndefined()
})

test('what is no plan is refused', () => {
  for (const text of ['', 'null', '{}', '{"lives":[null]}', '{"lives":[{}]}'])
    expect(() => parsePlan(text), text).toThrow('Expected a plan as a failing seed prints it')
})

test('seeds that two threads share come to what they come to in one', { timeout }, async () => {
  const alone = await simulateMany({ seeds: 24, first: 5 })
  expect(await simulateMany({ seeds: 24, first: 5, workers: 2 })).toEqual(alone)
  expect(alone.broken).toBeUndefined()
  expect(alone.counts.answered).toBeGreaterThan(100)
})
