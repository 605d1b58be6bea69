import { defineDecider, defineEvent } from '@annals/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { given } from './given.ts'

const Parcel = defineDecider({
  category: 'parcel',
  events: {
    ParcelSent: defineEvent({
      data: z.object({ to: z.string(), grams: z.int() }),
      version: 3,
      upcasters: {
        1: ({ address }) => ({ to: address as string, kilos: 1 }),
        2: ({ to, kilos }) => ({ to: to as string, grams: Math.round((kilos as number) * 1000) }),
      },
      renamedFrom: ['PackageSent'],
    }),
    ParcelLost: z.object({}),
  },
  initialState: () => ({ grams: 0 }),
  evolve: { ParcelSent: (_parcel, { grams }) => ({ grams }), ParcelLost: (parcel) => parcel },
  commands: {},
})

const today = { type: 'ParcelSent', data: { to: 'Ada', grams: 1000 } } as const

test('an old event is what its upcasters and its new name make of it today', async () => {
  await given(Parcel, { type: 'ParcelSent', version: 1, data: { address: 'Ada' } }).thenEvents(today)
  await given(Parcel, { type: 'ParcelSent', version: 2, data: { to: 'Ada', kilos: 1 } }).thenEvents(today)
  await given(Parcel, { type: 'PackageSent', version: 2, data: { to: 'Ada', kilos: 1 } }, today).thenEvents(
    today,
    today,
  )
  await given(Parcel, { type: 'PackageSent', version: 1, data: { address: 'Ada' } }).thenState({
    grams: 1000,
  })
})

test('what became of an old event is compared, and has to fit the schema of today', async () => {
  const old = given(Parcel, { type: 'ParcelSent', version: 2, data: { to: 'Ada', kilos: 2 } })
  await expect(old.thenEvents(today)).rejects.toThrow('≠ [0].data.grams  1000')
  await expect(old.thenEvents()).rejects.toThrow('expected to be no event today, but are ParcelSent')
  await expect(
    given(Parcel, { type: 'ParcelSent', version: 2, data: { to: 7, kilos: 1 } }).thenEvents(today),
  ).rejects.toMatchObject({ code: 'invalid-event' })
})

test('an old event without a step to today fails as it would in production', async () => {
  await expect(
    given(Parcel, { type: 'ParcelSent', version: 4, data: {} }).thenEvents(today),
  ).rejects.toMatchObject({ code: 'unsupported-event-version' })
})
