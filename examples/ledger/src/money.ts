import { z } from 'zod'

/** An amount that is moved, in cents: whole, so that sums never drift. From 1 to a hundred million euros. */
export const amountCents = z.int().min(1).max(10_000_000_000)

/** Cents as people write them: `1,234.50`. */
export function euros(cents: number): string {
  return (cents / 100).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
}
