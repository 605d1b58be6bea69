import { join } from 'node:path'
import type { JsonValue, NewEvent } from '@annals/core'
import { importPeer, type Peer, type PeerEvent } from './peer.ts'

/** The store of EvtStore on Knex, with the faster of the two SQLite drivers that Knex takes. */
export const evtstore: Peer = {
  name: 'evtstore, knex',
  setting:
    'better-sqlite3 by Knex with WAL and synchronous=FULL; one connection, as Knex has for SQLite; no index by type, so all is read',
  async open(directory) {
    const { default: knex } = await importPeer<KnexModule>('knex')
    await importPeer('better-sqlite3')
    const { createProvider, migrate } = await importPeer<EvtStoreModule>('evtstore/provider/knex.js')
    const client = knex({
      client: 'better-sqlite3',
      connection: { filename: join(directory, 'events.sqlite') },
      useNullAsDefault: true,
      pool: {
        min: 1,
        max: 1,
        afterCreate(connection: BetterSqlite, done: (error: unknown, connection: BetterSqlite) => void) {
          connection.pragma('journal_mode = WAL')
          connection.pragma('synchronous = FULL')
          done(undefined, connection)
        },
      },
    })
    await migrate({ client, events: 'events', bookmarks: 'bookmarks' })
    const provider = createProvider({
      events: () => client('events'),
      bookmarks: () => client('bookmarks'),
      limit: pageEvents,
    })
    const readAll = async (each: (event: PeerEvent) => void): Promise<void> => {
      for (let position = 0, count = pageEvents; count === pageEvents; ) {
        const page = await provider.getEventsFrom(category, position)
        for (const { event } of page) each(event)
        count = page.length
        position = page.at(-1)?.position ?? position
      }
    }
    return {
      async append(stream, events, expectedRevision) {
        const timestamp = new Date()
        // Versions count from 1, and it is their uniqueness that refuses an append that comes too late.
        const rows = events.map(({ type, data }, place) => ({
          stream: category,
          aggregateId: stream,
          event: { type, data },
          version: expectedRevision + 2 + place,
          timestamp,
        }))
        await provider.append(category, stream, expectedRevision + 1, rows)
      },
      async readStream(stream) {
        return (await provider.getEventsFor(category, stream)).map(({ event }) => event)
      },
      readAll,
      async readType(type) {
        const found: PeerEvent[] = []
        await readAll((event) => {
          if (event.type === type) found.push(event)
        })
        return found
      },
      close: () => client.destroy(),
    }
  },
}

const category = 'cart'
const pageEvents = 1_000

/** What is used of `knex`, `better-sqlite3` and `evtstore`. */
interface KnexModule {
  default(options: object): Knex
}

interface Knex {
  (table: string): unknown
  destroy(): Promise<void>
}

interface BetterSqlite {
  pragma(text: string): unknown
}

interface EvtStoreModule {
  createProvider(options: object): EvtStoreProvider
  migrate(options: object): Promise<void>
}

interface EvtStoreEvent {
  readonly position: number
  readonly event: { readonly type: string; readonly data: JsonValue }
}

interface EvtStoreProvider {
  append(
    stream: string,
    aggregateId: string,
    version: number,
    events: readonly { readonly event: Pick<NewEvent, 'type' | 'data'> }[],
  ): Promise<unknown>
  getEventsFor(stream: string, aggregateId: string): Promise<readonly EvtStoreEvent[]>
  getEventsFrom(stream: string, position: number): Promise<readonly EvtStoreEvent[]>
}
