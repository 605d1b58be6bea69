import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { derivedId, type ModelEvent, NaiveIndex, storeId } from '../../test/naive-index.ts'
import { isAnnalsError } from '../errors.ts'
import type { AppendCondition } from '../event/append-condition.ts'
import type { EventQuery } from '../event/event-query.ts'
import type { RetentionPolicy, RetentionScope } from '../event/retention.ts'
import type { Selection } from '../event/selection.ts'
import { EventIndex, type IndexedAppend, lastRevisions } from './event-index.ts'
import type { ReadOptions } from './event-store.ts'

const streams = ['cart-1', 'cart-2', 'cart-2-b', 'cart', 'note']
const stream = fc.constantFrom(...streams)
const category = fc.constantFrom('cart', 'note', 'none')
const type = fc.constantFrom('A', 'B', 'C')
const tag = fc.constantFrom('x:1', 'x:2', 'y:1')
const id = fc.oneof(
  fc.constantFrom('id-1', 'id-2', 'id-3', 'id-4'),
  fc.nat(45).map((position) => derivedId(position)),
)
const query: fc.Arbitrary<EventQuery> = fc.array(
  fc
    .record(
      { types: fc.array(type, { minLength: 1 }), tags: fc.array(tag, { minLength: 1, maxLength: 3 }) },
      { requiredKeys: [] },
    )
    .filter(({ types, tags }) => types !== undefined || tags !== undefined),
  { minLength: 1, maxLength: 3 },
)
const event = fc.record({
  type,
  tags: fc.uniqueArray(tag),
  id: fc.option(id, { nil: undefined, freq: 3 }),
})
const selection: fc.Arbitrary<Selection> = fc.oneof(
  fc.constant('everything' as const),
  fc.record({ stream, fromRevision: fc.nat(9), toRevision: fc.nat(12) }, { requiredKeys: ['stream'] }),
  fc.record({ category }),
  fc.record({ query }),
)
const options: fc.Arbitrary<ReadOptions> = fc.record(
  {
    direction: fc.constantFrom('forwards' as const, 'backwards' as const),
    limit: fc.nat(12),
    after: fc.nat(45),
    upTo: fc.nat(45),
  },
  { requiredKeys: [] },
)
const policy: fc.Arbitrary<RetentionPolicy | null> = fc.oneof(
  fc.record({ maxCount: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ maxAgeMs: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ maxCount: fc.integer({ min: 1, max: 5 }), maxAgeMs: fc.integer({ min: 1, max: 40 }) }),
  fc.constant(null),
)
const condition = fc.record(
  { failIfEventsMatch: query, after: fc.nat(45) },
  { requiredKeys: ['failIfEventsMatch'] },
)
const expectedRevision = fc.oneof(
  { weight: 3, arbitrary: fc.constant('any' as const) },
  fc.constantFrom('no-stream' as const, 'stream-exists' as const),
  fc.nat(8),
)
const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      appends: fc
        .uniqueArray(
          fc.record({ stream, expectedRevision, events: fc.array(event, { minLength: 1, maxLength: 3 }) }),
          { minLength: 1, maxLength: 2, selector: (append) => append.stream },
        )
        // prepareAppend has refused an id that is there twice.
        .filter((appends) => {
          const ids = appends.flatMap(({ events }) => events.flatMap((event) => event.id ?? []))
          return new Set(ids).size === ids.length
        }),
      condition: fc.option(condition, { nil: undefined, freq: 1 }),
    }),
  },
  // Repeats what was once recorded, as whoever tries again would, or some of it in another order.
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('repeat' as const),
      from: fc.nat(40),
      places: fc.oneof(
        fc.uniqueArray(fc.nat(3), { minLength: 1 }),
        fc.constantFrom<number[][]>([0], [0, 1], [0, 1, 2]),
      ),
    }),
  },
  // A new stream, so that all depends on the condition, which begins near the end, where it may hold.
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('condition' as const),
      failIfEventsMatch: query,
      back: fc.nat(5),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('publish' as const), share: fc.nat(4) }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('select' as const), selection, options }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(25) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('retain' as const),
      scope: fc.oneof(fc.record({ stream }), fc.record({ category })) as fc.Arbitrary<RetentionScope>,
      policy,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('truncate' as const), stream, beforeRevision: fc.nat(6) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('tombstone' as const), stream, expectedRevision }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('begin part' as const) }) },
  // What is no longer in memory is asked for through the same interface.
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('age' as const), parts: fc.integer({ min: 1, max: 3 }) }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Runs a step against both; each expectation is what the list of events says. */
function run(index: EventIndex, model: NaiveIndex, step: Step): void {
  switch (step.kind) {
    case 'append':
      append(index, model, step.appends, step.condition)
      break
    case 'repeat': {
      const again = step.places.flatMap((place) => model.events[step.from + place] ?? [])
      const first = again[0]
      if (!first || again.some(({ stream }) => stream !== first.stream)) return
      append(index, model, [{ stream: first.stream, expectedRevision: 'no-stream', events: again }])
      break
    }
    case 'condition': {
      const events = [{ type: 'A', tags: [], id: undefined }]
      const after = Math.max(0, index.last - step.back)
      const condition = { failIfEventsMatch: step.failIfEventsMatch, after }
      const appends = [{ stream: 'new', events }]
      expect(outcomeOf(() => index.check(appends, condition))).toEqual(model.check(appends, condition))
      break
    }
    case 'publish':
      model.published += Math.ceil(((model.events.length - model.published) * step.share) / 4)
      index.publish(model.published)
      break
    case 'select':
      expect(positionsOf(index, step.selection, step.options)).toEqual(
        model.select(step.selection, step.options),
      )
      break
    case 'wait':
      model.nowMs += step.ms
      break
    case 'retain':
      if ('category' in step.scope) model.categoryRetention.set(step.scope.category, step.policy)
      else model.streamRetention.set(step.scope.stream, step.policy)
      index.retain(step.scope, step.policy)
      break
    case 'truncate':
      truncate(index, model, step.stream, step.beforeRevision)
      break
    case 'tombstone':
      tombstone(index, model, step.stream, step.expectedRevision)
      break
    case 'begin part':
      model.published = model.events.length
      index.publish(index.last)
      index.beginPart()
      break
    case 'age':
      index.replaceOlder([
        ...index.olderParts,
        ...index.memoryParts.slice(0, Math.min(step.parts, index.memoryParts.length - 1)),
      ])
  }
}

function append(
  index: EventIndex,
  model: NaiveIndex,
  appends: readonly IndexedAppend[],
  condition?: AppendCondition,
): void {
  const outcome = outcomeOf(() => index.check(appends, condition))
  expect(outcome).toEqual(model.check(appends, condition))
  if (outcome !== undefined) return
  for (const { stream, events } of appends) {
    for (const event of events) {
      model.add(stream, event)
      expect(index.stage(stream, event, model.nowMs)).toBe(model.events.length)
    }
  }
}

function truncate(index: EventIndex, model: NaiveIndex, stream: string, beforeRevision: number): void {
  const count = model.of(stream).length
  const refused =
    (count === 0 && 'stream-not-found') ||
    (model.tombstoned.has(stream) && 'stream-tombstoned') ||
    (beforeRevision > count && 'invalid-argument') ||
    undefined
  expect(outcomeOf(() => index.checkTruncate(stream, beforeRevision))).toBe(refused)
  if (refused) return
  model.truncatedBefore.set(stream, Math.max(beforeRevision, model.truncatedBefore.get(stream) ?? 0))
  index.truncate(stream, beforeRevision)
}

function tombstone(
  index: EventIndex,
  model: NaiveIndex,
  stream: string,
  expected: IndexedAppend['expectedRevision'],
): void {
  const count = model.of(stream).length
  const wrong = expected === 'no-stream' || (typeof expected === 'number' && expected !== count - 1)
  const refused =
    (count === 0 && 'stream-not-found') ||
    (!model.tombstoned.has(stream) && wrong && 'wrong-expected-revision') ||
    undefined
  expect(outcomeOf(() => index.checkTombstone(stream, expected))).toBe(refused)
  if (refused) return
  model.tombstoned.add(stream)
  index.tombstone(stream)
}

function outcomeOf(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    if (!isAnnalsError(error)) throw error
    return error.code
  }
}

function positionsOf(index: EventIndex, selection: Selection, options: ReadOptions = {}): number[] {
  const next = index.select(selection, options)
  const positions: number[] = []
  for (let position = next(); position !== undefined; position = next()) positions.push(position)
  expect(next()).toBeUndefined()
  return positions
}

function expectSame(index: EventIndex, model: NaiveIndex): void {
  expect(index.last).toBe(model.events.length)
  expect(index.published).toBe(model.published)
  for (const name of streams) expect(index.info(name)).toEqual(model.info(name))
  for (const event of model.events) {
    const { position } = event
    expect(index.streamAt(position)).toBe(event.stream)
    expect(index.revisionAt(position)).toBe(event.revision)
    expect(index.recordedAtMs(position)).toBe(event.recordedAtMs)
    expect(index.positionOfId(event.id)).toBe(position)
    expect(index.isVisible(position)).toBe(model.isVisible(event))
  }
}

test('whatever is staged, published, hidden and asked, the index answers as a walk over all events would', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }), (steps) => {
      const model = new NaiveIndex()
      const identityAt = (position: number) => {
        const event = model.events[position - 1] as ModelEvent
        return { ...event, givenId: event.id === derivedId(position) ? undefined : event.id }
      }
      const index = new EventIndex({ storeId, now: () => model.nowMs, identityAt })
      for (const step of steps) run(index, model, step)
      expectSame(index, model)
      expect([...index.infos({})]).toEqual([...streams].sort().flatMap((name) => model.info(name) ?? []))
    }),
    { numRuns: 500 },
  )
})

function indexOf(...names: readonly string[]): EventIndex {
  const index = new EventIndex({ storeId, now: () => 0 })
  for (const name of names) index.stage(name, { type: 'Happened', tags: [], id: undefined }, 0)
  index.publish(names.length)
  return index
}

describe('a walk', () => {
  test('does not see what is published after it began', () => {
    const index = indexOf('a', 'a')
    const next = index.select('everything')
    index.stage('a', { type: 'Happened', tags: [], id: undefined }, 0)
    index.publish(3)
    expect([next(), next(), next()]).toEqual([1, 2, undefined])
    expect(positionsOf(index, 'everything')).toEqual([1, 2, 3])
  })

  test('no longer gives what is hidden while it goes on', () => {
    const index = indexOf('a', 'a', 'b')
    const next = index.select('everything')
    expect(next()).toBe(1)
    index.tombstone('a')
    expect([next(), next()]).toEqual([3, undefined])
  })
})

describe('the listing of streams', () => {
  test('goes by name in code unit order, from after a name, up to a limit, and knows no stream without published events', () => {
    const index = indexOf('b-2', 'a', 'b-10', 'B', 'é', 'b', 'bb-1')
    index.stage('c', { type: 'Happened', tags: [], id: undefined }, 0)
    index.retain({ stream: 'd' }, { maxCount: 1 })
    const names = (options = {}) => [...index.infos(options)].map(({ stream }) => stream)
    expect(names()).toEqual(['B', 'a', 'b', 'b-10', 'b-2', 'bb-1', 'é'])
    expect(names({ category: 'b' })).toEqual(['b', 'b-10', 'b-2'])
    expect(names({ after: 'b', limit: 2 })).toEqual(['b-10', 'b-2'])
    expect(names({ after: 'bb-1', limit: 1 })).toEqual(['é'])
    expect(names({ limit: 0 })).toEqual([])
  })
})

test('the index stops rather than publish what is not there, or take back what was', () => {
  const index = indexOf('a', 'a')
  expect(() => index.publish(3)).toThrow(/cannot publish 3/)
  expect(() => index.publish(1)).toThrow(/cannot publish 1/)
  expect(() => index.streamAt(3)).toThrow(/no event at position 3/)
  expect(() => index.streamAt(0)).toThrow(/no event at position 0/)
})

test('the error of partly known ids names which are known and which are not', () => {
  const index = new EventIndex({ storeId, now: () => 0 })
  index.stage('a', { type: 'Happened', tags: [], id: 'one' }, 0)
  const events = ['one', 'two'].map((id) => ({ type: 'Happened', tags: [], id }))
  expect(() => index.check([{ stream: 'a', events }], undefined)).toThrow(
    expect.objectContaining({
      code: 'event-ids-partly-known',
      details: { known: ['one'], unknown: ['two'] },
    }) as Error,
  )
})

test('the last revision of each stream is told in the order of the append', () => {
  const event = (stream: string, revision: number) => ({ stream, revision }) as never
  expect(lastRevisions([event('b', 4), event('b', 5), event('a', 0)])).toEqual([
    { stream: 'b', revision: 5 },
    { stream: 'a', revision: 0 },
  ])
})
