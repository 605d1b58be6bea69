import { expectTypeOf, test } from 'vitest'
import { VisitsOf, WhoSits } from '../../test/seat.ts'
import type { App } from '../index.ts'

declare const app: App

test('a watched query gives answers of its own type, and takes its own input', async () => {
  for await (const answer of app.watch(WhoSits, { room: 'room-1' }))
    expectTypeOf(answer).toEqualTypeOf<{ takenBy: string[]; revision: number | undefined }>()
  for await (const answer of app.watch(VisitsOf, { person: 'Ada' }))
    expectTypeOf(answer).toEqualTypeOf<number>()
  // @ts-expect-error it is about a person
  app.watch(VisitsOf, { room: 'room-1' })
})
