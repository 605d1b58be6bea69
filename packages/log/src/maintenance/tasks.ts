import { join } from 'node:path'
import type { Position } from '@annals/core'
import { OffsetList } from '../address.ts'
import { PieceCache } from '../cache.ts'
import type { Disk } from '../disk.ts'
import { namingFile, namingFileLater } from '../file-errors.ts'
import { LogIndex } from '../log-index.ts'
import { takeSealed } from '../recover.ts'
import type { Compression } from '../sealed/compression.ts'
import { writeSealed } from '../sealed/seal.ts'
import { SealedSegment } from '../sealed/sealed-segment.ts'
import { damaged, sealedName, segmentName } from '../segment.ts'
import { buildTable } from '../table/build-table.ts'
import { lastRecordedIn, openTable } from '../table/coverage.ts'
import { mergeTables } from '../table/merge-tables.ts'
import { type TableRange, tableName } from '../table/table-format.ts'
import { PositionSet } from './position-set.ts'
import { rewriteSealed } from './rewrite.ts'

/**
 * Something to be written in the background. Each reads files that nobody changes, and writes new ones durably under names that
 * end with `.new`; to put them in their places is for the one who asked.
 */
export type Task =
  /** The sealed form of a full segment, and its index table. */
  | { readonly kind: 'seal'; readonly ordinal: number; readonly firstPosition: Position }
  /** The index table of a sealed segment. */
  | { readonly kind: 'index'; readonly ordinal: number }
  /** One index table in the place of several, without events that are no longer there. */
  | { readonly kind: 'merge'; readonly ranges: readonly TableRange[]; readonly isPruned: boolean }
  /** A sealed segment without some of its events: a bit for each position, set if it goes. */
  | { readonly kind: 'rewrite'; readonly ordinal: number; readonly removed: Uint8Array }

/** What a task is carried out with. */
export interface TaskContext {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly compression: Compression
  /** Is awaited now and then, so that others have their turn; throws to stop. */
  readonly pause: () => Promise<void>
}

/** @throws AnnalsError `store-damaged`; errors of the disk as they are */
export async function carryOut(task: Task, context: TaskContext): Promise<void> {
  switch (task.kind) {
    case 'seal':
      return await seal(task.ordinal, task.firstPosition, context)
    case 'index':
      return await withSealed(task.ordinal, context, (sealed, path) => indexSealed(sealed, path, context))
    case 'merge':
      return await merge(task.ranges, task.isPruned, context)
    case 'rewrite':
      return await withSealed(task.ordinal, context, (sealed, path) =>
        rewriteSealed(sealed, {
          ...context,
          path: `${path}.new`,
          removed: new PositionSet(sealed.firstPosition, task.removed),
        }),
      )
  }
}

const cacheBytes = 16 * 1024 * 1024

async function seal(ordinal: number, firstPosition: Position, context: TaskContext): Promise<void> {
  const { disk, directory, storeId } = context
  const path = join(directory, segmentName(ordinal))
  const file = disk.open(path, 'read')
  try {
    const segment = { ordinal, firstPosition, path, file, offsets: new OffsetList(), sealed: undefined }
    const index = new LogIndex({ storeId, now: () => 0, first: firstPosition })
    await writeSealed({
      ...context,
      segment,
      path: `${join(directory, sealedName(ordinal))}.new`,
      onCommit: (bytes, at, end, offset) => {
        const problem = index.take(segment, bytes, at, end, offset)
        if (problem) throw damaged(path, offset, problem)
      },
    })
    await writeIndex(index, ordinal, firstPosition, 0, context)
  } finally {
    file.close()
  }
}

async function indexSealed(sealed: SealedSegment, path: string, context: TaskContext): Promise<void> {
  const { ordinal } = sealed.header
  const index = new LogIndex({ storeId: context.storeId, now: () => 0, first: sealed.firstPosition })
  takeSealed({ ordinal, path, sealed, offsets: new OffsetList() }, sealed, index)
  await writeIndex(index, ordinal, sealed.firstPosition, sealed.footer.generation, context)
}

async function writeIndex(
  index: LogIndex,
  ordinal: number,
  firstPosition: Position,
  generation: number,
  context: TaskContext,
): Promise<void> {
  const range = { firstOrdinal: ordinal, lastOrdinal: ordinal }
  const [part] = index.events.memoryParts
  if (!part) return
  await buildTable(part, {
    ...context,
    path: `${join(context.directory, tableName(range))}.new`,
    subject: {
      ...range,
      storeId: context.storeId,
      firstPosition,
      lastPosition: index.events.last,
      lastRecordedAtMs: index.events.lastRecordedAtMs,
      streamsBegun: index.events.streamCount,
      generation,
    },
  })
}

async function merge(ranges: readonly TableRange[], isPruned: boolean, context: TaskContext): Promise<void> {
  const { disk, directory, storeId } = context
  const cache = new PieceCache(cacheBytes)
  const tables: ReturnType<typeof openTable>[] = []
  try {
    for (const range of ranges) {
      const path = join(directory, tableName(range))
      tables.push(namingFile(path, () => openTable(range, { disk, directory, storeId, cache })))
    }
    const [first, last] = [tables[0], tables.at(-1)]
    if (!first || !last) return
    const range = { firstOrdinal: first.range.firstOrdinal, lastOrdinal: last.range.lastOrdinal }
    const gone = isPruned ? await positionsGone(range, context) : undefined
    await mergeTables(tables, {
      ...context,
      path: `${join(directory, tableName(range))}.new`,
      subject: {
        ...range,
        storeId,
        firstPosition: first.first,
        lastPosition: last.last,
        lastRecordedAtMs: lastRecordedIn(tables),
        streamsBegun: tables.reduce((sum, { footer }) => sum + footer.streamsBegun, 0),
        generation: gone?.generation ?? tables.reduce((sum, { footer }) => sum + footer.generation, 0),
      },
      isThere: gone && ((position) => !gone.sets.some((set) => set.has(position))),
    })
  } finally {
    for (const { file } of tables) file.close()
  }
}

/** The positions of some segments whose events are no longer there. */
async function positionsGone(
  { firstOrdinal, lastOrdinal }: TableRange,
  context: TaskContext,
): Promise<{ readonly sets: readonly PositionSet[]; readonly generation: number }> {
  const sets: PositionSet[] = []
  let generation = 0
  for (let ordinal = firstOrdinal; ordinal <= lastOrdinal; ordinal++) {
    await withSealed(ordinal, context, async (sealed) => {
      generation += sealed.footer.generation
      const set = PositionSet.upTo(sealed.firstPosition, sealed.lastPosition)
      const { eventCounts, firstPositions } = sealed.table
      for (const [index, count] of eventCounts.entries()) {
        const from = firstPositions[index] as number
        const to = sealed.blockEnd(index)
        if (count === to - from) continue
        const block = await sealed.blockAlone(index)
        for (let position = from; position < to; position++)
          if (block.eventAt(position) === undefined) set.add(position)
        await context.pause()
      }
      if (set.size > 0) sets.push(set)
    })
  }
  return { sets, generation }
}

async function withSealed(
  ordinal: number,
  { disk, directory, storeId, compression }: TaskContext,
  use: (sealed: SealedSegment, path: string) => Promise<void>,
): Promise<void> {
  const path = join(directory, sealedName(ordinal))
  const file = disk.open(path, 'read')
  try {
    const sealed = namingFile(
      path,
      () =>
        new SealedSegment(
          file,
          { ordinal, storeId, firstPosition: undefined },
          compression,
          new PieceCache(cacheBytes),
        ),
    )
    await namingFileLater(path, use(sealed, path))
  } finally {
    file.close()
  }
}
