import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Latency } from './latency.ts'

describe('the latency of calls', () => {
  it('is that of each call, in microseconds, and the call gives what it gives', async () => {
    const latency = new Latency()
    for (let call = 0; call < 9; call++) expect(await latency.of(async () => call)).toBe(call)
    await latency.of(() => setTimeout(30))
    expect(latency.count).toBe(10)
    expect(latency.quantileUs(1)).toBeGreaterThan(25_000)
    expect(latency.quantileUs(0.5)).toBeGreaterThan(0)
  })

  it('has no part of a call that fails', async () => {
    const latency = new Latency()
    await expect(latency.of(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
    expect(latency.count).toBe(0)
    expect(() => latency.quantileUs(0.5)).toThrow(RangeError)
  })
})
