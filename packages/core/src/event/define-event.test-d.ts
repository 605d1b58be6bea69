import { defineDecider, defineEvent, type InputOf, type JsonObject, type OutputOf } from '@annals/core'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const data = z.object({ amount: z.number(), side: z.enum(['left', 'right']).default('left') })
const Paid = defineEvent({ data })

test('a declared event is a schema of the same input and output', () => {
  expectTypeOf<InputOf<typeof Paid>>().toEqualTypeOf<InputOf<typeof data>>()
  expectTypeOf<OutputOf<typeof Paid>>().toEqualTypeOf<OutputOf<typeof data>>()
})

test('the state, the events and the decisions of a decider are inferred through it', () => {
  const Till = defineDecider({
    category: 'till',
    events: { Paid },
    initialState: () => ({ total: 0 }),
    evolve: {
      Paid: (till, { amount, side }) => {
        expectTypeOf(side).toEqualTypeOf<'left' | 'right'>()
        return { total: till.total + amount }
      },
    },
    commands: {
      Pay: {
        requires: 'any',
        input: data,
        decide: (_till, { amount }) => ({ type: 'Paid', data: { amount } }),
      },
      Err: {
        input: data,
        // @ts-expect-error amount is a number
        decide: () => ({ type: 'Paid', data: { amount: 'much' } }),
      },
    },
  })
  expectTypeOf(Till.initialState()).toEqualTypeOf<{ total: number }>()
})

test('an upcaster is given JSON, or what it says that the data was', () => {
  defineEvent({
    data,
    version: 3,
    upcasters: {
      1: (old) => {
        expectTypeOf(old).toEqualTypeOf<JsonObject>()
        return { cents: 5 }
      },
      2: (old: { cents: number }) => ({ amount: old.cents, side: 'left' as const }),
    },
  })
})

test('there has to be an upcaster from each version before, and none from others', () => {
  // @ts-expect-error the one from version 2 is missing
  defineEvent({ data, version: 3, upcasters: { 1: (old) => old } })
  // @ts-expect-error version 1 is that of today
  defineEvent({ data, upcasters: { 1: (old) => old } })
})

test('what the last upcaster gives is the data of today', () => {
  // @ts-expect-error side is missing
  defineEvent({ data, version: 2, upcasters: { 1: () => ({ amount: 1 }) } })
})

test('what is split or merged is data of version 1, which is that of today if there is no other', () => {
  // @ts-expect-error amount is missing
  defineEvent({ data, splitFrom: { Old: () => ({ side: 'left' as const }) } })
  defineEvent({
    data,
    splitFrom: { Old: (old) => (old.amount ? { amount: 1, side: 'left' as const } : undefined) },
  })
  defineEvent({
    data,
    version: 2,
    upcasters: { 1: () => ({ amount: 1, side: 'left' as const }) },
    splitFrom: { Old: () => ({ cents: 100 }) },
  })
})

test('what is merged is named', () => {
  defineEvent({
    data,
    mergedFrom: {
      types: ['A', 'B'],
      merge: ({ A, B }) => {
        expectTypeOf(A).toEqualTypeOf<JsonObject | undefined>()
        return { amount: Number(B?.amount), side: 'left' as const }
      },
    },
  })
  defineEvent({
    data,
    // @ts-expect-error C is not among the types
    mergedFrom: { types: ['A', 'B'], merge: ({ C }) => ({ amount: Number(C), side: 'left' as const }) },
  })
})

test('tags are made of the data', () => {
  defineEvent({ data, tags: ({ side }) => [`side:${side}`] })
  // @ts-expect-error there is no name
  defineEvent({ data, tags: ({ name }) => [`name:${name}`] })
})
