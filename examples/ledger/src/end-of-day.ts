import { type App, type Caller, defineCommand, defineFold, reject } from '@annals/core'
import { z } from 'zod'
import { accountPart } from './account.ts'
import { Overdrawn, TrialBalance } from './balances.ts'
import { day, identifier, ledgerEvents, tagsOf } from './events.ts'

/** The account of the bank that interest goes to. */
export const interestAccount = 'bank-interest'

// Ten percent a year, of what is below nothing at the end of the day; whole cents, in favour of the customer.
const percentAYear = 10

/** Charges a day of interest to an account that is overdrawn. */
export const ChargeInterest = defineCommand({
  name: 'ChargeInterest',
  description: 'Charges an account the interest of one day for what it is below nothing.',
  authorize: (caller) => caller?.roles?.includes('batch') === true,
  input: z.object({ account: identifier, on: day }),
  events: ledgerEvents,
  rejections: { 'no-such-account': 'No customer has such an account.' },
  stream: ({ account }) => `account-${account}`,
  model: ({ account }) => ({ account: accountPart(account) }),
  decide: ({ account: state }, { account, on }) => {
    if (state.status === 'none' || state.dailyLimitCents === null)
      return reject('no-such-account', { account })
    const amountCents = Math.floor((Math.max(0, -state.balanceCents) * percentAYear) / (100 * 365))
    if (amountCents === 0) return []
    return {
      type: 'InterestCharged',
      data: { from: account, to: interestAccount, amountCents, on, rate: `${percentAYear} % a year` },
      tags: tagsOf([account, interestAccount]),
    }
  },
})

/** Ends a day in the books. */
export const CloseDay = defineCommand({
  name: 'CloseDay',
  description: 'Ends a day, with what the books say at its end.',
  authorize: (caller) => caller?.roles?.includes('batch') === true,
  input: ledgerEvents.DayClosed,
  events: ledgerEvents,
  rejections: { 'day-closed': 'The day has been closed already.' },
  stream: ({ on }) => `day-${on}`,
  model: ({ on }) => ({
    day: {
      fold: defineFold({
        events: ledgerEvents,
        initialState: () => ({ isClosed: false }),
        evolve: { DayClosed: () => ({ isClosed: true }) },
      }),
      tags: [`day:${on}`],
    },
  }),
  decide: ({ day: { isClosed } }, data) =>
    isClosed ? reject('day-closed', { on: data.on }) : { type: 'DayClosed', data, tags: [`day:${data.on}`] },
})

/** What the end of a day came to. */
export interface EndOfDay {
  readonly on: string
  readonly overdrawn: number
  readonly interestCents: number
}

const batch: Caller = { id: 'end-of-day', roles: ['batch'] }

/**
 * Charges interest to every overdrawn account and closes the day. It may be ended or killed anywhere and run again, also
 * twice at once: each charge has an id made of the day and the account, so it takes effect once.
 */
export async function endDay(app: App, on: string, signal?: AbortSignal): Promise<EndOfDay> {
  const accounts = await overdrawnAccounts(app)
  let interestCents = 0
  for (const account of accounts) {
    signal?.throwIfAborted()
    const commandId = `interest:${on}:${account}`
    const outcome = await app.execute(ChargeInterest, { account, on }, { caller: batch, commandId })
    if (!outcome.accepted) continue
    for (const event of outcome.events)
      if (event.type === 'InterestCharged') interestCents += event.data.amountCents
  }
  const position = await app.store.head()
  const { accounts: all } = await app.query(TrialBalance, {}, { waitFor: position })
  const closing = { on, accounts: all.length, overdrawn: accounts.length, interestCents }
  await app.execute(CloseDay, closing, { caller: batch })
  return { on, overdrawn: accounts.length, interestCents }
}

async function overdrawnAccounts(app: App): Promise<string[]> {
  const waitFor = await app.store.head()
  const accounts: string[] = []
  for (;;) {
    const page = await app.query(Overdrawn, { after: accounts.at(-1) }, { waitFor })
    if (page.length === 0) return accounts
    accounts.push(...page)
  }
}
