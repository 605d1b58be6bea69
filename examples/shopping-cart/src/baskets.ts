import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { CsvError, parse } from 'csv-parse/sync'
import { itemLengthMax, linesMax, quantityMax } from './cart.ts'

/** One line of a file of baskets. */
export interface Basket {
  /** The name of its cart: from the file's name, a digest of its bytes and the line, so the same in every import of it. */
  readonly cart: string
  /** From 1. */
  readonly line: number
  /** How many of each item, in the order of the file. */
  readonly items: ReadonlyMap<string, number>
}

/** A file cannot be imported as it is. The message says where and why. */
export class BadFile extends Error {
  override readonly name = 'BadFile'
}

/** The largest file that is read, in bytes; it is held in memory. */
export const fileBytesMax = 64 * 1024 * 1024

/**
 * Reads a CSV file of baskets, one a line, its items separated by commas. Blanks around items and empty fields at the end of a
 * line do not count. The whole file is checked before anything is answered.
 *
 * @throws BadFile naming line and column
 */
export async function readBaskets(file: string): Promise<readonly Basket[]> {
  const bytes = await readBytes(file)
  const records = parseRecords(file, textOf(file, bytes))
  const name = basename(file, extname(file)).replace(/[^\w]+/g, '-')
  const prefix = `cart-${name.slice(0, 60)}-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`
  const baskets: Basket[] = []
  for (const { fields, line } of records) {
    const items = itemsOf(fields, `${file}, line ${line}`)
    if (items.size > 0) baskets.push({ cart: `${prefix}-${String(line).padStart(6, '0')}`, line, items })
  }
  if (baskets.length === 0)
    throw new BadFile(`${file} is empty: expected a basket on each line, its items separated by commas.`)
  return baskets
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file)
    if (size > fileBytesMax)
      throw new BadFile(`${file} has ${size} bytes, and at most ${fileBytesMax} can be imported. Split it.`)
    return await readFile(file)
  } catch (error) {
    if (error instanceof BadFile) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new BadFile(`There is no file ${file}. Check its name.`)
    if (code === 'EISDIR') throw new BadFile(`${file} is a folder: expected a CSV file.`)
    throw new BadFile(`${file} cannot be read: ${message}.`, { cause: error })
  }
}

function textOf(file: string, bytes: Buffer): string {
  const place = (offset: number) => {
    const lineStart = bytes.lastIndexOf(0x0a, offset - 1) + 1
    const line = bytes.subarray(0, offset).filter((byte) => byte === 0x0a).length + 1
    return `${file}, line ${line}, column ${offset - lineStart + 1}`
  }
  const zero = bytes.indexOf(0)
  if (zero >= 0) throw new BadFile(`${place(zero)}: a zero byte, so this is no text. Expected CSV in UTF-8.`)
  const text = bytes.toString('utf8')
  if (isUtf8(bytes)) return text
  // The decoder puts U+FFFD in the place of what it cannot read; up to there both have the same bytes.
  const before = text.slice(0, text.indexOf('\uFFFD'))
  throw new BadFile(`${place(Buffer.byteLength(before))}: a byte that is not UTF-8. Save the file as UTF-8.`)
}

interface Line {
  readonly fields: readonly string[]
  readonly line: number
}

function parseRecords(file: string, text: string): Line[] {
  try {
    // Typed by hand, since the types of the parser do not know of `info`.
    const records = parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as { record: string[]; info: { lines: number } }[]
    return records.map(({ record, info }) => ({ fields: record, line: info.lines }))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const { lines, column } = error as CsvError & { lines?: number; column?: number | string }
    const field = typeof column === 'number' ? `, column ${column + 1}` : ''
    throw new BadFile(`${file}, line ${lines ?? '?'}${field}: this is no CSV. ${error.message}.`, {
      cause: error,
    })
  }
}

function itemsOf(fields: readonly string[], place: string): Map<string, number> {
  const items = new Map<string, number>()
  const filled = fields.findLastIndex((field) => field !== '') + 1
  for (const [index, item] of fields.slice(0, filled).entries()) {
    const where = `${place}, column ${index + 1}`
    if (item === '') throw new BadFile(`${where}: the item is empty. Name it, or take the comma away.`)
    if (item.length > itemLengthMax)
      throw new BadFile(
        `${where}: the item has ${item.length} characters, and at most ${itemLengthMax} can be sold: "${item.slice(0, 20)}…".`,
      )
    const quantity = (items.get(item) ?? 0) + 1
    if (quantity > quantityMax)
      throw new BadFile(`${where}: "${item}" is in the basket more than ${quantityMax} times.`)
    items.set(item, quantity)
    if (items.size > linesMax)
      throw new BadFile(`${where}: the basket has more than ${linesMax} different items.`)
  }
  return items
}
