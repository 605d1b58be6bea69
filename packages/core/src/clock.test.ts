import { afterEach, expect, test, vi } from 'vitest'
import { systemTimer } from './clock.ts'

afterEach(() => vi.useRealTimers())

test('a timer calls back when its time has come, and not if it is called off', () => {
  vi.useFakeTimers()
  const calls: string[] = []
  systemTimer(Date.now() + 50, () => calls.push('kept'))
  systemTimer(Date.now() + 50, () => calls.push('called off'))()
  vi.advanceTimersByTime(49)
  expect(calls).toEqual([])
  vi.advanceTimersByTime(1)
  expect(calls).toEqual(['kept'])
})

test('a time longer than setTimeout can count is waited for all the same, and one that has passed is due at once', () => {
  vi.useFakeTimers()
  const calls: string[] = []
  systemTimer(Date.now() + 60 * 24 * 3_600_000, () => calls.push('in sixty days'))
  systemTimer(Date.now() - 1, () => calls.push('due already'))
  expect(calls).toEqual([])
  vi.advanceTimersByTime(1)
  expect(calls).toEqual(['due already'])
  vi.advanceTimersByTime(59 * 24 * 3_600_000)
  expect(calls).toHaveLength(1)
  vi.advanceTimersByTime(24 * 3_600_000)
  expect(calls).toEqual(['due already', 'in sixty days'])
})
