import { AssertionError } from 'node:assert/strict'
import { defineDecider, type ReadModelStore } from '@annals/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Account, BalanceOf, Payments, WealthOf } from '../test/account.ts'
import { type Decided, given } from './given.ts'

const { Open, PayIn, TakeOut } = Account.commands
const opened = { type: 'Opened', data: { owner: 'Ada' } } as const
const paid = (amount: number) => ({ type: 'PaidIn', data: { amount } }) as const
const noon = new Date('2026-03-31T12:00:00Z')

/** What an expectation that is not met says. */
async function complaint(expectation: Promise<void>): Promise<string> {
  const error = await expectation.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(AssertionError)
  return (error as Error).message
}

test('a command is decided on what the given events add up to', async () => {
  await given(Account, opened, paid(5)).when(PayIn, { amount: 2 }).thenEvents(paid(2))
  await given(Account, opened, paid(5)).when(TakeOut, { amount: 6 }).thenRejected('not-enough')
  await given(Account, opened, paid(5)).when(TakeOut, { amount: 0 }).thenNothing()
  await given(Account).when(Open, { owner: 'Ada' }).thenEvents(opened)
})

test('expected events are compared as their schemas give them, with tags and metadata if those are expected', async () => {
  const paying = given(Account, opened).when(PayIn, { amount: 2 }, { metadata: { desk: 1, till: 'a' } })
  await paying.thenEvents(paid(2))
  await paying.thenEvents({ ...paid(2), tags: ['desk:1', 'kind:cash'], metadata: { till: 'a' } })
  expect(await complaint(paying.thenEvents({ ...paid(2), tags: ['desk:2', 'kind:cash'] }))).toContain(
    'desk:2',
  )
  expect(await complaint(paying.thenEvents({ ...paid(2), metadata: { till: 'b' } }))).toContain(
    'metadata.till',
  )
  await expect(paying.thenEvents(paid(-2))).rejects.toMatchObject({ code: 'invalid-event' })
})

test('events that differ are shown beside each other', async () => {
  expect(await complaint(given(Account, opened).when(PayIn, { amount: 2 }).thenEvents(paid(3)))).toBe(`\
PayIn was expected to record PaidIn, but recorded PaidIn.

                     expected  got
    [0].type         'PaidIn'  'PaidIn'
  ≠ [0].data.amount  3         2
`)
})

test.each([
  ['one event too many', (when: Paying) => when.thenEvents()],
  ['one event too few', (when: Paying) => when.thenEvents(paid(2), paid(2))],
  ['another event', (when: Paying) => when.thenEvents(opened)],
  ['an event where there should be none', (when: Paying) => when.thenNothing()],
  ['an accepted command', (when: Paying) => when.thenRejected('not-enough')],
  ['a command that did not fail', (when: Paying) => when.thenFails('invalid-input')],
  [
    'another state',
    (when: Paying) => when.thenState({ owner: 'Ada', balance: 3, days: new Set(['2030-01-01']) }),
  ],
  [
    'a state that is missing something',
    (when: Paying) => when.thenState({ owner: 'Ada', balance: 2, days: new Set() }),
  ],
  ['a state of which it does not hold', (when: Paying) => when.thenState(({ balance }) => balance > 2)],
])('%s is found out', async (_what, expectation) => {
  await complaint(expectation(given(Account, opened).when(PayIn, { amount: 2 })))
})

type Paying = Decided<typeof PayIn, ReturnType<typeof Account.initialState>>

test('of a rejection the code counts, and details if they are given', async () => {
  const taking = given(Account, opened, paid(5)).when(TakeOut, { amount: 6 })
  await taking.thenRejected('not-enough', { balance: 5, missing: 1 })
  expect(await complaint(taking.thenRejected('not-enough', { balance: 5, missing: 2 }))).toContain(
    '≠ missing',
  )
  expect(await complaint(taking.thenEvents(paid(1)))).toContain('There is not enough in the account.')
  expect(await complaint(taking.thenNothing())).toContain('{ balance: 5, missing: 1 }')
})

test('a rejected command leaves the state as it was', () =>
  given(Account, opened, paid(5))
    .when(TakeOut, { amount: 6 })
    .thenState(({ balance }) => balance === 5))

test('a command that cannot be decided fails with the code of the error', async () => {
  await given(Account).when(PayIn, { amount: 1 }).thenFails('stream-not-found')
  await given(Account, opened).when(Open, { owner: 'Bob' }).thenFails('stream-already-exists')
  await given(Account, opened).when(PayIn, { amount: 0 }).thenFails('invalid-input')
  const early = given(Account).when(PayIn, { amount: 1 })
  expect(await complaint(early.thenFails('invalid-input'))).toContain('stream-not-found')
  await expect(early.thenEvents()).rejects.toMatchObject({ code: 'stream-not-found' })
  await expect(early.thenDecided()).rejects.toMatchObject({ code: 'stream-not-found' })
})

test('given events are held to their schemas', async () => {
  await expect(given(Account, paid(0)).when(PayIn, { amount: 1 }).thenEvents()).rejects.toMatchObject({
    code: 'invalid-event',
  })
  await expect(
    given(Account, { type: 'Closed', data: {} } as never)
      .when(PayIn, { amount: 1 })
      .thenEvents(),
  ).rejects.toMatchObject({ code: 'unknown-event-type' })
  await expect(
    given(Payments, { type: 'PaidIn', data: { amount: 0 }, stream: 'other-1' }).thenState(0),
  ).rejects.toMatchObject({ code: 'invalid-event' })
})

test('time is that of the last given event, unless it is given', async () => {
  const at = (time: string) => ({ type: 'TakenOut', data: { amount: 1, at: time } }) as const
  await given(Account, opened, paid(5))
    .when(TakeOut, { amount: 1 })
    .thenEvents(at('2030-01-01T00:00:00.000Z'))
  await given(Account, opened, paid(5))
    .when(TakeOut, { amount: 1 }, { now: noon })
    .thenEvents(at('2026-03-31T12:00:00.000Z'))
  await given(Account, { ...opened, recordedAt: noon }, paid(5))
    .when(TakeOut, { amount: 1 })
    .thenEvents(at('2026-03-31T12:00:00.000Z'))
  await given(
    Account,
    opened,
    { ...paid(5), recordedAt: noon },
    { ...paid(5), recordedAt: new Date(noon.getTime() + 86_400_000) },
  ).thenState({ owner: 'Ada', balance: 10, days: new Set(['2026-03-31', '2026-04-01']) })
  await expect(
    given(Account, { ...opened, recordedAt: noon }, { ...paid(5), recordedAt: new Date(0) }).thenState({
      owner: 'Ada',
      balance: 5,
      days: new Set(),
    }),
  ).rejects.toMatchObject({ code: 'invalid-argument' })
})

test('a command is for the stream that the given events are of, unless it is for another', async () => {
  const elsewhere = given(Account, { ...opened, stream: 'account-7' }, { ...paid(3), stream: 'account-7' })
  await elsewhere.when(TakeOut, { amount: 4 }).thenRejected('not-enough', { balance: 3, missing: 1 })
  await elsewhere
    .when(Open, { owner: 'Bob' }, { stream: 'account-8' })
    .thenEvents({ type: 'Opened', data: { owner: 'Bob' } })
})

test('a query is answered from given events of any streams, a projected one too', async () => {
  const history = given(
    Account,
    opened,
    paid(5),
    { ...opened, stream: 'account-2' },
    { ...paid(2), stream: 'account-2' },
  )
  await history
    .whenAsked(BalanceOf, { account: 'account-2' })
    .thenAnswer({ owner: 'Ada', balance: 2, asOf: '2030-01-01T00:00:00.000Z' })
  await history
    .whenAsked(BalanceOf, { account: 'account-1' }, { asOf: { revision: 0 } })
    .thenAnswer({ owner: 'Ada', balance: 0, asOf: '2030-01-01T00:00:00.000Z' })
  await history.whenAsked(WealthOf, { owner: 'Ada' }).thenAnswer({ owner: 'Ada', sum: 7 })
  await history.whenAsked(BalanceOf, { account: 'account-3' }).thenFails('stream-not-found')
  expect(
    await complaint(history.whenAsked(WealthOf, { owner: 'Ada' }).thenAnswer({ owner: 'Ada', sum: 8 })),
  ).toContain('≠ sum    8         7')
  expect(
    await complaint(history.whenAsked(WealthOf, { owner: 'Ada' }).thenFails('projection-failed')),
  ).toContain('did not fail')
})

test('the state is what the given events add up to, of a fold too', async () => {
  await given(Account).thenState({ owner: '', balance: 0, days: new Set() })
  await given(Account, opened, paid(5)).thenState(({ balance }) => balance === 5)
  await given(Payments, { ...paid(5), stream: 'account-1' }, { ...paid(2), stream: 'account-2' }).thenState(7)
  await expect(given(Payments, paid(5)).thenState(5)).rejects.toMatchObject({ code: 'invalid-argument' })
})

test('events of several deciders make one history', async () => {
  const Till = defineDecider({
    category: 'till',
    events: { Counted: z.object({ sum: z.int() }) },
    initialState: () => 0,
    evolve: { Counted: (_sum, { sum }) => sum },
    commands: { Count: { requires: 'any', input: z.object({}), decide: () => [] } },
  })
  const both = given(Till, { type: 'Counted', data: { sum: 5 } }).and(Account, opened, paid(1))
  await both.thenState(5)
  await both.when(TakeOut, { amount: 2 }).thenRejected('not-enough')
  await both.when(Till.commands.Count, {}).thenNothing()
  expect(() => given(Till).when(PayIn as never, {} as never)).toThrow('given(…).and(ItsDecider)')
})

test('a decide that is not pure fails the test', async () => {
  let calls = 0
  const Counter = counter((state) => ({ type: 'Counted', data: { at: calls++ + state.list.length } }))
  await expect(given(Counter).when(Counter.commands.Count, {}).thenDecided()).rejects.toThrow(
    'decide of Count is not pure: given the same twice, it answered differently',
  )
  const Changer = counter((state) => {
    state.list.push(1)
    return { type: 'Counted', data: { at: 0 } }
  })
  await expect(given(Changer).when(Changer.commands.Count, {}).thenDecided()).rejects.toThrow(
    'changes what it was given',
  )
})

test.each<[string, (state: CounterState) => CounterState, string]>([
  [
    'changes a list of its state',
    (state) => {
      state.list.push(1)
      return state
    },
    'evolve of Counted changes what it was given',
  ],
  [
    'changes a map of its state',
    (state) => {
      state.map.set('a', 1)
      return state
    },
    'evolve of Counted changes what it was given',
  ],
  [
    'adds a property to its state',
    (state) => Object.assign(state, { other: 1 }),
    'evolve of Counted changes what it was given',
  ],
  ['gives no state', () => undefined as never, 'evolve of Counted gave no state'],
  [
    'answers differently',
    (state) => ({ ...state, list: [...state.list, Math.random()] }),
    'evolve of Counted is not pure',
  ],
])('an evolve that %s fails the test', async (_what, evolve, message) => {
  const Counter = counter(() => ({ type: 'Counted', data: { at: 0 } }), evolve)
  await expect(given(Counter, { type: 'Counted', data: { at: 1 } }).thenState(() => true)).rejects.toThrow(
    message,
  )
  await expect(given(Counter).when(Counter.commands.Count, {}).thenDecided()).rejects.toThrow(message)
})

test('an error points to the line of the test that expected', async () => {
  const error = await given(Account, opened)
    .when(PayIn, { amount: 2 })
    .thenNothing()
    .catch((reason: Error) => reason)
  expect((error as Error).stack).toMatch(/given\.test\.ts/)
  expect((error as Error).stack).not.toMatch(/expectations\.ts/)
})

test('read models are closed after the answer', async () => {
  let closed = 0
  const readModels: ReadModelStore = {
    kind: 'counted',
    open: () => Promise.reject(new Error('not asked for')),
    close: async () => void closed++,
  }
  await given(Account, opened)
    .whenAsked(WealthOf, { owner: 'Ada' }, { readModels: [readModels] })
    .thenAnswer({ owner: 'Ada', sum: 0 })
  expect(closed).toBe(1)
})

interface CounterState {
  readonly list: number[]
  readonly map: Map<string, number>
}

function counter(
  decide: (state: CounterState) => { type: 'Counted'; data: { at: number } },
  evolve: (state: CounterState) => CounterState = (state) => state,
) {
  return defineDecider({
    category: 'counter',
    events: { Counted: z.object({ at: z.number() }) },
    initialState: (): CounterState => ({ list: [], map: new Map() }),
    evolve: { Counted: evolve },
    commands: { Count: { requires: 'any', input: z.object({}), decide } },
  })
}
