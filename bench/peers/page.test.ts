import { describe, expect, it } from 'vitest'
import type { Row } from '../measure.ts'
import { chartOf } from './chart.ts'
import { pageOf, rawLimit } from './page.ts'
import { panelsOf } from './panel.ts'

const row = (measure: string, system: string, median: number, unit = 'events/s'): Row => ({
  measure,
  system,
  unit,
  median,
  min: median / 2,
  max: median * 2,
  runs: 5,
})
const rows = [
  row('append', 'ours', 100),
  row('append', 'theirs <b>', 50),
  row('append', 'bare theirs', 1),
  row('append', 'bare theirs', 99, '% of calls failed'),
  row('append', rawLimit, 200),
  row('read', 'ours', 10, 'ms'),
  row('read', 'theirs <b>', 1_234.5, 'ms'),
  row('read', rawLimit, 0.12345, 'ms'),
  { ...row('append', 'ours / theirs <b>', 2, 'ratio'), expected: { atLeast: 3 } },
  { ...row('append', 'ours / raw limit', 0.5, 'ratio'), expected: { atLeast: 0.5 } },
  row('append', 'ours / bare theirs', 100, 'ratio'),
]

describe('the comparison', () => {
  it('puts together what has one measure and one unit, and leaves out ratios and what only one system has', () => {
    expect(panelsOf(rows).map(({ title, unit, rows: { length } }) => [title, unit, length])).toEqual([
      ['append', 'events/s', 4],
      ['read', 'ms', 3],
    ])
  })

  it('has a column for each system that is everywhere, the raw limit last, and names the others below', () => {
    const machine = {
      cpu: 'a processor',
      cores: 2,
      memoryGiB: 8,
      system: 'S',
      node: 'v24',
      fileSystem: 'ext4',
    }
    const page = pageOf(
      {
        measuredAt: '2026-01-02T03:04:05Z',
        commit: 'abc',
        machine,
        fsync: '',
        seconds: 2,
        notes: ['a note'],
        rows,
      },
      'peers.svg',
    )
    expect(page).toContain('|  | ours | theirs <b> | raw limit |')
    expect(page).toContain(
      '| read (ms) | **10** (5 – 20) | **1,235** (617 – 2,469) | **0.123** (0.062 – 0.247) |',
    )
    expect(page).toContain('| append | bare theirs | % of calls failed | **99** (49.5 – 198) |')
    expect(page).toContain('- a note')
    expect(page).toContain('| append | ours / theirs <b> | ratio | at least 3 | **2** (1 – 4) | **no** |')
    expect(page).toContain('| append | ours / raw limit | ratio | at least 0.5 | **0.5** (0.25 – 1) | yes |')
    expect(page).not.toContain('ours / bare theirs')
  })

  it('draws each median as long as its share of the largest figure of its panel', () => {
    const chart = chartOf(rows, { title: 'T', ours: 'ours', limit: rawLimit })
    const widths = [...chart.matchAll(/<rect class="(?:bar|bar ours|limit)" .*?width="([\d.]+)"/g)].map(
      (found) => Number(found[1]),
    )
    expect(widths).toHaveLength(7)
    const [ours, theirs, , limit] = widths as [number, number, number, number]
    expect(ours / theirs).toBeCloseTo(2, 1)
    expect(limit / ours).toBeCloseTo(2, 1)
    expect(chart).toContain('theirs &lt;b>')
    expect(chart).not.toContain('<b>')
  })
})
