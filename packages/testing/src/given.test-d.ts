import { expectTypeOf, test } from 'vitest'
import { Account, BalanceOf, Payments } from '../test/account.ts'
import { SubscribeStudent } from '../test/course.ts'
import { given } from './given.ts'

const { PayIn, TakeOut } = Account.commands

test('given events are those that the decider declares', () => {
  given(
    Account,
    { type: 'PaidIn', data: { amount: 1 } },
    { type: 'PaidIn', data: { amount: 2 }, stream: 'account-2' },
  )
  // @ts-expect-error there is no such event
  given(Account, { type: 'Closed', data: {} })
  // @ts-expect-error the amount is a number
  given(Account, { type: 'PaidIn', data: { amount: '1' } })
})

test('the command is one of those that were named, and its input is what its schema takes', () => {
  given(Account).when(PayIn, { amount: 1 }, { stream: 'account-2', now: new Date() })
  // @ts-expect-error amount is missing
  given(Account).when(PayIn, {})
  // @ts-expect-error Account was not given
  given(Payments).when(PayIn, { amount: 1 })
  given(Payments).and(Account).when(PayIn, { amount: 1 })
})

test('expected events, codes and states are those of the decider', () => {
  const taking = given(Payments).and(Account).when(TakeOut, { amount: 1 })
  void (() => taking.thenEvents({ type: 'PaidIn', data: { amount: 1 } }))
  // @ts-expect-error there is no such event
  void (() => taking.thenEvents({ type: 'Closed', data: {} }))
  expectTypeOf(taking.thenRejected).parameter(0).toEqualTypeOf<'not-enough'>()
  void (() =>
    taking.thenState((state) => {
      expectTypeOf(state).toEqualTypeOf<{ owner: string; balance: number; days: Set<string> }>()
      return true
    }))
  // @ts-expect-error a state has an owner and days too
  void (() => taking.thenState({ balance: 1 }))
  // @ts-expect-error what holds of a state is true or false
  void (() => taking.thenState(({ balance }) => balance))
})

test('the state of given events is that of what was named first', () => {
  void (() => given(Payments).and(Account).thenState(1))
  // @ts-expect-error it is a number
  void (() => given(Payments).and(Account).thenState('1'))
})

test('a query is asked with what its schema takes, and answers what it answers', () => {
  const asking = given(Account).whenAsked(BalanceOf, { account: 'account-1' })
  expectTypeOf(asking.thenAnswer)
    .parameter(0)
    .toEqualTypeOf<{ owner: string; balance: number; asOf: string | undefined }>()
  // @ts-expect-error account is missing
  given(Account).whenAsked(BalanceOf, {})
})

test('a command with a decision model is given no stream, and has no state', () => {
  const subscribing = given(Account).when(SubscribeStudent, { course: 'tea', student: 'Ada' })
  expectTypeOf(subscribing.thenRejected).parameter(0).toEqualTypeOf<'course-full' | 'too-many-courses'>()
  // @ts-expect-error its states are those of its model
  void (() => subscribing.thenState(() => true))
  // @ts-expect-error it chooses its stream by itself
  given(Account).when(SubscribeStudent, { course: 'tea', student: 'Ada' }, { stream: 'course-1' })
  // @ts-expect-error student is missing
  given(Account).when(SubscribeStudent, { course: 'tea' })
})

test('an event of another version is not held to the schema of today, and what it is today is', () => {
  void (() =>
    given(Account, { type: 'Paid', version: 1, data: { sum: 1 } }).thenEvents({
      type: 'PaidIn',
      data: { amount: 1 },
    }))
  // @ts-expect-error the amount is a number
  void (() => given(Account).thenEvents({ type: 'PaidIn', data: { amount: '1' } }))
})

test('only a process manager is told of things', () => {
  // @ts-expect-error a decider does not react
  void (() => given(Account).whenDeadline('unpaid'))
})
