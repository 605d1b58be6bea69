import assert from 'node:assert/strict'
import { limits, type NewEvent, type StreamAppend, startOfLog } from '@annals/core'
import { type ConformanceCase, storeCase } from './case.ts'
import { numbered, plain, readAll, readData } from './collect.ts'
import { expectRefusal } from './expect-error.ts'

/** Atomicity and order of appends, and the arguments they refuse. */
export const appendCases: readonly ConformanceCase[] = [
  storeCase('an append answers with the events as they are read', async (store) => {
    const appended = await store.append({
      stream: 'cart-1',
      events: [
        { type: 'ItemAdded', data: { sku: 'tea' }, metadata: { by: 'ann' }, tags: ['sku:tea'], id: 'a-1' },
        { type: 'CheckedOut', data: null },
      ],
    })
    assert.deepEqual(plain(appended.events), plain(await readAll(store, { stream: 'cart-1' })))
    assert.deepEqual(
      appended.events.map(({ stream, revision, type, data, metadata, tags }) => ({
        stream,
        revision,
        type,
        data,
        metadata,
        tags,
      })),
      [
        {
          stream: 'cart-1',
          revision: 0,
          type: 'ItemAdded',
          data: { sku: 'tea' },
          metadata: { by: 'ann' },
          tags: ['sku:tea'],
        },
        { stream: 'cart-1', revision: 1, type: 'CheckedOut', data: null, metadata: undefined, tags: [] },
      ],
    )
    assert.equal(appended.events[0]?.id, 'a-1')
    assert.equal(appended.position, appended.events[1]?.position)
    assert.deepEqual(appended.streams, [{ stream: 'cart-1', revision: 1 }])
  }),

  storeCase('an append is visible to every reader when its promise resolves', async (store) => {
    for (let n = 0; n < 5; n++) {
      const { position } = await store.append({ stream: 'cart-1', events: numbered(1, n) })
      assert.equal(await store.head(), position)
      assert.equal((await store.stream('cart-1'))?.revision, n)
      assert.deepEqual(await readData(store, 'everything', { direction: 'backwards', limit: 1 }), [n])
    }
  }),

  storeCase('revisions count from 0 in each stream and go on from one append to the next', async (store) => {
    for (const count of [1, 3, 2]) {
      await store.append({ stream: 'cart-1', events: numbered(count) })
      await store.append({ stream: 'cart-2', events: numbered(1) })
    }
    const revisions = async (stream: string) =>
      (await readAll(store, { stream })).map(({ revision }) => revision)
    assert.deepEqual(await revisions('cart-1'), [0, 1, 2, 3, 4, 5])
    assert.deepEqual(await revisions('cart-2'), [0, 1, 2])
  }),

  storeCase('positions strictly increase, in one append and from one to the next', async (store) => {
    const given: number[] = []
    for (const count of [2, 1, 4]) {
      const { events } = await store.append({ stream: `cart-${count}`, events: numbered(count) })
      given.push(...events.map(({ position }) => position))
    }
    assertIncreasing(given)
    assert.deepEqual(
      (await readAll(store, 'everything')).map(({ position }) => position),
      given,
    )
  }),

  storeCase('appends made one after the other take effect in that order without waiting', async (store) => {
    const running = Array.from({ length: 30 }, (_, n) =>
      store.append({ stream: n % 3 === 0 ? 'cart-0' : `cart-${n}`, events: numbered(1, n) }),
    )
    await Promise.all(running)
    assert.deepEqual(
      await readData(store, 'everything'),
      Array.from({ length: 30 }, (_, n) => n),
    )
  }),

  storeCase('an append to several streams records all of them, in the given order', async (store) => {
    await store.append({ stream: 'account-2', events: numbered(3, 10) })
    const appended = await store.append([
      { stream: 'account-2', events: numbered(2, 20) },
      { stream: 'transfer-1', events: numbered(1, 30) },
      { stream: 'account-1', events: numbered(2, 40) },
    ])
    assert.deepEqual(appended.streams, [
      { stream: 'account-2', revision: 4 },
      { stream: 'transfer-1', revision: 0 },
      { stream: 'account-1', revision: 1 },
    ])
    assert.deepEqual(
      appended.events.map(({ stream, revision, data }) => [stream, revision, data]),
      [
        ['account-2', 3, 20],
        ['account-2', 4, 21],
        ['transfer-1', 0, 30],
        ['account-1', 0, 40],
        ['account-1', 1, 41],
      ],
    )
    assertIncreasing(appended.events.map(({ position }) => position))
    assert.deepEqual(await readData(store, 'everything'), [10, 11, 12, 20, 21, 30, 40, 41])
    assert.equal(await store.head(), appended.position)
  }),

  storeCase('an append to several streams records none if one of them is in conflict', async (store) => {
    await store.append({ stream: 'account-1', events: numbered(2) })
    await store.append({ stream: 'account-9', events: numbered(1) })
    await store.tombstone('account-9')
    const fine: StreamAppend[] = [
      { stream: 'account-1', events: numbered(1), expectedRevision: 1 },
      { stream: 'account-3', events: numbered(1), expectedRevision: 'no-stream' },
    ]
    const conflicts: [StreamAppend, 'wrong-expected-revision' | 'stream-tombstoned'][] = [
      [{ stream: 'account-2', events: numbered(1), expectedRevision: 0 }, 'wrong-expected-revision'],
      [{ stream: 'account-9', events: numbered(1) }, 'stream-tombstoned'],
    ]
    for (const [conflict, code] of conflicts) {
      for (let place = 0; place <= fine.length; place++) {
        const appends = fine.toSpliced(place, 0, conflict)
        const { details } = await expectRefusal(store, () => store.append(appends), code, `at ${place}`)
        assert.equal(details.stream, conflict.stream)
      }
    }
  }),

  storeCase('an append may be one stream or a list of one', async (store) => {
    await store.append([{ stream: 'cart-1', events: numbered(1, 1) }])
    await store.append({ stream: 'cart-1', events: numbered(1, 2) })
    assert.deepEqual(await readData(store, { stream: 'cart-1' }), [1, 2])
  }),

  storeCase('an append that is empty, or names a stream twice, is refused', async (store) => {
    await store.append({ stream: 'cart-1', events: numbered(1) })
    const refused: Record<string, unknown> = {
      'no streams': [],
      'no events': { stream: 'cart-1', events: [] },
      'no events for the second stream': [
        { stream: 'cart-1', events: numbered(1) },
        { stream: 'cart-2', events: [] },
      ],
      'a stream twice': [
        { stream: 'cart-1', events: numbered(1) },
        { stream: 'cart-2', events: numbered(1) },
        { stream: 'cart-1', events: numbered(1) },
      ],
      'events that are no list': { stream: 'cart-1', events: { type: 'Happened', data: 1 } },
      'events left out': { stream: 'cart-1' },
      'nothing at all': null,
      'a text': 'cart-1',
    }
    for (const [what, appends] of Object.entries(refused))
      await expectRefusal(store, () => store.append(appends as StreamAppend), 'invalid-argument', what)
  }),

  storeCase('an event that is none refuses the whole append', async (store) => {
    for (const event of [null, undefined, 'Happened', 7, {}, { data: 1 }]) {
      const events = [...numbered(2), event as NewEvent, ...numbered(1)]
      await expectRefusal(
        store,
        () => store.append({ stream: 'cart-1', events }),
        'invalid-event',
        JSON.stringify(event),
      )
    }
    assert.equal(await store.head(), startOfLog)
  }),

  storeCase('20,000 events in one append are all recorded and read in more than one batch', async (store) => {
    const { events } = await store.append({ stream: 'meter-1', events: numbered(20_000) })
    assert.equal(events.length, 20_000)
    let next = 0
    let batchCount = 0
    for await (const batch of store.read({ stream: 'meter-1' }).batches()) {
      batchCount++
      for (const { data, revision } of batch) {
        assert.equal(data, next)
        assert.equal(revision, next++)
      }
    }
    assert.equal(next, 20_000)
    assert.ok(batchCount > 1, 'Expected several batches, or memory is not bounded by one.')
  }),

  storeCase('an append of more events than the limit is refused', async (store) => {
    const events = numbered(limits.appendEventsMax / 2 + 1)
    const { details } = await expectRefusal(
      store,
      () =>
        store.append([
          { stream: 'meter-1', events },
          { stream: 'meter-2', events },
        ]),
      'limit-exceeded',
    )
    assert.equal(details.limit, 'appendEventsMax')
    assert.equal(details.max, limits.appendEventsMax)
  }),
]

function assertIncreasing(positions: readonly number[]): void {
  positions.forEach((position, index) => {
    assert.ok(position > (positions[index - 1] ?? startOfLog), `Positions do not increase: ${positions}`)
  })
}
