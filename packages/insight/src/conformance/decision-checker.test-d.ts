import { defineDecider } from '@annals/core'
import { test } from 'vitest'
import { z } from 'zod'
import { DecisionChecker } from './decision-checker.ts'

const Box = defineDecider({
  category: 'box',
  events: { ItemPut: z.object({ item: z.string() }) },
  initialState: () => 0,
  evolve: { ItemPut: (count) => count + 1 },
  commands: {
    Put: {
      requires: 'any',
      input: z.object({ item: z.string() }),
      decide: (_count, { item }) => ({ type: 'ItemPut', data: { item } }),
    },
  },
})

test('the data of events and the inputs of commands are inferred from the decider', () => {
  new DecisionChecker(Box, {
    ItemPut: ({ data }) => ({ command: 'Put', input: { item: data.item.trim() } }),
  })
  new DecisionChecker(Box, {
    // @ts-expect-error a command that the decider does not have
    ItemPut: () => ({ command: 'Take', input: {} }),
  })
  new DecisionChecker(Box, {
    // @ts-expect-error an input that the command does not take
    ItemPut: () => ({ command: 'Put', input: { item: 1 } }),
  })
  new DecisionChecker(Box, {
    // @ts-expect-error an event that the decider does not declare
    Other: () => undefined,
  })
})
