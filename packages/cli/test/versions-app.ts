import { defineDecider, defineEvent, type Module } from '@annals/core'
import { z } from 'zod'

const Basket = defineDecider({
  category: 'basket',
  events: {
    ThingAdded: defineEvent({
      description: 'A thing was put into the basket.',
      data: z.object({ thing: z.string(), quantity: z.int().min(1) }),
      version: 2,
      upcasters: { 1: (data: { thing: string }) => ({ ...data, quantity: 1 }) },
      renamedFrom: ['ThingPut'],
    }),
    BasketClosed: z.object({}),
  },
  retired: ['BasketLookedAt'],
  initialState: () => 0,
  evolve: { ThingAdded: (things, { quantity }) => things + quantity, BasketClosed: (things) => things },
  commands: {},
})

/** An application whose events have changed since the first were recorded. */
export const modules: readonly Module[] = [Basket]
