import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from './varint.ts'

const numberMax = Number.MAX_SAFE_INTEGER
// Around each power of two, where a number becomes a byte longer.
const edges = Array.from({ length: 53 }, (_, power) => [2 ** power - 1, 2 ** power, 2 ** power + 1])
  .flat()
  .filter((number) => number <= numberMax)
const number = fc.oneof(fc.maxSafeNat(), fc.constantFrom(...edges, numberMax))
const signedMax = (numberMax - 1) / 2
const signed = fc.oneof(
  fc.integer({ min: -signedMax - 1, max: signedMax }),
  fc.constantFrom(-signedMax - 1, signedMax, -1, 0, 1),
)

function written(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter()
  write(writer)
  return writer.toBuffer()
}

function readerOf(...bytes: number[]): ByteReader {
  return new ByteReader(Buffer.from(bytes))
}

test('whole numbers up to 2^53 - 1 are read as they were written, one after the other', () => {
  for (const edge of edges)
    expect(new ByteReader(written((writer) => writer.number(edge))).number()).toBe(edge)
  fc.assert(
    fc.property(fc.array(number), (numbers) => {
      const bytes = written((writer) => {
        for (const each of numbers) writer.number(each)
      })
      const reader = new ByteReader(bytes)
      expect(numbers.map(() => reader.number())).toEqual(numbers)
      expect(reader.at).toBe(bytes.length)
    }),
  )
})

test('a number takes one byte for each seven of its bits', () => {
  const lengthOf = (each: number) => written((writer) => writer.number(each)).length
  fc.assert(
    fc.property(number, (each) => {
      expect(lengthOf(each)).toBe(Math.max(1, Math.ceil(each.toString(2).length / 7)))
    }),
  )
  expect([0, 127, 128, 16_383, 16_384, numberMax].map(lengthOf)).toEqual([1, 1, 2, 2, 3, 8])
})

test('numbers are LEB128', () => {
  expect(written((writer) => writer.number(624_485))).toEqual(Buffer.from([0xe5, 0x8e, 0x26]))
})

test('numbers that may be negative are read as they were written', () => {
  fc.assert(
    fc.property(fc.array(signed), (numbers) => {
      const reader = new ByteReader(
        written((writer) => {
          for (const each of numbers) writer.signed(each)
        }),
      )
      expect(numbers.map(() => reader.signed())).toEqual(numbers)
    }),
  )
  expect(written((writer) => [0, -1, 1, -2, 2].map((each) => writer.signed(each)))).toEqual(
    Buffer.from([0, 1, 2, 3, 4]),
  )
})

test('many numbers at once are the same as one after the other, and the reader goes on behind them', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(300), fc.nat(2 ** 32 - 1))), number, (numbers, after) => {
      const reader = new ByteReader(
        written((writer) => {
          for (const each of [...numbers, after]) writer.number(each)
        }),
      )
      expect([...reader.numbers(numbers.length)]).toEqual(numbers)
      expect(reader.number()).toBe(after)
    }),
  )
})

test('many numbers at once are each below their bound, and below 2^32 without one', () => {
  const of = (each: number) => new ByteReader(written((writer) => writer.number(each)))
  for (const below of [1, 100, 128, 5_000, 2 ** 32]) {
    expect([...of(below - 1).numbers(1, below)]).toEqual([below - 1])
    expect(() => of(below).numbers(1, below)).toThrow(RangeError)
  }
  expect(() => of(2 ** 32).numbers(1)).toThrow(RangeError)
  // A byte that fits when it is cut to 32 bits.
  expect(() => of(2 ** 40 + 5).numbers(1)).toThrow(RangeError)
})

test('bytes that end within a number, or before it, are a RangeError', () => {
  fc.assert(
    fc.property(number, (each) => {
      const bytes = written((writer) => writer.number(each))
      for (let length = 0; length < bytes.length; length++) {
        const cut = bytes.subarray(0, length)
        expect(() => new ByteReader(cut).number()).toThrow(RangeError)
        expect(() => new ByteReader(cut).signed()).toThrow(RangeError)
        expect(() => new ByteReader(cut).numbers(1)).toThrow(RangeError)
      }
    }),
  )
  expect(() => readerOf(1, 2).numbers(3)).toThrow(RangeError)
})

test('a number that goes on behind its eighth byte is a RangeError', () => {
  const tooLong = [...Array<number>(8).fill(0x80), 0]
  expect(() => readerOf(...tooLong).number()).toThrow(RangeError)
  expect(() => readerOf(...tooLong).signed()).toThrow(RangeError)
  expect(() => readerOf(...tooLong).numbers(1)).toThrow(RangeError)
  expect(readerOf(...Array<number>(7).fill(0x80), 0).number()).toBe(0)
})

test('a writer holds as much as is put into it, and begins anew when it is cleared', () => {
  const writer = new ByteWriter()
  const source = Buffer.from(Array.from({ length: 10_000 }, (_, index) => index % 251))
  writer.number(300)
  writer.bytes(source)
  writer.bytes(source, 5, 9)
  writer.byte(0x2c)
  const expected = Buffer.concat([
    Buffer.from([0xac, 0x02]),
    source,
    source.subarray(5, 9),
    Buffer.from([0x2c]),
  ])
  expect(writer.length).toBe(expected.length)
  const copy = writer.toBuffer()
  writer.clear()
  writer.byte(7)
  expect(copy.equals(expected)).toBe(true)
  expect(writer.toBuffer()).toEqual(Buffer.from([7]))
})
