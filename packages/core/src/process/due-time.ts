/** When something is to happen: after a while, counted from now, or at a moment. One that has passed is due at once. */
export type DueTime = { readonly afterMs: number } | { readonly at: Date }

/** The moment in milliseconds since 1970, or `undefined` if there is no such moment. */
export function dueAtMs(when: DueTime, nowMs: number): number | undefined {
  const atMs = Math.ceil('at' in when ? when.at.getTime() : nowMs + when.afterMs)
  return Math.abs(atMs) <= dateMsMax ? atMs : undefined
}

// What a Date can tell.
const dateMsMax = 8.64e15
