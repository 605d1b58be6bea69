import assert from 'node:assert/strict'
import { categoryOf, type EventStore, type Selection } from '@annals/core'
import { eventsOf, readData, readUntil } from './collect.ts'

/**
 * Stops unless exactly these events are seen: by stream, by category, by event query, in everything, in both
 * directions, and by a subscription. Events are called by their data, and their type must be `Happened`.
 */
export async function expectVisible(
  store: EventStore,
  streams: Readonly<Record<string, readonly number[]>>,
  everything: readonly number[],
): Promise<void> {
  for (const [stream, data] of Object.entries(streams)) await expectSeen(store, { stream }, data)
  for (const category of new Set(Object.keys(streams).map(categoryOf))) {
    const ofCategory = Object.entries(streams).flatMap(([name, data]) =>
      categoryOf(name) === category ? data : [],
    )
    await expectSeen(
      store,
      { category },
      everything.filter((data) => ofCategory.includes(data)),
    )
  }
  await expectSeen(store, { query: [{ types: ['Happened'] }] }, everything)
  await expectSeen(store, 'everything', everything)
}

async function expectSeen(store: EventStore, selection: Selection, data: readonly number[]): Promise<void> {
  const about = JSON.stringify(selection)
  assert.deepEqual(await readData(store, selection), data, about)
  assert.deepEqual(
    await readData(store, selection, { direction: 'backwards' }),
    data.toReversed(),
    `${about} backwards`,
  )
  assert.deepEqual(
    await readData(store, selection, { direction: 'backwards', limit: 2 }),
    data.toReversed().slice(0, 2),
    `${about} backwards with a limit`,
  )
  const batches = await readUntil(store.subscribe(selection), await store.head())
  assert.deepEqual(
    eventsOf(batches).map((event) => event.data),
    data,
    `a subscription to ${about}`,
  )
}
