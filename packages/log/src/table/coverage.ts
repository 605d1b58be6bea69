import { join } from 'node:path'
import { AnnalsError, isAnnalsError } from '@annals/core'
import type { PieceCache } from '../cache.ts'
import type { Disk } from '../disk.ts'
import { SealedDamage } from '../sealed/sealed-format.ts'
import type { SealedSegment } from '../sealed/sealed-segment.ts'
import { IndexTable } from './index-table.ts'
import { rangeOfTableName, type TableRange, tableName } from './table-format.ts'

/** What the index tables of a store are looked for with. */
export interface CoverageOptions {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly cache: PieceCache
  /** The names of the files of the directory. */
  readonly names: readonly string[]
  /** Opens the sealed form of a segment; nothing if it has none. */
  readonly sealedAt: (ordinal: number) => SealedSegment | undefined
  /** Tables that are open already, and are used again. */
  readonly known?: readonly IndexTable[]
}

/**
 * The index tables that cover the sealed segments from the first one on, each as many as it can, until one is not covered.
 * One that is damaged, or of other events than the segments are, is as good as none, since it can be made anew.
 */
export function coveringTables({
  sealedAt,
  known: opened = [],
  ...options
}: CoverageOptions): readonly IndexTable[] {
  const ranges = options.names
    .flatMap((name) => rangeOfTableName(name) ?? [])
    .sort((a, b) => a.firstOrdinal - b.firstOrdinal || b.lastOrdinal - a.lastOrdinal)
  const tables: IndexTable[] = []
  const isNew = (table: IndexTable) => !opened.includes(table)
  try {
    let next = 0
    for (const range of ranges) {
      if (range.firstOrdinal !== next) continue
      const [first, last] = [sealedAt(range.firstOrdinal), sealedAt(range.lastOrdinal)]
      if (!first || !last || !areAllSealed(range, sealedAt)) continue
      const table = opened.find((each) => isOf(each, range)) ?? openSoundTable(range, options)
      if (!table) continue
      if (table.first === first.firstPosition && table.last === last.lastPosition) {
        tables.push(table)
        next = range.lastOrdinal + 1
      } else if (isNew(table)) table.file.close()
    }
    return tables
  } catch (error) {
    for (const table of tables.filter(isNew)) table.file.close()
    throw error
  }
}

function isOf({ range }: IndexTable, { firstOrdinal, lastOrdinal }: TableRange): boolean {
  return range.firstOrdinal === firstOrdinal && range.lastOrdinal === lastOrdinal
}

/** When the last event in some tables was recorded; 0 if there are none. */
export function lastRecordedIn(tables: readonly IndexTable[]): number {
  return tables.reduce((last, { footer }) => Math.max(last, footer.lastRecordedAtMs), 0)
}

function areAllSealed(
  { firstOrdinal, lastOrdinal }: TableRange,
  sealedAt: CoverageOptions['sealedAt'],
): boolean {
  for (let ordinal = firstOrdinal; ordinal <= lastOrdinal; ordinal++) if (!sealedAt(ordinal)) return false
  return true
}

function openSoundTable(range: TableRange, options: TableOpening): IndexTable | undefined {
  try {
    return openTable(range, options)
  } catch (error) {
    if (error instanceof SealedDamage || isAnnalsError(error, 'store-damaged')) return undefined
    throw error
  }
}

/** What is needed to open a table. */
export type TableOpening = Pick<CoverageOptions, 'disk' | 'directory' | 'storeId' | 'cache'>

/** Opens the index table of a range of segments. @throws SealedDamage */
export function openTable(range: TableRange, { disk, directory, storeId, cache }: TableOpening): IndexTable {
  const path = join(directory, tableName(range))
  const file = disk.open(path, 'read')
  try {
    return new IndexTable({
      file,
      range,
      storeId,
      cache,
      damagedAt: (offset, problem) => damagedIndex(path, offset, problem),
    })
  } catch (error) {
    file.close()
    throw error
  }
}

function damagedIndex(file: string, offset: number, problem: string): AnnalsError<'store-damaged'> {
  return new AnnalsError(
    'store-damaged',
    `${file} is damaged at byte ${offset}: ${problem}. It is only an index: close the store and remove the file, and it is made anew when the store is opened.`,
    { file, offset, problem },
  )
}
