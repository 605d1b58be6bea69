import type { LogStats, LogStore } from '@annals/log'

// What the log can have beside what its types say. Once they say it, this file goes and its users ask the store itself.

/** What scavenging gave. */
export interface ScavengeReport {
  readonly segments: number
  readonly segmentsRewritten: number
  readonly eventsRemoved: number
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly bytesFreed: number
}

/** Reclaims the disk of hidden events; stops early when the signal aborts. */
export type Scavenge = (options?: { readonly signal?: AbortSignal }) => Promise<ScavengeReport>

/** How a store scavenges; `undefined` if it cannot. */
export function scavengeOf(store: LogStore): Scavenge | undefined {
  const { scavenge } = store as { readonly scavenge?: Scavenge }
  return scavenge?.bind(store)
}

/** How many index tables a store has on disk; `undefined` if it does not say. */
export function indexTablesOf(stats: LogStats): number | undefined {
  return (stats as { readonly indexTables?: number }).indexTables
}

/** How long appends have waited for sealing since the store was opened, in milliseconds; `undefined` if it does not say. */
export function waitedForSealingMsOf({ sealing }: LogStats): number | undefined {
  return (sealing as { readonly waitedMs?: number } | undefined)?.waitedMs
}
