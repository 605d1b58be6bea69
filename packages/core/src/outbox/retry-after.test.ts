import { expect, test } from 'vitest'
import { retryAfterMs } from './retry-after.ts'

const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0)

test.each([
  [null, undefined],
  ['0', 0],
  ['120', 120_000],
  [' 7 ', 7_000],
  ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
  ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
  ['86400', 3_600_000],
  ['Fri, 02 Jan 2026 12:00:00 GMT', 3_600_000],
  ['soon', undefined],
  ['', undefined],
])('a Retry-After of %j is a wait of %j ms', (header, ms) => {
  expect(retryAfterMs(header, nowMs)).toBe(ms)
})
