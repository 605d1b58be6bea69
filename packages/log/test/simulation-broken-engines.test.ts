import { expect, test } from 'vitest'
import type { LogStore } from '../src/index.ts'
import { brokenEngines } from './simulation/broken-engines.ts'
import { firstBroken } from './simulation/found-out.ts'
import { withFiles, withMethods } from './simulation/sabotage.ts'
import { simulate } from './simulation.ts'

for (const [name, sabotage] of Object.entries(brokenEngines)) {
  test(`an engine that ${name} is found out`, { timeout: 600_000 }, async () => {
    expect((await firstBroken(sabotage)).broken).toBeDefined()
  })
}

test('an engine that is wrapped but not broken is not', async () => {
  const wrapped = {
    disk: withFiles('', {}),
    store: (store: LogStore) => withMethods(store, {}),
  }
  for (let seed = 1; seed <= 40; seed++) {
    const { plan, counts } = await simulate(seed)
    expect(await simulate(seed, wrapped)).toEqual({ plan, counts, broken: undefined, trace: [] })
  }
})
