import assert from 'node:assert/strict'
import { categoryOf, type EventStore, limits, type NewEvent, type Selection } from '@annals/core'
import { type ConformanceCase, storeCase } from './case.ts'
import { listStreams, numbered, readAll, readData } from './collect.ts'
import { expectError, expectRefusal } from './expect-error.ts'

const unusualNames: readonly string[] = [
  'a',
  '0',
  ' ',
  'with space',
  ' around ',
  '$all',
  '*',
  '%',
  '_',
  '.',
  '..',
  '../../etc',
  'a/b\\c',
  'a?b#c&d=e+f%20g%',
  '"quoted"',
  "it's; drop table",
  '{"json":1}',
  'a,b;c:d|e',
  '<b>&amp;</b>',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  '\u0080\u009f\u00a0',
  '\u200b\u2028\u2029\ufeff\ufffe\uffff',
  'ünïcödé',
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
  '\u202eright to left',
  'Case',
  'case',
  'CASE',
  'trailing-',
  'a--b',
]

const malformedNames: readonly [string, unknown][] = [
  ['an empty name', ''],
  ...['\u0000', '\t', '\n', '\u001f', '\u007f'].map((c): [string, unknown] => [
    `the control character ${JSON.stringify(c)}`,
    `a${c}b`,
  ]),
  ['a lone high surrogate', 'a\ud83d'],
  ['a lone low surrogate', '\ude00a'],
  ['surrogates the wrong way round', '\ude00\ud83d'],
  ['a number', 7],
  ['null', null],
  ['an object', {}],
]

/** Names of streams, types, ids and tags: their characters and their limits. */
export const nameCases: readonly ConformanceCase[] = [
  storeCase('a stream may have any well-formed name, and is found by that name alone', async (store) => {
    await store.append(unusualNames.map((stream, n) => ({ stream, events: numbered(1, n) })))
    for (const [n, stream] of unusualNames.entries()) {
      assert.deepEqual(await readData(store, { stream }), [n], stream)
      assert.deepEqual((await store.stream(stream))?.stream, stream)
      assert.ok((await readData(store, { category: categoryOf(stream) })).includes(n), stream)
    }
    assert.deepEqual(
      (await listStreams(store)).map(({ stream }) => stream),
      unusualNames.toSorted(),
    )
  }),

  storeCase(
    'types, tags and ids may be any well-formed names, and events are found by them',
    async (store) => {
      const events = unusualNames.map((name, n) => ({
        type: name,
        data: n,
        id: name,
        tags: [name, `${name}:${name}`],
      }))
      const appended = await store.append({ stream: 'odd-1', events })
      assert.deepEqual(
        appended.events.map(({ type, data, id, tags }) => ({ type, data, id, tags })),
        events,
      )
      for (const [n, name] of unusualNames.entries()) {
        assert.deepEqual(await readData(store, { query: [{ types: [name] }] }), [n], name)
        assert.deepEqual(await readData(store, { query: [{ tags: [name] }] }), [n], name)
        assert.deepEqual(await readData(store, { query: [{ tags: [`${name}:${name}`, name] }] }), [n], name)
      }
      const head = await store.head()
      await store.append({ stream: 'odd-1', events })
      assert.equal(await store.head(), head)
    },
  ),

  storeCase('names that differ only in Unicode normalisation are different names', async (store) => {
    const [composed, decomposed] = ['caf\u00e9-1', 'cafe\u0301-1']
    for (const [n, name] of [composed, decomposed].entries())
      await store.append({
        stream: name,
        events: [{ type: name, data: n, tags: [name], id: name }],
        expectedRevision: 'no-stream',
      })
    for (const [n, name] of [composed, decomposed].entries()) {
      const selections: Selection[] = [
        { stream: name },
        { category: categoryOf(name) },
        { query: [{ types: [name] }] },
        { query: [{ tags: [name] }] },
      ]
      for (const selection of selections) assert.deepEqual(await readData(store, selection), [n])
    }
  }),

  storeCase('names may be as long as their limits', async (store) => {
    for (const character of ['x', '\u00e9', '\uffee']) {
      const long = (length: number) => character.repeat(length)
      const stream = long(limits.streamNameLengthMax)
      const event = {
        type: long(limits.eventTypeLengthMax),
        data: 1,
        id: long(limits.eventIdLengthMax),
        tags: Array.from(
          { length: limits.tagsMax },
          (_, n) => `${String(n).padStart(2, '0')}${long(limits.tagLengthMax - 2)}`,
        ),
      }
      await store.append({ stream, events: [event] })
      const [read] = await readAll(store, { stream })
      assert.deepEqual(read && { type: read.type, data: read.data, id: read.id, tags: read.tags }, event)
      assert.equal((await readAll(store, { query: [{ types: [event.type], tags: event.tags }] })).length, 1)
      assert.equal((await readAll(store, { category: stream })).length, 1)
    }
  }),

  storeCase(
    'a stream name that is malformed or too long is refused by everything that takes one',
    async (store) => {
      const bad = [
        ...malformedNames,
        ['a name that begins with a dash', '-1'],
        ['a dash', '-'],
        ['too long a name', 'x'.repeat(limits.streamNameLengthMax + 1)],
      ] as const
      for (const [what, name] of bad) {
        const stream = name as string
        const calls: Record<string, () => unknown> = {
          append: () => store.append({ stream, events: numbered(1) }),
          'append to several': () =>
            store.append([
              { stream: 'fine-1', events: numbered(1) },
              { stream, events: numbered(1) },
            ]),
          read: () => readAll(store, { stream }),
          subscribe: () => subscribeToEnd(store, { stream }),
          stream: () => store.stream(stream),
          truncate: () => store.truncate(stream, { beforeRevision: 0 }),
          tombstone: () => store.tombstone(stream),
          retain: () => store.retain({ stream }, { maxCount: 1 }),
        }
        for (const [call, act] of Object.entries(calls))
          await expectError(act, 'invalid-argument', `${call}: ${what}`)
      }
      assert.equal(await store.head(), 0)
      assert.deepEqual(await listStreams(store), [])
    },
  ),

  storeCase(
    'a category that is malformed, too long or has a dash is refused by everything that takes one',
    async (store) => {
      const bad = [
        ...malformedNames,
        ['a dash', 'a-b'],
        ['too long', 'x'.repeat(limits.streamNameLengthMax + 1)],
      ] as const
      for (const [what, name] of bad) {
        const category = name as string
        await expectError(() => readAll(store, { category }), 'invalid-argument', `read: ${what}`)
        await expectError(() => subscribeToEnd(store, { category }), 'invalid-argument', `subscribe: ${what}`)
        await expectError(
          () => store.retain({ category }, { maxCount: 1 }),
          'invalid-argument',
          `retain: ${what}`,
        )
      }
    },
  ),

  storeCase(
    'a type, id or tag that is malformed or too long is refused, and the error says which',
    async (store) => {
      const parts = {
        type: {
          max: limits.eventTypeLengthMax,
          path: ['type'],
          of: (name: string) => ({ type: name, data: 1 }),
        },
        id: { max: limits.eventIdLengthMax, path: ['id'], of: (id: string) => ({ type: 'A', data: 1, id }) },
        tag: {
          max: limits.tagLengthMax,
          path: ['tags', 1],
          of: (tag: string) => ({ type: 'A', data: 1, tags: ['fine', tag] }),
        },
      }
      for (const [part, { max, path, of }] of Object.entries(parts)) {
        for (const [what, name] of [...malformedNames, ['too long', 'x'.repeat(max + 1)]] as const) {
          const events: NewEvent[] = [...numbered(1), of(name as string)]
          const { details } = await expectRefusal(
            store,
            () => store.append({ stream: 'fine-1', events }),
            'invalid-event',
            `${part}: ${what}`,
          )
          assert.deepEqual(details.issues[0]?.path, path)
        }
      }
    },
  ),

  storeCase('tags are a list of at most as many as the limit', async (store) => {
    const attempt = (tags: unknown) => () =>
      store.append({ stream: 'fine-1', events: [{ type: 'A', data: 1, tags: tags as string[] }] })
    const { details } = await expectRefusal(
      store,
      attempt(Array.from({ length: limits.tagsMax + 1 }, (_, n) => `t:${n}`)),
      'limit-exceeded',
    )
    assert.equal(details.limit, 'tagsMax')
    for (const tags of ['t:1', { 0: 't:1' }, 7, null])
      await expectRefusal(store, attempt(tags), 'invalid-event', JSON.stringify(tags))
  }),

  storeCase('a tag given twice is recorded once, and tags keep their order', async (store) => {
    const tags = ['t:2', 't:1', 't:2', 't:3', 't:1']
    await store.append({ stream: 'fine-1', events: [{ type: 'A', data: 1, tags }] })
    const [read, ...others] = await readAll(store, { query: [{ tags: ['t:2'] }] })
    assert.deepEqual(read?.tags, ['t:2', 't:1', 't:3'])
    assert.equal(others.length, 0)
  }),
]

async function subscribeToEnd(store: EventStore, selection: Selection): Promise<void> {
  for await (const _ of store.subscribe(selection, { signal: AbortSignal.timeout(5_000) }).batches()) break
}
