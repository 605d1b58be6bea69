import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { JsonValue } from '@annals/core'
import { oneAtATime } from './one-at-a-time.ts'
import { importPeer, type Peer, type PeerEvent, type PeerStore } from './peer.ts'

const durable = 'its own WAL, with the synchronous=FULL that libSQL has by default'

/** The event store of Act on libSQL, with one append after the other. */
export const act: Peer = {
  name: 'act-sqlite',
  setting: `${durable}; behind a queue of ours, since it refuses appends while another one runs`,
  open: async (directory) => oneAtATime(await openAct(directory)),
}

/** The same as it is given, without a queue before it. */
export const actWithoutQueue: Peer = {
  name: 'act-sqlite, no queue',
  setting: `${durable}; called by all callers at once`,
  withoutQueue: true,
  open: openAct,
}

async function openAct(directory: string): Promise<PeerStore> {
  const { SqliteStore } = await importAct()
  const store = new SqliteStore({ url: pathToFileURL(join(directory, 'events.sqlite')).href })
  await store.seed()
  return {
    async append(stream, events, expectedRevision) {
      const messages = events.map(({ type, data }) => ({ name: type, data }))
      await store.commit(stream, messages, meta, expectedRevision)
    },
    async readStream(stream) {
      const found: PeerEvent[] = []
      await store.query((event) => found.push(eventOf(event)), { stream, stream_exact: true })
      return found
    },
    async readAll(each) {
      // In pages, as a projection reads, since it gathers the whole answer before it hands over the first event.
      for (let after = -1, count = pageEvents; count === pageEvents; ) {
        count = await store.query(
          (event) => {
            after = event.id
            each(eventOf(event))
          },
          { after, limit: pageEvents },
        )
      }
    },
    async readType(type) {
      const found: PeerEvent[] = []
      await store.query((event) => found.push(eventOf(event)), { names: [type] })
      return found
    },
    close: () => store.dispose(),
  }
}

// It reads the package.json of the working directory when it is imported, and refuses one without a version.
async function importAct(): Promise<ActModule> {
  const directory = process.cwd()
  process.chdir(import.meta.dirname)
  try {
    return await importPeer<ActModule>('@rotorsoft/act-sqlite')
  } finally {
    process.chdir(directory)
  }
}

const pageEvents = 1_000
const meta = { correlation: 'bench', causation: {} }

function eventOf({ name, data }: ActEvent): PeerEvent {
  return { type: name, data }
}

/** What is used of `@rotorsoft/act-sqlite`. */
interface ActModule {
  readonly SqliteStore: new (options: { readonly url: string }) => ActStore
}

interface ActStore {
  seed(): Promise<void>
  commit(stream: string, messages: readonly object[], meta: object, expectedVersion: number): Promise<unknown>
  query(each: (event: ActEvent) => void, query: object): Promise<number>
  dispose(): Promise<void>
}

interface ActEvent {
  readonly id: number
  readonly name: string
  readonly data: JsonValue
}
