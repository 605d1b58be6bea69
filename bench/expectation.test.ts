import { describe, expect, it } from 'vitest'
import { expectationTable, expectedText, isReached } from './expectation.ts'
import { measure, type Row } from './measure.ts'

const row: Row = { measure: 'm', system: 's', unit: 'u', median: 2, min: 1, max: 4, runs: 3 }

describe('what is expected of a figure', () => {
  it('is held to the median, the bound itself included', () => {
    const reached = [{ atLeast: 2 }, { atLeast: 2.1 }, { atMost: 2 }, { atMost: 1.9 }].map((expected) =>
      isReached({ ...row, expected }),
    )
    expect(reached).toEqual([true, false, true, false])
    expect(expectedText({ atMost: 5_000 })).toBe('at most 5,000')
  })

  it('stays with the row that is made of the figures', async () => {
    const rows = await measure('m', 2, async () => [
      { system: 's', unit: 'u', value: 1, expected: { atLeast: 2 } },
      { system: 't', unit: 'u', value: 1 },
    ])
    expect(rows.map(({ expected }) => expected)).toEqual([{ atLeast: 2 }, undefined])
  })

  it('is a table of the rows that have one, and nothing where none has', () => {
    expect(expectationTable([row, { ...row, expected: { atLeast: 3 } }])).toMatch(
      /reached \|\n.*\n\| m \| s \| u \| at least 3 \| \*\*2\*\* \(1 – 4\) \| \*\*no\*\* \|\n$/,
    )
    expect(expectationTable([row])).toBe('')
  })
})
