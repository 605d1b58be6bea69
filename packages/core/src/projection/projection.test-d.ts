import { expectTypeOf, test } from 'vitest'
import { Room } from '../../test/seat.ts'
import { defineProjection, type HandlerContext, inMemory, type RecordedEvent, target } from '../index.ts'

const about = { name: 'p', select: 'everything', events: Room.events } as const

test('handlers are given the model that the read model says, and the data that the schema of their type says', () => {
  defineProjection({
    ...about,
    readModel: inMemory(() => new Map<string, number>()),
    on: {
      SeatTaken: (model, event) => {
        expectTypeOf(model).toEqualTypeOf<Map<string, number>>()
        expectTypeOf(event).toEqualTypeOf<
          RecordedEvent<'SeatTaken', { by: string; side: 'left' | 'right' }>
        >()
      },
    },
  })
})

test('handlers of a target are given its client and what is known of the delivery, and may take their time', () => {
  defineProjection({
    ...about,
    readModel: target({ open: async () => ({ put: async (_key: string) => {} }) }),
    on: {
      SeatTaken: async (client, { data }, context) => {
        expectTypeOf(context).toEqualTypeOf<HandlerContext>()
        expectTypeOf(client.put).returns.toEqualTypeOf<Promise<void>>()
        await client.put(data.by)
      },
    },
  })
})

test('the key is of any of the declared events, and a type that is not declared has no handler', () => {
  defineProjection({
    ...about,
    readModel: inMemory(() => 0),
    key: (event) => {
      expectTypeOf(event.type).toEqualTypeOf<'RoomOpened' | 'SeatTaken' | 'SeatGivenBack'>()
      return event.type === 'RoomOpened' ? event.stream : event.data.by
    },
    on: {
      RoomOpened: () => {},
      // @ts-expect-error there is no such event
      RoomClosed: () => {},
    },
  })
})
