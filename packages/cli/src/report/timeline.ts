import type { EventLog } from '@annals/insight'
import { moment } from '../mining/figures.ts'
import { count } from '../text.ts'
import { type Html, html } from './html.ts'

const bars = 72
const [width, height, foot] = [900, 120, 22]

/** How many events there were over time, with lines where the process changed. */
export function timeline({ traces }: EventLog, changesMs: readonly number[]): Html {
  const [fromMs, toMs] = periodOf(traces)
  if (!(toMs > fromMs)) return html``
  const counts = new Float64Array(bars)
  for (const { timesMs } of traces)
    for (const atMs of timesMs) {
      const bar = Math.min(bars - 1, Math.floor(((atMs - fromMs) / (toMs - fromMs)) * bars))
      counts[bar] = (counts[bar] as number) + 1
    }
  const most = counts.reduce((all, each) => Math.max(all, each), 1)
  const x = (atMs: number) => (((atMs - fromMs) / (toMs - fromMs)) * width).toFixed(1)
  const label = `Events from ${moment(fromMs)} to ${moment(toMs)}; at most ${count(most)} in one of ${bars} equal stretches.${changesMs.length > 0 ? ` Dashed lines: the process changed.` : ''}`
  return html`<svg class="timeline" viewBox="0 0 ${width} ${height + foot}" role="img" aria-label="${label}">
${[...counts].map((value, bar) => {
  const tall = (value / most) * (height - 6)
  return html`<rect class="events" x="${((bar * width) / bars + 1).toFixed(1)}" y="${(height - tall).toFixed(1)}" width="${(width / bars - 2).toFixed(1)}" height="${tall.toFixed(1)}" rx="1.5"/>`
})}
<line class="axis" x1="0" x2="${width}" y1="${height}" y2="${height}"/>
${changesMs.map((atMs) => html`<line class="drift" x1="${x(atMs)}" x2="${x(atMs)}" y1="0" y2="${height}"><title>The process changed: ${moment(atMs)}</title></line>`)}
<text x="0" y="${height + 16}">${moment(fromMs).slice(0, 10)}</text><text x="${width}" y="${height + 16}" text-anchor="end">${moment(toMs).slice(0, 10)}</text>
</svg>`
}

/** When the first and the last event was. */
export function periodOf(traces: EventLog['traces']): [fromMs: number, toMs: number] {
  let [fromMs, toMs] = [Infinity, -Infinity]
  for (const { timesMs } of traces) {
    fromMs = Math.min(fromMs, timesMs[0] as number)
    toMs = Math.max(toMs, timesMs.at(-1) as number)
  }
  return [fromMs, toMs]
}
