import { cancelDeadline, deadline, defineProcessManager, finish, send } from '@annals/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Account } from '../test/account.ts'
import { given } from './given.ts'

const { PayIn } = Account.commands

const Savings = defineProcessManager({
  name: 'savings',
  reactsTo: Account.events,
  key: ({ stream }) => (stream === 'account-none' ? undefined : stream),
  events: { Counted: z.object({ sum: z.int(), by: z.string().default('us') }) },
  initialState: () => ({ sum: 0 }),
  evolve: { Counted: (_savings, { sum }) => ({ sum }) },
  on: {
    Opened: () => deadline('unused', { afterMs: 1_000 }),
    PaidIn: ({ sum }, { data }, { key, now }) =>
      sum + data.amount >= 10
        ? [send(PayIn, key, { amount: 1 }), cancelDeadline('unused'), finish()]
        : [{ type: 'Counted', data: { sum: sum + data.amount } }, deadline('unused', { at: now })],
    TakenOut: ({ sum }, _event, { key }) => send(PayIn, key, { amount: -sum }),
  },
  onDeadline: { unused: ({ sum }, { key }) => (sum === 0 ? [] : send(PayIn, key, { amount: sum })) },
  onRejected: (_savings, { code }) => ({ type: 'Counted', data: { sum: code.length } }),
})

const counted = (sum: number) => ({ type: 'Counted', data: { sum } }) as const
const paid = (amount: number, stream = 'account-1') => ({ type: 'PaidIn', data: { amount }, stream }) as const

test('what a process does about an event is compared, own events as their schemas give them', async () => {
  const now = new Date('2030-01-01T00:00:00Z')
  await given(Savings)
    .whenRecorded(paid(4))
    .thenReacts(counted(4), deadline('unused', { at: now }))
  const full = given(Savings, counted(4), counted(7)).whenRecorded(paid(3))
  await full.thenReacts(send(PayIn, 'account-1', { amount: 1 }), cancelDeadline('unused'), finish())
  await expect(
    full.thenReacts(send(PayIn, 'account-1', { amount: 2 }), cancelDeadline('unused'), finish()),
  ).rejects.toThrow('≠ [0].input.amount  2')
  await expect(full.thenReacts(finish())).rejects.toThrow(
    'with finish, but did so with send PayIn, cancel-deadline, finish',
  )
  await expect(full.thenNothing()).rejects.toThrow('with nothing')
})

test('the state afterwards is that of its own events', async () => {
  await given(Savings, counted(2)).whenRecorded(paid(3)).thenState({ sum: 5 })
  await given(Savings, counted(2)).thenState({ sum: 2 })
  await expect(
    given(Savings, counted(2))
      .whenRecorded(paid(3))
      .thenState(({ sum }) => sum > 5),
  ).rejects.toThrow('expected to fulfil')
})

test('an event that is none of its business is nothing to it', async () => {
  await given(Savings).whenRecorded(paid(4, 'account-none')).thenNothing()
  await expect(given(Savings).whenRecorded(paid(4, 'account-none')).thenReacts(counted(4))).rejects.toThrow(
    'but did so with nothing',
  )
})

test('a deadline and a rejection are told to the process of their key', async () => {
  await given(Savings, counted(5))
    .whenDeadline('unused', { key: 'account-7' })
    .thenReacts(send(PayIn, 'account-7', { amount: 5 }))
  await given(Savings).whenDeadline('unused').thenNothing()
  await expect(given(Savings).whenDeadline('other').thenNothing()).rejects.toThrow(
    'has no deadline "other"; it has unused',
  )
  const rejected = {
    command: 'PayIn',
    stream: 'account-1',
    input: {},
    code: 'full',
    message: 'Full.',
    details: undefined,
  }
  await given(Savings).whenRejected(rejected).thenReacts(counted(4))
})

test('an event that does not fit, and a command that could not be executed, fail the test', async () => {
  await expect(given(Savings).whenRecorded(paid(0)).thenNothing()).rejects.toMatchObject({
    code: 'invalid-event',
  })
  const taken = { type: 'TakenOut', data: { amount: 1, at: '2030-01-01T00:00:00Z' }, stream: 'account-1' }
  await expect(given(Savings, counted(1)).whenRecorded(taken).thenNothing()).rejects.toThrow(
    'The input of PayIn, which is sent, does not fit',
  )
})

test('a reaction that is not pure fails the test', async () => {
  const Random = defineProcessManager({
    name: 'random',
    reactsTo: Account.events,
    key: ({ stream }) => stream,
    on: {
      PaidIn: (_state, _event, { key }) => send(PayIn, key, { amount: 1 + Math.floor(Math.random() * 1e9) }),
    },
  })
  await expect(given(Random).whenRecorded(paid(1)).thenNothing()).rejects.toThrow(
    'The reaction of random to PaidIn is not pure',
  )
})
