import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LowWaterMark, type Outstanding } from './low-water-mark.ts'

test('the mark never passes an event that is not done, and reaches what was seen when all are', () => {
  fc.assert(
    fc.property(
      // How many parts each event is split into, and an order in which to be done.
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 20 }),
      fc.infiniteStream(fc.nat()),
      (parts, random) => {
        const mark = new LowWaterMark()
        mark.reset(10)
        const open: Outstanding[] = []
        const positions = parts.flatMap((count, index) => new Array<number>(count).fill(11 + index * 2))
        const pick = () => random.next().value as number
        const finish = () => {
          const [event] = open.splice(pick() % open.length, 1)
          if (event) mark.done(event)
        }
        let begun = 0
        let last = 10
        while (begun < positions.length || open.length > 0) {
          if (begun < positions.length && (open.length === 0 || pick() % 2 === 0))
            open.push(mark.begin(positions[begun++] as number))
          else finish()
          const undone = [...open.map(({ position }) => position), ...positions.slice(begun)]
          for (const position of undone) expect(mark.position).toBeLessThan(position)
          expect(mark.position).toBeGreaterThanOrEqual(last)
          last = mark.position
        }
        mark.seen(100)
        expect(mark.position).toBe(100)
        expect(mark.outstanding).toBe(0)
      },
    ),
  )
})
