import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { backOff } from './back-off.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** How long a pause takes, in whole milliseconds. */
async function pauseMs(attempt: number, random: number): Promise<number> {
  let ended = false
  void backOff(attempt, () => random).then(() => {
    ended = true
  })
  for (let ms = 0; ; ms++) {
    await vi.advanceTimersByTimeAsync(0)
    if (ended) return ms
    await vi.advanceTimersByTimeAsync(1)
  }
}

test('the longest pause doubles with each attempt, up to a tenth of a second', async () => {
  const longest: number[] = []
  for (const attempt of [1, 2, 3, 6, 7, 50]) longest.push(await pauseMs(attempt, 1))
  expect(longest).toEqual([2, 4, 8, 64, 100, 100])
})

test('a pause is a random part of the longest', async () => {
  expect(await pauseMs(7, 0.25)).toBe(25)
  expect(await pauseMs(7, 0)).toBeLessThanOrEqual(1)
})
