import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect } from 'vitest'
import { readSealedSegment } from './sealed-segment.ts'
import { readSegment, type Segment } from './segment.ts'
import { readTable, type Table } from './table.ts'

/** A whole store, read by docs/reference/log-format.md alone: nothing in this folder comes from the sources. */
export interface StoreContent {
  readonly storeId: string
  readonly segments: readonly Segment[]
  /** The index tables that a reader chooses, in order. */
  readonly tables: readonly ChosenTable[]
  readonly head: { readonly durable: number; readonly position: number; readonly processId: number }
}

/** An index table, and which segments it is of. */
export interface ChosenTable extends Table {
  readonly firstOrdinal: number
  readonly lastOrdinal: number
}

/** Reads every byte of a store that nobody writes to. */
export function readStore(directory: string): StoreContent {
  const { format, formatVersion, storeId } = JSON.parse(
    readFileSync(join(directory, 'annals.json'), 'utf8'),
  ) as { format: string; formatVersion: number; storeId: string }
  expect([format, formatVersion]).toEqual(['annals-log', 1])
  const names = readdirSync(directory).sort()
  const files = new Map<number, string>()
  // `.sealed` comes behind `.log`, and takes its place.
  for (const name of names)
    if (/^\d{10}\.(log|sealed)$/.test(name)) files.set(Number(name.slice(0, 10)), name)
  const segments: Segment[] = []
  for (const [ordinal, name] of files) {
    expect(ordinal).toBe(segments.length)
    const bytes = readFileSync(join(directory, name))
    const expected = { ordinal, storeId, firstPosition: (segments.at(-1)?.lastPosition ?? 0) + 1 }
    segments.push(
      name.endsWith('.sealed')
        ? readSealedSegment(bytes, expected)
        : readSegment(bytes, expected, ordinal === files.size - 1),
    )
  }
  const head = readHead(readFileSync(join(directory, 'head')), storeId)
  return { storeId, segments, tables: chosenTables(directory, names, { storeId, segments }), head }
}

function chosenTables(
  directory: string,
  names: readonly string[],
  { storeId, segments }: Pick<StoreContent, 'storeId' | 'segments'>,
): readonly ChosenTable[] {
  const ranges = names.flatMap((name) => {
    const [, first, last] = /^(\d{10})-(\d{10})\.index$/.exec(name) ?? []
    return first && last ? { name, firstOrdinal: Number(first), lastOrdinal: Number(last) } : []
  })
  const chosen: ChosenTable[] = []
  for (let next = 0; ; next = (chosen.at(-1)?.lastOrdinal ?? -1) + 1) {
    const [widest] = ranges
      .filter(({ firstOrdinal, lastOrdinal }) => firstOrdinal === next && segments[lastOrdinal]?.sealed)
      .sort((a, b) => b.lastOrdinal - a.lastOrdinal)
    if (!widest) return chosen
    const { name, ...range } = widest
    const table = readTable(readFileSync(join(directory, name)), { ...range, storeId })
    expect([table.firstPosition, table.lastPosition]).toEqual([
      segments[range.firstOrdinal]?.firstPosition,
      segments[range.lastOrdinal]?.lastPosition,
    ])
    chosen.push({ ...table, ...range })
  }
}

function readHead(head: Buffer, storeId: string): StoreContent['head'] {
  expect([head.length, head.toString('latin1', 0, 8), head.toString('hex', 8, 24)]).toEqual([
    64,
    'ANNALSHD',
    storeId,
  ])
  expect(head.readUInt32LE(60)).toBe(crc32(head.subarray(0, 60)))
  return {
    durable: head.readDoubleLE(24),
    position: head.readDoubleLE(32),
    processId: head.readUInt32LE(40),
  }
}
