import type { App } from '@annals/core'
import { OpenAccount } from './accounts.ts'
import { interestAccount } from './end-of-day.ts'
import { CaptureHold, HoldAmount, ReverseTransfer, Transfer } from './transfers.ts'

/** Opens the accounts of a small bank. Opening them again changes nothing. */
export async function openBank(app: App): Promise<void> {
  for (const account of ['bank-cash', interestAccount])
    await app.execute(OpenAccount, { account, owner: 'the bank', dailyLimitCents: null })
  await app.execute(OpenAccount, { account: 'ann', owner: 'Ann' })
  await app.execute(OpenAccount, { account: 'bob', owner: 'Bob', overdraftCents: 100_000 })
  await app.execute(OpenAccount, { account: 'grocer', owner: 'The Annals Shop' })
}

/** One day at the bank: money is paid in, sent, held and captured, and once sent to the wrong person. */
export async function tellDay(app: App): Promise<void> {
  const pay = (transfer: string, from: string, to: string, amountCents: number, purpose: string) =>
    app.execute(Transfer, { transfer, from, to, amountCents, purpose })
  await pay('pay-in-1', 'bank-cash', 'ann', 120_000, 'cash paid in')
  await pay('rent-1', 'bob', 'ann', 85_000, 'rent')
  await pay('gift-1', 'ann', 'bob', 2_000, 'gift')
  await app.execute(ReverseTransfer, { transfer: 'gift-1', reason: 'meant for somebody else' })
  await app.execute(HoldAmount, {
    hold: 'card-1',
    from: 'ann',
    to: 'grocer',
    amountCents: 5_000,
    purpose: 'groceries',
  })
  await app.execute(CaptureHold, { hold: 'card-1', amountCents: 4_215 })
}
