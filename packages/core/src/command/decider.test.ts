import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineDecider, reject } from '../index.ts'

const input = z.object({})
const valid = {
  category: 'door',
  events: { Opened: z.object({}) },
  initialState: () => 0,
  evolve: { Opened: (count: number) => count + 1 },
  commands: { Open: { input, decide: () => ({ type: 'Opened' as const, data: {} }) } },
}
// What a caller in JavaScript, or one who cast, might pass.
const define = (change: object) => () => defineDecider({ ...valid, ...change } as typeof valid)

test('a decider names its category, its commands and its rejections', () => {
  const Door = defineDecider({ ...valid, rejections: { stuck: 'The door is stuck.' } })
  expect(Door).toMatchObject({
    kind: 'decider',
    category: 'door',
    rejections: { stuck: 'The door is stuck.' },
  })
  expect(Door.commands.Open).toMatchObject({
    kind: 'command',
    name: 'Open',
    category: 'door',
    requires: 'stream-exists',
  })
})

test.each([
  ['a category with a dash', { category: 'front-door' }, /the part of a stream name before the first "-"/],
  ['an empty category', { category: '' }, /a name that is not empty/],
  ['a category of Annals itself', { category: '$door' }, /those of Annals itself; give it another category/],
  [
    'an authorize that is no function',
    { commands: { Open: { ...valid.commands.Open, authorize: true } } },
    /authorize has to be a function/,
  ],
  ['an event type without a handler', { evolve: {} }, /evolve has no handler for Opened/],
  [
    'a handler of an undeclared event type',
    { evolve: { ...valid.evolve, Shut: () => 0 } },
    /evolve handles Shut, which is not among its events/,
  ],
  ['an event without a schema', { events: { Opened: {} } }, /the event type Opened has no Standard Schema/],
  [
    'an event type with a control character',
    { events: { 'a\n': input }, evolve: { 'a\n': () => 0 } },
    /without control characters/,
  ],
  ['a state instead of a function that makes one', { initialState: 0 }, /initialState has to be a function/],
  [
    'a command without a schema',
    { commands: { Open: { decide: () => [] } } },
    /its input has to be a Standard Schema/,
  ],
  ['a command without decide', { commands: { Open: { input } } }, /decide has to be a function/],
])('%s is refused with a sentence', (_case, change, sentence) => {
  expect(define(change)).toThrow(sentence)
})

test('a rejection is a value with a code and details', () => {
  expect(reject('stuck')).toEqual({ rejected: true, code: 'stuck' })
  expect(reject('stuck', { since: 3 })).toEqual({ rejected: true, code: 'stuck', details: { since: 3 } })
})
