import { expect, test } from 'vitest'
import { formatTime, parseTimeMs } from './time.ts'

test.each([
  ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31T12:00:00.1239+02:00', '2026-01-31T10:00:00.123Z'],
  ['2026-01-31 12:00:00,5-0130', '2026-01-31T13:30:00.500Z'],
  ['2026-01-31T12:00+01', '2026-01-31T11:00:00.000Z'],
  ['2026-01-31 12:00', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
])('%s is %s, on every machine', (text, expected) => {
  expect(formatTime(parseTimeMs(text) as number)).toBe(expected)
})

test.each([
  '',
  'yesterday',
  '1769860800',
  '31.01.2026',
  '2026-02-30',
  '2026-13-01',
  '2026-01-31T24:00:00Z',
  '2026-01-31T12:60:00Z',
  '2026-01-31T12:00:00+99:00',
])('%j is no time', (text) => {
  expect(parseTimeMs(text)).toBeUndefined()
})
