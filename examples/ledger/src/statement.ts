import { defineFold, defineLiveQuery } from '@annals/core'
import { z } from 'zod'
import { day, identifier, ledgerEvents, tagsOf } from './events.ts'

/** One line of a statement. */
export interface StatementLine {
  readonly on: string
  readonly what: string
  /** The account at the other end. */
  readonly with: string
  /** Below nothing if it left the account. */
  readonly amountCents: number
  readonly balanceCents: number
}

/** What happened in an account from one day to another. */
export interface StatementAnswer {
  readonly account: string
  readonly from: string | undefined
  readonly to: string | undefined
  readonly openingCents: number
  readonly lines: readonly StatementLine[]
  readonly closingCents: number
}

const statementEvents = ['TransferBooked', 'TransferReversed', 'HoldCaptured', 'InterestCharged'] as const

interface Entry {
  readonly what: string
  readonly from: string
  readonly to: string
  readonly amountCents: number
  readonly on: string
}

/** The statement of an account for any span of days, folded from its events. */
export const Statement = defineLiveQuery({
  name: 'Statement',
  description: 'What happened in an account from one day to another, both included.',
  input: z.object({ account: identifier, from: day.optional(), to: day.optional() }),
  select: ({ account }) => ({ query: [{ types: statementEvents, tags: tagsOf([account]) }] }),
  fold: defineFold({
    events: ledgerEvents,
    initialState: (): readonly Entry[] => [],
    evolve: {
      TransferBooked: (entries, data) => [
        ...entries,
        { ...data, what: data.purpose || `transfer ${data.transfer}` },
      ],
      TransferReversed: (entries, data) => [...entries, { ...data, what: `reversal: ${data.reason}` }],
      HoldCaptured: (entries, data) => [...entries, { ...data, what: `capture of ${data.hold}` }],
      InterestCharged: (entries, data) => [...entries, { ...data, what: `interest at ${data.rate}` }],
    },
  }),
  answer: (entries, { account, from, to }): StatementAnswer => {
    const lines: StatementLine[] = []
    let balanceCents = 0
    let openingCents = 0
    for (const entry of entries) {
      if (to !== undefined && entry.on > to) break
      const isSent = entry.from === account
      const amountCents = isSent ? -entry.amountCents : entry.amountCents
      balanceCents += amountCents
      if (from !== undefined && entry.on < from) openingCents = balanceCents
      else
        lines.push({
          on: entry.on,
          what: entry.what,
          with: isSent ? entry.to : entry.from,
          amountCents,
          balanceCents,
        })
    }
    return { account, from, to, openingCents, lines, closingCents: balanceCents }
  },
})
