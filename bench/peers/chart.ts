import type { Row } from '../measure.ts'
import { formatted } from '../table.ts'
import { type Panel, panelsOf } from './panel.ts'

/** Which bars stand out, and which is a limit and not a system. */
export interface ChartOptions {
  readonly title: string
  readonly ours: string
  readonly limit: string
}

/**
 * The rows as an SVG picture: for each measure and unit a panel of bars from zero, in the order of the rows, with the range
 * of the rounds as a thin line. It follows the light or dark setting of whoever looks at it.
 */
export function chartOf(rows: readonly Row[], { title, ours, limit }: ChartOptions): string {
  const panels = panelsOf(rows)
  const heights = panels.map(({ rows: { length } }) => panelHeadHeight + length * barStep + panelGap)
  let [left, right] = [top, top]
  const placed = panels.map((panel, number) => {
    // Two columns, and the next panel is put where there is more room.
    const isLeft = left <= right
    const y = isLeft ? left : right
    if (isLeft) left += heights[number] as number
    else right += heights[number] as number
    return panelAt(panel, { x: isLeft ? margin : margin + columnWidth, y, ours, limit })
  })
  const height = Math.max(left, right)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-size: 18px; font-weight: 600 }
.measure { font-size: 13px; font-weight: 600 }
.unit, .range { fill: #6a737d }
.bar { fill: #9aa4b0 } .ours { fill: #1a7f5a } .limit { fill: none; stroke: #9aa4b0; stroke-dasharray: 3 2 }
.span { stroke: #24292f; opacity: 0.55 }
.paper { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .unit, .range { fill: #9aa4b0 } .paper { fill: #0d1117 }
  .bar { fill: #5b6672 } .ours { fill: #3fb950 } .limit { stroke: #5b6672 } .span { stroke: #e6edf3 }
}
</style>
<rect class="paper" width="${width}" height="${height}"/>
<text class="title" x="${margin}" y="32">${escaped(title)}</text>
${placed.join('\n')}
</svg>
`
}

const width = 980
const margin = 24
const columnWidth = 478
const top = 58
const panelHeadHeight = 26
const panelGap = 22
const barStep = 19
const nameWidth = 158
const valueWidth = 72
const barWidthMax = columnWidth - margin - nameWidth - valueWidth

function panelAt(
  { title, unit, rows, moreIsBetter }: Panel,
  {
    x,
    y,
    ours,
    limit,
  }: { readonly x: number; readonly y: number; readonly ours: string; readonly limit: string },
): string {
  const most = Math.max(...rows.map(({ max }) => max))
  const long = (value: number) => (most > 0 ? (value / most) * barWidthMax : 0)
  const barX = x + nameWidth
  const bars = rows.map(({ system, median, min, max }, place) => {
    const middle = y + panelHeadHeight + place * barStep
    const kind = system === ours ? 'bar ours' : system === limit ? 'limit' : 'bar'
    return `<text x="${x}" y="${middle + 4}">${escaped(system)}</text>
<rect class="${kind}" x="${barX}" y="${middle - 6}" width="${rounded(long(median))}" height="12"/>
<line class="span" x1="${rounded(barX + long(min))}" x2="${rounded(barX + long(max))}" y1="${middle}" y2="${middle}"/>
<text class="range" x="${rounded(barX + long(max) + 6)}" y="${middle + 4}">${formatted(median)}</text>`
  })
  const hint = moreIsBetter ? 'more is better' : 'less is better'
  return `<text class="measure" x="${x}" y="${y + 4}">${escaped(title)} <tspan class="unit" font-weight="400">${escaped(unit)}, ${hint}</tspan></text>
${bars.join('\n')}`
}

function rounded(length: number): number {
  return Math.round(length * 10) / 10
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
