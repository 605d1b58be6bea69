import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, isAnnalsError, type RecordedEvent } from '@annals/core'
import { openSqliteReadModels } from '@annals/sqlite'
import { createTestApp, type TestApp } from '@annals/testing'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CloseAccount, OpenAccount } from '../src/accounts.ts'
import { TrialBalance } from '../src/balances.ts'
import { ChargeInterest, endDay } from '../src/end-of-day.ts'
import { modules } from '../src/modules.ts'
import { Statement } from '../src/statement.ts'
import { openBank, tellDay } from '../src/story.ts'
import { CaptureHold, HoldAmount, ReleaseHold, ReverseTransfer, Transfer } from '../src/transfers.ts'

const dayMs = 24 * 3_600_000
let folder: string
let bank: TestApp
let app: App

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-ledger-'))
  bank = createTestApp({ modules, readModels: [await openSqliteReadModels(folder)] })
  app = bank.app
  await openBank(app)
})

afterEach(async () => {
  await bank.close()
  await rm(folder, { recursive: true, force: true })
})

let transfers = 0
const pay = (from: string, to: string, amountCents: number) =>
  app.execute(Transfer, { transfer: `t-${transfers++}`, from, to, amountCents })

async function balances(): Promise<{ readonly [account: string]: number }> {
  const { accounts } = await app.query(TrialBalance, {}, { waitFor: await app.store.head() })
  return Object.fromEntries(accounts.map(({ account, balanceCents }) => [account, balanceCents]))
}

test('a transfer leaves one account and comes to another, as one event', async () => {
  await pay('bank-cash', 'ann', 10_000)
  expect(await pay('ann', 'bob', 2_500)).toMatchObject({
    accepted: true,
    events: [{ type: 'TransferBooked' }],
  })
  expect(await balances()).toMatchObject({ 'bank-cash': -10_000, ann: 7_500, bob: 2_500 })
})

test('no more is sent than there is, with what the account may be overdrawn', async () => {
  expect(await pay('ann', 'bob', 1)).toMatchObject({
    code: 'insufficient-funds',
    details: { availableCents: 0 },
  })
  expect(await pay('bob', 'ann', 100_001)).toMatchObject({ code: 'insufficient-funds' })
  expect(await pay('bob', 'ann', 100_000)).toMatchObject({ accepted: true })
})

test('no more is sent on one day than may, and the next day counts anew', async () => {
  await pay('bank-cash', 'ann', 900_000)
  expect(await pay('ann', 'bob', 400_000)).toMatchObject({ accepted: true })
  expect(await pay('ann', 'bob', 100_001)).toMatchObject({
    code: 'daily-limit',
    details: { leftCents: 100_000 },
  })
  await bank.clock.advance(dayMs)
  expect(await pay('ann', 'bob', 500_000)).toMatchObject({ accepted: true })
})

test('a transfer that is sent again is one transfer, and its name is no other one’s', async () => {
  await pay('bank-cash', 'ann', 10_000)
  const again = { transfer: 'rent', from: 'ann', to: 'bob', amountCents: 4_000 }
  await app.execute(Transfer, again)
  expect(await app.execute(Transfer, again)).toMatchObject({ accepted: true, events: [] })
  expect(await app.execute(Transfer, { ...again, amountCents: 4_001 })).toMatchObject({
    code: 'transfer-exists',
  })
  expect(await balances()).toMatchObject({ ann: 6_000, bob: 4_000 })
})

test.each([
  ['same-account', { from: 'bob', to: 'bob' }],
  ['no-such-account', { from: 'nobody', to: 'bob' }],
  ['no-such-account', { from: 'bob', to: 'nobody' }],
])('a transfer is refused with %s: %o', async (code, accounts) => {
  expect(await app.execute(Transfer, { transfer: 'x', amountCents: 1, ...accounts })).toMatchObject({ code })
})

test('amounts are whole cents above nothing', async () => {
  for (const amountCents of [0, -1, 0.5, Number.NaN]) {
    const error = await pay('bob', 'ann', amountCents).catch((reason: unknown) => reason)
    expect(isAnnalsError(error, 'invalid-input'), String(amountCents)).toBe(true)
  }
})

test('a reversal brings the money back once, whatever the accounts hold by then', async () => {
  await pay('bank-cash', 'ann', 3_000)
  await app.execute(Transfer, { transfer: 'wrong', from: 'ann', to: 'bob', amountCents: 3_000 })
  await pay('bob', 'grocer', 3_000)
  expect(await app.execute(ReverseTransfer, { transfer: 'wrong', reason: 'mistake' })).toMatchObject({
    accepted: true,
  })
  expect(await balances()).toMatchObject({ ann: 3_000, bob: -3_000, grocer: 3_000 })
  expect(await app.execute(ReverseTransfer, { transfer: 'wrong', reason: 'mistake' })).toMatchObject({
    code: 'already-reversed',
  })
  expect(await app.execute(ReverseTransfer, { transfer: 'none', reason: 'mistake' })).toMatchObject({
    code: 'no-such-transfer',
  })
})

test('what is held is nobody else’s, and comes free by capture or release', async () => {
  await pay('bank-cash', 'ann', 5_000)
  const hold = (name: string, amountCents: number) =>
    app.execute(HoldAmount, { hold: name, from: 'ann', to: 'grocer', amountCents })
  await hold('card', 4_000)
  expect(await pay('ann', 'bob', 1_001)).toMatchObject({
    code: 'insufficient-funds',
    details: { availableCents: 1_000 },
  })
  expect(await hold('other', 1_001)).toMatchObject({ code: 'insufficient-funds' })
  expect(await app.execute(CaptureHold, { hold: 'card', amountCents: 4_001 })).toMatchObject({
    code: 'more-than-held',
  })
  expect(await app.execute(CaptureHold, { hold: 'card', amountCents: 3_000 })).toMatchObject({
    accepted: true,
  })
  expect(await app.execute(CaptureHold, { hold: 'card' })).toMatchObject({ code: 'hold-over' })
  expect(await app.execute(ReleaseHold, { hold: 'card', reason: 'late' })).toMatchObject({
    code: 'hold-over',
  })
  expect(await balances()).toMatchObject({ ann: 2_000, grocer: 3_000 })
  await hold('hotel', 2_000)
  await app.execute(ReleaseHold, { hold: 'hotel', reason: 'left early' })
  expect(await pay('ann', 'bob', 2_000)).toMatchObject({ accepted: true })
  expect(await hold('hotel', 1)).toMatchObject({ code: 'hold-exists' })
})

test('an account is closed only when it is empty, and then takes part in nothing', async () => {
  await pay('bank-cash', 'ann', 100)
  expect(await app.execute(CloseAccount, { account: 'ann' })).toMatchObject({ code: 'account-not-empty' })
  await pay('ann', 'bob', 100)
  expect(await app.execute(CloseAccount, { account: 'ann' })).toMatchObject({ accepted: true })
  expect(await pay('bob', 'ann', 1)).toMatchObject({ code: 'no-such-account' })
  expect(await app.execute(OpenAccount, { account: 'ann', owner: 'Ann' })).toMatchObject({
    code: 'account-exists',
  })
})

test('a statement holds for any span of days, and for what was known at any moment', async () => {
  await pay('bank-cash', 'ann', 10_000)
  await bank.clock.advance(dayMs)
  await app.execute(Transfer, {
    transfer: 'rent',
    from: 'ann',
    to: 'bob',
    amountCents: 4_000,
    purpose: 'rent',
  })
  const position = await app.store.head()
  await bank.clock.advance(dayMs)
  await pay('ann', 'grocer', 1_000)
  const first = { account: 'ann', from: '2030-01-02', to: '2030-01-02' }
  expect(await app.query(Statement, first)).toEqual({
    ...first,
    openingCents: 10_000,
    lines: [{ on: '2030-01-02', what: 'rent', with: 'bob', amountCents: -4_000, balanceCents: 6_000 }],
    closingCents: 6_000,
  })
  expect(await app.query(Statement, { account: 'ann' })).toMatchObject({
    openingCents: 0,
    closingCents: 5_000,
  })
  expect(await app.query(Statement, { account: 'ann' }, { asOf: { position } })).toMatchObject({
    closingCents: 6_000,
  })
  expect(await app.query(Statement, { account: 'ann', to: '2029-12-31' })).toMatchObject({
    lines: [],
    closingCents: 0,
  })
})

test('64 who take from one account at once never take more than there is', async () => {
  await pay('bank-cash', 'ann', 10_000)
  const outcomes = await Promise.all(Array.from({ length: 64 }, () => pay('ann', 'grocer', 1_000)))
  expect(outcomes.filter(({ accepted }) => accepted)).toHaveLength(10)
  expect(await balances()).toMatchObject({ ann: 0, grocer: 10_000 })
})

test('the end of the day charges each overdrawn account once, however often it is interrupted, repeated or run twice at once', async () => {
  for (let number = 0; number < 7; number++) {
    await app.execute(OpenAccount, { account: `c-${number}`, owner: 'a customer', overdraftCents: 1_000_000 })
    await pay(`c-${number}`, 'grocer', 365_000 + number)
  }
  const stop = new AbortController()
  const interrupted = endDay(app, '2030-01-01', stop.signal)
  while ((await bank.events({ query: [{ types: ['InterestCharged'] }] })).length < 3)
    await new Promise((resolve) => setImmediate(resolve))
  stop.abort()
  await interrupted.catch(() => undefined)
  const [one, other] = await Promise.all([endDay(app, '2030-01-01'), endDay(app, '2030-01-01')])
  expect(await endDay(app, '2030-01-01')).toEqual(one)
  expect(one).toEqual(other)
  expect(one).toEqual({ on: '2030-01-01', overdrawn: 7, interestCents: 700 })
  expect(await balances()).toMatchObject({ 'bank-interest': 700, 'c-0': -365_100 })
  expect(await bank.events({ query: [{ types: ['DayClosed'] }] })).toHaveLength(1)
})

test('the bank charges itself nothing, though its cash stands below nothing in the books', async () => {
  await pay('bank-cash', 'ann', 400_000)
  expect(await endDay(app, '2030-01-01')).toEqual({ on: '2030-01-01', overdrawn: 0, interestCents: 0 })
  expect((await balances())['bank-cash']).toBe(-400_000)
  const batch = { caller: { id: 'a test', roles: ['batch'] } }
  const charge = { account: 'bank-cash', on: '2030-01-01' }
  expect(await app.execute(ChargeInterest, charge, batch)).toMatchObject({ code: 'no-such-account' })
})

test('interest is charged by the batch alone', async () => {
  const error = await app
    .execute(ChargeInterest, { account: 'bob', on: '2030-01-01' })
    .catch((reason: unknown) => reason)
  expect(isAnnalsError(error, 'not-authorized')).toBe(true)
})

test('the books balance at every position, and what they say is what the projection says', async () => {
  const account = fc.constantFrom('ann', 'bob', 'grocer', 'bank-cash')
  const amountCents = fc.integer({ min: 1, max: 60_000 })
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const step = fc.oneof(
    fc
      .record({ from: account, to: account, amountCents })
      .map((entry) => () => pay(entry.from, entry.to, entry.amountCents)),
    fc
      .record({ transfer: name, from: account, to: account, amountCents })
      .map((input) => () => app.execute(Transfer, input)),
    name.map((transfer) => () => app.execute(ReverseTransfer, { transfer, reason: 'x' })),
    fc
      .record({ hold: name, from: account, to: account, amountCents })
      .map((input) => () => app.execute(HoldAmount, input)),
    fc.record({ hold: name, amountCents }).map((input) => () => app.execute(CaptureHold, input)),
    name.map((hold) => () => app.execute(ReleaseHold, { hold, reason: 'x' })),
    fc.constant(() => endDay(app, '2030-01-01')),
  )
  await tellDay(app)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      await Promise.all(steps.map((each) => each()))
      const found = balancesAtTheEnd(await bank.events())
      expect(Object.fromEntries(found)).toMatchObject(await balances())
    }),
    { numRuns: 25 },
  )
})

/** Adds up all events anew, and stops at any position where the sum is not nothing, or a customer is below what may be. */
function balancesAtTheEnd(events: readonly RecordedEvent[]): ReadonlyMap<string, number> {
  const balances = new Map<string, number>()
  const add = (account: string, cents: number) => balances.set(account, (balances.get(account) ?? 0) + cents)
  for (const { type, data, position } of events) {
    const { from, to, amountCents, account } = data as {
      from: string
      to: string
      amountCents: number
      account: string
    }
    if (type === 'AccountOpened') add(account, 0)
    if (!['TransferBooked', 'TransferReversed', 'HoldCaptured', 'InterestCharged'].includes(type)) continue
    add(from, -amountCents)
    add(to, amountCents)
    expect(
      [...balances.values()].reduce((sum, cents) => sum + cents, 0),
      `at position ${position}`,
    ).toBe(0)
    if (type === 'TransferBooked' && from === 'bob')
      expect(balances.get(from)).toBeGreaterThanOrEqual(-100_000)
    if (type === 'TransferBooked' && ['ann', 'grocer'].includes(from))
      expect(balances.get(from)).toBeGreaterThanOrEqual(0)
  }
  return balances
}
