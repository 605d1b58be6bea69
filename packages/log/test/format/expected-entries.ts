import type { Change, Segment } from './segment.ts'
import type { TableEntry } from './table.ts'
import { keyOf, keyOfId, kinds } from './table-keys.ts'

/** What the index table of some segments has to hold, by the keys in hexadecimal. */
export function expectedEntries(segments: readonly Segment[]): Map<string, TableEntry> {
  const positions = new Map<string, number[]>()
  const lastRevisions = new Map<string, number>()
  const json = new Map<string, unknown>()
  const add = (key: Buffer, position: number) => {
    const known = positions.get(key.toString('hex'))
    if (known) known.push(position)
    else positions.set(key.toString('hex'), [position])
  }
  for (const { events, changes, sealed } of segments) {
    for (const { position, stream, revision, type, tags, givenId } of events) {
      add(keyOf(kinds.stream, stream), position)
      lastRevisions.set(keyOf(kinds.stream, stream).toString('hex'), revision)
      add(keyOf(kinds.category, stream.split('-')[0] as string), position)
      add(keyOf(kinds.type, type), position)
      for (const tag of tags) add(keyOf(kinds.tag, tag), position)
      if (givenId !== '') add(keyOfId(givenId), position)
    }
    for (const [stream, lastRevision] of sealed?.removedStreams ?? []) {
      const key = keyOf(kinds.stream, stream).toString('hex')
      lastRevisions.set(key, lastRevision)
      if (!positions.has(key)) positions.set(key, [])
    }
    for (const change of changes) addChange(json, change)
  }
  const entries = new Map<string, TableEntry>()
  for (const [key, list] of positions) {
    const lastRevision = lastRevisions.get(key)
    entries.set(key, { positions: list, ...(lastRevision !== undefined && { lastRevision }) })
  }
  for (const [key, value] of json) entries.set(key, { json: value })
  return entries
}

function addChange(json: Map<string, unknown>, change: Change): void {
  const { kind, scope, policy, beforeRevision = 0 } = change
  if (scope?.category !== undefined) {
    json.set(keyOf(kinds.policy, scope.category).toString('hex'), policy)
    return
  }
  const key = keyOf(kinds.change, (change.stream ?? scope?.stream) as string).toString('hex')
  const before = (json.get(key) ?? { truncatedBefore: 0, tombstoned: false }) as {
    truncatedBefore: number
    tombstoned: boolean
  }
  json.set(key, {
    ...before,
    truncatedBefore: Math.max(before.truncatedBefore, beforeRevision),
    tombstoned: before.tombstoned || kind === 'tombstone',
    ...(kind === 'retain' && { retention: policy }),
  })
}
