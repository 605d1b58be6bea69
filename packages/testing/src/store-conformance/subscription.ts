import assert from 'node:assert/strict'
import {
  type Appended,
  type EventStore,
  type Position,
  type RecordedEvent,
  type Selection,
  type SubscribeOptions,
  startOfLog,
} from '@annals/core'
import { type ConformanceCase, storeCase } from './case.ts'
import { eventsOf, numbered, plain, readAll, readUntil } from './collect.ts'
import { expectError } from './expect-error.ts'
import { invalidQueries } from './query-table.ts'
import { invalidSelections } from './read.ts'

const selections: Readonly<Record<string, Selection>> = {
  everything: 'everything',
  'a category': { category: 'odd' },
  'an event query': { query: [{ types: ['Third'] }, { tags: ['writer:1', 'even'] }] },
  'a stream': { stream: 'odd-3' },
  'a stream between revisions': { stream: 'odd-3', fromRevision: 5, toRevision: 30 },
}

/** Subscriptions: catch-up, live, checkpoints and how they end. */
export const subscriptionCases: readonly ConformanceCase[] = [
  ...Object.entries(selections).map(([name, selection]) =>
    storeCase(
      `a subscription to ${name} has neither gap nor duplicate while 8 writers append`,
      async (store) => {
        await write(store, 8, 5)
        const middle = await store.head()
        const ending: Ending = {}
        const readers = [startOfLog, middle].map((after) => follow(store, selection, after, ending))
        await write(store, 8, 20)
        ending.append = store.append({ stream: 'odd-3', events: numbered(1) })
        const [fromStart, fromMiddle] = await Promise.all(readers)
        assert.deepEqual(plain(fromStart ?? []), plain(await readAll(store, selection)))
        assert.deepEqual(plain(fromMiddle ?? []), plain(await readAll(store, selection, { after: middle })))
      },
    ),
  ),

  storeCase('the events of a subscription one by one are those of its batches', async (store) => {
    await store.append({ stream: 'odd-3', events: numbered(2_500) })
    const events: RecordedEvent[] = []
    const reading = (async () => {
      for await (const event of store.subscribe('everything')) {
        events.push(event)
        if (event.type === 'Ended') break
      }
    })()
    await write(store, 8, 10)
    const { position } = await store.append({ stream: 'odd-3', events: numbered(1, 0, 'Ended') })
    await reading
    assert.deepEqual(plain(events), plain(eventsOf(await readUntil(store.subscribe('everything'), position))))
  }),

  storeCase('a subscription begins with the first event after its checkpoint', async (store) => {
    await write(store, 3, 10)
    const all = await readAll(store, 'everything')
    const head = await store.head()
    for (const [index, { position }] of all.entries()) {
      if (index % 5 !== 0) continue
      const batches = await readUntil(store.subscribe('everything', { after: position }), head)
      assert.deepEqual(plain(eventsOf(batches)), plain(all.slice(index + 1)))
    }
  }),

  storeCase('a subscription from beyond the head waits for events after its checkpoint', async (store) => {
    const first = await store.append({ stream: 'cart-1', events: numbered(1) })
    const subscription = store.subscribe('everything', { after: first.position })
    const iterator = subscription[Symbol.asyncIterator]()
    const next = iterator.next()
    await store.append({ stream: 'cart-1', events: numbered(1, 1) })
    assert.equal((await next).value?.data, 1)
    await iterator.return?.()
  }),

  storeCase(
    'the position of each batch is a checkpoint: stopping and resuming there gives every event once',
    async (store) => {
      for (const selection of Object.values(selections)) {
        const seen: RecordedEvent[] = []
        let checkpoint = startOfLog
        for (let round = 0; round < 8; round++) {
          await write(store, 4, 1 + ((round * 5) % 7))
          if (round === 3) await store.append({ stream: 'even-0', events: numbered(1_500) })
          const head = await store.head()
          let batchesLeft = 1 + (round % 3)
          for await (const { events, position } of store
            .subscribe(selection, { after: checkpoint })
            .batches()) {
            seen.push(...events)
            assert.ok(position >= checkpoint, 'The position of a subscription ran backwards.')
            assert.ok(events.every((event) => event.position > checkpoint && event.position <= position))
            checkpoint = position
            if (--batchesLeft === 0 || position >= head) break
          }
        }
        seen.push(
          ...eventsOf(await readUntil(store.subscribe(selection, { after: checkpoint }), await store.head())),
        )
        assert.deepEqual(plain(seen), plain(await readAll(store, selection)))
      }
    },
  ),

  storeCase('a subscription tells when it has caught up, and not before', async (store) => {
    await store.append({ stream: 'odd-3', events: numbered(2_500) })
    await write(store, 4, 3)
    const head = await store.head()
    for (const selection of Object.values(selections)) {
      for await (const { position, live } of store.subscribe(selection).batches()) {
        assert.equal(live, position === head)
        if (position >= head) break
      }
    }
  }),

  storeCase('a subscription to an empty store, or to nothing that exists, is live at once', async (store) => {
    const firstBatch = async (selection: Selection) => {
      for await (const batch of store.subscribe(selection).batches()) return batch
      throw new Error('The subscription ended.')
    }
    assert.deepEqual(await firstBatch('everything'), { events: [], position: startOfLog, live: true })
    const { position } = await store.append({ stream: 'cart-1', events: numbered(1) })
    assert.deepEqual(await firstBatch({ stream: 'cart-2' }), { events: [], position, live: true })
  }),

  storeCase('the position of a subscription moves on with events that are not selected', async (store) => {
    const positions: Position[] = []
    const batches = store.subscribe({ stream: 'cart-1' }).batches()[Symbol.asyncIterator]()
    await batches.next()
    for (let n = 0; n < 3; n++) {
      const { position } = await store.append({ stream: 'cart-2', events: numbered(2) })
      positions.push(position)
      assert.deepEqual((await batches.next()).value, { events: [], position, live: true })
    }
    const { events, position } = await store.append({ stream: 'cart-1', events: numbered(1) })
    const { value } = await batches.next()
    assert.equal(value?.position, position)
    assert.deepEqual(plain(value?.events ?? []), plain(events))
    await batches.return?.()
  }),

  storeCase('a live subscription delivers each append as it comes', async (store) => {
    const iterator = store.subscribe({ category: 'cart' })[Symbol.asyncIterator]()
    for (let n = 0; n < 10; n++) {
      const next = iterator.next()
      await store.append({ stream: `cart-${n}`, events: numbered(1, n) })
      await store.append({ stream: `carton-${n}`, events: numbered(1, 100 + n) })
      assert.equal((await next).value?.data, n)
    }
    await iterator.return?.()
  }),

  storeCase('an event that a subscription delivers can be read at once', async (store) => {
    const iterator = store.subscribe('everything')[Symbol.asyncIterator]()
    for (let n = 0; n < 10; n++) {
      const running = store.append({ stream: 'cart-1', events: numbered(1, n) })
      const { value } = await iterator.next()
      assert.ok((await store.head()) >= value.position)
      assert.equal((await readAll(store, { stream: 'cart-1' })).at(-1)?.revision, n)
      await running
    }
    await iterator.return?.()
  }),

  storeCase('several subscriptions to the same events each get all of them', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(2) })
    const subscriptions = Array.from({ length: 5 }, () => store.subscribe('everything'))
    const { position } = await store.append({ stream: 'cart-1', events: numbered(2, 2) })
    for (const batches of await Promise.all(subscriptions.map((each) => readUntil(each, position))))
      assert.deepEqual(
        eventsOf(batches).map(({ data }) => data),
        [0, 1, 2, 3],
      )
  }),

  storeCase('a subscription to a selection, or from a checkpoint, that is none is refused', async (store) => {
    for (const selection of [...invalidSelections, ...invalidQueries.map((query) => ({ query }))]) {
      await expectError(
        () => nextOf(store, selection as Selection, {}),
        'invalid-argument',
        JSON.stringify(selection),
      )
    }
    for (const after of [-1, 0.5, Number.NaN, '0', null])
      await expectError(
        () => nextOf(store, 'everything', { after: after as number }),
        'invalid-argument',
        `after ${after}`,
      )
  }),
]

/** Lets some writers at once append one to three events a time, to streams of two categories, tagged and typed. */
async function write(store: EventStore, writerCount: number, appendCount: number): Promise<void> {
  await Promise.all(
    Array.from({ length: writerCount }, async (_, writer) => {
      for (let n = 0; n < appendCount; n++) {
        await store.append({
          stream: writer % 2 === 0 ? `even-${writer}` : `odd-${writer}`,
          events: Array.from({ length: 1 + (n % 3) }, (_, place) => ({
            type: ['First', 'Second', 'Third'][place] as string,
            data: { writer, n, place },
            tags: [`writer:${writer}`, n % 2 === 0 ? 'even' : 'odd'],
          })),
        })
      }
    }),
  )
}

/** The append after which readers may leave. */
interface Ending {
  append?: Promise<Appended>
}

/** Reads a subscription until it has delivered everything up to the append that ends the case, whatever it lost before. */
async function follow(
  store: EventStore,
  selection: Selection,
  after: Position,
  ending: Ending,
): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const batch of store.subscribe(selection, { after }).batches()) {
    events.push(...batch.events)
    if (ending.append && batch.position >= (await ending.append).position) break
  }
  return events
}

/** Reads the first batch of a subscription. */
async function nextOf(store: EventStore, selection: Selection, options: SubscribeOptions): Promise<void> {
  for await (const _ of store.subscribe(selection, options).batches()) break
}
