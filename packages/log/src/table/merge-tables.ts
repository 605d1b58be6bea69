import type { Position, RetentionPolicy } from '@annals/core'
import type { StreamChange } from '@annals/core/store'
import { ByteReader } from '../varint.ts'
import { type WriteTableOptions, writeTable } from './build-table.ts'
import type { IndexTable } from './index-table.ts'
import { encodeKey, keyKinds } from './key.ts'
import type { Entry } from './page.ts'
import { type Positions, readPositions } from './positions.ts'
import type { TableWriter } from './table-writer.ts'

/** What is left out of a merged table. */
export interface MergeOptions extends WriteTableOptions {
  /** Whether the event at a position is still there. Default: all are. */
  readonly isThere?: ((position: Position) => boolean) | undefined
}

/** Writes one index table in the place of several that follow one another, the oldest first, durably. */
export async function mergeTables(tables: readonly IndexTable[], options: MergeOptions): Promise<void> {
  const { isThere } = options
  await writeTable(options, async (writer, rest) => {
    // Chunks are copied as they are, so what is in them need not be counted anew.
    if (!isThere) for (const { footer } of tables) writer.countPairs(footer.digest)
    const start = encodeKey(keyKinds.stream, '')
    const iterators = tables.map((table) => table.entries(start)[Symbol.iterator]())
    const heads = iterators.map((iterator) => iterator.next())
    for (;;) {
      const key = firstKey(heads)
      if (!key) return
      const same: Sourced[] = []
      for (const [index, head] of heads.entries()) {
        if (head.done || !head.value.key.equals(key)) continue
        same.push({ table: tables[index] as IndexTable, value: head.value.value })
        heads[index] = (iterators[index] as Iterator<Entry>).next()
      }
      addEntry(writer, key, same, isThere)
      await rest()
    }
  })
}

interface Sourced {
  readonly table: IndexTable
  readonly value: Buffer
}

function firstKey(heads: readonly IteratorResult<Entry>[]): Buffer | undefined {
  let first: Buffer | undefined
  for (const { done, value } of heads)
    if (!done && (!first || (value as Entry).key.compare(first) < 0)) first = (value as Entry).key
  return first
}

function addEntry(
  writer: TableWriter,
  key: Buffer,
  sources: readonly Sourced[],
  isThere: MergeOptions['isThere'],
): void {
  if (key[0] === keyKinds.change) {
    writer.addJson(
      key,
      sources.map(({ value }) => JSON.parse(value.toString()) as StreamChange).reduce(bothChanges),
    )
    return
  }
  if (key[0] === keyKinds.policy) {
    const last = sources.at(-1) as Sourced
    writer.addJson(key, JSON.parse(last.value.toString()) as RetentionPolicy | null)
    return
  }
  let lastRevision: number | undefined
  const lists = sources.map(
    ({ table, value }): { readonly table: IndexTable; readonly positions: Positions } => {
      const reader = new ByteReader(value)
      // That of the newest of them holds.
      if (key[0] === keyKinds.stream) lastRevision = reader.number()
      return { table, positions: readPositions(reader, table.first) }
    },
  )
  if (isThere) {
    const left = [...positionsOf(lists)].filter(isThere)
    // A stream keeps its revision, and its name, when all of its events are gone.
    if (left.length === 0 && key[0] !== keyKinds.stream) return
    writer.addPositions(key, lastRevision, (builder, hashes) => {
      for (const position of left) {
        builder.add(position)
        writer.countPair(hashes, position)
      }
    })
    return
  }
  writer.addPositions(key, lastRevision, (builder) => {
    for (const { table, positions } of lists) {
      for (const position of positions.inline ?? []) builder.add(position)
      for (const place of positions.chunks ?? [])
        builder.addChunk(place, table.chunk(place), () => table.positionsIn(place))
    }
  })
}

function* positionsOf(
  lists: readonly { readonly table: IndexTable; readonly positions: Positions }[],
): Iterable<Position> {
  for (const { table, positions } of lists) {
    yield* positions.inline ?? []
    for (const place of positions.chunks ?? []) yield* table.positionsIn(place)
  }
}

function bothChanges(older: StreamChange, newer: StreamChange): StreamChange {
  return {
    truncatedBefore: Math.max(older.truncatedBefore, newer.truncatedBefore),
    tombstoned: older.tombstoned || newer.tombstoned,
    retention: newer.retention === undefined ? older.retention : newer.retention,
  }
}
