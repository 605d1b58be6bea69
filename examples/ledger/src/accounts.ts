import { defineCommand, reject } from '@annals/core'
import { z } from 'zod'
import { accountPart } from './account.ts'
import { identifier, ledgerEvents, tagsOf } from './events.ts'

/** Opens an account. */
export const OpenAccount = defineCommand({
  name: 'OpenAccount',
  description: 'Opens an account with nothing in it.',
  input: z.object({
    account: identifier,
    owner: z.string().trim().min(1).max(100),
    overdraftCents: z.int().min(0).max(100_000_000).default(0),
    dailyLimitCents: z.int().min(0).nullable().default(500_000),
  }),
  events: ledgerEvents,
  rejections: { 'account-exists': 'There is, or was, an account of this name.' },
  stream: ({ account }) => `account-${account}`,
  model: ({ account }) => ({ account: accountPart(account) }),
  decide: ({ account }, input) =>
    account.status === 'none'
      ? { type: 'AccountOpened', data: input, tags: tagsOf([input.account]) }
      : reject('account-exists'),
})

/** Closes an account that is empty. */
export const CloseAccount = defineCommand({
  name: 'CloseAccount',
  description: 'Closes an account with nothing in it and nothing held.',
  input: z.object({ account: identifier }),
  events: ledgerEvents,
  rejections: {
    'no-such-account': 'There is no such account, or it is closed.',
    'account-not-empty': 'An account is closed only when its balance is nothing and nothing is held.',
  },
  stream: ({ account }) => `account-${account}`,
  model: ({ account }) => ({ account: accountPart(account) }),
  decide: ({ account: state }, { account }) => {
    if (state.status !== 'open') return reject('no-such-account', { account })
    if (state.balanceCents !== 0 || state.heldCents.size > 0)
      return reject('account-not-empty', {
        balanceCents: state.balanceCents,
        holds: [...state.heldCents.keys()],
      })
    return { type: 'AccountClosed', data: { account }, tags: tagsOf([account]) }
  },
})
