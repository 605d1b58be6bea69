import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quantile } from './quantile.ts'
import { SlidingQuantiles } from './sliding-quantiles.ts'

test('the quantiles are those of the latest values, however many came before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 40 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, valuesMax, share) => {
        const sliding = new SlidingQuantiles(valuesMax)
        expect(sliding.quantile(share)).toBeUndefined()
        values.forEach((value, index) => {
          sliding.add(value)
          const latest = values.slice(Math.max(0, index + 1 - valuesMax), index + 1)
          expect(sliding.count).toBe(latest.length)
          expect(sliding.quantile(share)).toBe(
            quantile(
              latest.sort((one, other) => one - other),
              share,
            ),
          )
        })
      },
    ),
    { seed: 5 },
  )
})
