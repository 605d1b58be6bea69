import type { MapEdge } from '@annals/insight'
import { durationMs, share } from '../mining/figures.ts'
import { count, counted } from '../text.ts'
import { type Html, html } from './html.ts'
import { drawProcessMap } from './map-drawing.ts'
import type { MapLevel, ReportData } from './report-data.ts'

/** The process map at each level of detail, one of them shown, and all steps as a table. */
export function mapSection({ levels, order, findings: { map } }: ReportData): Html {
  if (map.activities.length === 0) return html`<p class="soft">Nothing was done.</p>`
  if (levels.length === 0)
    return html`<p>There are too many steps to draw even the most frequent way; they are listed.</p>${edgeTable(map.edges)}`
  // As much as can be taken in at a look.
  const preferred = Math.max(
    0,
    levels.findLastIndex(({ detail, map: { edges } }) => detail <= 0.8 && edges.length <= 36),
  )
  const shares = levels.map(({ map: { cases, hidden } }) =>
    share((cases - hidden.cases) / Math.max(1, cases)),
  )
  return html`<p>What was done, and what followed directly upon what: the wider a step and the fuller an activity, the more often; or, for how long, the more time passes there in all. Numbers are of all cases, however much is shown.</p>
<div class="controls">
${levels.length > 1 && html`<div class="slide"><label for="detail">How much is shown</label><input id="detail" type="range" min="0" max="${levels.length - 1}" step="1" value="${preferred}"><div class="ends" aria-hidden="true"><span>the most frequent way</span><span>everything</span></div></div>`}
<div role="radiogroup" aria-label="What the numbers are"><div class="choice"><label><input type="radio" name="numbers" value="count" checked><span>How often</span></label><label><input type="radio" name="numbers" value="time"><span>How long</span></label></div></div>
</div>
<div id="maps" aria-live="polite">${levels.map((level, index) => levelFigure(level, order, shares[index] as string, index === preferred))}</div>
${edgeTable(map.edges)}`
}

function levelFigure(
  { map, detail }: MapLevel,
  order: ReportData['order'],
  shown: string,
  isShown: boolean,
): Html {
  const { hidden, activities, edges } = map
  const what = `${counted(activities.length, 'activity', 'activities')} and ${counted(edges.length, 'step')}`
  const label = `Process map of ${what}; the table below lists all steps.`
  // A beginning or an end of one case in a thousand would lead around everything.
  const endsMin = detail === 1 ? 0 : map.cases / 100
  const rareEnds = activities.reduce(
    (sum, { starts, ends }) => sum + (starts < endsMin ? starts : 0) + (ends < endsMin ? ends : 0),
    0,
  )
  const left = [
    hidden.activities > 0 &&
      `${counted(hidden.activities, 'activity', 'activities')} with ${counted(hidden.events, 'event')}`,
    hidden.edges > 0 && `${counted(hidden.edges, 'step')} taken ${counted(hidden.steps, 'time')}`,
    hidden.cases > 0 && `${counted(hidden.cases, 'case that goes', 'cases that go')} other ways`,
    rareEnds > 0 && counted(rareEnds, 'rare beginning or end', 'rare beginnings and ends'),
  ].filter((each) => each !== false)
  return html`<figure data-level data-share="${shown} of the cases"${!isShown && html` hidden`}><figcaption>${
    left.length === 0
      ? html`Everything is shown.`
      : html`<b>Shows ${shown} of the cases from first to last.</b> Hidden: ${left.join('; ')}.`
  }</figcaption>
<div class="scroll drawing" tabindex="0" role="region" aria-label="Process map, ${shown} of the cases">${drawProcessMap(map, { label, order, endsMin })}</div></figure>`
}

function edgeTable(edges: readonly MapEdge[]): Html {
  const rows = edges.slice(0, 500)
  return html`<details><summary>All steps as a table</summary><div class="scroll"><table><thead><tr><th scope="col">from</th><th scope="col">to</th><th scope="col" class="n">times</th><th scope="col" class="n">cases</th><th scope="col" class="n">median</th><th scope="col" class="n">95 of 100 within</th></tr></thead><tbody>
${rows.map(
  ({
    from,
    to,
    events,
    cases,
    waiting,
  }) => html`<tr><td>${from}</td><td>${to}</td><td class="n">${count(events)}</td><td class="n">${count(cases)}</td><td class="n">${durationMs(waiting.medianMs)}</td><td class="n">${durationMs(waiting.p95Ms)}</td></tr>
`,
)}</tbody></table></div>${edges.length > rows.length && html`<p class="soft">… and ${count(edges.length - rows.length)} more.</p>`}</details>`
}
