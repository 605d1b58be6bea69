import assert from 'node:assert/strict'
import { type EventStore, isAnnalsError } from '@annals/core'
import { type ConformanceCase, storeCase } from './case.ts'
import { numbered, readAll } from './collect.ts'

/** Many appends at once: who wins, and that nothing is lost. */
export const concurrencyCases: readonly ConformanceCase[] = [
  storeCase('of 100 racers that all expect no stream exactly one wins', async (store) => {
    const outcomes = await race(100, (n) =>
      store.append({ stream: 'cart-1', events: numbered(1, n), expectedRevision: 'no-stream' }),
    )
    const winners = expectOneWinner(outcomes, 'wrong-expected-revision')
    assert.deepEqual(
      (await readAll(store, 'everything')).map(({ data }) => data),
      winners,
    )
  }),

  storeCase(
    'of 50 racers that all expect the same revision exactly one wins, round after round',
    async (store) => {
      await store.append({ stream: 'cart-1', events: numbered(1) })
      for (let revision = 0; revision < 4; revision++) {
        const outcomes = await race(50, (n) =>
          store.append({ stream: 'cart-1', events: numbered(1, n), expectedRevision: revision }),
        )
        expectOneWinner(outcomes, 'wrong-expected-revision')
        assert.equal((await store.stream('cart-1'))?.revision, revision + 1)
      }
    },
  ),

  storeCase(
    'of 50 racers on one append condition exactly one wins, whatever their streams',
    async (store) => {
      const outcomes = await race(50, (n) =>
        store.append(
          { stream: `claim-${n}`, events: [{ type: 'Claimed', data: n, tags: ['name:tea'] }] },
          { failIfEventsMatch: [{ types: ['Claimed'], tags: ['name:tea'] }] },
        ),
      )
      const winners = expectOneWinner(outcomes, 'append-condition-failed')
      assert.deepEqual(
        (await readAll(store, 'everything')).map(({ data }) => data),
        winners,
      )
    },
  ),

  storeCase(
    'of racers whose appends share one stream of several exactly one wins, and it wins all of its streams',
    async (store) => {
      const outcomes = await race(20, (n) =>
        store.append([
          { stream: `order-${n}`, events: numbered(1, n), expectedRevision: 'no-stream' },
          { stream: 'stock-1', events: numbered(1, n), expectedRevision: 'no-stream' },
        ]),
      )
      const [winner] = expectOneWinner(outcomes, 'wrong-expected-revision')
      assert.deepEqual(
        (await readAll(store, 'everything')).map(({ stream }) => stream),
        [`order-${winner}`, 'stock-1'],
      )
    },
  ),

  storeCase('64 writers at once to their own streams all succeed, and nothing is lost', async (store) => {
    await Promise.all(
      Array.from({ length: 64 }, async (_, writer) => {
        for (let n = 0; n < 5; n++)
          await store.append({
            stream: `writer-${writer}`,
            events: numbered(2, 2 * n),
            expectedRevision: n === 0 ? 'no-stream' : 2 * n - 1,
          })
      }),
    )
    await expectCompleteHistory(store, 640)
    for (let writer = 0; writer < 64; writer++) {
      const events = await readAll(store, { stream: `writer-${writer}` })
      assert.deepEqual(
        events.map(({ data }) => data),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      )
    }
  }),

  storeCase(
    '64 writers at once to the same streams succeed or conflict, and what succeeded is there',
    async (store) => {
      const recorded: number[] = []
      await Promise.all(
        Array.from({ length: 64 }, async (_, writer) => {
          for (let n = 0; n < 4; n++) {
            const stream = `shared-${(writer + n) % 8}`
            const revision = (await store.stream(stream))?.revision
            const number = writer * 10 + n
            try {
              await store.append({
                stream,
                events: numbered(1, number),
                expectedRevision: revision === undefined ? 'no-stream' : revision,
              })
              recorded.push(number)
            } catch (error) {
              if (!isAnnalsError(error, 'wrong-expected-revision')) throw error
            }
          }
        }),
      )
      const events = await expectCompleteHistory(store, recorded.length)
      assert.deepEqual(
        events.map(({ data }) => data as number).sort((a, b) => a - b),
        recorded.sort((a, b) => a - b),
      )
      assert.ok(recorded.length >= 8, 'In every stream at least one writer must have come first.')
    },
  ),

  storeCase('a reader sees appends whole or not at all while others append', async (store) => {
    const writing = Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let n = 0; n < 10; n++)
          await store.append([
            { stream: `debit-${writer}`, events: numbered(1, n) },
            { stream: `credit-${writer}`, events: numbered(1, n) },
          ])
      }),
    )
    let done = false
    const finished = writing.finally(() => {
      done = true
    })
    while (!done) {
      const events = await readAll(store, 'everything')
      const count = (category: string) => events.filter(({ stream }) => stream.startsWith(category)).length
      assert.equal(count('debit'), count('credit'))
    }
    await finished
    await expectCompleteHistory(store, 160)
  }),
]

async function race(
  count: number,
  attempt: (racer: number) => Promise<unknown>,
): Promise<PromiseSettledResult<unknown>[]> {
  return Promise.allSettled(Array.from({ length: count }, (_, n) => attempt(n)))
}

/** Stops unless one racer won and all others lost with this code. Gives the winner, alone in a list. */
function expectOneWinner(
  outcomes: readonly PromiseSettledResult<unknown>[],
  code: 'wrong-expected-revision' | 'append-condition-failed',
): number[] {
  for (const outcome of outcomes)
    if (outcome.status === 'rejected')
      assert.ok(isAnnalsError(outcome.reason, code), `Expected ${code}, but got ${outcome.reason}`)
  const winners = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? n : []))
  assert.equal(winners.length, 1)
  return winners
}

/** Stops unless the history has so many events, in order, with every revision of every stream. Gives them. */
async function expectCompleteHistory(store: EventStore, count: number) {
  const events = await readAll(store, 'everything')
  assert.equal(events.length, count)
  const revisions = new Map<string, number>()
  let position = 0
  for (const event of events) {
    assert.equal(event.revision, (revisions.get(event.stream) ?? -1) + 1, event.stream)
    assert.ok(event.position > position)
    revisions.set(event.stream, event.revision)
    position = event.position
  }
  assert.equal(await store.head(), position)
  assert.equal(new Set(events.map(({ id }) => id)).size, count)
  return events
}
