import { describe, expect, it } from 'vitest'
import { measure } from './measure.ts'

describe('measuring', () => {
  it('leaves the first round out, and summarises each system and unit over the others', async () => {
    let round = 0
    const rows = await measure('something', 3, async () => {
      round++
      return [
        { system: 'A', unit: 'events/s', value: round * 10 },
        { system: 'B', unit: 'events/s', value: round * 100 },
        { system: 'A', unit: 'bytes', value: 5 },
      ]
    })
    expect(round).toBe(4)
    expect(rows).toEqual([
      { measure: 'something', system: 'A', unit: 'events/s', median: 30, min: 20, max: 40, runs: 3 },
      { measure: 'something', system: 'B', unit: 'events/s', median: 300, min: 200, max: 400, runs: 3 },
      { measure: 'something', system: 'A', unit: 'bytes', median: 5, min: 5, max: 5, runs: 3 },
    ])
  })

  it('waits for one round before it begins the next', async () => {
    let running = 0
    await measure('something', 2, async () => {
      expect(++running).toBe(1)
      await new Promise(setImmediate)
      running--
      return []
    })
  })
})
