import { createMemoryStore, type EventStore, tenantStore } from '@annals/core'
import { expect, test } from 'vitest'
import { decisionModelScenarios, storeConformance } from '../src/index.ts'

// What a tenant's part of a store does not promise, as its description says.
const exceptions = new Set([
  // The name of the tenant stands before those of streams and ids, and takes one tag of each event and each query.
  'names may be as long as their limits',
  'a condition may have as many items, types and tags as the limit, and no more',
  // An id that it gave is kept as another, and one that the shared store made cannot be told from it.
  'the ids that the store made are known too',
])
const cases = [...storeConformance, ...decisionModelScenarios]

for (const { name, run } of cases.filter((each) => !exceptions.has(each.name))) {
  test(name, () => run(async (options) => tenantStore(createMemoryStore(options), 't1')))
  // It looks at the head, which moves with what others record.
  if (name === 'a condition counts only events after its position, exclusive') continue
  test(`${name}, beside a tenant whose name begins alike`, () =>
    run(async (options) => {
      const shared = createMemoryStore(options)
      return beside(tenantStore(shared, 't'), tenantStore(shared, 't1'))
    }))
}

test('every exception is one of a case that there is', () => {
  const names = cases.map(({ name }) => name)
  for (const name of exceptions) expect(names).toContain(name)
})

/** A store that does the same to another one just before it does it itself. */
function beside(store: EventStore, other: EventStore): EventStore {
  const both =
    <Given extends unknown[], Result>(method: (this: EventStore, ...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      // Whatever comes of it: it is not to change what comes of this one.
      const mirrored = method.apply(other, given).catch(() => undefined)
      const result = method.apply(store, given)
      await mirrored
      return result
    }
  return {
    append: both(store.append),
    retain: both(store.retain),
    truncate: both(store.truncate),
    tombstone: both(store.tombstone),
    read: (...given) => store.read(...given),
    subscribe: (...given) => store.subscribe(...given),
    stream: (name) => store.stream(name),
    streams: (options) => store.streams(options),
    head: () => store.head(),
    close: () => store.close(),
  }
}
