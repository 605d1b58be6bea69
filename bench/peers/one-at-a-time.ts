import type { PeerStore } from './peer.ts'

/**
 * The store behind a queue of ours that gives it one append after the other, as its careful user would, for stores that
 * refuse or mix up appends that come at the same time.
 */
export function oneAtATime(store: PeerStore): PeerStore {
  let last: Promise<void> = Promise.resolve()
  return {
    ...store,
    append(stream, events, expectedRevision) {
      const append = last.then(() => store.append(stream, events, expectedRevision))
      last = append.catch(() => {})
      return append
    },
  }
}
