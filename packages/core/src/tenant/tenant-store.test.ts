import { beforeEach, describe, expect, test } from 'vitest'
import {
  createMemoryStore,
  type EventStore,
  limits,
  type ReadOptions,
  type RecordedEvent,
  type Selection,
  tenantStore,
} from '../index.ts'

let shared: EventStore
let red: EventStore
let blue: EventStore

const note = (text: string, more: object = {}) => ({ type: 'Noted', data: text, ...more })

beforeEach(async () => {
  shared = createMemoryStore()
  red = tenantStore(shared, 'red')
  blue = tenantStore(shared, 'blue')
  await red.append({
    stream: 'note-1',
    events: [note('red 1', { tags: ['by:ada'], id: 'n1' }), note('red 2')],
  })
  await blue.append({ stream: 'note-1', events: [note('blue 1', { tags: ['by:ada'], id: 'n1' })] })
})

const dataOf = (store: EventStore, selection: Selection, options?: ReadOptions) =>
  Array.fromAsync(store.read(selection, options), ({ data }) => data)

const errorOf = (act: () => unknown) =>
  Promise.resolve()
    .then(act)
    .then(
      () => expect.fail('it did not fail'),
      (error: unknown) => error,
    )

describe('a tenant reads its own events alone', () => {
  test.each<[string, Selection]>([
    ['everything', 'everything'],
    ['a stream that another has too', { stream: 'note-1' }],
    ['a category that another has too', { category: 'note' }],
    ['by type', { query: [{ types: ['Noted'] }] }],
    ['by type or by tag', { query: [{ types: ['Noted'] }, { tags: ['by:ada'] }] }],
  ])('%s', async (_case, selection) => {
    expect(await dataOf(red, selection)).toEqual(['red 1', 'red 2'])
    expect(await dataOf(blue, selection)).toEqual(['blue 1'])
    expect(await dataOf(red, selection, { direction: 'backwards' })).toEqual(['red 2', 'red 1'])
  })

  test('whatever names it tries', async () => {
    const tags = ['$tenant:blue', 'blue.by:ada']
    for (const tag of tags) expect(await dataOf(red, { query: [{ tags: [tag] }] })).toEqual([])
    for (const stream of ['blue.note-1', 'red.note-1', '.note-1', '..blue.note-1', '.', 'blue.', 'Note-1'])
      expect(await dataOf(red, { stream }), stream).toEqual([])
    for (const category of ['blue.note', 'red.note', '.note', 'blue'])
      expect(await dataOf(red, { category }), category).toEqual([])
    expect(await red.stream('blue.note-1')).toBeUndefined()
  })

  test('though the name of another begins or ends with its own', async () => {
    const names = ['re', 'redd', 'r', 'ed', 'RED', 'red ', 'rĕd']
    for (const name of names)
      await tenantStore(shared, name).append({ stream: 'note-1', events: [note(name)] })
    for (const name of names) {
      const store = tenantStore(shared, name)
      expect(await dataOf(store, 'everything'), name).toEqual([name])
      expect(await Array.fromAsync(store.streams(), ({ stream }) => stream), name).toEqual(['note-1'])
    }
    expect(await dataOf(red, 'everything')).toEqual(['red 1', 'red 2'])
  })

  test('as they are recorded too', async () => {
    const seen: unknown[] = []
    const following = (async () => {
      for await (const event of red.subscribe('everything')) if (seen.push(event.data) === 3) break
    })()
    await blue.append({ stream: 'note-2', events: [note('blue 2')] })
    await red.append({ stream: 'note-2', events: [note('red 3')] })
    await following
    expect(seen).toEqual(['red 1', 'red 2', 'red 3'])
  })

  test('under the names that it gave, in every form of an event', async () => {
    const [first] = await Array.fromAsync(red.read({ stream: 'note-1' }))
    const own = { stream: 'note-1', id: 'n1', tags: ['by:ada'], data: 'red 1', revision: 0, type: 'Noted' }
    expect({ ...plain(first as RecordedEvent) }).toEqual(own)
    expect(first?.toJSON()).toMatchObject(own)
    expect(JSON.stringify([...(await Array.fromAsync(red.read('everything')))])).not.toMatch(/red\.|tenant/)
  })

  test('should a store ever give it one of another, nobody sees it', async () => {
    const broken = tenantStore(
      new Proxy(shared, {
        get: (target, property) =>
          property === 'read'
            ? () => target.read('everything')
            : (target[property as keyof EventStore] as () => unknown).bind(target),
      }),
      'blue',
    )
    await expect(dataOf(broken, 'everything')).rejects.toThrow('an event of another')
  })
})

describe('a tenant changes its own events alone', () => {
  test('an expected revision is of its own stream', async () => {
    await blue.append({ stream: 'note-1', events: [note('blue 2')], expectedRevision: 0 })
    await red.append({ stream: 'note-9', events: [note('red 9')], expectedRevision: 'no-stream' })
    await blue.append({ stream: 'note-9', events: [note('blue 9')], expectedRevision: 'no-stream' })
    const error = await errorOf(() =>
      red.append({ stream: 'note-1', events: [note('x')], expectedRevision: 7 }),
    )
    expect(error).toMatchObject({
      code: 'wrong-expected-revision',
      details: { stream: 'note-1', expected: 7, actual: 1 },
      message: expect.stringMatching(/^Stream "note-1" was expected/),
    })
  })

  test('a condition is met by its own events alone, and told of as it was given', async () => {
    const condition = { failIfEventsMatch: [{ types: ['Sold'] }, { tags: ['seat:1'] }] }
    const sell = (store: EventStore) =>
      store.append({ stream: 'seat-1', events: [{ type: 'Sold', data: 1, tags: ['seat:1'] }] }, condition)
    await sell(blue)
    await sell(red)
    expect(await errorOf(() => sell(red))).toMatchObject({
      code: 'append-condition-failed',
      details: { condition },
    })
  })

  test('an id is its own: another may have the same, and repeating it repeats its own append', async () => {
    const repeated = await red.append({ stream: 'note-1', events: [note('red 1', { id: 'n1' })] })
    expect(repeated.events.map(plain)).toMatchObject([{ id: 'n1', data: 'red 1', revision: 0 }])
    expect(await red.stream('note-1')).toMatchObject({ revision: 1 })
    const partly = [note('x', { id: 'n1' }), note('y', { id: 'n2' })]
    expect(await errorOf(() => red.append({ stream: 'note-1', events: partly }))).toMatchObject({
      code: 'event-ids-partly-known',
      details: { known: ['n1'], unknown: ['n2'] },
    })
    expect(await errorOf(() => red.append({ stream: 'note-2', events: [partly[0] as never] }))).toMatchObject(
      {
        code: 'event-ids-reused',
        details: { ids: ['n1'] },
      },
    )
  })

  test('the id that the store made for an event of another is none that it knows', async () => {
    const [first] = (await blue.append({ stream: 'note-2', events: [note('blue 2')] })).events
    const { events } = await red.append({ stream: 'note-2', events: [note('mine', { id: first?.id })] })
    expect(events.map(plain)).toMatchObject([{ data: 'mine', id: first?.id }])
  })

  test('retention, truncation and the end of a stream leave those of another as they are', async () => {
    await red.append({ stream: 'note-1', events: [note('red 3')] })
    await blue.append({ stream: 'note-1', events: [note('blue 2'), note('blue 3')] })
    await red.truncate('note-1', { beforeRevision: 1 })
    expect(await dataOf(blue, 'everything')).toEqual(['blue 1', 'blue 2', 'blue 3'])
    await red.retain({ category: 'note' }, { maxCount: 1 })
    expect(await dataOf(blue, 'everything')).toHaveLength(3)
    expect(await blue.stream('note-1')).toMatchObject({ retention: undefined, firstRevision: 0 })
    await red.retain({ stream: 'note-1' }, { maxCount: 1 })
    expect(await blue.stream('note-1')).toMatchObject({ retention: undefined })
    await red.tombstone('note-1')
    expect(await blue.stream('note-1')).toMatchObject({ tombstoned: false, revision: 2 })
    expect(await dataOf(red, 'everything')).toEqual([])
    expect(await errorOf(() => red.append({ stream: 'note-1', events: [note('x')] }))).toMatchObject({
      code: 'stream-tombstoned',
      details: { stream: 'note-1' },
    })
    for (const act of [
      () => red.truncate('note-8', { beforeRevision: 0 }),
      () => red.tombstone('note-8'),
      () => red.tombstone('blue.note-1'),
    ])
      expect(await errorOf(act)).toMatchObject({ code: 'stream-not-found' })
  })

  test('a tag of another tenant is refused, wherever it stands', async () => {
    for (const tag of ['$tenant:blue', '$tenant:red', '$tenant:'])
      expect(
        await errorOf(() => red.append({ stream: 'note-1', events: [note('x', { tags: ['a:1', tag] })] })),
      ).toMatchObject({ code: 'invalid-event', details: { issues: [{ path: ['tags', 1] }] } })
    expect(await dataOf(blue, 'everything')).toEqual(['blue 1'])
  })
})

describe('a tenant lists its own streams alone', () => {
  beforeEach(async () => {
    for (const stream of ['a-1', 'note-2', 'z-1', '~'])
      for (const store of [red, blue]) await store.append({ stream, events: [note('x')] })
    await shared.append({ stream: 'red', events: [note('of nobody')] })
    await shared.append({ stream: 'red-1', events: [note('of nobody')] })
    await shared.append({ stream: 'red/1', events: [note('of nobody')] })
  })

  const names = (...given: Parameters<EventStore['streams']>) =>
    Array.fromAsync(red.streams(...given), ({ stream }) => stream)

  test('all, of a category, and page by page', async () => {
    expect(await names()).toEqual(['a-1', 'note-1', 'note-2', 'z-1', '~'])
    expect(await names({ category: 'note' })).toEqual(['note-1', 'note-2'])
    expect(await names({ limit: 2 })).toEqual(['a-1', 'note-1'])
    expect(await names({ after: 'note-1', limit: 2 })).toEqual(['note-2', 'z-1'])
    expect(await names({ after: '~' })).toEqual([])
    expect(await names({ after: '\uffff' })).toEqual([])
    expect(await names({ category: 'note', after: 'note-1', limit: 9 })).toEqual(['note-2'])
  })

  test('with what is known of each', async () => {
    const [first] = await Array.fromAsync(red.streams({ category: 'note' }))
    expect(first).toMatchObject({ stream: 'note-1', category: 'note', revision: 1 })
    expect(await red.stream('note-1')).toEqual(first)
  })
})

describe('closing', () => {
  test('ends what the tenant does, and neither the shared store nor another tenant', async () => {
    const following = Array.fromAsync(red.subscribe('everything').batches())
    const reader = red.read('everything').batches()[Symbol.asyncIterator]()
    await red.close()
    await red.close()
    await expect(following).rejects.toMatchObject({ code: 'store-closed' })
    await expect(reader.next()).rejects.toMatchObject({ code: 'store-closed' })
    expect(await errorOf(() => red.head())).toMatchObject({ code: 'store-closed' })
    expect(await dataOf(blue, 'everything')).toEqual(['blue 1'])
    expect(await shared.head()).toBe(3)
  })
})

describe('names', () => {
  test.each(['', 'a.b', 'a-b', '.', '-', '$red', 'a\n', 'x'.repeat(101), 7 as never])(
    '%j cannot be that of a tenant',
    async (tenant) => {
      expect(await errorOf(() => tenantStore(shared, tenant))).toMatchObject({
        code: 'invalid-argument',
        details: { argument: 'tenant' },
      })
    },
  )

  test('may be as much shorter than the limits as the name of the tenant takes', async () => {
    const room = 'red.'.length
    const stream = 'x'.repeat(limits.streamNameLengthMax - room)
    const id = 'i'.repeat(limits.eventIdLengthMax - room)
    const tags = Array.from({ length: limits.tagsMax - 1 }, (_, n) => `t:${n}`)
    const { events } = await red.append({ stream, events: [note('x', { id, tags })] })
    expect(events.map(plain)).toMatchObject([{ stream, id, tags }])
    for (const [append, code] of [
      [{ stream: `${stream}x`, events: [note('x')] }, 'invalid-argument'],
      [{ stream: 'a', events: [note('x', { id: `${id}i` })] }, 'invalid-event'],
      [{ stream: 'a', events: [note('x', { tags: [...tags, 't'] })] }, 'limit-exceeded'],
    ] as const)
      expect(await errorOf(() => red.append(append))).toMatchObject({ code })
  })
})

function plain({ stream, id, tags, data, revision, type }: RecordedEvent) {
  return { stream, id, tags, data, revision, type }
}
