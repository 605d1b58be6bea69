import type { Position } from '@annals/core'
import type { MemoryPart } from '@annals/core/store'
import type { Disk } from '../disk.ts'
import { idKey } from './index-table.ts'
import { encodeKey, type KeyKind, keyKinds } from './key.ts'
import { type TableSubject, TableWriter } from './table-writer.ts'

/** What the writing of a table is given. */
export interface WriteTableOptions {
  readonly disk: Disk
  /** Where it is written. A file that is there already is left over from an earlier try. */
  readonly path: string
  readonly subject: TableSubject
  /** Is awaited now and then, so that others have their turn; throws to stop. */
  readonly pause: () => Promise<void>
}

/** Writes the index table of a segment from its index in memory, durably. */
export async function buildTable(part: MemoryPart, options: WriteTableOptions): Promise<void> {
  await writeTable(options, async (writer, rest) => {
    const lists = (kind: KeyKind, entries: Iterable<readonly [string, readonly Position[]]>) =>
      addLists(writer, kind, [...entries], rest)
    const streams = [...part.streams()].sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const { name, lastRevision, positions } of streams) {
      addList(writer, encodeKey(keyKinds.stream, name), lastRevision, positions)
      await rest()
    }
    for (const [stream, change] of sorted(part.changes()))
      writer.addJson(encodeKey(keyKinds.change, stream), change)
    for (const kind of ['category', 'type', 'tag'] as const) await lists(keyKinds[kind], part.names(kind))
    const ids = new Map<string, { readonly key: Buffer; readonly positions: Position[] }>()
    for (const [id, position] of part.ids()) {
      const { key } = idKey(id)
      const known = ids.get(key.toString('latin1'))
      if (known) known.positions.push(position)
      else ids.set(key.toString('latin1'), { key, positions: [position] })
    }
    for (const { key, positions } of [...ids.values()].sort((a, b) => a.key.compare(b.key))) {
      addList(
        writer,
        key,
        undefined,
        positions.sort((a, b) => a - b),
      )
      await rest()
    }
    for (const [category, policy] of sorted(part.categoryPolicies))
      writer.addJson(encodeKey(keyKinds.policy, category), policy)
  })
}

/** Makes the file of a table and lets `fill` add its entries; `rest` is to be awaited between them. */
export async function writeTable(
  { disk, path, subject, pause }: WriteTableOptions,
  fill: (writer: TableWriter, rest: () => Promise<void>) => Promise<void>,
): Promise<void> {
  if (disk.exists(path)) disk.remove(path)
  const file = disk.open(path, 'create')
  try {
    const writer = new TableWriter(file, subject)
    let entries = 0
    await fill(writer, async () => {
      if (writer.isWaiting) await writer.flush()
      if (++entries % entriesBetweenPauses === 0) await pause()
    })
    await writer.finish()
    await file.sync()
  } finally {
    file.close()
  }
}

const entriesBetweenPauses = 256

async function addLists(
  writer: TableWriter,
  kind: KeyKind,
  entries: (readonly [string, readonly Position[]])[],
  rest: () => Promise<void>,
): Promise<void> {
  for (const [name, positions] of sorted(entries)) {
    addList(writer, encodeKey(kind, name), undefined, positions)
    await rest()
  }
}

function addList(
  writer: TableWriter,
  key: Buffer,
  lastRevision: number | undefined,
  positions: readonly Position[],
): void {
  writer.addPositions(key, lastRevision, (builder, hashes) => {
    for (const position of positions) {
      builder.add(position)
      writer.countPair(hashes, position)
    }
  })
}

// In UTF-16 code units, as the keys are.
function sorted<Value>(entries: Iterable<readonly [string, Value]>): (readonly [string, Value])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
}
