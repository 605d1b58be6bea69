import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../varint.ts'
import {
  type ChunkPlace,
  chunkPositionsMax,
  decodeChunk,
  type Positions,
  PositionsBuilder,
  readPositions,
} from './positions.ts'

const base = 1_000
// The largest positions that a list of these can reach are far beyond 2^32.
const step = {
  'one after the other': () => 1,
  'some of them': (index: number) => 1 + ((index * 7_919) % 13),
  'far apart': (index: number) => 1 + ((index * 104_729) % 90_001) * 1_000,
}
const lengths = [0, 1, 2, 63, 64, 65, 511, 512, 4_095, 4_096, 4_097, 9_000, 20_000]

function listOf(length: number, step: (index: number) => number): number[] {
  const list: number[] = []
  let position = base
  for (let index = 0; index < length; index++) {
    list.push(position)
    position += step(index)
  }
  return list
}

/** A file of chunks. */
function chunkFile() {
  const chunks = new Map<number, Buffer>()
  let end = 64
  return {
    chunks,
    put: (chunk: Buffer): number => {
      const offset = end
      chunks.set(offset, chunk)
      end += chunk.length
      return offset
    },
    chunk: ({ offset }: ChunkPlace): Buffer => chunks.get(offset) as Buffer,
  }
}

type ChunkFile = ReturnType<typeof chunkFile>

function written(builder: PositionsBuilder): Positions {
  const writer = new ByteWriter()
  builder.writeTo(writer)
  const reader = new ByteReader(writer.toBuffer())
  const positions = readPositions(reader, base)
  expect(reader.at).toBe(writer.length)
  return positions
}

function built(list: readonly number[], file: ChunkFile): Positions {
  const builder = new PositionsBuilder(base, file.put)
  for (const position of list) builder.add(position)
  return written(builder)
}

const allIn = (positions: Positions, file: ChunkFile): number[] => [
  ...(positions.inline ?? []),
  ...(positions.chunks ?? []).flatMap((place) => [...decodeChunk(file.chunk(place), place)]),
]

for (const [how, each] of Object.entries(step))
  test(`positions ${how} are read as they were added, from none to 20,000`, () => {
    for (const length of lengths) {
      const file = chunkFile()
      const list = listOf(length, each)
      const positions = built(list, file)
      expect(positions.count).toBe(length)
      expect(allIn(positions, file), `of ${length}`).toEqual(list)
    }
  })

test('any positions are read as they were added', () => {
  const list = fc
    .array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 40 })), {
      maxLength: 200,
    })
    .map((steps) => {
      let position = base - 1
      return steps.map((step) => {
        position += step
        return position
      })
    })
  fc.assert(
    fc.property(list, (list) => {
      const file = chunkFile()
      expect(allIn(built(list, file), file)).toEqual(list)
    }),
  )
})

test('few positions are in the entry itself, many in chunks of a limited number', () => {
  for (const length of lengths) {
    const { inline, chunks, count } = built(listOf(length, step['some of them']), chunkFile())
    expect(inline?.length, `of ${length}`).toBe(length <= 64 ? length : undefined)
    expect(
      chunks?.map(({ count }) => count).reduce((sum, each) => sum + each),
      `of ${length}`,
    ).toBe(length <= 64 ? undefined : count)
    for (const { count } of chunks ?? []) expect(count).toBeLessThanOrEqual(chunkPositionsMax)
  }
})

test('each chunk says where it begins, so that only those that are asked for need be read', () => {
  const list = listOf(10_000, step['far apart'])
  const { chunks = [] } = built(list, chunkFile())
  let before = 0
  for (const { first, count } of chunks) {
    expect(first).toBe(list[before])
    before += count
  }
})

test('a large chunk is copied as it is, and nothing of it is decoded', () => {
  const source = chunkFile()
  const list = listOf(9_000, step['some of them'])
  const { chunks = [] } = built(list, source)
  expect(chunks.map(({ count }) => count)).toEqual([4_096, 4_096, 808])
  const target = chunkFile()
  const builder = new PositionsBuilder(base, target.put)
  for (const place of chunks)
    builder.addChunk(place, source.chunk(place), () => {
      throw new Error('a large chunk was decoded')
    })
  const copied = written(builder)
  expect([...target.chunks.values()]).toEqual([...source.chunks.values()])
  expect(copied.count).toBe(9_000)
  expect(allIn(copied, target)).toEqual(list)
})

test('small chunks are put together', () => {
  const source = chunkFile()
  const list = listOf(3_000, step['some of them'])
  const target = chunkFile()
  const builder = new PositionsBuilder(base, target.put)
  for (let from = 0; from < list.length; from += 100) {
    const { chunks = [] } = built(list.slice(from, from + 100), source)
    for (const place of chunks)
      builder.addChunk(place, source.chunk(place), () => decodeChunk(source.chunk(place), place))
  }
  const together = written(builder)
  expect(together.chunks?.length).toBe(1)
  expect(allIn(together, target)).toEqual(list)
})

test('chunks of any sizes, with positions between them, come to all of them in order', () => {
  const piece = fc.record({
    count: fc.constantFrom(1, 10, 65, 400, 511, 512, 600, 4_096),
    isChunk: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const list = listOf(
        pieces.reduce((sum, { count }) => sum + count, 0),
        step['some of them'],
      )
      const source = chunkFile()
      const target = chunkFile()
      const builder = new PositionsBuilder(base, target.put)
      let from = 0
      for (const { count, isChunk } of pieces) {
        const part = list.slice(from, from + count)
        from += count
        const { chunks } = built(part, source)
        if (!isChunk || !chunks) for (const position of part) builder.add(position)
        else
          for (const place of chunks)
            builder.addChunk(place, source.chunk(place), () => decodeChunk(source.chunk(place), place))
      }
      const together = written(builder)
      expect(together.count).toBe(list.length)
      expect(allIn(together, target)).toEqual(list)
    }),
    { numRuns: 30 },
  )
})

test('a chunk with any bit changed, or cut anywhere, is a RangeError', () => {
  for (const each of Object.values(step)) {
    const file = chunkFile()
    const [place] = built(listOf(70, each), file).chunks as [ChunkPlace]
    const chunk = file.chunk(place)
    for (let bit = 0; bit < chunk.length * 8; bit++) {
      const spoilt = Buffer.from(chunk)
      spoilt[bit >> 3] = (spoilt[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(() => decodeChunk(spoilt, place)).toThrow(RangeError)
    }
    for (let length = 0; length < chunk.length; length++)
      expect(() => decodeChunk(chunk.subarray(0, length), place)).toThrow(RangeError)
  }
})

test('positions that follow one another are compressed to almost nothing', () => {
  const file = chunkFile()
  built(listOf(20_000, step['one after the other']), file)
  const bytes = [...file.chunks.values()].reduce((sum, { length }) => sum + length, 0)
  expect(bytes).toBeLessThan(500)
})
