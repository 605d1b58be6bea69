import { z } from 'zod'
import { amountCents } from './money.ts'

/** The name of an account, of a transfer or of a hold. */
export const identifier = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'Expected a name such as "ann-1"')

/** The day in the books, by the clock of the bank in UTC. */
export const day = z.iso.date()

const entry = z.object({ from: identifier, to: identifier, amountCents, on: day })

/**
 * What happens in the books. Whatever moves money names the account it leaves and the one it comes to, so each is an entry
 * in two accounts, and the sum of all accounts is always nothing.
 */
export const ledgerEvents = {
  AccountOpened: z.object({
    account: identifier,
    owner: z.string(),
    /** How far below nothing it may go. */
    overdraftCents: z.int().min(0),
    /** How much may leave it in one day; `null` for an account of the bank itself. */
    dailyLimitCents: z.int().min(0).nullable(),
  }),
  AccountClosed: z.object({ account: identifier }),
  TransferBooked: entry.extend({ transfer: identifier, purpose: z.string() }),
  TransferReversed: entry.extend({ transfer: identifier, reason: z.string() }),
  AmountHeld: entry.extend({ hold: identifier, purpose: z.string() }),
  HoldCaptured: entry.extend({ hold: identifier }),
  HoldReleased: z.object({ hold: identifier, from: identifier, reason: z.string() }),
  InterestCharged: entry.extend({ rate: z.string() }),
  DayClosed: z.object({ on: day, accounts: z.int(), overdrawn: z.int(), interestCents: z.int() }),
}

/** The tags of an event that concerns these accounts, and perhaps one transfer or hold. */
export function tagsOf(accounts: readonly string[], ...others: readonly string[]): string[] {
  return [...accounts.map((account) => `account:${account}`), ...others]
}

/** The day in the books of a moment. */
export function dayOf(now: Date): string {
  return now.toISOString().slice(0, 10)
}
