import { describe, expect, it } from 'vitest'
import { CommitOrder } from './commit-order.ts'

describe('the order in which streams are appended to', () => {
  it.each([1, 2, 10, 500, 997, 50_000])('reaches each of %i streams before any comes again', (streams) => {
    const order = new CommitOrder(streams)
    const first = Array.from({ length: streams }, (_, commit) => order.streamOf(commit))
    expect(new Set(first).size).toBe(streams)
    expect(order.streamOf(streams)).toBe(first[0])
    expect(order.timesBefore(streams - 1)).toBe(0)
    expect(order.timesBefore(streams)).toBe(1)
  })

  it('goes far with each step, and comes near to no stream that it has just been to', () => {
    const streams = 50_000
    const order = new CommitOrder(streams)
    const last = Array.from({ length: 100 }, (_, commit) => order.streamOf(20_000 + commit)).sort(
      (a, b) => a - b,
    )
    const gaps = last.slice(1).map((stream, place) => stream - (last[place] as number))
    expect(Math.min(...gaps)).toBeGreaterThan(streams / 1_000)
  })
})
