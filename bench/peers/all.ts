import { act, actWithoutQueue } from './act.ts'
import { annals } from './annals.ts'
import { emmett, emmettByFileName } from './emmett.ts'
import { evtstore } from './evtstore.ts'
import { lmdb } from './lmdb.ts'
import type { Peer } from './peer.ts'
import { sqlite } from './sqlite.ts'

/** The databases that programs embed, each used as well as someone could by hand. */
export const databases: readonly Peer[] = [sqlite, lmdb]

/** The event stores in TypeScript. */
export const libraries: readonly Peer[] = [evtstore, act, emmett, actWithoutQueue, emmettByFileName]

/** All stores that are measured side by side, in the order in which they take their turn. */
export const allPeers: readonly Peer[] = [annals, ...databases, ...libraries]
