import { describe, expect, it } from 'vitest'
import { ratioOf } from './ratio.ts'

const figures = [
  { system: 'ours', unit: 'events/s', value: 100 },
  { system: 'one', unit: 'events/s', value: 10 },
  { system: 'other', unit: 'events/s', value: 50 },
  { system: 'ours', unit: 'ms', value: 2 },
  { system: 'one', unit: 'ms', value: 4 },
  { system: 'other', unit: 'ms', value: 5 },
]
const both = { name: 'the others', systems: ['one', 'other'] }

describe('a ratio within a round', () => {
  it('is of two figures of one unit, and has what is expected of it', () => {
    const ratio = {
      unit: 'events/s',
      over: { name: 'ours' },
      under: { name: 'one' },
      expected: { atLeast: 4 },
    }
    expect(ratioOf(figures, ratio)).toEqual([
      { system: 'ours / one', unit: 'ratio', value: 10, expected: { atLeast: 4 } },
    ])
  })

  it('takes the better of several: the most a second, the least of time', () => {
    const value = (unit: string) => ratioOf(figures, { unit, over: both, under: { name: 'ours' } })[0]?.value
    expect(value('events/s')).toBe(0.5)
    expect(value('ms')).toBe(2)
  })

  it.each(['events/s', 'ms'])('in %s is left out where one of the systems is not there', (unit) => {
    const [ours, missing] = [{ name: 'ours' }, { name: 'nobody' }]
    expect(ratioOf(figures, { unit, over: missing, under: ours })).toEqual([])
    expect(ratioOf(figures, { unit, over: ours, under: missing })).toEqual([])
  })
})
