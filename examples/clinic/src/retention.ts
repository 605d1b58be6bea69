import type { EventStore, RetentionPolicy } from '@annals/core'

/** How long what kind of record is kept, from when it was recorded. */
export const retention: { readonly [category: string]: RetentionPolicy } = {
  // What was done for a patient.
  stay: { maxAgeMs: years(10) },
  // Who looked at it. It tells of the staff, so it goes earlier.
  access: { maxAgeMs: years(3) },
}

/** Sets how long each kind of record is kept. Setting it again changes nothing. */
export async function applyRetention(store: EventStore): Promise<void> {
  for (const [category, policy] of Object.entries(retention)) await store.retain({ category }, policy)
}

function years(count: number): number {
  return Math.ceil(count * 365.25) * 24 * 3_600_000
}
