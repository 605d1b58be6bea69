import { describe, expect, it } from 'vitest'
import { summaryOf } from './statistics.ts'

describe('the summary of several runs', () => {
  it('has the middle one of an odd number of values as median, whatever their order', () => {
    expect(summaryOf([30, 10, 200])).toEqual({ median: 30, min: 10, max: 200, runs: 3 })
  })

  it('has the mean of the two in the middle of an even number of values as median', () => {
    expect(summaryOf([4, 1, 100, 2])).toEqual({ median: 3, min: 1, max: 100, runs: 4 })
  })

  it('sorts numbers as numbers and leaves the given values in their order', () => {
    const values = [10, 9, 100]
    expect(summaryOf(values).median).toBe(10)
    expect(values).toEqual([10, 9, 100])
  })

  it('of one value is that value', () => {
    expect(summaryOf([7])).toEqual({ median: 7, min: 7, max: 7, runs: 1 })
  })

  it('refuses no values, and values that are no finite numbers', () => {
    expect(() => summaryOf([])).toThrow(RangeError)
    expect(() => summaryOf([1, Number.NaN])).toThrow(RangeError)
    expect(() => summaryOf([1, 1 / 0])).toThrow(RangeError)
  })
})
