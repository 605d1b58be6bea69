import { defineProjectedQuery, defineProjection } from '@annals/core'
import { type SqliteModel, sqlite } from '@annals/sqlite'
import { z } from 'zod'
import { identifier, ledgerEvents } from './events.ts'

/** What an account holds. */
export interface AccountBalance {
  readonly account: string
  readonly owner: string
  readonly balanceCents: number
  /** What of it is promised to others. */
  readonly heldCents: number
}

/** All accounts, and the proof that the books balance. */
export interface TrialBalanceAnswer {
  readonly accounts: readonly AccountBalance[]
  /** Nothing, if nothing was lost or made up. */
  readonly sumCents: number
}

/** Keeps the balance of each account that is open. */
export const Balances = defineProjection({
  name: 'balances',
  description: 'What each account holds, and what is held of it.',
  select: { query: [{ types: Object.keys(ledgerEvents) }] },
  events: ledgerEvents,
  readModel: sqlite({
    tables: [
      `CREATE TABLE account (
         account TEXT PRIMARY KEY, owner TEXT NOT NULL, balance_cents INTEGER NOT NULL, is_open INTEGER NOT NULL,
         is_customer INTEGER NOT NULL
       ) STRICT, WITHOUT ROWID`,
      'CREATE INDEX account_overdrawn ON account (account) WHERE balance_cents < 0 AND is_customer = 1',
      `CREATE TABLE hold (
         hold TEXT PRIMARY KEY, account TEXT NOT NULL, amount_cents INTEGER NOT NULL
       ) STRICT, WITHOUT ROWID`,
    ],
  }),
  on: {
    AccountOpened: (model, { data }) =>
      model.run(
        'INSERT INTO account VALUES (?, ?, 0, 1, ?)',
        data.account,
        data.owner,
        data.dailyLimitCents === null ? 0 : 1,
      ),
    AccountClosed: (model, { data }) =>
      model.run('UPDATE account SET is_open = 0 WHERE account = ?', data.account),
    TransferBooked: (model, { data }) => move(model, data),
    TransferReversed: (model, { data }) => move(model, data),
    InterestCharged: (model, { data }) => move(model, data),
    AmountHeld: (model, { data }) =>
      model.run('INSERT INTO hold VALUES (?, ?, ?)', data.hold, data.from, data.amountCents),
    HoldCaptured: (model, { data }) => {
      model.run('DELETE FROM hold WHERE hold = ?', data.hold)
      move(model, data)
    },
    HoldReleased: (model, { data }) => model.run('DELETE FROM hold WHERE hold = ?', data.hold),
  },
})

/** What every account holds, with the sum of all. */
export const TrialBalance = defineProjectedQuery({
  name: 'TrialBalance',
  description: 'What every account holds, and that all of it together is nothing.',
  input: z.object({}),
  projection: Balances,
  answer: (model): TrialBalanceAnswer => ({
    accounts: model.all<AccountBalance>(
      `SELECT account.account, owner, balance_cents AS balanceCents, coalesce(sum(amount_cents), 0) AS heldCents
       FROM account LEFT JOIN hold ON hold.account = account.account
       WHERE is_open = 1 GROUP BY account.account ORDER BY account.account`,
    ),
    sumCents:
      model.get<{ sum: number }>('SELECT coalesce(sum(balance_cents), 0) AS sum FROM account')?.sum ?? 0,
  }),
})

/** The accounts of customers that are below nothing, after a name, so that a batch can go through them page by page. */
export const Overdrawn = defineProjectedQuery({
  name: 'Overdrawn',
  description: 'The accounts of customers that are below nothing, by name.',
  input: z.object({ after: identifier.optional(), limit: z.int().min(1).max(1000).default(100) }),
  projection: Balances,
  answer: (model, { after, limit }): readonly string[] =>
    model
      .all<{ account: string }>(
        'SELECT account FROM account WHERE balance_cents < 0 AND is_customer = 1 AND account > ? ORDER BY account LIMIT ?',
        after ?? '',
        limit,
      )
      .map(({ account }) => account),
})

function move(
  model: Pick<SqliteModel, 'run'>,
  { from, to, amountCents }: { readonly from: string; readonly to: string; readonly amountCents: number },
): void {
  const sql = 'UPDATE account SET balance_cents = balance_cents + ? WHERE account = ?'
  model.run(sql, -amountCents, from)
  model.run(sql, amountCents, to)
}
