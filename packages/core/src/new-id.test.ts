import { expect, test } from 'vitest'
import { countingIds } from './new-id.ts'

test('the ids of one run count up behind its name', () => {
  const newId = countingIds('run')
  expect([newId(), newId(), newId()]).toEqual(['run-1', 'run-2', 'run-3'])
})

test('two runs have no id in common', () => {
  const runs = Array.from({ length: 1_000 }, () => countingIds()())
  expect(new Set(runs).size).toBe(1_000)
  for (const id of runs) expect(id).toMatch(/^[0-9a-f]{15}-1$/)
})
