import type { BusyHours } from '@annals/insight'
import { weekdays } from '../mining/bottlenecks-view.ts'
import { count } from '../text.ts'
import { type Html, html } from './html.ts'

const [cellWidth, cellHeight, left, top] = [30, 22, 40, 20]

/** When in a week things happen: a square for each hour, the fuller the more. */
export function weekChart({ week }: BusyHours): Html {
  const most = week.flat().reduce((all, each) => Math.max(all, each), 1)
  const [busiestDay, busiestHour] = busiest(week)
  const label = `Events by weekday and hour, UTC; most on ${weekdays[busiestDay]} from ${busiestHour} to ${busiestHour + 1} o’clock: ${count(most)}.`
  return html`<svg class="week" viewBox="0 0 ${left + 24 * cellWidth} ${top + 7 * cellHeight}" role="img" aria-label="${label}">
${[0, 6, 12, 18].map((hour) => html`<text x="${left + hour * cellWidth}" y="15">${String(hour).padStart(2, '0')}:00</text>`)}
${week.map(
  (
    hours,
    day,
  ) => html`<text x="0" y="${top + day * cellHeight + 15}">${weekdays[day] ?? ''}</text>${hours.map(
    (events, hour) =>
      html`<rect x="${left + hour * cellWidth}" y="${top + day * cellHeight}" width="${cellWidth - 2}" height="${cellHeight - 2}" rx="3" style="--weight:${Math.sqrt(events / most).toFixed(3)}"><title>${weekdays[day] ?? ''} ${hour}–${hour + 1}: ${count(events)} events</title></rect>`,
  )}
`,
)}</svg><p class="small soft">${label}</p>`
}

function busiest(week: readonly (readonly number[])[]): [day: number, hour: number] {
  let found: [number, number] = [0, 0]
  week.forEach((hours, day) => {
    hours.forEach((events, hour) => {
      if (events > (week[found[0]]?.[found[1]] ?? 0)) found = [day, hour]
    })
  })
  return found
}
