import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { JsonValue } from '@annals/core'
import { oneAtATime } from './one-at-a-time.ts'
import { importPeer, type Peer, type PeerEvent, type PeerStore } from './peer.ts'

const durable = 'its own WAL, with the synchronous=FULL that sqlite3 has by default'

/** The SQLite store of Emmett on one connection that stays open, which is its fastest way. */
export const emmett: Peer = {
  name: 'emmett-sqlite',
  setting: `${durable}; one connection, and behind a queue of ours, since all who append at once would share one transaction; no index by type, so all is read`,
  open: async (directory) => oneAtATime(await openEmmett(directory, { oneConnection: true })),
}

/** The same as its documentation opens it, by a file name: it makes a new connection for each call. */
export const emmettByFileName: Peer = {
  name: 'emmett-sqlite, no queue',
  setting: `${durable}; opened by file name, so with a connection for each call; called by all callers at once`,
  withoutQueue: true,
  open: (directory) => openEmmett(directory, { oneConnection: false }),
}

async function openEmmett(
  directory: string,
  { oneConnection }: { readonly oneConnection: boolean },
): Promise<PeerStore> {
  await importPeer('sqlite3')
  const module = await importPeer<EmmettModule>('@event-driven-io/emmett-sqlite')
  const fileName = join(directory, 'events.sqlite')
  const unmute = muteErrors()
  await migrate(module, fileName)
  const connection = module.sqliteConnection({ fileName })
  const store = module.getSQLiteEventStore({
    fileName,
    schema: { autoMigration: 'None' },
    ...(oneConnection && { connectionOptions: { singleton: true, connection } }),
  })
  // For want of a read of everything in the store itself, this is what its consumers read with.
  const readAll = async (each: (event: PeerEvent) => void): Promise<void> => {
    for (let after = 0n, more = true; more; ) {
      const page = await module.readMessagesBatch(connection, { after, batchSize: pageEvents })
      for (const event of page.messages) each(event)
      after = page.currentGlobalPosition
      more = page.areEventsLeft
    }
  }
  return {
    async append(stream, events, expectedRevision) {
      await store.appendToStream(
        stream,
        events.map(({ type, data }) => ({ type, data })),
        // It takes "no stream" for "any"; that the row of a stream is unique is what refuses a second first event.
        { expectedStreamVersion: BigInt(expectedRevision + 1) },
      )
    },
    readStream: async (stream) => (await store.readStream(stream)).events,
    readAll,
    async readType(type) {
      const found: PeerEvent[] = []
      await readAll((event) => {
        if (event.type === type) found.push(event)
      })
      return found
    },
    async close() {
      connection.close()
      unmute()
    },
  }
}

// Its migration does not wait for the pragma that it sends when it connects, and fails now and then because of that one.
async function migrate(module: EmmettModule, fileName: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await module.getSQLiteEventStore({ fileName }).schema.migrate()
      return
    } catch (error) {
      if (attempt === migrationsMax) throw error
      await setTimeout(20)
    }
  }
}

const migrationsMax = 10
const pageEvents = 1_000

// It prints each error that it throws, and thousands of them would be what is measured.
function muteErrors(): () => void {
  const { log } = console
  console.log = (...parameters: unknown[]) => {
    if (typeof parameters[0] !== 'object') log(...parameters)
  }
  return () => {
    console.log = log
  }
}

/** What is used of `@event-driven-io/emmett-sqlite`. */
interface EmmettModule {
  sqliteConnection(options: { readonly fileName: string }): EmmettConnection
  getSQLiteEventStore(options: object): EmmettStore
  readMessagesBatch(
    connection: EmmettConnection,
    options: { readonly after: bigint; readonly batchSize: number },
  ): Promise<{
    readonly messages: readonly EmmettEvent[]
    readonly currentGlobalPosition: bigint
    readonly areEventsLeft: boolean
  }>
}

interface EmmettConnection {
  close(): void
}

interface EmmettStore {
  readonly schema: { migrate(): Promise<void> }
  appendToStream(
    stream: string,
    events: readonly object[],
    options: { readonly expectedStreamVersion: bigint },
  ): Promise<unknown>
  readStream(stream: string): Promise<{ readonly events: readonly EmmettEvent[] }>
}

interface EmmettEvent {
  readonly type: string
  readonly data: JsonValue
}
