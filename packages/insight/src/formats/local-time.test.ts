import { expect, test } from 'vitest'
import { needsDateOrder, parseLocalTimeMs } from './local-time.ts'
import { formatTime } from './time.ts'

test.each([
  ['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00.000Z'],
  ['2026/1/31 9:05', '2026-01-31T09:05:00.000Z'],
  ['2026.01.31', '2026-01-31T00:00:00.000Z'],
  ['2026-1-5 23:59:59.9999', '2026-01-05T23:59:59.999Z'],
  ['31.01.2026 10:00', '2026-01-31T10:00:00.000Z'],
  ['1.2.2026, 10.30', '2026-02-01T10:30:00.000Z'],
  ['2026/01/31 12:05 AM', '2026-01-31T00:05:00.000Z'],
  ['2026/01/31 12:05 p.m.', '2026-01-31T12:05:00.000Z'],
  ['2026/01/31 1:05:09PM', '2026-01-31T13:05:09.000Z'],
  ['2026-01-31 12:00:00 UTC', '2026-01-31T12:00:00.000Z'],
  ['31.01.2026 10:00:00 -0130', '2026-01-31T11:30:00.000Z'],
])('%s is %s, whatever the order', (text, expected) => {
  for (const order of [undefined, 'dmy', 'mdy'] as const)
    expect(formatTime(parseLocalTimeMs(text, order) as number)).toBe(expected)
  expect(needsDateOrder(text)).toBe(false)
})

test.each(['01/02/2026', '1/2/2026 00:00', '01-02-2026 12:00 AM'])('%s needs its order', (text) => {
  expect(parseLocalTimeMs(text, undefined)).toBeUndefined()
  expect(needsDateOrder(text)).toBe(true)
  expect(formatTime(parseLocalTimeMs(text, 'dmy') as number)).toBe('2026-02-01T00:00:00.000Z')
  expect(formatTime(parseLocalTimeMs(text, 'mdy') as number)).toBe('2026-01-02T00:00:00.000Z')
})

test.each([
  '',
  'noon',
  '1769860800',
  '31.01.26',
  '2026/02/30',
  '2026/01-31',
  '2026/01/31 13:00 PM',
  '2026/01/31 0:30 AM',
  '32.01.2026',
  '2026/01/31 25:00',
  '2026/01/31 and more',
])('%j is no moment', (text) => {
  expect(parseLocalTimeMs(text, 'dmy')).toBeUndefined()
  expect(needsDateOrder(text)).toBe(false)
})
