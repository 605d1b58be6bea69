import { limits } from '@annals/core'
import type { EventRequest } from '@annals/core/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commitKinds } from '../commit.ts'
import { encodeRecord, recordBytesMax, recordHeaderBytes } from '../event-record.ts'
import { ByteWriter } from '../varint.ts'
import { Block } from './block.ts'
import { BlockBuilder } from './block-builder.ts'

interface BuiltEvent extends EventRequest {
  readonly stream: string
  readonly revision: number
  /** How many positions before it are missing. */
  readonly missing: number
}

type BuiltCommit = { readonly laterMs: number } & (
  | { readonly kind: 'append'; readonly events: readonly BuiltEvent[] }
  | { readonly kind: 'retain' | 'truncate' | 'tombstone' | 'removed'; readonly json: string }
)

// Each character of a name is one of those that UTF-8 needs one, two, three or four bytes for.
const name = fc.string({ unit: fc.constantFrom('a', '-', '1', 'ä', '€', '\uffff', '😀'), maxLength: 6 })
// As `JSON.stringify` writes lone surrogates, which are no UTF-8: as escapes.
const json = fc
  .oneof(
    fc.jsonValue(),
    fc.string({ unit: fc.constantFrom('\ud800', '\udfff', '😀', ',', '"', '\u0000', '\u2028') }),
    fc.constantFrom(null, '', [], {}),
  )
  .map((value) => JSON.stringify(value))
const event: fc.Arbitrary<BuiltEvent> = fc.record({
  stream: fc.oneof(fc.constantFrom('cart-1', 'cart-2', 'note'), name),
  type: fc.oneof(fc.constantFrom('A', 'B', 'cart-1'), name),
  revision: fc.oneof({ weight: 9, arbitrary: fc.nat(300) }, fc.constantFrom(0, 2 ** 32 - 1)),
  id: fc.option(
    name.filter((id) => id !== ''),
    { nil: undefined },
  ),
  tags: fc.oneof(
    { weight: 9, arbitrary: fc.array(fc.oneof(fc.constantFrom('x:1', 'A'), name), { maxLength: 4 }) },
    fc.array(fc.constantFrom('x:1', 'y:1'), { minLength: limits.tagsMax, maxLength: limits.tagsMax }),
  ),
  dataJson: json,
  metadataJson: fc.option(fc.oneof(fc.constant('{}'), json), { nil: undefined }),
  missing: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(5), fc.constant(2 ** 35)),
})
// Clocks are set back.
const laterMs = fc.oneof(fc.nat(1_000), fc.integer({ min: -(2 ** 40), max: 2 ** 40 }))
const commit: fc.Arbitrary<BuiltCommit> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      laterMs,
      events: fc.array(event, { minLength: 1, maxLength: 5 }),
    }),
  },
  fc.record({
    kind: fc.constantFrom('retain' as const, 'truncate' as const, 'tombstone' as const, 'removed' as const),
    laterMs,
    json,
  }),
)
const commits = fc.array(commit, { minLength: 1, maxLength: 8 })
const firstPosition = fc.constantFrom(1, 17, 2 ** 40)
const firstRecordedAtMs = 1_700_000_000_000

interface PlacedEvent extends BuiltEvent {
  readonly position: number
  readonly recordedAtMs: number
  /** With a checksum of zero. */
  readonly record: Buffer
}

function built(first: number, commits: readonly BuiltCommit[]) {
  const builder = new BlockBuilder(first)
  const events: PlacedEvent[] = []
  let position = first
  let recordedAtMs = firstRecordedAtMs
  for (const commit of commits) {
    recordedAtMs += commit.laterMs
    if (commit.kind !== 'append') {
      builder.addChange(commitKinds[commit.kind], position - 1, recordedAtMs, Buffer.from(commit.json))
      continue
    }
    for (const [place, event] of commit.events.entries()) {
      position += event.missing
      // Somewhere inside of other bytes, as in a commit.
      const bytes = Buffer.alloc(recordBytesMax(event.stream, event) + 20, 0xee)
      const end = encodeRecord(bytes, 10, event.stream, event.revision, event)
      const record = Buffer.from(bytes.subarray(10, end))
      record.writeUInt32LE(0, 0)
      builder.addEvent(position, recordedAtMs, place > 0, bytes, 10)
      events.push({ ...event, position, recordedAtMs, record })
      position++
    }
  }
  return { builder, bytes: builder.build(), events, nextPosition: position }
}

const opened = (first: number, { builder, bytes }: ReturnType<typeof built>) =>
  new Block(bytes, first, builder.firstRecordedAtMs)

test('a block gives back the events that it was built of, whatever their texts, times and gaps are', () => {
  fc.assert(
    fc.property(firstPosition, commits, (first, commits) => {
      const made = built(first, commits)
      const block = opened(first, made)
      expect([block.eventCount, block.nextPosition]).toEqual([made.events.length, made.nextPosition])
      expect(made.builder.eventCount).toBe(made.events.length)
      for (const [index, event] of made.events.entries()) {
        expect(block.stream(index)).toBe(event.stream)
        expect(block.type(index)).toBe(event.type)
        expect(block.revision(index)).toBe(event.revision)
        expect(block.givenId(index)).toBe(event.id)
        expect(block.tags(index)).toEqual(event.tags)
        expect(block.dataJson(index)).toBe(event.dataJson)
        expect(block.metadataJson(index)).toBe(event.metadataJson)
        expect(block.position(index)).toBe(event.position)
        expect(block.recordedAtMs(index)).toBe(event.recordedAtMs)
      }
    }),
  )
})

test('the record of an event is, byte for byte, what it was before, with a checksum of zero', () => {
  fc.assert(
    fc.property(firstPosition, commits, (first, commits) => {
      const made = built(first, commits)
      const block = opened(first, made)
      for (const [index, { record }] of made.events.entries())
        expect(block.record(index).equals(record)).toBe(true)
    }),
  )
})

test('an event is found by its position, and nothing is found where one is missing', () => {
  fc.assert(
    fc.property(firstPosition, commits, (first, commits) => {
      const made = built(first, commits)
      const block = opened(first, made)
      const numbers = new Map(made.events.map(({ position }, index) => [position, index]))
      const around = [first, made.nextPosition, ...numbers.keys()].flatMap((position) => [
        position - 1,
        position,
        position + 1,
      ])
      for (const position of around) expect(block.eventAt(position)).toBe(numbers.get(position))
    }),
  )
})

test('its runs say which events and changes belong to which commits', () => {
  fc.assert(
    fc.property(firstPosition, commits, (first, commits) => {
      const made = built(first, commits)
      const block = opened(first, made)
      const found: unknown[] = []
      let nextEvent = 0
      for (const { kind, continues, position, recordedAtMs, firstEvent, eventCount, json } of block.runs) {
        const text = block.bytes.toString('utf8', ...json)
        if (kind !== commitKinds.append) {
          expect([eventCount, continues]).toEqual([0, false])
          found.push([kind, position, recordedAtMs, text])
          continue
        }
        expect([firstEvent, text]).toEqual([nextEvent, ''])
        nextEvent += eventCount
        const positions = Array.from({ length: eventCount }, (_, place) => position + place)
        if (continues) (found.at(-1) as unknown[][])[2]?.push(...positions)
        else found.push([kind, recordedAtMs, positions])
      }
      let before = first - 1
      let event = 0
      let recordedAtMs = firstRecordedAtMs
      const expected = commits.map((commit) => {
        recordedAtMs += commit.laterMs
        if (commit.kind !== 'append') return [commitKinds[commit.kind], before, recordedAtMs, commit.json]
        const positions = commit.events.map(() => made.events[event++]?.position as number)
        before = positions.at(-1) as number
        return [commitKinds.append, recordedAtMs, positions]
      })
      expect(found).toEqual(expected)
    }),
  )
})

test('the data of events that follow one another is one JSON text of an array', () => {
  fc.assert(
    fc.property(commits, fc.nat(40), fc.nat(40), (commits, one, other) => {
      const made = built(1, commits)
      const block = opened(1, made)
      const count = made.events.length + 1
      const [from, to] = [one % count, other % count].sort((a, b) => a - b) as [number, number]
      if (from === to) return
      expect(JSON.parse(block.dataJsonOf(from, to))).toEqual(
        made.events.slice(from, to).map(({ dataJson }) => JSON.parse(dataJson)),
      )
    }),
  )
})

test('an event that belongs to a commit of the block before goes on with it', () => {
  const [one] = fc.sample(event, { seed: 1, numRuns: 1 }) as [BuiltEvent]
  const bytes = Buffer.alloc(recordBytesMax(one.stream, one))
  encodeRecord(bytes, 0, one.stream, one.revision, one)
  const builder = new BlockBuilder(5)
  expect(builder.isEmpty).toBe(true)
  builder.addEvent(5, 1_000, true, bytes, 0)
  builder.addEvent(6, 1_000, true, bytes, 0)
  builder.addEvent(7, 1_000, false, bytes, 0)
  expect(builder.isEmpty).toBe(false)
  const block = new Block(builder.build(), 5, builder.firstRecordedAtMs)
  expect(block.runs.map(({ continues, eventCount }) => [continues, eventCount])).toEqual([
    [true, 2],
    [false, 1],
  ])
})

test('a block of changes alone has no events, and one of nothing is empty', () => {
  const builder = new BlockBuilder(9)
  builder.addChange(commitKinds.tombstone, 8, 1_000, Buffer.from('{"kind":"tombstone"}'))
  const block = new Block(builder.build(), 9, builder.firstRecordedAtMs)
  expect([block.eventCount, block.nextPosition, block.eventAt(9)]).toEqual([0, 9, undefined])
  const empty = new Block(new BlockBuilder(9).build(), 9, 0)
  expect([empty.eventCount, empty.nextPosition, empty.runs]).toEqual([0, 9, []])
})

/** Asks a block for everything that it has; each byte of its texts is in one name, event or change alone. */
function readEverything(block: Block): void {
  const { bytes, eventCount } = block
  expect(eventCount).toBeLessThanOrEqual(bytes.length)
  const names = new Set<string>()
  let length = 0
  for (const { kind, json } of block.runs) {
    expect(Object.values(commitKinds)).toContain(kind)
    length += bytes.toString('utf8', ...json).length
  }
  for (let event = 0; event < eventCount; event++) {
    block.eventAt(block.position(event))
    for (const name of [block.stream(event), block.type(event), ...block.tags(event)]) names.add(name)
    length += block.tags(event).length + (block.givenId(event) ?? '').length
    length += block.dataJson(event).length + (block.metadataJson(event) ?? '').length
    expect(block.bytesOf(event)).toBeLessThanOrEqual(bytes.length + recordHeaderBytes)
    expect(block.record(event).length).toBeGreaterThanOrEqual(recordHeaderBytes)
  }
  for (const name of names) length += name.length
  expect(length).toBeLessThanOrEqual(bytes.length)
}

/** What is thrown, if anything, when bytes are read as a block. */
function errorOf(bytes: Buffer): unknown {
  try {
    readEverything(new Block(bytes, 1, firstRecordedAtMs))
    return undefined
  } catch (error) {
    return error
  }
}

test('a block that ends anywhere before its end is a RangeError', () => {
  fc.assert(
    fc.property(commits, (commits) => {
      const { bytes } = built(1, commits)
      for (let length = 0; length < bytes.length; length++)
        expect(errorOf(bytes.subarray(0, length)), `of ${length} bytes`).toBeInstanceOf(RangeError)
      expect(errorOf(Buffer.concat([bytes, Buffer.from([0])]))).toBeInstanceOf(RangeError)
      expect(errorOf(bytes)).toBeUndefined()
    }),
    { numRuns: 20 },
  )
})

test('whatever bytes of a block are changed, it is a RangeError or a block that stays within its bytes', () => {
  const changes = fc.array(fc.record({ place: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 })
  let refused = 0
  fc.assert(
    fc.property(commits, fc.array(changes, { minLength: 10, maxLength: 10 }), (commits, tries) => {
      const { bytes } = built(1, commits)
      for (const changes of tries) {
        const spoilt = Buffer.from(bytes)
        for (const { place, byte } of changes) spoilt[place % bytes.length] = byte
        const error = errorOf(spoilt)
        if (error === undefined) continue
        expect(error).toBeInstanceOf(RangeError)
        refused++
      }
    }),
  )
  expect(refused).toBeGreaterThan(100)
})

test('any bytes are a RangeError, or a block that stays within them', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.array(fc.nat(3), { maxLength: 60 }))
  fc.assert(
    fc.property(bytes, (bytes) => {
      const error = errorOf(Buffer.from(bytes))
      if (error !== undefined) expect(error).toBeInstanceOf(RangeError)
    }),
    { numRuns: 1_000 },
  )
})

test('lengths that fit only when they are cut to 32 bits are a RangeError', () => {
  const blockOf = (...dataLengths: readonly [number, number]) => {
    const writer = new ByteWriter()
    const text = [1, 1]
    const run = [1, commitKinds.append * 2, 0, 0, 2]
    // Streams, types, revisions, lengths of ids and numbers of tags.
    const columns = Array<number>(10).fill(0)
    for (const number of [...text, ...run, ...columns, ...dataLengths, 0, 0]) writer.number(number)
    writer.bytes(Buffer.from('a1,2,'))
    return new Block(writer.toBuffer(), 1, 0)
  }
  expect(blockOf(1, 1).dataJsonOf(0, 2)).toBe('[1,2]')
  expect(() => blockOf(2 ** 31, 2 ** 31 + 2)).toThrow(RangeError)
})
