import { join } from 'node:path'
import { isAnnalsError } from '@annals/core'
import { PieceCache } from './cache.ts'
import type { Disk } from './disk.ts'
import { SealedDamage } from './sealed/sealed-format.ts'
import { openTable } from './table/coverage.ts'
import { hashesOf, hashWith } from './table/hash.ts'
import type { IndexTable } from './table/index-table.ts'
import { keyKinds } from './table/key.ts'
import { readPositions } from './table/positions.ts'
import { type TableRange, tableName } from './table/table-format.ts'
import { ByteReader } from './varint.ts'
import type { Damage, SealedSummary } from './verify.ts'

/** What is to be verified of an index table. */
export interface TableToVerify {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly range: TableRange
  /** What was found in the segments that are sealed and sound, by ordinal. */
  readonly summaries: ReadonlyMap<number, SealedSummary>
}

const cacheBytes = 16 * 1024 * 1024
const entriesBetweenTurns = 1_000

/**
 * Reads every byte of an index table, and compares what it holds with the events of its segments. What is damaged can be made
 * anew: without the file, opening the store does so.
 */
export async function verifyTable(options: TableToVerify): Promise<readonly Damage[]> {
  const { disk, directory, storeId, range } = options
  const file = join(directory, tableName(range))
  let table: IndexTable | undefined
  try {
    table = openTable(range, { disk, directory, storeId, cache: new PieceCache(cacheBytes) })
    const problem = (await walkProblem(table)) ?? digestProblem(table, options)
    return problem === undefined ? [] : [{ file, offset: 0, bytes: table.file.size(), problem }]
  } catch (error) {
    if (error instanceof SealedDamage)
      return [{ file, offset: error.offset, bytes: 0, problem: error.message }]
    if (isAnnalsError(error, 'store-damaged'))
      return [{ file, offset: error.details.offset, bytes: 0, problem: error.details.problem }]
    if (error instanceof RangeError || error instanceof SyntaxError)
      return [{ file, offset: 0, bytes: 0, problem: `it cannot be decoded: ${error.message}` }]
    throw error
  } finally {
    table?.file.close()
  }
}

async function walkProblem(table: IndexTable): Promise<string | undefined> {
  const { footer } = table
  table.checkFilter()
  let before: Buffer | undefined
  let entries = 0
  let digest = 0
  for (const { key, value } of table.entries(Buffer.alloc(0))) {
    if (before && before.compare(key) >= 0) return 'its entries are not in order'
    before = Buffer.from(key)
    const hashes = hashesOf(key)
    if (!table.mayHold(hashes)) return 'its filter does not know of one of its entries'
    if (++entries % entriesBetweenTurns === 0) await new Promise(setImmediate)
    if (key[0] === keyKinds.change || key[0] === keyKinds.policy) {
      JSON.parse(value.toString())
      continue
    }
    const reader = new ByteReader(value)
    if (key[0] === keyKinds.stream) reader.number()
    const positions = readPositions(reader, table.first)
    let last = table.first - 1
    let count = 0
    const postings = table.postingsOf(positions)
    for (
      let position = postings.next(last + 1);
      position <= table.last;
      position = postings.next(position + 1)
    ) {
      digest = (digest + hashWith(hashes, position)) >>> 0
      last = position
      count++
    }
    if (count !== positions.count) return 'the positions of one of its entries are not in order'
  }
  if (entries !== footer.entryCount) return `it has ${entries} entries, expected ${footer.entryCount}`
  return digest === footer.digest ? undefined : 'its entries are not those that were written'
}

function digestProblem({ range, footer }: IndexTable, { summaries }: TableToVerify): string | undefined {
  let digest = 0
  let generation = 0
  for (let ordinal = range.firstOrdinal; ordinal <= range.lastOrdinal; ordinal++) {
    const summary = summaries.get(ordinal)
    // Of a damaged segment it is not known what the table should hold.
    if (!summary) return undefined
    digest = (digest + summary.digest) >>> 0
    generation += summary.generation
  }
  // Events were removed, and the table still has to be made anew; it may hold what is no longer there.
  if (generation !== footer.generation) return undefined
  return digest === footer.digest ? undefined : 'it does not hold what its segments hold'
}
