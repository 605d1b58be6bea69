import { expect, test } from 'vitest'
import { z } from 'zod'
import { Room } from '../../test/seat.ts'
import { createApp, createMemoryStore, defineProjectedQuery, defineProjection, inMemory } from '../index.ts'

const Sitting = defineProjection({
  name: 'sitting',
  select: { category: 'room' },
  events: Room.events,
  readModel: inMemory(() => ({ people: [] as string[] })),
  inline: true,
  retry: { attemptsMax: 2, firstDelayMs: 0 },
  on: {
    SeatTaken: (model, { data }) => {
      if (data.by === 'trouble') throw new Error('no')
      model.people.push(data.by)
    },
  },
})
const WhoIsThere = defineProjectedQuery({
  name: 'WhoIsThere',
  input: z.object({}),
  projection: Sitting,
  answer: ({ people }) => people.length,
})

test('what an inline projection is told of is in its read model when the call returns', async () => {
  const app = createApp({ store: createMemoryStore(), modules: [Room, WhoIsThere] })
  await app.execute(Room.commands.OpenRoom, 'room-1', { seats: 100 })
  for (let count = 1; count <= 100; count++) {
    await app.execute(Room.commands.TakeSeat, 'room-1', { by: `p${count}` })
    expect(await app.query(WhoIsThere, {})).toBe(count)
  }
  await app.append({ stream: 'room-2', events: [{ type: 'SeatTaken', data: { by: 'Ada' } }] })
  expect(await app.query(WhoIsThere, {})).toBe(101)
  await app.close()
})

test('nobody waits for an inline projection that has parked the key, is paused, or has been closed', async () => {
  const app = createApp({ store: createMemoryStore(), modules: [Room, WhoIsThere] })
  const append = (by: string) =>
    app.append({ stream: 'room-1', events: [{ type: 'SeatTaken', data: { by } }] })
  await append('trouble')
  await append('Ada')
  expect(app.consumer('sitting').parked()).toMatchObject([{ key: 'room-1' }])
  await app.consumer('sitting').pause()
  await append('Bob')
  await app.consumer('sitting').resume()
  await app.close()
  await append('Cyd')
})
