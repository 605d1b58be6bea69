import type { EventStore } from '@annals/core'
import { openLog } from '@annals/log'
import type { Peer, PeerStore } from './peer.ts'

/** The store that this repository is about, with its default settings. */
export const annals: Peer = {
  name: 'annals',
  setting:
    'as it is by default: fdatasync before an append is answered; waiting appends share one; event ids are kept',
  open: async (directory) => annalsOn(await openLog(directory)),
}

/** A log, or another store of Annals, as the comparison uses it. */
export function annalsOn(store: EventStore): PeerStore {
  return {
    async append(stream, events, expectedRevision) {
      await store.append({
        stream,
        events,
        expectedRevision: expectedRevision < 0 ? 'no-stream' : expectedRevision,
      })
    },
    readStream: (stream) => Array.fromAsync(store.read({ stream })),
    async readAll(each) {
      for await (const batch of store.read('everything').batches()) for (const event of batch) each(event)
    },
    async readType(type) {
      const events = []
      for await (const batch of store.read({ query: [{ types: [type] }] }).batches()) events.push(...batch)
      return events
    },
    close: () => store.close(),
  }
}
