import { createMemoryStore } from '@annals/core'
import { expect, test } from 'vitest'
import { decisionModelScenarios, storeConformance } from '../src/index.ts'

const cases = [...storeConformance, ...decisionModelScenarios]

for (const { name, run } of cases) test(name, () => run(async (options) => createMemoryStore(options)))

test('every case of the suites has a name of its own', () => {
  const names = cases.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})
