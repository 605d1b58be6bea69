import type { Position } from '@annals/core'
import {
  type IndexPart,
  MemoryPart,
  type NameKind,
  type Postings,
  type StreamChange,
} from '@annals/core/store'
import { SimulatedDisk } from '@annals/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PieceCache } from '../cache.ts'
import { buildTable } from './build-table.ts'
import { IndexTable } from './index-table.ts'
import { mergeTables } from './merge-tables.ts'
import { tableName } from './table-format.ts'

const storeId = '00112233445566778899aabbccddeeff'
const firstPosition = 1_000

// The names of a category that come before, among and behind those of others that begin like it.
const streams = [
  'cart',
  'cart-1',
  'cart-2',
  'cart-2-b',
  'cart!',
  'cart.x',
  'cart-\ud800',
  'cart-😀',
  'cart-\uffff',
  'note',
]
const categories = ['cart', 'note', 'cart.x', 'none']
const types = ['A', 'B', 'C']
const tags = ['x:1', 'x:2', 'y:😀']

type Step =
  | {
      readonly kind: 'event'
      readonly stream: string
      readonly type: string
      readonly tags: readonly string[]
      readonly hasId: boolean
    }
  | { readonly kind: 'gone'; readonly count: number }
  | { readonly kind: 'change'; readonly stream: string; readonly change: Partial<StreamChange> }
  | { readonly kind: 'policy'; readonly category: string; readonly maxCount: number | null }

const stream = fc.constantFrom(...streams)
const event: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('event' as const),
  stream,
  type: fc.constantFrom(...types),
  tags: fc.uniqueArray(fc.constantFrom(...tags)),
  hasId: fc.boolean(),
})
const maxCount = fc.option(fc.integer({ min: 1, max: 9 }))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: event },
  fc.record({ kind: fc.constant('gone' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    kind: fc.constant('change' as const),
    stream,
    change: fc.oneof(
      fc.record({ truncatedBefore: fc.nat(9) }),
      fc.constant({ tombstoned: true }),
      maxCount.map((maxCount) => ({ retention: maxCount === null ? null : { maxCount } })),
    ),
  }),
  fc.record({ kind: fc.constant('policy' as const), category: fc.constantFrom(...categories), maxCount }),
)
const history = fc.array(step, { maxLength: 60 })

/** Parts in memory of a history, cut into as many as are asked for. */
function partsOf(histories: readonly (readonly Step[])[]): readonly MemoryPart[] {
  const lastRevisions = new Map<string, number>()
  let first = firstPosition
  return histories.map((steps) => {
    const part = new MemoryPart(first)
    for (const step of steps) takeStep(part, step, lastRevisions)
    first = part.last + 1
    return part
  })
}

function takeStep(part: MemoryPart, step: Step, lastRevisions: Map<string, number>): void {
  if (step.kind === 'gone') part.skip(part.last + step.count)
  else if (step.kind === 'change') part.addChange(step.stream, step.change)
  else if (step.kind === 'policy')
    part.categoryPolicies.set(step.category, step.maxCount === null ? null : { maxCount: step.maxCount })
  else {
    const lastRevision = (lastRevisions.get(step.stream) ?? -1) + 1
    lastRevisions.set(step.stream, lastRevision)
    const id = step.hasId ? `id-${part.last + 1}` : undefined
    const state = part.stateOf(step.stream) ?? stateAt(lastRevision)
    state.lastRevision = lastRevision
    part.add(step.stream, state, { type: step.type, tags: step.tags, id }, 0)
  }
}

const stateAt = (lastRevision: number) => ({
  lastRevision,
  truncatedBefore: 0,
  tombstoned: false,
  retention: undefined,
  hasChanges: true,
})

/** Writes tables on a disk in memory, and opens them. */
function tables() {
  const disk = new SimulatedDisk({ seed: 1 })
  const cache = new PieceCache(1024 * 1024)
  disk.makeDirectory('/store')
  const write = async (
    firstOrdinal: number,
    lastOrdinal: number,
    parts: readonly Pick<MemoryPart, 'first' | 'last' | 'streamsBegun'>[],
    writing: (options: Parameters<typeof buildTable>[1]) => Promise<void>,
  ): Promise<IndexTable> => {
    const range = { firstOrdinal, lastOrdinal }
    const path = `/store/${tableName(range)}`
    const subject = {
      ...range,
      storeId,
      firstPosition: (parts[0] as MemoryPart).first,
      lastPosition: (parts.at(-1) as MemoryPart).last,
      lastRecordedAtMs: 7_000,
      generation: 3,
      streamsBegun: parts.reduce((sum, { streamsBegun }) => sum + streamsBegun, 0),
    }
    await writing({ disk, path, subject, pause: async () => undefined })
    const damagedAt = (offset: number, problem: string) => new Error(`${problem} at ${offset}`)
    return new IndexTable({ file: disk.open(path, 'read'), range, storeId, cache, damagedAt })
  }
  return {
    build: (part: MemoryPart, ordinal = 0) =>
      write(ordinal, ordinal, [part], (options) => buildTable(part, options)),
    merge: (parts: readonly IndexTable[], isThere?: (position: Position) => boolean) =>
      write(100, 100 + parts.length, parts, (options) => mergeTables(parts, { ...options, isThere })),
  }
}

/** All that a part answers to what can be asked of it. */
function answersOf(part: IndexPart, extraIds: readonly string[] = []): unknown {
  const around: Position[] = []
  for (let position = part.first - 2; position <= part.last + 2; position++) around.push(position)
  const lists = (
    [
      ['category', categories],
      ['type', [...types, 'none']],
      ['tag', [...tags, 'none']],
    ] as const satisfies readonly (readonly [NameKind, readonly string[]])[]
  ).flatMap(([kind, names]) =>
    names.map((name) => {
      const postings = part.postings(kind, name)
      // A category of streams that are all gone may be there, with nothing in it.
      return [kind, name, around.map((at) => [postings?.next(at) ?? Infinity, postings?.previous(at) ?? 0])]
    }),
  )
  const ids = [...around.map((position) => `id-${position}`), ...extraIds]
  return {
    range: [part.first, part.last, part.hasChanges],
    streams: [...streams, 'none'].map((name) => {
      const found = part.stream(name)
      if (!found) return [name]
      const { firstRevision, lastRevision, postings } = found
      const positions: Position[] = []
      for (let revision = firstRevision; revision <= lastRevision; revision++)
        positions.push(found.positionAt(revision))
      const neighbours = around.map((at) => [postings.next(at), postings.previous(at)])
      return [name, firstRevision, lastRevision, positions, neighbours]
    }),
    changes: [...streams, 'none'].map((name) => part.change(name)),
    policies: [...part.categoryPolicies].sort(),
    lists,
    ids: ids.map((id) => part.positionsOfId(id)),
    names: [undefined, '', 'cart-', 'z', ...streams].flatMap((after) =>
      [undefined, ...categories].map((category) => [...part.streamNames(after, category)]),
    ),
  }
}

test('a table answers everything as the part in memory does that it was made of', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const [part] = partsOf([steps]) as [MemoryPart]
      const table = await tables().build(part)
      expect(answersOf(table)).toEqual(answersOf(part))
    }),
  )
})

test('the table of a history that was split anywhere and merged is that of the whole, and answers everything as it does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(history, { minLength: 2, maxLength: 5 }), async (histories) => {
      const { build, merge } = tables()
      const parts = partsOf(histories)
      const [whole] = partsOf([histories.flat()]) as [MemoryPart]
      const merged = await merge(await Promise.all(parts.map((part, ordinal) => build(part, ordinal))))
      const direct = await build(whole, 99)
      expect(answersOf(merged)).toEqual(answersOf(direct))
      expect(answersOf(merged)).toEqual(answersOf(whole))
      // What tells the events of a table is the same too, though it was added up in another way.
      const { digest, entryCount, changeCount, policyCount } = direct.footer
      expect(merged.footer).toMatchObject({ digest, entryCount, changeCount, policyCount })
      expect([...merged.entries(Buffer.alloc(0))]).toEqual([...direct.entries(Buffer.alloc(0))])
    }),
    { numRuns: 60 },
  )
})

test('merged without the events that are gone, a table lacks exactly those, and streams keep their names and revisions', async () => {
  const going = fc.array(fc.boolean(), { minLength: 80, maxLength: 80 })
  await fc.assert(
    fc.asyncProperty(fc.array(history, { minLength: 1, maxLength: 3 }), going, async (histories, going) => {
      const { build, merge } = tables()
      const isGone = (position: Position) => going[(position - firstPosition) % going.length] as boolean
      const whole = partsOf([histories.flat()])[0] as MemoryPart
      // What goes of a stream is always its beginning.
      const firstKept = new Map<string, number>()
      for (const { name, positions } of whole.streams()) {
        const kept = positions.findIndex((position) => !isGone(position))
        firstKept.set(name, kept === -1 ? positions.length : kept)
      }
      const isThere = (position: Position) =>
        whole.has(position) &&
        whole.revisionAt(position) >= (firstKept.get(whole.streamAt(position)) as number)
      const parts = partsOf(histories)
      const table = await merge(
        await Promise.all(parts.map((part, ordinal) => build(part, ordinal))),
        isThere,
      )
      for (const { name, positions, lastRevision } of whole.streams()) {
        const left = positions.filter(isThere)
        const found = table.stream(name)
        expect(found).toMatchObject({ lastRevision, firstRevision: lastRevision - left.length + 1 })
        expect(left.map((_, place) => found?.positionAt(lastRevision - left.length + 1 + place))).toEqual(
          left,
        )
      }
      for (const kind of ['category', 'type', 'tag'] as const)
        for (const [name, positions] of whole.names(kind)) {
          const postings = table.postings(kind, name)
          const left: Position[] = []
          for (
            let at = postings?.next(0) ?? Infinity;
            at !== Infinity;
            at = postings?.next(at + 1) ?? Infinity
          )
            left.push(at)
          expect(left).toEqual(positions.filter(isThere))
        }
      for (const [id, position] of whole.ids())
        expect(table.positionsOfId(id)).toEqual(isThere(position) ? [position] : [])
      expect([...table.streamNames(undefined, undefined)]).toEqual([
        ...whole.streamNames(undefined, undefined),
      ])
      for (const name of streams) expect(table.change(name)).toEqual(whole.change(name))
      expect([...table.categoryPolicies].sort()).toEqual([...whole.categoryPolicies].sort())
    }),
    { numRuns: 60 },
  )
})

/** A part with many streams, so that its table has several levels, and lists so long that they are in chunks. */
function largePart(first: Position, from: number, count: number): MemoryPart {
  const part = new MemoryPart(first)
  for (let n = from; n < from + count; n++) {
    const cart = `cart-${String(n).padStart(6, '0')}-${'x'.repeat(60)}`
    const event = { type: `T${n % 3}`, tags: [`n:${n % 2_000}`], id: n % 5 === 0 ? `id-${n}` : undefined }
    part.add(cart, stateAt(0), event, n)
    const counters = part.stateOf('counters') ?? stateAt(n - 1)
    counters.lastRevision = n
    part.add('counters', counters, { type: 'Counted', tags: [], id: undefined }, n)
  }
  return part
}

test('a large table of several levels, with long lists, answers as its part does, merged or not', async () => {
  const count = 12_000
  const { build, merge } = tables()
  const whole = largePart(1, 0, count)
  const one = largePart(1, 0, 5_000)
  const other = largePart(one.last + 1, 5_000, count - 5_000)
  const direct = await build(whole, 9)
  const merged = await merge([await build(one, 0), await build(other, 1)])
  expect(direct.footer.levels).toBeGreaterThan(2)
  for (const table of [direct, merged]) {
    expect([...table.streamNames(undefined, undefined)]).toEqual([...whole.streamNames(undefined, undefined)])
    const after = `cart-007000-${'x'.repeat(60)}`
    const [next] = table.streamNames(after, 'cart')
    expect(next).toBe(`cart-007001-${'x'.repeat(60)}`)
    for (let n = 0; n < count; n += 7) {
      const name = `cart-${String(n).padStart(6, '0')}-${'x'.repeat(60)}`
      expect(table.stream(name)?.positionAt(0)).toBe(2 * n + 1)
      expect(table.stream('counters')?.positionAt(n)).toBe(2 * n + 2)
      expect(table.positionsOfId(`id-${n}`)).toEqual(n % 5 === 0 ? [2 * n + 1] : [])
    }
    expect(table.stream('counters')).toMatchObject({ firstRevision: 0, lastRevision: count - 1 })
    for (const [kind, name] of [
      ['type', 'T1'],
      ['type', 'Counted'],
      ['tag', 'n:77'],
      ['category', 'cart'],
    ] as const) {
      const [known, found] = [whole.postings(kind, name), table.postings(kind, name)]
      // Jumps to and fro, then a walk in each direction.
      const positions = Array.from({ length: 2 * count + 3 }, (_, at) => at)
      const jumps = positions.slice(0, 3_000).map((n) => (n * 7_919) % positions.length)
      const answers = (postings: Postings | undefined) => [
        jumps.map((at) => [postings?.next(at), postings?.previous(at)]),
        positions.map((at) => postings?.next(at)),
        positions.toReversed().map((at) => postings?.previous(at)),
      ]
      expect(answers(found)).toEqual(answers(known))
    }
  }
  expect(merged.footer.digest).toBe(direct.footer.digest)
})

test('of long lists that is left which is still there', async () => {
  const { build, merge } = tables()
  const part = largePart(1, 0, 5_000)
  const isThere = (position: Position) => position > 6_000
  const table = await merge([await build(part)], isThere)
  const counters = table.stream('counters')
  expect(counters).toMatchObject({ firstRevision: 3_000, lastRevision: 4_999 })
  expect(counters?.positionAt(3_000)).toBe(6_002)
  expect(counters?.postings.previous(6_001)).toBe(0)
  expect(table.stream(`cart-000000-${'x'.repeat(60)}`)).toMatchObject({ firstRevision: 1, lastRevision: 0 })
  const [known, found] = [part.postings('type', 'T2'), table.postings('type', 'T2')]
  const walked = (next: ((at: Position) => Position) | undefined, from: Position) =>
    Array.from({ length: 10_000 - from }, (_, step) => next?.(from + step))
  expect(walked(found?.next, 6_001)).toEqual(walked(known?.next, 6_001))
  expect(found?.next(0)).toBe(known?.next(6_001))
})

test('a page or a chunk that is not what was written is the error for it, and nothing else is answered', async () => {
  const disk = new SimulatedDisk({ seed: 1 })
  disk.makeDirectory('/store')
  const path = `/store/${tableName({ firstOrdinal: 0, lastOrdinal: 0 })}`
  const part = largePart(1, 0, 1_000)
  const subject = {
    firstOrdinal: 0,
    lastOrdinal: 0,
    storeId,
    firstPosition: 1,
    lastPosition: part.last,
    lastRecordedAtMs: 0,
    generation: 0,
    streamsBegun: part.streamsBegun,
  }
  await buildTable(part, { disk, path, subject, pause: async () => undefined })
  const file = disk.open(path, 'write')
  const open = () =>
    new IndexTable({
      file,
      range: subject,
      storeId,
      cache: new PieceCache(1024 * 1024),
      damagedAt: (offset, problem) => new Error(`${problem}, at ${offset}`),
    })
  const { rootOffset, filterOffset, filterPageBytes, filterPages } = open().footer
  const ask = (table: IndexTable) => {
    const answers = [...table.streamNames(undefined, undefined)].map((name) =>
      table.stream(name)?.positionAt(0),
    )
    const counted = table.postings('type', 'Counted')
    for (let at = counted?.next(0) ?? Infinity; at !== Infinity; at = counted?.next(at + 1) ?? Infinity)
      answers.push(at)
    table.checkFilter()
    return answers
  }
  const expected = ask(open())
  let noticed = 0
  const places = [rootOffset + 9, filterOffset + 9, filterOffset + filterPages * filterPageBytes - 1]
  for (let at = 64; at < rootOffset; at += 997) places.push(at)
  for (const at of places) {
    const byte = Buffer.alloc(1)
    file.readNow(byte, at)
    file.writeNow(Buffer.from([(byte[0] as number) ^ 4]), at)
    try {
      expect(ask(open())).toEqual(expected)
    } catch (error) {
      expect((error as Error).message).toMatch(/^the checksum of .* does not hold, at \d+$/)
      noticed++
    }
    file.writeNow(byte, at)
  }
  expect(noticed).toBeGreaterThan(places.length / 2)
  expect(ask(open())).toEqual(expected)
})
