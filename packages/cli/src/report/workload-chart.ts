import type { Workload } from '@annals/insight'
import { decimal, moment } from '../mining/figures.ts'
import { count } from '../text.ts'
import { type Html, html } from './html.ts'

const [width, height, foot] = [900, 110, 22]

/** How many cases were under way over time: a step for each interval. */
export function workloadChart({ intervals, intervalMs }: Workload): Html {
  const [first, last] = [intervals[0], intervals.at(-1)]
  const busiest = intervals.reduce<(typeof intervals)[number] | undefined>(
    (most, each) => (most && most.open >= each.open ? most : each),
    undefined,
  )
  if (!first || !last || !busiest || busiest.open === 0) return html``
  const label = `Cases under way, on average in each ${wordOf(intervalMs)}; most from ${moment(busiest.fromMs)} on: ${decimal(busiest.open)}.`
  const x = (index: number) => ((index / intervals.length) * width).toFixed(1)
  const y = (open: number) => (height - (open / busiest.open) * (height - 6)).toFixed(1)
  const steps = intervals.map(({ open }, index) => `L${x(index)} ${y(open)}L${x(index + 1)} ${y(open)}`)
  return html`<svg class="timeline" viewBox="0 0 ${width} ${height + foot}" role="img" aria-label="${label}">
<path class="open" d="M0 ${height}${steps.join('')}L${width} ${height}Z"/>
<line class="axis" x1="0" x2="${width}" y1="${height}" y2="${height}"/>
<text x="0" y="${height + 16}">${moment(first.fromMs).slice(0, 10)}</text><text x="${width}" y="${height + 16}" text-anchor="end">${moment(last.fromMs).slice(0, 10)}</text>
</svg><p class="small soft">${label}</p>`
}

const words = new Map([
  [1_000, 'second'],
  [10_000, 'stretch of 10 seconds'],
  [60_000, 'minute'],
  [600_000, 'stretch of 10 minutes'],
  [3_600_000, 'hour'],
  [21_600_000, 'stretch of 6 hours'],
  [86_400_000, 'day'],
  [604_800_000, 'week'],
])

const wordOf = (intervalMs: number) =>
  words.get(intervalMs) ?? `stretch of ${count(intervalMs / 604_800_000)} weeks`
