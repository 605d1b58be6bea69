import { expect, test } from 'vitest'
import { z } from 'zod'
import { Order } from '../../test/orders.ts'
import { isAnnalsError } from '../errors.ts'
import { defineProcessManager } from './process-manager.ts'

const valid = {
  name: 'p',
  reactsTo: Order.events,
  key: () => 'k',
  on: { OrderPaid: () => [] },
}
const own = { events: { Asked: z.object({}) }, initialState: () => 0, evolve: { Asked: () => 1 } }

test.each<[string, object, RegExp]>([
  ['no name', { name: '' }, /needs a name/],
  ['a name with a dash', { name: 'a-b' }, /before the first "-"/],
  ['a name of Annals itself', { name: '$p' }, /begin with "\$"/],
  ['a bad selection', { select: { category: 'a-b' } }, /before the first "-"/],
  ['no key', { key: undefined }, /key has to be a function/],
  ['no handlers', { on: {} }, /no handler under on/],
  ['a handler of an undeclared type', { on: { Sold: () => [] } }, /handles Sold, .* under reactsTo/],
  ['a handler that is none', { on: { OrderPaid: [] } }, /on\.OrderPaid has to be a function/],
  ['a deadline without a handler', { onDeadline: { late: 1 } }, /onDeadline\.late has to be a function/],
  [
    'an event type of Annals',
    { ...own, evolve: {}, events: { Reacted: z.object({}) } },
    /Annals records for it/,
  ],
  [
    'an event type that is no name',
    { ...own, evolve: {}, events: { '\n': z.object({}) } },
    /control characters/,
  ],
  ['an own event that is not folded', { ...own, evolve: {} }, /no handler for Asked/],
  [
    'a fold of an undeclared event',
    { ...own, evolve: { ...own.evolve, Sold: () => 1 } },
    /evolve handles Sold/,
  ],
  ['an event without a schema', { ...own, events: { Asked: {} } }, /no Standard Schema/],
  ['a retry policy that cannot be', { retry: { attemptsMax: 0 } }, /attemptsMax/],
  ['no room to work', { parallelMax: 0 }, /parallelMax/],
])('a process manager with %s is refused at its definition', (_case, change, sentence) => {
  try {
    defineProcessManager({ ...valid, ...(change as object) })
  } catch (error) {
    expect(isAnnalsError(error, 'invalid-definition')).toBe(true)
    expect((error as Error).message).toMatch(sentence)
    return
  }
  expect.fail('it was accepted')
})

test('what is left out has its default', () => {
  expect(defineProcessManager(valid)).toMatchObject({
    kind: 'process-manager',
    name: 'p',
    select: 'everything',
    events: {},
    parallelMax: 16,
    retries: { attemptsMax: 5, firstDelayMs: 100, delayMsMax: 10_000 },
  })
})
