import { expect, test } from 'vitest'
import { Rate } from './rate.ts'

test('the rate is that of the last ten seconds, and of fewer in the beginning', () => {
  let nowMs = 5_000
  const rate = new Rate(() => nowMs)
  expect(rate.perSecond).toBe(0)
  rate.add(6)
  nowMs += 1_000
  expect(rate.perSecond).toBe(3)
  nowMs += 8_000
  rate.add(4)
  expect(rate.perSecond).toBe(1)
  nowMs += 1_000
  expect(rate.perSecond).toBe(0.4)
  nowMs += 100_000
  expect(rate.perSecond).toBe(0)
  rate.add(10)
  expect(rate.perSecond).toBe(1)
})

test('a clock that is set back does not lose what was counted', () => {
  let nowMs = 100_000
  const rate = new Rate(() => nowMs)
  rate.add(5)
  nowMs -= 60_000
  rate.add(5)
  expect(rate.perSecond).toBe(10)
})
