import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { JsonValue, NewEvent } from '@annals/core'
import type { Peer, PeerEvent } from './peer.ts'

/**
 * SQLite as someone would tune it by hand for events: one table, prepared statements, and a queue of its own, so that
 * appends that wait at the same time share one transaction and with it one sync.
 */
export const sqlite: Peer = {
  name: 'node:sqlite by hand',
  setting:
    'WAL, synchronous=FULL, exclusive lock, 256 MiB mmap, 64 MiB cache, prepared statements; waiting appends share one transaction; no event ids',
  async open(directory) {
    const database = new DatabaseSync(join(directory, 'events.sqlite'))
    database.exec(settings)
    database.exec(tables)
    const insert = database.prepare(
      'INSERT INTO event (stream, revision, type, recorded_at, data) VALUES (?, ?, ?, ?, ?)',
    )
    const last = database.prepare('SELECT max(revision) AS revision FROM event WHERE stream = ?')
    const ofStream = database.prepare('SELECT type, data FROM event WHERE stream = ? ORDER BY revision')
    const ofType = database.prepare('SELECT type, data FROM event WHERE type = ? ORDER BY position')
    const everything = database.prepare('SELECT type, data FROM event ORDER BY position')
    for (const statement of [ofStream, ofType, everything]) statement.setReturnArrays(true)

    const record = ({ stream, events, expectedRevision }: Waiting): Error | undefined => {
      const revision = Number(last.get(stream)?.revision ?? -1)
      if (revision !== expectedRevision) return new Error(`${stream} is at ${revision}.`)
      const now = Date.now()
      for (const [place, { type, data }] of events.entries())
        insert.run(stream, revision + 1 + place, type, now, JSON.stringify(data))
      return undefined
    }
    let waiting: Waiting[] = []
    const commit = () => {
      const group = waiting
      waiting = []
      try {
        database.exec('BEGIN IMMEDIATE')
        const refusals = group.map(record)
        database.exec('COMMIT')
        for (const [place, { resolve, reject }] of group.entries()) {
          const refusal = refusals[place]
          if (refusal) reject(refusal)
          else resolve()
        }
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        for (const { reject } of group) reject(error)
      }
    }

    return {
      append: (stream, events, expectedRevision) =>
        new Promise((resolve, reject) => {
          // Whoever appends in the same turn of the event loop is in the same transaction.
          if (waiting.push({ stream, events, expectedRevision, resolve, reject }) === 1) setImmediate(commit)
        }),
      readStream: async (stream) => ofStream.all(stream).map(eventOf),
      async readAll(each) {
        for (const row of everything.iterate()) each(eventOf(row))
      },
      readType: async (type) => ofType.all(type).map(eventOf),
      close: async () => database.close(),
    }
  },
}

interface Waiting {
  readonly stream: string
  readonly events: readonly NewEvent[]
  readonly expectedRevision: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const settings = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA mmap_size = 268435456;
  PRAGMA cache_size = -65536;`

const tables = `
  CREATE TABLE IF NOT EXISTS event (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    type TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (stream, revision)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS event_by_type ON event (type);`

// The statements give their rows as arrays, which is faster than as objects.
function eventOf(row: unknown): PeerEvent {
  const [type, data] = row as [type: string, data: string]
  return { type, data: JSON.parse(data) as JsonValue }
}
