import { expect, test } from 'vitest'
import { brokenEngine, firstBroken } from './simulation/found-out.ts'
import { simulate, simulatePlan } from './simulation.ts'

const seeds = Number(process.env.ANNALS_SIMULATED_SEEDS ?? 400)
const timeout = 600_000

test(`of ${seeds} stores that are crashed, killed and damaged at random calls none breaks a promise`, {
  timeout,
}, async () => {
  const sum = { crashes: 0, kills: 0, flips: 0, answered: 0 }
  for (let seed = 1; seed <= seeds; seed++) {
    const { broken, counts } = await simulate(seed)
    expect(broken, `seed ${seed}; npm run simulate -- 1 ${seed} shows the shortest way to it`).toBeUndefined()
    for (const name of ['crashes', 'kills', 'flips', 'answered'] as const) sum[name] += counts[name]
  }
  expect(sum.crashes).toBeGreaterThan(seeds / 2)
  expect(sum.kills).toBeGreaterThan(seeds / 3)
  expect(sum.flips).toBeGreaterThan(seeds / 5)
  expect(sum.answered).toBeGreaterThan(seeds * 15)
})

test('the same seed gives the same calls, and the same end', { timeout }, async () => {
  const sabotage = brokenEngine('takes a failed write for written')
  const found = await firstBroken(sabotage)
  expect(found.trace.length).toBeGreaterThan(0)
  expect(await simulatePlan(found.plan, sabotage)).toEqual(found)
})
