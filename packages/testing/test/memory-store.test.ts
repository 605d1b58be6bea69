import { createMemoryStore } from '@annals/core'
import { expect, test } from 'vitest'
import { storeConformance } from '../src/index.ts'

for (const { name, run } of storeConformance)
  test(name, () => run(async (options) => createMemoryStore(options)))

test('every case of the suite has a name of its own', () => {
  const names = storeConformance.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})
