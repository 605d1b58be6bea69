import {
  defineDecider,
  defineFold,
  defineLiveQuery,
  defineProjectedQuery,
  defineProjection,
  inMemory,
  reject,
} from '@annals/core'
import { z } from 'zod'

const amount = z.int().min(1).max(1_000)

/** The domain of the tests: an account that money is paid into and taken from. */
export const Account = defineDecider({
  category: 'account',
  events: {
    Opened: z.object({ owner: z.string().min(1), currency: z.enum(['EUR', 'USD']).default('EUR') }),
    PaidIn: z.object({ amount }),
    TakenOut: z.object({ amount, at: z.iso.datetime() }),
  },
  rejections: { 'not-enough': 'There is not enough in the account.' },
  initialState: () => ({ owner: '', balance: 0, days: new Set<string>() }),
  evolve: {
    Opened: (account, { owner }) => ({ ...account, owner }),
    PaidIn: (account, { amount }, { recordedAt }) => ({
      ...account,
      balance: account.balance + amount,
      days: new Set([...account.days, recordedAt.toISOString().slice(0, 10)]),
    }),
    TakenOut: (account, { amount }) => ({ ...account, balance: account.balance - amount }),
  },
  commands: {
    Open: {
      requires: 'no-stream',
      input: z.object({ owner: z.string().min(1) }),
      decide: (_account, { owner }) => ({ type: 'Opened', data: { owner } }),
    },
    PayIn: {
      input: z.object({ amount }),
      decide: (_account, { amount }) => ({ type: 'PaidIn', data: { amount }, tags: ['kind:cash', 'desk:1'] }),
    },
    TakeOut: {
      input: z.object({ amount: z.int().min(0).max(1_000) }),
      decide: ({ balance }, { amount }, { now }) => {
        if (amount === 0) return []
        if (amount > balance) return reject('not-enough', { balance, missing: amount - balance })
        return { type: 'TakenOut', data: { amount, at: now.toISOString() } }
      },
    },
  },
})

/** What is in one account. */
export const BalanceOf = defineLiveQuery({
  name: 'BalanceOf',
  input: z.object({ account: z.string() }),
  select: ({ account }) => ({ stream: account }),
  fold: Account,
  answer: ({ owner, balance }, _input, { recordedAt }) => ({
    owner,
    balance,
    asOf: recordedAt?.toISOString(),
  }),
})

/** What was ever paid in. */
export const Payments = defineFold({
  events: Account.events,
  initialState: () => 0,
  evolve: { PaidIn: (sum, { amount }) => sum + amount },
})

/** What each owner has, over all accounts. */
export const Wealth = defineProjection({
  name: 'wealth',
  select: { category: 'account' },
  events: Account.events,
  readModel: inMemory(() => ({ owners: new Map<string, string>(), sums: new Map<string, number>() })),
  on: {
    Opened: ({ owners }, { stream, data }) => void owners.set(stream, data.owner),
    PaidIn: ({ owners, sums }, { stream, data }) => {
      const owner = owners.get(stream) ?? ''
      sums.set(owner, (sums.get(owner) ?? 0) + data.amount)
    },
  },
})

/** What one owner has. */
export const WealthOf = defineProjectedQuery({
  name: 'WealthOf',
  input: z.object({ owner: z.string() }),
  projection: Wealth,
  answer: ({ sums }, { owner }) => ({ owner, sum: sums.get(owner) ?? 0 }),
})
