import type { EventToRecord } from '@annals/insight'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TimeOrder } from './time-order.ts'

test('events come in the order of their times, those of one time as they were added, in however many parts', async () => {
  const times = fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(times, fc.integer({ min: 1, max: 12 }), async (given, partEventsMax) => {
      const events = given.map(
        (atMs, n): EventToRecord => ({
          stream: 'a-1',
          event: { type: 'line\nend\u2028', data: { n } },
          atMs,
        }),
      )
      const order = new TimeOrder({ partEventsMax })
      let found: EventToRecord[]
      try {
        for (let from = 0; from < events.length; from += 7) await order.add(events.slice(from, from + 7))
        expect(order.count).toBe(events.length)
        found = await Array.fromAsync(order.inOrder())
      } finally {
        await order.close()
      }
      expect(found).toEqual(events.toSorted((one, other) => one.atMs - other.atMs))
    }),
    { numRuns: 40 },
  )
})
