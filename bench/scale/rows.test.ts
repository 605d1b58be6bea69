import { describe, expect, it } from 'vitest'
import { scalePage } from './page.ts'
import { scaleRows } from './rows.ts'
import { lastTenth } from './store.ts'

const rate = (value: number) => [{ measure: lastTenth, unit: 'events/s', value }]
const opening = (value: number) => ({ measure: 'open', unit: 's', value, expected: { atMost: 1 } })
const rows = scaleRows(
  [
    { events: 10, figures: [...rate(100), opening(3)] },
    {
      events: 1_000,
      figures: [...rate(90), opening(2)],
    },
    { events: 10, figures: rate(50) },
  ],
  { events: 1_000, reference: 10 },
)

describe('what is told of stores that grew', () => {
  it('has one row for what was measured before and after, and expectations of the large store alone', () => {
    expect(rows[0]).toMatchObject({ system: '10 events', median: 75, min: 50, max: 100, runs: 2 })
    const opened = rows.filter(({ measure }) => measure === 'open')
    expect(opened.map(({ system, expected }) => [system, expected])).toEqual([
      ['10 events', undefined],
      ['1,000 events', { atMost: 1 }],
    ])
  })

  it('compares the last tenth of the large store with that of the small ones', () => {
    expect(rows.at(-1)).toMatchObject({
      system: '1,000 events / 10 events',
      unit: 'ratio',
      min: 0.9,
      max: 1.8,
      expected: { atLeast: 0.8 },
    })
  })

  it('is a page with a column for each store, without the ratio, and all expectations below', () => {
    const machine = { cpu: 'P', cores: 2, memoryGiB: 8, system: 'S', node: 'v24', fileSystem: 'ext4' }
    const page = scalePage({
      measuredAt: '2026',
      commit: 'abc',
      machine,
      fsync: '',
      seconds: 1,
      notes: [],
      rows,
    })
    expect(page).toContain('|  | 10 events | 1,000 events |\n')
    expect(page).toContain('| open (s) | **3** | **2** |\n')
    expect(page).toContain('| open | 1,000 events | s | at most 1 | **2** | **no** |\n')
    expect(page).toContain(
      '| 1,000 events / 10 events | ratio | at least 0.8 | **1.35** (0.9 – 1.8) | yes |\n',
    )
  })
})
