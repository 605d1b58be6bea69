import { expect, test } from 'vitest'
import { Room } from '../test/seat.ts'
import { createApp } from './app.ts'
import { isAnnalsError } from './errors.ts'
import { createMemoryStore } from './store/memory-store.ts'

const app = createApp({ store: createMemoryStore(), modules: [Room] })

test('events recorded past the deciders have to be of a declared type and fit it, where a decider knows the category', async () => {
  const attempt = (stream: string, event: unknown) =>
    app.append({ stream, events: [event as never] }).then(
      ({ position }) => position,
      (error: unknown) => (isAnnalsError(error) ? error.code : error),
    )
  expect(await attempt('room-1', { type: 'RoomOpened', data: { seats: 2 } })).toBe(1)
  expect(await attempt('room-1', { type: 'RoomClosed', data: {} })).toBe('unknown-event-type')
  expect(await attempt('room-1', { type: 'RoomOpened', data: { seats: 0 } })).toBe('invalid-event')
  expect(await attempt('hall-1', { type: 'RoomClosed', data: {} })).toBe(2)
})

test('streams of Annals itself take no events from an application', async () => {
  for (const stream of ['$command-1', '$', '$checkpoint-visits']) {
    const appends = [
      { stream: 'hall-1', events: [{ type: 'HallOpened', data: {} }] },
      { stream, events: [{ type: 'CheckpointMoved', data: {} }] },
    ]
    await expect(app.append(appends)).rejects.toMatchObject({
      code: 'invalid-argument',
      details: { argument: 'stream', received: stream },
    })
  }
})

test('what is recorded past the deciders gets no metadata but its own', async () => {
  const event = { type: 'HallOpened', data: {}, metadata: { $correlationId: 'an earlier one' } }
  const { events } = await app.append({ stream: 'hall-2', events: [event, { type: 'HallShut', data: {} }] })
  expect(events.map(({ metadata }) => metadata)).toEqual([{ $correlationId: 'an earlier one' }, undefined])
})

test('what is no event at all is refused in every category', async () => {
  for (const stream of ['room-1', 'hall-1'])
    for (const event of [null, undefined, 1, 'RoomOpened'])
      await expect(app.append({ stream, events: [event as never] })).rejects.toMatchObject({
        code: 'invalid-event',
      })
})
