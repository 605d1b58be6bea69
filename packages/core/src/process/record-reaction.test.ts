import { expect, test } from 'vitest'
import { Account, Order, PayOrder } from '../../test/orders.ts'
import { isAnnalsError } from '../errors.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import type { ProcessManager } from './process-manager.ts'
import { ProcessState } from './process-state.ts'
import { cancelDeadline, deadline, finish, type Reaction, send } from './reaction.ts'
import { recordedReaction } from './record-reaction.ts'

const nowMs = Date.UTC(2026, 0, 1)
const commands = new Map(
  [...Object.values(Order.commands), ...Object.values(Account.commands)].map((c) => [c.name, c]),
) as never
const cause = { position: 7, eventId: 'e7', eventType: 'OrderPlaced' }
const metadata = { $correlationId: 'c', $causationId: 'e7' }
const manager = PayOrder as unknown as ProcessManager
const charge = send(Account.commands.Charge, 'account-1', { order: 'order-1', cents: 5 })

/** A process that has done what the reactions say, one after the other. */
async function processAfter(...reactions: readonly Reaction[]): Promise<ProcessState> {
  const store = createMemoryStore()
  const stream = 'payment-order-1'
  for (const reaction of reactions) {
    const process = await ProcessState.load(store, manager, stream)
    const events = await recordedReaction(process, cause, reaction, commands, nowMs, metadata)
    await store.append({ stream, events })
  }
  return ProcessState.load(store, manager, stream)
}

async function recorded(process: ProcessState, reaction: unknown, because = cause) {
  return recordedReaction(process, because, reaction as Reaction, commands, nowMs, metadata)
}

test('the events of the process come first, and then one event with all that is to be done', async () => {
  const asked = { type: 'ChargeAsked', data: { account: 'account-1', cents: 5 } }
  const late = deadline('unpaid', { afterMs: 1_000 })
  expect(await recorded(await processAfter(), [late, asked, charge])).toEqual([
    { ...asked, metadata },
    {
      type: 'Reacted',
      data: {
        ...cause,
        commands: [{ command: 'Charge', stream: 'account-1', input: { order: 'order-1', cents: 5 } }],
        deadlines: [{ name: 'unpaid', at: '2026-01-01T00:00:01.000Z' }],
      },
      metadata,
    },
  ])
})

test('nothing to do is nothing to record, also after a deadline', async () => {
  const process = await processAfter(deadline('unpaid', { afterMs: 1 }))
  expect(await recorded(process, [])).toEqual([])
  expect(await recorded(process, [], { ...cause, deadline: 'unpaid' } as never)).toEqual([])
})

test('of a deadline that is set and called off in one reaction, the last word counts', async () => {
  const process = await processAfter(deadline('unpaid', { afterMs: 1_000 }))
  const set = deadline('unpaid', { afterMs: 5_000 })
  const off = cancelDeadline('unpaid')
  const [setLast] = await recorded(process, [off, set])
  expect(setLast?.data).toMatchObject({ deadlines: [{ at: '2026-01-01T00:00:05.000Z' }] })
  const [offLast] = await recorded(process, [set, off])
  expect(offLast?.data).toEqual({ ...cause, ended: ['unpaid'] })
})

test('a process that finishes calls off its deadlines, and sets none any more', async () => {
  const process = await processAfter(deadline('unpaid', { afterMs: 1_000 }))
  const [finished] = await recorded(process, [finish(), deadline('unpaid', { afterMs: 1 })])
  expect(finished?.data).toEqual({ ...cause, ended: ['unpaid'], finished: true })
  const over = await processAfter(deadline('unpaid', { afterMs: 1_000 }), finish())
  expect(over).toMatchObject({ isFinished: true })
  expect([...over.deadlines]).toEqual([])
  const [late] = await recorded(over, [deadline('unpaid', { afterMs: 1 }), charge])
  expect(late?.data).not.toHaveProperty('deadlines')
})

test('a deadline is set for a moment or after a while', async () => {
  const at = new Date('2030-05-05T05:05:05.005Z')
  const process = await processAfter(deadline('unpaid', { at }))
  expect(process.deadlines.get('unpaid')).toMatchObject({ atMs: at.getTime(), isPassed: false })
})

test.each<[string, unknown, string, RegExp]>([
  ['nothing at all', undefined, 'invalid-definition', /gave undefined/],
  ['a word', ['finish'], 'invalid-definition', /gave finish/],
  ['an event that is not its own', { type: 'Charged', data: {} }, 'unknown-event-type', /Charged/],
  ['data that does not fit', { type: 'ChargeAsked', data: {} }, 'invalid-event', /account/],
  ['an unknown deadline', deadline('early', { afterMs: 1 }), 'invalid-definition', /"early"/],
  ['an unknown deadline called off', cancelDeadline('early'), 'invalid-definition', /"early"/],
  ['a deadline at no time', deadline('unpaid', { afterMs: Number.NaN }), 'invalid-definition', /no moment/],
  ['a deadline past all time', deadline('unpaid', { afterMs: 1e300 }), 'invalid-definition', /no moment/],
  ['a deadline at no date', deadline('unpaid', { at: new Date('x') }), 'invalid-definition', /no moment/],
  ['another stream', { ...charge, stream: 'order-1' }, 'invalid-argument', /category "account"/],
  ['no stream', { ...charge, stream: '' }, 'invalid-argument', /stream/],
  ['input that does not fit', { ...charge, input: { order: 1 } }, 'invalid-input', /order/],
  ['an unknown command', { ...charge, command: { ...charge.command } }, 'unknown-command', /Charge/],
])('a reaction with %s is not recorded', async (_case, part, code, sentence) => {
  const error = await recorded(await processAfter(), part).catch((reason: unknown) => reason)
  expect(isAnnalsError(error) && error.code).toBe(code)
  expect((error as Error).message).toMatch(sentence)
})

test('a command with input that JSON cannot carry is not recorded', async () => {
  const anything = { ...Account.commands.Charge, input: { '~standard': acceptsAll } }
  const known = new Map([['Charge', anything]]) as never
  const reaction = { ...charge, command: anything, input: { at: new Date() } } as never
  await expect(
    recordedReaction(await processAfter(), cause, reaction, known, nowMs, metadata),
  ).rejects.toMatchObject({ code: 'invalid-input', message: expect.stringContaining('not JSON') })
})

const acceptsAll = { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) }
