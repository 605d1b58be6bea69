import { describe, expect, it } from 'vitest'
import { formatted, rangeOf, table } from './table.ts'

describe('a table of figures', () => {
  it('has a line for each row, and all but the first column to the right', () => {
    expect(table(['what', 'how much'], [['a', '1']])).toBe('| what | how much |\n|---|--:|\n| a | 1 |\n')
  })

  it('writes figures with three digits that count', () => {
    expect([0, 0.01234, 0.5, 3.1519, 42.42, 1_234.5].map(formatted)).toEqual([
      '0',
      '0.012',
      '0.5',
      '3.15',
      '42.4',
      '1,235',
    ])
  })

  it('shows a range only where there was more than one round', () => {
    const row = { measure: 'm', system: 's', unit: 'u', median: 2, min: 1, max: 4 }
    expect(rangeOf({ ...row, runs: 5 })).toBe('**2** (1 – 4)')
    expect(rangeOf({ ...row, runs: 1 })).toBe('**2**')
  })
})
