/** The longest that a receiver can have a message put off. */
export const retryAfterMsMax = 60 * 60 * 1000

/** How long a `Retry-After` header asks to wait (RFC 9110, section 10.2.3), at most an hour. `undefined` if it says nothing. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(retryAfterMsMax, Math.max(0, ms))
}
