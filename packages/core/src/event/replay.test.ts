import { expect, test } from 'vitest'
import { Room } from '../../test/seat.ts'
import { createMemoryStore, type Progress, replay } from '../index.ts'

async function storeWith(count: number) {
  const store = createMemoryStore()
  await store.append({ stream: 'room-1', events: [{ type: 'RoomOpened', data: { seats: 9 } }] })
  await store.append({
    stream: 'room-1',
    events: Array.from({ length: count }, (_, n) => ({
      type: 'SeatTaken',
      data: { by: `p${n}`, side: 'left' },
    })),
  })
  return store
}

test('each event goes to the handler of its type, in order, and the next waits for it', async () => {
  const store = await storeWith(50)
  const seen: string[] = []
  const replayed = await replay(store, {
    events: Room.events,
    on: {
      SeatTaken: async ({ data }) => {
        await Promise.resolve()
        seen.push(data.by)
      },
    },
  })
  expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => `p${n}`))
  expect(replayed).toEqual({ read: 51, handled: 50, position: await store.head() })
})

test('a replay goes on where the last one ended', async () => {
  const store = await storeWith(5)
  const seen: string[] = []
  const again = (after: number, upTo?: number) =>
    replay(store, {
      select: { category: 'room' },
      after,
      ...(upTo !== undefined && { upTo }),
      events: Room.events,
      on: { SeatTaken: ({ data }) => void seen.push(data.by) },
    })
  const positions = (await Array.fromAsync(store.read('everything'))).map(({ position }) => position)
  const first = await again(0, positions[2])
  const second = await again(first.position)
  const third = await again(second.position)
  expect(seen).toEqual(['p0', 'p1', 'p2', 'p3', 'p4'])
  expect(third).toEqual({ read: 0, handled: 0, position: second.position })
})

test('a replay from beyond the head hands over nothing and stays where it is', async () => {
  const store = await storeWith(5)
  expect(await replay(store, { after: 1e6, events: {}, on: {} })).toEqual({
    read: 0,
    handled: 0,
    position: 1e6,
  })
})

test('progress reaches the end', async () => {
  const store = await storeWith(5_000)
  const told: Progress[] = []
  await replay(store, { events: {}, on: {}, onProgress: (progress) => told.push(progress) })
  expect(told.at(-1)).toMatchObject({ done: await store.head(), total: await store.head(), secondsLeft: 0 })
})

test('an error of a handler ends the replay, and so does a signal', async () => {
  const store = await storeWith(3)
  const fail = () => {
    throw new Error('no')
  }
  await expect(replay(store, { events: Room.events, on: { SeatTaken: fail } })).rejects.toThrow('no')
  await expect(
    replay(store, { events: Room.events, on: {}, signal: AbortSignal.abort(new Error('enough')) }),
  ).rejects.toThrow('enough')
})

test('a handler of a type that is not declared is refused', async () => {
  await expect(
    replay(await storeWith(1), { events: Room.events, on: { Sold: () => undefined } as object }),
  ).rejects.toMatchObject({ code: 'invalid-definition' })
})
