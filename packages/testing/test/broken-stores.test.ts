import { AssertionError } from 'node:assert/strict'
import { createMemoryStore, isAnnalsError } from '@annals/core'
import { expect, test } from 'vitest'
import { type ConformanceCase, type OpenStore, storeConformance } from '../src/index.ts'
import { brokenAppends } from './broken-stores/append.ts'
import { brokenEvents } from './broken-stores/event.ts'
import { brokenHiding } from './broken-stores/hiding.ts'
import { brokenReads } from './broken-stores/read.ts'
import { brokenSubscriptions } from './broken-stores/subscription.ts'
import { changingAppends, changingBatches, changingRecorded, copyOf } from './wrapped-store.ts'

const brokenStores = [brokenAppends, brokenEvents, brokenReads, brokenHiding, brokenSubscriptions].flat()

for (const { breaks, foundBy, wrap } of brokenStores) {
  test(`the suite finds out a store that ${breaks}`, async () => {
    const failure = await firstFailure(foundBy, async (options) => wrap(createMemoryStore(options)))
    expect(failure, 'Expected a case to fail, but all passed.').toBeDefined()
    // Any other error would be one of the wrapper.
    expect(isVerdict(failure?.error), `${failure?.name}: ${failure?.error}`).toBe(true)
  })
}

test('the suite finds nothing in a store that is wrapped but not broken', async () => {
  const failure = await firstFailure(storeConformance, async (options) =>
    changingRecorded(
      changingBatches(
        changingAppends(createMemoryStore(options), (append) => ({ ...append })),
        (batches) => batches,
      ),
      (event) => copyOf(event),
    ),
  )
  expect(failure).toBeUndefined()
})

async function firstFailure(
  cases: readonly ConformanceCase[],
  open: OpenStore,
): Promise<{ readonly name: string; readonly error: unknown } | undefined> {
  for (const { name, run } of cases) {
    try {
      await run(open)
    } catch (error) {
      return { name, error }
    }
  }
  return undefined
}

function isVerdict(error: unknown): boolean {
  return (
    error instanceof AssertionError ||
    isAnnalsError(error) ||
    (error instanceof Error && /^Property failed|^Too many appends/.test(error.message))
  )
}
